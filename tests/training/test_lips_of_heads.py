"""How a head's lips are made thinner, press and roll in, on a flat sheet of skin in front of the face."""

from __future__ import annotations

import numpy as np

from facetake_training.head_baking import lips
from facetake_training.head_baking.mesh import SKIN, Mesh
from facetake_training.head_baking.seal import Seal

STEP_M = 0.001
HALF_M = 0.021  # of the mouth's width
SHAPES = (
    "jawOpen",
    "mouthClose",
    "mouthShrugLower",
    "mouthRollUpper",
    "mouthRollLower",
    "mouthPressLeft",
    "mouthPressRight",
    "mouthUpperUpLeft",
    "mouthUpperUpRight",
    "mouthSmileLeft",
    "mouthSmileRight",
)


def sheet() -> tuple[Mesh, Seal]:
    """Skin of 60 x 60 mm, a millimetre a square, with a mouth line in the middle, whose jaw drops all below it."""
    rows, columns = np.mgrid[0:61, 0:61]
    points = np.stack([(columns - 30) * STEP_M, rows * STEP_M, np.full(rows.shape, -0.1)], axis=-1).reshape(-1, 3)
    at = np.arange(rows.size).reshape(rows.shape)
    quads = np.stack([at[:-1, :-1], at[1:, :-1], at[1:, 1:], at[:-1, 1:]], axis=-1).reshape(-1, 4)
    faces = quads[:, [[0, 1, 2], [0, 2, 3]]].reshape(-1, 3)
    deltas = {name: np.zeros_like(points) for name in SHAPES}
    deltas["jawOpen"][points[:, 1] > 0.03, 1] = 0.02
    deltas["mouthUpperUpLeft"][points[:, 1] <= 0.03, 1] = -0.001
    deltas["mouthUpperUpRight"][points[:, 1] <= 0.03, 1] = -0.002
    mesh = Mesh(
        points, faces, points[:, :2], faces, np.full(len(faces), SKIN), deltas, np.zeros((2, 3)), 0.01, np.arange(3721)
    )
    line = at[30, 9:52]
    pair = np.stack([line, line], axis=1)
    return mesh, Seal(line, pair, np.full(pair.shape, 0.5), line, np.eye(len(line)))


def at(mesh: Mesh, x: float, y: float) -> int:
    """The point nearest to a place, millimetres from the middle of the mouth line, down."""
    return int(np.linalg.norm(mesh.vertices[:, :2] - (x / 1000, 0.03 + y / 1000), axis=1).argmin())


def test_a_lip_narrows_towards_the_line_and_what_hides_the_seam_stays() -> None:
    """The red's edge goes in by its share, about the line nothing moves, and neither does skin far away or aside."""
    mesh, seal = sheet()
    moved = lips.narrower(mesh, seal, 0.5, 0.0)
    edge = at(mesh, 0.0, -7.0)
    away = 0.007 + lips.MEET_M
    np.testing.assert_allclose(moved[edge, 1], 0.5 * (away - lips.KEPT_M), rtol=1e-6)
    for x, y in ((0.0, 0.0), (0.0, 1.0), (0.0, 8.0), (0.0, -28.0), (29.0, -5.0)):
        assert not moved[at(mesh, x, y)].any()
    assert not moved[:, [0, 2]].any()


def test_pressing_keeps_to_its_side_and_rolling_to_its_lip() -> None:
    """A press on the left hardly moves the right lip's edge, and together both sides press evenly."""
    mesh, seal = sheet()
    lips.fit(mesh, seal)
    left, right = mesh.deltas["mouthPressLeft"], mesh.deltas["mouthPressRight"]
    assert abs(left[at(mesh, -12.0, -5.0), 1]) < 1e-6 < left[at(mesh, 12.0, -5.0), 1]
    np.testing.assert_allclose((left + right)[:, 1], lips.narrower(mesh, seal, *lips.PRESS)[:, 1], atol=1e-9)
    upper, lower = mesh.deltas["mouthRollUpper"], mesh.deltas["mouthRollLower"]
    assert upper[at(mesh, 0.0, -6.0), 1] > 3 * -upper[at(mesh, 0.0, 8.0), 1] > 0
    assert -lower[at(mesh, 0.0, 8.0), 1] > 3 * lower[at(mesh, 0.0, -6.0), 1] > 0


def test_a_fitted_head_has_thinner_lips_and_opens_less() -> None:
    """Lips lose height at rest as told, the jaw some of its way, for which the upper lip rises; the seam stays."""
    mesh, seal = sheet()
    before, drop = mesh.vertices.copy(), mesh.deltas["jawOpen"].copy()
    edge = at(mesh, 0.0, 8.0)
    lips.fit(mesh, seal)
    away = 0.008 - lips.MEET_M - lips.KEPT_M
    np.testing.assert_allclose(mesh.vertices[edge, 1] - before[edge, 1], -lips.REST * away, rtol=1e-6)
    lifted = -0.003 * (mesh.vertices[:, 1] <= 0.0301)
    np.testing.assert_allclose(mesh.deltas["jawOpen"][:, 1], lips.JAW * drop[:, 1] + lips.JAW_LIFT * lifted, atol=1e-9)
    raised = mesh.deltas["mouthUpperUpLeft"]
    np.testing.assert_allclose(mesh.deltas["mouthSmileLeft"], lips.SMILE_LIFT * raised, atol=1e-9)
    np.testing.assert_allclose(mesh.deltas["mouthClose"][:, 1], -lips.JAW_LIFT * lifted, atol=1e-9)
    assert (mesh.vertices[seal.upper] == before[seal.upper]).all()
