"""Whose 68 points they are: actors, takes and photographs, and where pictures show them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from facetake import rig
from facetake.errors import ModelError, PortraitError
from facetake.face import anny
from facetake.face.ibug import IBUG_68
from facetake.face.marks import Marks
from facetake.portrait.capture.actor import ActorMetadata, CapturedActor, Fit
from facetake.portrait.capture.linearized_model import linearised
from facetake.portrait.landmark_translation import photograph
from facetake.portrait.landmark_translation.person import Stance, of_actor, of_take
from facetake.portrait.landmark_translation.photograph import open_picture, read_photograph
from facetake.portrait.storage import write_png
from facetake.render.camera import portrait, rotation_matrices
from facetake.take import Take

ACTED = {"jawOpen": 0.3, "mouthSmileLeft": 0.5, "mouthSmileRight": 0.5}
WIDE = 400
HIGH = 300


@pytest.fixture(scope="module", autouse=True)
def linearised_once() -> Iterator[None]:
    """The model's secants take seconds, and are the same for every photograph here."""
    known = linearised(anny.load())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(photograph, "linearised", lambda _model: known)
        yield


def _expression() -> torch.Tensor:
    row = torch.zeros(1, 52)
    for name, weight in ACTED.items():
        row[0, anny.load().expression_names.index(name)] = weight
    return row


