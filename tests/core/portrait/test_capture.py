"""Tests of facetake.portrait.capture on a made-up actor whose pose, expression and landmarks are known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_up import ACTED, filmed

from facetake import formats
from facetake.cli.portrait_capture import seconds, size
from facetake.errors import ConfigError, PortraitError
from facetake.face.head import rotation
from facetake.portrait import pose
from facetake.portrait.actor import ABOUT, read_actor
from facetake.portrait.capture import Order, capture
from facetake.portrait.fitting import FitSettings, LandmarkFitter, Motion, solve
from facetake.portrait.footage import open_footage
from facetake.portrait.head_face import head_face
from facetake.portrait.overlay import write_png
from facetake.portrait.performance import head_deg, take_of
from facetake.rig.arkit import ARKIT_NAMES, to_arkit

N = 8
SETTINGS = FitSettings(chunk=4, n_shared=8)


def nothing(share: float, what: str) -> None:
    """Takes progress and says nothing."""


@pytest.fixture(scope="module")
def captured(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The made-up actor, captured, and what is true of it."""
    folder = tmp_path_factory.mktemp("made_up")
    video, tracks, truth, marks, face = filmed(folder, N)
    actor, told = capture(Order(video, folder / "actor", tracks, settings=SETTINGS), face, nothing)
    return actor, truth, marks, told, video, tracks


def test_pose_is_found_within_a_degree(captured: Any) -> None:
    """The head's turn is within one degree of the truth in every frame, for a face whose shape is not known."""
    actor, truth = captured[:2]
    between = pose.matrices(actor.fit.rotation) @ truth.rotation.transpose(0, 2, 1)
    assert np.degrees(np.linalg.norm(pose.vectors(between), axis=1)).max() < 1.0


def test_landmarks_and_expression_are_found(captured: Any) -> None:
    """Fitted landmarks are within 1.5 pixels and what the actor does is within 0.1, in every frame."""
    actor, truth, marks = captured[:3]
    face, fit = head_face(), actor.fit
    motion = Motion(pose.matrices(fit.rotation), fit.translation, fit.expression)
    left, top, side = actor.about.box
    points = LandmarkFitter(face, actor.camera, SETTINGS).points(fit.identity, motion)
    found = points * (side / actor.about.size) + np.array([left, top])
    assert np.linalg.norm(found - marks, axis=2).max() < 1.5
    acted = [face.expression_names.index(name) for name in ACTED]
    assert np.abs(fit.expression - truth.expression)[:, acted].max() < 0.1
    assert np.abs(fit.expression - truth.expression).mean() < 0.04


def test_an_interrupted_capture_goes_on(captured: Any, tmp_path: Path) -> None:
    """A capture stopped in its middle keeps what it has, is no actor yet, and ends with the same result."""
    whole, video, tracks = captured[0], captured[4], captured[5]
    order = Order(video, tmp_path / "actor", tracks, settings=SETTINGS)

    def stop(share: float, what: str) -> None:
        if what == "fitting" and share < 1.0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        capture(order, head_face(), stop)
    assert [path.name for path in order.out.glob("motion-*")] == ["motion-000000.safetensors"]
    with pytest.raises(PortraitError, match="no finished actor"):
        read_actor(order.out)
    again, _ = capture(order, head_face(), nothing)
    assert np.allclose(again.fit.expression, whole.fit.expression, atol=1e-4)
    assert not list(order.out.glob("motion-*"))


def test_folders_are_not_mixed_up(captured: Any, tmp_path: Path) -> None:
    """A finished actor, a folder of other files and one of another capture are refused and stay as they are."""
    actor, video, tracks = captured[0], captured[4], captured[5]
    with pytest.raises(PortraitError, match="finished actor already"):
        capture(Order(video, actor.folder, tracks, settings=SETTINGS), head_face(), nothing)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(PortraitError, match="holds other files"):
        capture(Order(video, tmp_path / "mine", tracks, settings=SETTINGS), head_face(), nothing)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "capture.json").write_text("{}")
    with pytest.raises(PortraitError, match="unfinished capture of another video"):
        capture(Order(video, tmp_path / "other", tracks, settings=SETTINGS), head_face(), nothing)
    assert not (tmp_path / "other" / ABOUT).exists()


