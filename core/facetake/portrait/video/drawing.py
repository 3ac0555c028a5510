"""Draws a face model in pictures: camera-space vertices, colours and light into sRGB bytes, without gradients.

The steps are those of `facetake.render.picture`, for numpy in and numpy out. Knows meshes and pictures; does not know
how either was found.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from facetake.arrays import F32
from facetake.portrait.video.pictures import Pictures
from facetake.render.camera import Camera
from facetake.render.harmonics import to_srgb
from facetake.render.picture import draw
from facetake.render.rasterizer import face_ids


@torch.no_grad()
def drawn(space: F32, faces: Tensor, colour: F32, light: F32, camera: Camera, back: Pictures | None = None) -> Pictures:
    """A picture (H, W, 3) of a mesh, on black or over a background of that shape.

    Args:
        space: (V, 3) camera space, metres.
        faces: (F, 3); those seen from behind, as through a cut neck, are left out.
        colour: (V, 3) linear albedo.
        light: (9, 3) coefficients of `facetake.render.harmonics`.
        camera: what sees it.
        back: what is behind it.
    """
    vertices, albedo, lamp = (torch.from_numpy(np.ascontiguousarray(a))[None] for a in (space, colour, light))
    ids = torch.from_numpy(seen_faces(space, faces, camera))[None]
    shown = draw(vertices, faces, albedo, lamp, camera, ids=ids)
    width, height = camera.size
    picture = np.zeros((height, width, 3), np.uint8) if back is None else back.copy()
    points = shown.points
    picture[points.row.numpy(), points.column.numpy()] = (to_srgb(shown.rgb) * 255.0).round().byte().numpy()
    return picture


def seen_faces(space: F32, faces: Tensor, camera: Camera) -> NDArray[np.int32]:
    """Which triangle (H, W) each pixel shows of a mesh with vertices (V, 3) in the camera's space, -1 for none."""
    screen = torch.from_numpy(np.ascontiguousarray(camera.project(space), np.float32))
    ids: NDArray[np.int32] = face_ids(screen[None], faces, camera.size, one_sided=True)[0].numpy()
    return ids
