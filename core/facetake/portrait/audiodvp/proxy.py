"""Draws the face model as a capture placed and lit it, and marks its lower face (AudioDVP 3.1.2 and 3.3).

No gradient is needed here, so visibility and colours are numpy and numba: a few milliseconds a picture. As in the
paper, colours are computed per vertex and run linearly over a triangle. Knows the actor's folder and the face model;
does not know sound or networks.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from facetake.portrait.composite import expanded
from facetake.render.camera import Camera
from facetake.render.zbuffer import NOTHING, face_ids

if TYPE_CHECKING:
    from facetake.portrait.actor import Actor

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Ids = NDArray[np.int32]


@dataclass(frozen=True)
class Drawing:
    """A mesh on the screen: screen (V, 3) pixels and depth in metres, ids (H, W) of the visible faces."""

    screen: F32
    ids: Ids


def drawn(vertices: F32, faces: Ids, camera: Camera) -> Drawing:
    """Camera-space vertices (V, 3) in metres as seen by a camera."""
    screen = camera.project(vertices)
    width, height = camera.size
    return Drawing(screen, face_ids(screen, faces, height, width))


def coloured(drawing: Drawing, faces: Ids, colours: F32) -> U8:
    """A picture (H, W, 3) on black from colours (V, 3) in 0..1 at the vertices."""
    picture = np.zeros((*drawing.ids.shape, 3), np.uint8)
    rows, columns = np.nonzero(drawing.ids != NOTHING)
    corners = faces[drawing.ids[rows, columns]]
    weights = _barycentric(drawing.screen[corners], columns + 0.5, rows + 0.5)
    mixed = np.einsum("nk,nkc->nc", weights, colours[corners])
    picture[rows, columns] = np.rint(mixed.clip(0.0, 1.0) * 255.0)
    return picture


def _barycentric(corners: F32, x: NDArray[np.floating], y: NDArray[np.floating]) -> F32:
    """Perspective-correct weights (N, 3) of points on the screen in triangles (N, 3, 3)."""
    a, b, c = (corners[:, k].astype(np.float64) for k in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    first = ((b[:, 0] - x) * (c[:, 1] - y) - (b[:, 1] - y) * (c[:, 0] - x)) / area
    second = ((c[:, 0] - x) * (a[:, 1] - y) - (c[:, 1] - y) * (a[:, 0] - x)) / area
    flat = np.stack([first, second, 1.0 - first - second], axis=1) / corners[..., 2]
    return np.asarray(flat / flat.sum(axis=1, keepdims=True), np.float32)


def lower_face(closed: Drawing, opened: Drawing, is_lower: Mask) -> Mask:
    """The widened mask (H, W): where faces marked in `is_lower` (F,) show with a closed mouth and with an open one."""
    return expanded(*(_seen(drawing, is_lower) for drawing in (closed, opened)))


def _seen(drawing: Drawing, is_lower: Mask) -> Mask:
    seen: Mask = (drawing.ids != NOTHING) & is_lower[drawing.ids]
    return seen


def normals(vertices: F32, faces: Ids) -> F32:
    """Unit normals (V, 3), those of the faces around each vertex weighted by their area."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    across = np.cross(b - a, c - a)
    total = np.zeros_like(vertices)
    for k in range(3):
        for axis in range(3):
            total[:, axis] += np.bincount(faces[:, k], across[:, axis], len(vertices))
    return np.asarray(total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12), np.float32)