def test_the_performance_becomes_a_take(captured: Any, tmp_path: Path) -> None:
    """The take has the video's rate and frames, an open jaw where the jaw is open, and survives its file."""
    actor, truth = captured[:2]
    take = take_of(actor, head_face().expression_names)
    formats.write(take, tmp_path / "take.json")
    again = formats.read(tmp_path / "take.json")
    assert (again.n_frames, again.rate) == (N, open_footage(captured[4]).rate)
    jaw = truth.expression[:, head_face().expression_names.index("jawOpen")]
    opened = to_arkit(again.values)[:, ARKIT_NAMES.index("jawOpen")]
    assert np.corrcoef(opened, jaw)[0, 1] > 0.95


def test_a_silent_video_is_told(captured: Any) -> None:
    """Without sound the capture is done, has no sound file, and says so."""
    assert captured[0].sound is None
    assert any("has no sound" in line for line in captured[3])


def test_head_angles_are_those_of_the_preview() -> None:
    """Yaw, pitch and roll of a rotation turn the preview's head back to it."""
    angles = np.array([[20.0, -10.0, 5.0], [-40.0, 15.0, -8.0]], np.float32)
    assert np.allclose(head_deg(pose.vectors(rotation(angles))), angles, atol=1e-3)


def test_bounded_steps_agree_with_a_slow_search() -> None:
    """The step of a bounded quadratic is as good as that of coordinate descent, which is slow and sure."""
    random: Any = np.random.default_rng(3)
    root = random.normal(size=(5, 9, 6))
    normal, gradient = root.transpose(0, 2, 1) @ root + 0.1 * np.eye(6), random.normal(scale=3.0, size=(5, 6))
    ones: Any = np.ones((5, 6))
    value, low, high = 0.3 * ones, 0.0 * ones[0], ones[0]
    step = solve(normal.astype(np.float32), gradient.astype(np.float32), value.astype(np.float32), low, high)
    slow = np.zeros((5, 6))
    for _ in range(500):
        for m in range(6):
            slope = np.einsum("tn,tn->t", normal[:, m], slow) + gradient[:, m]
            slow[:, m] = np.clip(value[:, m] + slow[:, m] - slope / normal[:, m, m], low[m], high[m]) - value[:, m]

    def cost(moved: Any) -> Any:
        return 0.5 * np.einsum("tm,tmn,tn->t", moved, normal, moved) + (gradient * moved).sum(axis=1)

    assert np.all((value + step >= -1e-6) & (value + step <= 1 + 1e-6))
    assert np.all(cost(step) <= cost(slow) + 0.02 * np.abs(cost(slow)))


def test_slopes_agree_with_small_steps() -> None:
    """Derivatives of pixels by pose and coefficients are those of finite differences."""
    from made_up import camera

    random: Any = np.random.default_rng(0)
    points, moves = random.normal(scale=0.05, size=(1, 7, 3)), random.normal(scale=0.01, size=(2, 7, 3))
    place: Any = np.array([[0.01, 0.02, 0.7]])
    turn = pose.matrices(10 * place * [[1, -1, 0.01]])
    seen, slopes = pose.point_slopes(points, moves, turn, place, camera())
    for column in range(8):
        step: Any = np.zeros(8)
        step[column] = 1e-4
        moved = points + np.tensordot(step[6:], moves, 1)
        near = pose.placed(moved, pose.matrices(step[None, :3]) @ turn, place + step[3:6])
        change = (camera().project(near)[..., :2] - seen) / 1e-4
        assert np.abs(change - slopes[..., column]).max() < 0.02 * np.abs(slopes[..., column]).max() + 0.5


def test_pictures_of_progress_are_png(tmp_path: Path) -> None:
    """A written picture is read back the same."""
    from PIL import Image

    picture = np.random.default_rng(0).integers(0, 255, (6, 10, 3), dtype=np.uint8)
    write_png(tmp_path / "a.png", picture)
    with Image.open(tmp_path / "a.png") as image:
        assert np.array_equal(np.asarray(image.convert("RGB")), picture)


@pytest.mark.parametrize("text", ["1", "2-1", "a-b", "1-2-3"])
def test_bad_ranges_are_refused(text: str) -> None:
    """A range that is none is said."""
    with pytest.raises(ConfigError, match="--range"):
        seconds(text)


def test_good_ranges_and_sizes() -> None:
    """Seconds are read, and sizes must be even."""
    assert seconds("1.0-7.5") == (1.0, 7.5)
    assert seconds(None) == (0.0, None)
    assert size(128) == 128
    with pytest.raises(ConfigError, match="--size must be even"):
        size(129)
