"""Tests of facetake.portrait.capture.clip_capture on a made-up actor whose pose, expression and landmarks are known."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_up import ACTED, Filmed, camera, filmed

from facetake import formats
from facetake.cli.portrait_capture import seconds, size, sound_late
from facetake.errors import ConfigError, PortraitError
from facetake.face.head import rotation
from facetake.portrait.capture import pose
from facetake.portrait.capture.actor import ABOUT, CapturedActor, read_actor
from facetake.portrait.capture.clip_capture import Order, capture
from facetake.portrait.capture.fitting import FaceMotion, FitSettings, LandmarkFitter, solve
from facetake.portrait.capture.performance import take_of
from facetake.portrait.capture.photometry import bands_of
from facetake.portrait.capture.posed_face import open_face
from facetake.portrait.storage import write_png
from facetake.portrait.video.footage import open_footage
from facetake.render.camera import placed, rotation_matrices, rotation_vectors
from facetake.render.picture import drawn
from facetake.rig.arkit import ARKIT_NAMES, to_arkit

N = 8
SETTINGS = FitSettings(chunk=4, n_shared=8)
HIDDEN = ("tongueOut", "cheekPuff", "jawForward")
"""Actions that a face from the front shows by its shading at most: not compared."""


def nothing(share: float, what: str) -> None:
    """Takes progress and says nothing."""


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Filmed:
    """A film of the made-up actor, and what is true of it."""
    return filmed(tmp_path_factory.mktemp("film"), open_face().model, N)


@pytest.fixture(scope="module")
def captured(film: Filmed) -> tuple[CapturedActor, list[str]]:
    """The made-up actor, captured, and what was told about the video."""
    return capture(Order(film.video, film.video.parent / "actor", film.tracks, settings=SETTINGS), open_face(), nothing)


def fitted(actor: CapturedActor) -> FaceMotion:
    """The motion that a capture found."""
    fit = actor.fit
    return FaceMotion(rotation_matrices(fit.rotation), fit.translation, fit.expression)


def test_pose_is_found_within_a_degree(captured: tuple[CapturedActor, list[str]], film: Filmed) -> None:
    """The head's turn is within one degree of the truth in every frame, for a face whose shape is not known."""
    between = fitted(captured[0]).rotation @ film.motion.rotation.transpose(0, 2, 1)
    assert np.degrees(np.linalg.norm(rotation_vectors(between), axis=1)).max() < 1.0


def test_landmarks_are_found(captured: tuple[CapturedActor, list[str]], film: Filmed) -> None:
    """All fitted landmarks are within 1.5 pixels of the true ones in every frame, at 256 pixels."""
    actor = captured[0]
    points = LandmarkFitter(film.face, actor.camera, SETTINGS).points(actor.fit.identity, fitted(actor))
    left, top, side = actor.about.box
    found = points * (side / actor.about.size) + np.array([left, top])
    assert np.linalg.norm(found - film.marks, axis=2).max() < 1.5


def test_expression_is_found(captured: tuple[CapturedActor, list[str]], film: Filmed) -> None:
    """Every action that can be seen is within 0.1 of the truth on average over the frames."""
    away = np.abs(captured[0].fit.expression - film.motion.expression).mean(axis=0)
    shown = [name not in HIDDEN for name in ARKIT_NAMES]
    acted = [ARKIT_NAMES.index(name) for name in ACTED]
    assert away[shown].max() < 0.1
    assert away[shown].mean() < 0.04
    assert away[acted].mean() < 0.05


def test_own_colours_explain_the_pictures(captured: tuple[CapturedActor, list[str]], film: Filmed) -> None:
    """The face drawn in the colours found is nearer to the pictures than in those of its model alone."""
    actor = captured[0]
    motion = fitted(captured[0])
    face = film.face
    fit = actor.fit
    space = placed(face.vertices(fit.identity, motion.expression), motion.rotation, motion.translation)
    away = []
    for colour in (fit.colour, face.albedo(fit.albedo)):
        made = drawn(space[0], face.model.faces, colour, actor.light_at(0), actor.camera)
        inside = made.any(axis=2)
        away.append(np.abs(made[inside].astype(float) - actor.frames(0, 1)[0][inside]).mean())
    assert away[0] < 12.0
    assert away[0] < away[1]


