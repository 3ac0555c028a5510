"""Where a posed mesh lands on the screen, in torch: rotation vectors, placement, pinhole projection, vertex normals.

Knows tensors of points; does not know faces of people, light or pixels. Conventions are those of
`facetake.render.camera`: x right, y down, z forward, pixel centres at +0.5.
"""

from __future__ import annotations

import torch
from torch import Tensor

from facetake.render.camera import Camera

SMALLEST_ANGLE = 1e-4  # radians: below it the series is exact in float32, and 0 / 0 is kept out of gradients


def rotation_matrix(rotation: Tensor) -> Tensor:
    """Matrices (..., 3, 3) of rotation vectors (..., 3): axis times angle in radians. Smooth at zero."""
    square = (rotation * rotation).sum(dim=-1)[..., None, None]
    small = square < SMALLEST_ANGLE**2
    angle = torch.where(small, torch.ones_like(square), square).sqrt()
    sine = torch.where(small, 1.0 - square / 6.0, angle.sin() / angle)
    cosine = torch.where(small, 0.5 - square / 24.0, (1.0 - angle.cos()) / (angle * angle))
    x, y, z = rotation.unbind(dim=-1)
    zero = torch.zeros_like(x)
    cross = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], dim=-1).reshape(*x.shape, 3, 3)
    still = torch.eye(3, dtype=rotation.dtype, device=rotation.device)
    turned: Tensor = still + sine * cross + cosine * (cross @ cross)
    return turned


def place(vertices: Tensor, rotation: Tensor, translation: Tensor) -> Tensor:
    """Camera-space vertices (B, V, 3) of head-space ones (B, V, 3), both in metres.

    rotation (B, 3): rotation vectors in radians, about the head's origin; translation (B, 3) m: where the origin goes.
    """
    return vertices @ rotation_matrix(rotation).transpose(-1, -2) + translation[..., None, :]


def project(points: Tensor, camera: Camera, focal: Tensor | None = None) -> Tensor:
    """Screen positions (..., 3) of camera-space points (..., 3): x, y in pixels and depth in metres.

    focal: focal length in pixels in place of the camera's, to be fitted.
    """
    length = camera.focal if focal is None else focal
    depth = points[..., 2:]
    centre = points.new_tensor(camera.centre)
    return torch.cat([points[..., :2] / depth * length + centre, depth], dim=-1)


def vertex_normals(vertices: Tensor, faces: Tensor) -> Tensor:
    """Area-weighted unit normals (B, V, 3) of vertices (B, V, 3) and faces (F, 3).

    They point outwards where faces run counter-clockwise in a picture taken from outside, as in every face model here.
    """
    # one flat list over the batch: indices of a second axis are looked up several times as slowly
    first = torch.arange(len(vertices), device=faces.device)[:, None] * vertices.shape[1]
    corner = [(first + faces[:, k]).flatten() for k in range(3)]
    flat = vertices.flatten(0, 1)
    a, b, c = (flat.index_select(0, at) for at in corner)
    normal = torch.linalg.cross(b - a, c - a)
    total = torch.zeros_like(flat)
    for at in corner:
        total = total.index_add(0, at, normal)
    return torch.nn.functional.normalize(total, dim=-1, eps=1e-12).view(vertices.shape)
