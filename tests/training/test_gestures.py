"""What a head's actions are given beyond anny's, on a flat sheet of skin in front of the face."""

from __future__ import annotations

import numpy as np

from facetake.arrays import F64
from facetake_training.head_baking import gestures
from facetake_training.head_baking.mesh import SKIN, Mesh

STEP_M = 0.002
ACTIONS = ("browLateralLeft", "browLateralRight", "noseSneerLeft", "noseSneerRight", "jawOpen")


def sheet(depth: F64 | None = None) -> Mesh:
    """Skin of 120 x 180 mm, two millimetres a square, whose actions do nothing yet but an open jaw's."""
    rows, columns = np.mgrid[0:91, 0:61]
    points = np.stack([(columns - 30) * STEP_M, rows * STEP_M - 0.11, np.full(rows.shape, -0.1)], axis=-1).reshape(
        -1, 3
    )
    if depth is not None:
        points[:, 2] += depth
    at = np.arange(rows.size).reshape(rows.shape)
    quads = np.stack([at[:-1, :-1], at[1:, :-1], at[1:, 1:], at[:-1, 1:]], axis=-1).reshape(-1, 4)
    faces = quads[:, [[0, 1, 2], [0, 2, 3]]].reshape(-1, 3)
    deltas = {name: np.zeros_like(points) for name in ACTIONS}
    deltas["jawOpen"][points[:, 1] > 0.047, 1] = 0.03
    part = np.full(len(faces), SKIN)
    return Mesh(points, faces, points[:, :2], faces, part, deltas, np.zeros((2, 3)), 0.01, np.arange(len(points)))


def at(mesh: Mesh, x: float, y: float) -> int:
    """The point nearest to a place."""
    return int(np.linalg.norm(mesh.vertices[:, :2] - (x, y), axis=1).argmin())


def test_a_ridge_in_the_forehead_is_smoothed_and_the_rest_stays() -> None:
    """A crest of a millimetre on the middle line loses most of its height above the brows, and none below."""
    flat = sheet().vertices
    mesh = sheet(-0.001 * np.exp(-((flat[:, 0] / 0.003) ** 2)))
    before = mesh.vertices.copy()
    gestures.even_forehead(mesh, flat)
    crest = (mesh.vertices - before)[:, 2]
    assert crest[at(mesh, 0.0, -0.072)] > 0.0005
    assert not crest[flat[:, 1] > -0.05].any()


def test_brows_in_grief_go_in_up_and_down_on_their_own_side() -> None:
    """The inner end goes in and up by what is told, the middle down, and the other side's brow stays."""
    mesh = sheet()
    gestures.grieve(mesh, mesh.vertices)
    left = mesh.deltas["browLateralLeft"]
    inner, middle = left[at(mesh, 0.010, -0.048)], left[at(mesh, 0.036, -0.048)]
    np.testing.assert_allclose(inner[:2], (-gestures.TOGETHER_M, -gestures.BENT_M[0]), rtol=0.1)
    assert middle[1] > 0.8 * gestures.BENT_M[1] and not left[mesh.vertices[:, 0] < -0.006].any()
    mirrored = left[np.lexsort((-mesh.vertices[:, 0], mesh.vertices[:, 1]))] * (-1.0, 1.0, 1.0)
    right = mesh.deltas["browLateralRight"][np.lexsort((mesh.vertices[:, 0], mesh.vertices[:, 1]))]
    np.testing.assert_allclose(mirrored, right, atol=1e-12)


def test_a_sneer_lifts_wing_and_lip_and_takes_less_of_the_brow() -> None:
    """The upper lip rises with the wing, the lower one stays, and most of what anny does to the brow is gone."""
    mesh = sheet()
    delta = mesh.deltas["noseSneerLeft"]
    delta[:, 1] = 0.004 * (mesh.vertices[:, 1] < -0.03)
    gestures.sneer(mesh, mesh.vertices)
    assert delta[at(mesh, 0.014, 0.016), 1] < -0.9 * gestures.WING_M
    assert delta[at(mesh, 0.014, 0.044), 1] < -0.9 * gestures.SNEER_LIP_M
    assert abs(delta[at(mesh, 0.014, 0.056), 1]) < 1e-4
    assert delta[at(mesh, 0.030, -0.046), 1] < 0.0013 and delta[at(mesh, 0.0, -0.046), 1] > 0.0039