def test_light_is_dark_from_nowhere(captured: tuple[CapturedActor, list[str]]) -> None:
    """Directions that no face looks in get light as well, so that nothing is drawn black."""
    around = np.random.default_rng(0).normal(size=(500, 3)).astype(np.float32)
    lit = bands_of(around / np.linalg.norm(around, axis=1, keepdims=True)) @ captured[0].light_at(0)
    assert (lit.min(axis=0) > 0.05 * lit.mean(axis=0)).all()


def test_an_interrupted_capture_goes_on(
    captured: tuple[CapturedActor, list[str]], film: Filmed, tmp_path: Path
) -> None:
    """A capture stopped in its middle keeps what it has, is no actor yet, and ends with the same result."""
    order = Order(film.video, tmp_path / "actor", film.tracks, settings=SETTINGS)

    def stop(share: float, what: str) -> None:
        if what == "fitting" and share < 1.0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        capture(order, open_face(), stop)
    assert [path.name for path in order.out.glob("motion-*")] == ["motion-000000.safetensors"]
    with pytest.raises(PortraitError, match="no finished actor"):
        read_actor(order.out)
    again, _ = capture(order, open_face(), nothing)
    assert np.allclose(again.fit.expression, captured[0].fit.expression, atol=1e-4)
    assert not list(order.out.glob("motion-*"))


def test_folders_are_not_mixed_up(captured: tuple[CapturedActor, list[str]], film: Filmed, tmp_path: Path) -> None:
    """A finished actor, a folder of other files and one of another capture are refused and stay as they are."""
    with pytest.raises(PortraitError, match="finished actor already"):
        capture(Order(film.video, captured[0].folder, film.tracks, settings=SETTINGS), open_face(), nothing)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(PortraitError, match="holds other files"):
        capture(Order(film.video, tmp_path / "mine", film.tracks, settings=SETTINGS), open_face(), nothing)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "capture.json").write_text("{}")
    with pytest.raises(PortraitError, match="unfinished capture of another video"):
        capture(Order(film.video, tmp_path / "other", film.tracks, settings=SETTINGS), open_face(), nothing)
    assert not (tmp_path / "other" / ABOUT).exists()


def test_the_performance_becomes_a_take(
    captured: tuple[CapturedActor, list[str]], film: Filmed, tmp_path: Path
) -> None:
    """The take has the video's rate and frames, its jaw and its turn of the head, and survives its file."""
    formats.write(take_of(captured[0], open_face().model), tmp_path / "take.json")
    again = formats.read(tmp_path / "take.json")
    assert (again.n_frames, again.rate) == (N, open_footage(film.video).rate)
    jaw = film.motion.expression[:, ARKIT_NAMES.index("jawOpen")]
    opened = to_arkit(again.values)[:, ARKIT_NAMES.index("jawOpen")]
    assert np.corrcoef(opened, jaw)[0, 1] > 0.95
    assert again.head is not None
    assert np.abs(rotation(again.head) - film.motion.rotation).max() < 0.03


def test_a_silent_video_is_told(captured: tuple[CapturedActor, list[str]]) -> None:
    """Without sound the capture is done, has no sound file, and says so."""
    actor, told = captured
    assert actor.sound is None
    assert any("has no sound" in line for line in told)


def test_bounded_steps_agree_with_a_slow_search() -> None:
    """The step of a bounded quadratic is as good as that of coordinate descent, which is slow and sure."""
    random: Any = np.random.default_rng(3)
    root = random.normal(size=(5, 9, 6))
    normal = root.transpose(0, 2, 1) @ root + 0.1 * np.eye(6)
    gradient = random.normal(scale=3.0, size=(5, 6))
    ones: Any = np.ones((5, 6))
    value = 0.3 * ones
    low = 0.0 * ones[0]
    high = ones[0]
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
    random: Any = np.random.default_rng(0)
    points = random.normal(scale=0.05, size=(1, 7, 3))
    moves = random.normal(scale=0.01, size=(2, 7, 3))
    place: Any = np.array([[0.01, 0.02, 0.7]])
    turn = rotation_matrices(10 * place * [[1, -1, 0.01]])
    seen, slopes = pose.point_slopes(points, moves, turn, place, camera())
    for column in range(8):
        step: Any = np.zeros(8)
        step[column] = 1e-4
        moved = points + np.tensordot(step[6:], moves, 1)
        near = placed(moved, rotation_matrices(step[None, :3]) @ turn, place + step[3:6])
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
    assert (sound_late("-0.08"), sound_late("auto")) == (-0.08, None)
    for wrong in ("9", "nan", "soon"):
        with pytest.raises(argparse.ArgumentTypeError):
            sound_late(wrong)
