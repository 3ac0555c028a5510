"""Lids of a made-up eye: how a blink is bent, before it comes into a head."""

from __future__ import annotations

import numpy as np

from facetake.arrays import F64
from facetake.face.head import LID_CLEARANCE_M
from facetake_training.head_baking import lids
from facetake_training.head_baking.mesh import SKIN, SOCKET, Mesh

RADIUS_M = 0.016
EYE = np.array([0.03, 0.0, 0.0])
AROUND = 24  # points of an edge


def made_up(clumsy_m: float) -> Mesh:
    """Two eyes, each a ring of skin round a ring of socket, whose upper lid comes down too far at its outer end."""
    turn = np.arange(AROUND) * 2.0 * np.pi / AROUND
    rings = []
    for scale in (1.6, 1.25, 1.0, 0.8):
        x = 0.012 * scale * np.cos(turn)
        y = 0.006 * scale * np.sin(turn)
        far = np.sqrt(np.maximum((RADIUS_M + 0.001) ** 2 - x**2 - y**2, 1e-5))
        rings.append(np.stack([x, y, -far], axis=1))
    one = np.concatenate(rings)
    points = np.concatenate([one + EYE, one * (-1.0, 1.0, 1.0) + EYE * (-1.0, 1.0, 1.0)])
    at = np.arange(AROUND)
    after = np.roll(at, -1)
    faces, part = [], []
    for eye in range(2):
        for ring in range(3):
            first = eye * 4 * AROUND + ring * AROUND
            quads = np.stack([first + at, first + after, first + AROUND + after, first + AROUND + at], axis=1)
            faces.append(quads[:, [[0, 1, 2], [0, 2, 3]]].reshape(-1, 3))
            part.append(np.full(2 * AROUND, SKIN if ring < 2 else SOCKET))
    deltas = {}
    for name, side in (("eyeBlinkLeft", 1.0), ("eyeBlinkRight", -1.0)):
        upper = (points[:, 1] < 0.0) & (np.sign(points[:, 0]) == side)
        delta = np.zeros_like(points)
        delta[upper, 1] = -1.6 * points[upper, 1] + clumsy_m * (np.abs(points[upper, 0]) > 0.036)
        deltas[name] = delta
    uv = np.zeros((len(points), 2))
    eyes = np.stack([EYE, EYE * (-1.0, 1.0, 1.0)])
    solid = np.concatenate(faces)
    return Mesh(points, solid, uv, solid, np.concatenate(part), deltas, eyes, RADIUS_M, np.arange(len(points)))


def shut_line(mesh: Mesh) -> tuple[F64, F64]:
    """The upper edge of the left eye in a blink, from the inner end to the outer, and the arc it should lie on."""
    ring = np.intersect1d(mesh.faces[mesh.part == SKIN], mesh.faces[mesh.part == SOCKET])
    ring = ring[mesh.vertices[ring, 0] > 0.0]
    shut = lids.outside(mesh, mesh.vertices[ring] + mesh.deltas["eyeBlinkLeft"][ring], EYE)
    ends = np.array([shut[:, 0].argmin(), shut[:, 0].argmax()])
    upper = np.flatnonzero(mesh.vertices[ring, 1] < -1e-6)
    upper = upper[shut[upper, 0].argsort()]
    return shut[upper, 1], lids._arc(shut[upper, 0], shut[ends])


def test_a_clumsy_blink_is_bent_onto_the_arc() -> None:
    """The upper edge ends a hair below an arc between the eye's corners, wherever it ended before."""
    for clumsy_m in (0.0, 0.004):
        mesh = made_up(clumsy_m)
        lids.even_blinks(mesh)
        line, arc = shut_line(mesh)
        np.testing.assert_allclose(line, arc + lids.OVERLAP_M, atol=2e-4)


def test_the_arc_sags_between_its_ends() -> None:
    """It passes both ends, lies `SAG_M` below them in the middle, and goes on level outside."""
    ends = np.array([[0.0, 0.001, 0.0], [0.02, 0.003, 0.0]])
    heights = lids._arc(np.array([0.0, 0.01, 0.02, 0.03]), ends)
    np.testing.assert_allclose(heights, [0.001, 0.002 + lids.SAG_M, 0.003, 0.003])


def test_only_what_sinks_into_an_eyeball_is_pushed_out() -> None:
    """A point inside ends on the clearance, in its own direction; one outside stays."""
    mesh = made_up(0.0)
    inside, outside = EYE + (0.0, 0.0, -0.010), EYE + (0.0, 0.0, -0.020)
    moved = lids.outside(mesh, np.stack([inside, outside]), EYE)
    np.testing.assert_allclose(moved, [EYE + (0.0, 0.0, -(RADIUS_M + LID_CLEARANCE_M)), outside])


def test_the_other_eye_is_left_alone() -> None:
    """Bending the left blink moves nothing of the right side."""
    mesh = made_up(0.004)
    right = mesh.vertices[:, 0] < 0.0
    lids.even_blinks(mesh)
    assert np.abs(mesh.deltas["eyeBlinkLeft"][right]).max() == 0.0