def _tracked(folder: Path, turn: tuple[float, float, float] = (0.05, 0.1, 0.02), **changes: Any) -> tuple[Path, Path]:
    """A picture of noise and the tracks of a smiling face in it, as a camera would see it."""
    model = anny.load()
    side = changes.get("side", HIGH)
    wide = changes.get("wide", WIDE * side // HIGH)
    who = 0.5 * torch.randn(80, generator=torch.Generator().manual_seed(changes.get("who", 1)))
    vertices = model.vertices(who[None], _expression())
    camera = portrait((wide, side), 25.0)
    points = np.zeros((1, 468, 2), np.float32)
    placed = (vertices @ torch.from_numpy(rotation_matrices(np.array([turn], np.float32))[0]).T).numpy()
    placed = placed + np.array([0.0, 0.0, changes.get("away", 0.7)], np.float32)
    points[:] = camera.project(Marks(model).at(torch.from_numpy(placed)).numpy())[..., :2].mean(axis=1)[:, None]
    seen = camera.project(model.landmarks(torch.from_numpy(placed)).numpy())[..., :2]
    there = model.topology.landmarks.mediapipe_index < 468
    points[:, model.topology.landmarks.mediapipe_index[there]] = seen[:, there]
    points[:, IBUG_68] = camera.project(Marks(model).at(torch.from_numpy(placed)).numpy())[..., :2]
    np.savez(folder / "tracks.npz", points=changes.get("faces", lambda found: found[:, None])(points))
    write_png(folder / "photo.png", np.random.default_rng(0).integers(0, 255, (side, wide, 3), dtype=np.uint8))
    return folder / "photo.png", folder / "tracks.npz"


def test_every_model_with_all_points_has_marks() -> None:
    """The default model's points are where its landmarks are, its jaw is even, and a model without a jaw is refused."""
    model = anny.load()
    marks = Marks(model)
    still = marks.of(torch.zeros(80), torch.zeros(1, 52))[0].numpy()
    flipped = still[[*range(16, -1, -1)]] * (-1.0, 1.0, 1.0)
    assert np.abs(still[:17] - flipped).max() < 2e-3
    assert still[8, 1] > still[57, 1] + 0.02
    assert marks.of(torch.zeros(80), torch.zeros(0, 52)).shape == (0, 68, 3)
    other = anny.Anny()
    other.name = "cut"
    with pytest.raises(ModelError, match="cut has not all 68 landmarks"):
        Marks(other)


def test_a_stance_shows_points_where_the_camera_does() -> None:
    """Points land where a pinhole has them, depth is in pixels from their middle, and a head turns on its neck."""
    points = np.zeros((2, 68, 3), np.float32)
    points[:, 1:, 0] = 0.05
    points[:, 1::2, 2] = 0.01
    stance = Stance(
        np.eye(3, dtype=np.float32)[None], np.array([[0.0, 0.0, 1.0]], np.float32), portrait((256, 256), 25)
    )
    seen = stance.seen(points)
    np.testing.assert_allclose(seen[0, 0, :2], 128.0)
    np.testing.assert_allclose(seen[0, 2, 0] - 128.0, 0.05 * stance.camera.focal, rtol=1e-5)
    assert seen[0, 1, 2] - seen[0, 2, 2] == pytest.approx(0.01 * stance.camera.focal, rel=2e-2)
    turned = stance.seen(points, np.array([[0, 0, 0], [10, 0, 0]], np.float32))
    np.testing.assert_allclose(turned[0], seen[0], atol=1e-3)
    assert turned[1, 0, 0] > seen[1, 0, 0] + 1.0  # its left is right in the picture


def test_an_actor_and_a_take_give_the_same_points() -> None:
    """A captured actor's points are its fitted face's, and a take with the same expression moves them alike."""
    model = anny.load()
    identity = (0.5 * torch.randn(80, generator=torch.Generator().manual_seed(2))).numpy()
    expression = np.concatenate([np.zeros((1, 52), np.float32), _expression().numpy()])
    turn = np.array([[0, 0, 0], [0, 0.2, 0]], np.float32)
    away = np.tile(np.array([0, 0, 0.7], np.float32), (2, 1))
    nothing = np.zeros(0, np.float32)
    fit = Fit(nothing, identity, nothing, nothing, nothing, expression, turn, away)
    about = ActorMetadata("anny", "", "", "", (0, 0, 256), 256, Fraction(25), 2, 500.0)
    person, stance, points = of_actor(CapturedActor(Path(), about, fit), model)
    assert person.unit == pytest.approx(0.09, abs=0.02)
    np.testing.assert_allclose(points[0], person.still, atol=1e-6)
    where = stance.camera.project(
        Marks(model).at(model.vertices(torch.from_numpy(identity)[None], _expression())).numpy() @ stance.rotation[1].T
        + away[1]
    )
    np.testing.assert_allclose(stance.seen(points)[1, :, :2], where[0, :, :2], atol=1e-3)
    take = Take(rig.from_arkit(expression), Fraction(25))
    np.testing.assert_allclose(of_take(take, person, model, Fraction(25)), points, atol=1e-3)


def test_a_photograph_gives_the_points_it_shows(tmp_path: Path) -> None:
    """Points lie where the tracks are, about as deep as they are; at rest the smile is gone; another size scales."""
    picture, tracks = _tracked(tmp_path)
    found = read_photograph(picture, anny.load(), 128, tracks)
    assert found.picture.shape == (128, 128, 3)
    who = 0.5 * torch.randn(80, generator=torch.Generator().manual_seed(1))
    marks = Marks(anny.load())
    true, still = (marks.of(who, row)[0].numpy() for row in (_expression(), torch.zeros(1, 52)))
    again = found.stance.seen(found.person.still[None])[0]
    assert np.abs(again[:17, :2] - found.landmarks[:17, :2]).max() < 5.0
    wide = [
        float(np.linalg.norm(rows[48] - rows[54])) / float(np.linalg.norm(rows[36] - rows[45]))
        for rows in (found.person.still, still, true)
    ]
    assert abs(wide[0] - wide[1]) < 0.4 * abs(wide[2] - wide[1])
    deep = [rows[30, 2] - rows[[36, 45], 2].mean() for rows in (found.person.still, still)]
    assert deep[0] == pytest.approx(deep[1], abs=0.012)
    larger = read_photograph(picture, anny.load(), 256, tracks)
    np.testing.assert_allclose(larger.landmarks[:, :2], 2.0 * found.landmarks[:, :2], atol=0.6)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"turn": (0.0, 0.9, 0.0)}, r"turned to the side by \d+ degrees; give a photograph from the front"),
        ({"away": 3.0}, r"the face is \d+ pixels tall"),
        ({"away": 0.3}, "the face is cut by the edge"),
        ({"faces": lambda found: np.full_like(found[:, None], np.nan)}, "no face is seen"),
        ({"faces": lambda found: np.stack([found, found + 1.0], axis=1)}, "several faces are seen"),
        ({"side": 80}, "80; give a photograph of 96 pixels or more"),
    ],
)
def test_bad_photographs_are_told_in_one_sentence(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    """A face from the side, small, cut, missing or not alone, and a tiny picture, say what to give instead."""
    picture, tracks = _tracked(tmp_path, **changes)
    with pytest.raises(PortraitError, match=sentence):
        read_photograph(picture, anny.load(), 128, tracks)


def test_what_is_no_photograph_is_told(tmp_path: Path) -> None:
    """Missing files, files that are no pictures, and huge ones are refused before anything is looked for."""
    with pytest.raises(PortraitError, match="no file"):
        open_picture(tmp_path / "none.png")
    (tmp_path / "text.jpg").write_text("no picture")
    with pytest.raises(PortraitError, match="no picture that can be read"):
        open_picture(tmp_path / "text.jpg")
    with pytest.raises(PortraitError, match="is 5000 x 4400; scale it to 4320 pixels or less"):
        photograph._check_size(Path("huge.png"), 5000, 4400)
