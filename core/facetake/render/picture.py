"""A lit picture of a coloured mesh, in torch: the image formation of AudioDVP 3.1.2, each step differentiable.

A posed mesh lands on the screen: rotation vectors, placement, pinhole projection, as `facetake.render.camera` has its
axes (x right, y down, z forward, pixel centres at +0.5). From face ids come surface points with perspective-correct
barycentric weights, which carry gradients; only covered pixels are kept, as one list over the whole batch, so that
cost follows the picture's content. Gradients reach positions, colours and light, but not the outline, since the ids
are fixed. Light comes from everywhere, as nine spherical harmonics a colour; their basis has AudioDVP's constants and
axes (x right, y up, z towards the viewer, as in the reconstructions it builds on), while normals come in camera space
(y down, z away): the flip is here. `drawn` is the same for numpy in and sRGB bytes out. Knows meshes, colours, light
and a camera; does not know face models.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from facetake.arrays import F32, U8
from facetake.render.camera import Camera
from facetake.render.rasterizer import Engine, face_ids


@dataclass(frozen=True)
class Fragments:
    """The surface points under all covered pixels of a batch of pictures, P of them.

    shape: (B, H, W); batch, row, column (P,): which pixel each is; corners (P, 3): vertex numbers of its triangle;
    face (P,): the triangle; weights (P, 3): perspective-correct barycentric weights, which carry gradients to `screen`.
    """

    shape: tuple[int, int, int]
    batch: Tensor
    row: Tensor
    column: Tensor
    corners: Tensor
    face: Tensor
    weights: Tensor

    def interpolate(self, values: Tensor) -> Tensor:
        """Values (P, C) at the points, of vertex values (B, V, C), or (1, V, C) if they serve all pictures."""
        corners = self.corners if len(values) == 1 else self.corners + (self.batch * values.shape[1])[:, None]
        return torch.einsum("pkc,pk->pc", at_corners(values, corners), self.weights)

    def image(self, values: Tensor, background: Tensor | float = 0.0) -> Tensor:
        """Pictures (B, H, W, C) of values (P, C) before a background: a number, or pictures of that shape."""
        shape = (*self.shape, values.shape[-1])
        ground = torch.as_tensor(background, dtype=values.dtype, device=values.device).expand(shape)
        return ground.index_put((self.batch, self.row, self.column), values)

    def covered(self) -> Tensor:
        """Which pixels show the mesh: (B, H, W) bool."""
        mask = torch.zeros(self.shape, dtype=torch.bool, device=self.row.device)
        mask[self.batch, self.row, self.column] = True
        return mask


def fragments(screen: Tensor, faces: Tensor, ids: Tensor, chosen: Tensor | None = None) -> Fragments:
    """The points that ids show.

    screen (B, V, 3): x, y in pixels and depth in metres, with gradients if wanted; faces (F, 3); ids (B, H, W) from
    `facetake.render.rasterizer`; chosen (F,) bool: triangles whose pixels are wanted, all by default.
    """
    shown = ids >= 0
    if chosen is not None:
        shown = shown & chosen[ids.clamp(min=0).long()]
    batch, row, column = shown.nonzero(as_tuple=True)
    face = ids[batch, row, column].long()
    corners = faces.index_select(0, face).long()
    at = torch.stack([column, row], dim=1).to(screen.dtype) + 0.5
    weights = barycentric(at_corners(screen, corners + (batch * screen.shape[1])[:, None]), at)
    return Fragments((ids.shape[0], ids.shape[1], ids.shape[2]), batch, row, column, corners, face, weights)


def at_corners(values: Tensor, corners: Tensor) -> Tensor:
    """Values (P, 3, C) of vertices (B, V, C) at corners (P, 3), numbered through the batch.

    Several times as fast as indexing by batch and corner.
    """
    return values.flatten(0, 1).index_select(0, corners.flatten()).view(*corners.shape, -1)


def barycentric(corners: Tensor, at: Tensor) -> Tensor:
    """Perspective-correct weights (P, 3) of screen points (P, 2) in triangles with corners (P, 3, 3): x, y, depth."""
    offset = corners[..., :2] - at[:, None]
    after = offset.roll(-1, dims=1)
    cross = after[..., 0] * offset.roll(1, dims=1)[..., 1] - after[..., 1] * offset.roll(1, dims=1)[..., 0]
    near = cross / corners[..., 2]
    return near / near.sum(dim=1, keepdim=True)


@dataclass(frozen=True)
class Picture:
    """What a camera sees: rgb (P, 3), linear light, of the surface points; `image` makes pictures of it.

    points: which pixels and triangles they are; screen (B, V, 3): where the vertices went.
    """

    rgb: Tensor
    points: Fragments
    screen: Tensor

    def image(self, background: Tensor | float = 0.0) -> Tensor:
        """Pictures (B, H, W, 3), linear light in 0..1, before a background of that shape or one number."""
        return self.points.image(self.rgb.clamp(0.0, 1.0), background)


def draw(
    vertices: Tensor,
    faces: Tensor,
    albedo: Tensor,
    light: Tensor,
    camera: Camera,
    *,
    engine: Engine | None = None,
    focal: Tensor | None = None,
    ids: Tensor | None = None,
    chosen: Tensor | None = None,
) -> Picture:
    """The picture of a mesh.

    Args:
        vertices: (B, V, 3) camera space, metres.
        faces: (F, 3).
        albedo: (B, V, 3) or (1, V, 3), linear.
        light: (B, 9, 3) or (1, 9, 3) coefficients of `facetake.render.picture`.
        camera: what sees it.
        engine: in place of the rasterizer that was chosen.
        focal: in place of the camera's.
        ids: (B, H, W) face ids found before, to save looking again.
        chosen: (F,) bool: triangles to show; the others hide but stay dark background.
    """
    screen = project(vertices, camera, focal)
    if ids is None:
        ids = face_ids(screen, faces, camera.size, engine)
    points = fragments(screen, faces, ids, chosen)
    lit = shade(albedo, vertex_normals(vertices, faces), light)
    return Picture(points.interpolate(lit), points, screen)


@torch.no_grad()
def drawn(space: F32, faces: Tensor, colour: F32, light: F32, camera: Camera, back: U8 | None = None) -> U8:
    """A picture (H, W, 3) of a mesh, on black or over a background of that shape.

    Args:
        space: (V, 3) camera space, metres.
        faces: (F, 3); those seen from behind, as through a cut neck, are left out.
        colour: (V, 3) linear albedo.
        light: (9, 3) coefficients of `facetake.render.picture`.
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


N_BANDS = 9  # orders 0 to 2: 98 % of what even skin reflects (Ramamoorthi and Hanrahan 2001)
AMBIENT = 0.7
"""Coefficient of the first band in the light that a fit starts from: even light from all sides."""
# the cosine lobe's share of each order, times the harmonics' own constants
_C0 = pi / sqrt(4.0 * pi)
_C1 = 2.0 * pi / sqrt(3.0) * sqrt(3.0) / sqrt(4.0 * pi)
_C2 = 2.0 * pi / sqrt(8.0) * 3.0 * sqrt(5.0) / sqrt(12.0 * pi)


def ambient(device: torch.device | str = "cpu") -> Tensor:
    """Even grey light (9, 3): what a fit starts from."""
    light = torch.zeros(N_BANDS, 3, device=device)
    light[0] = AMBIENT
    return light


def basis(normals: Tensor) -> Tensor:
    """Y (..., 9) of unit normals (..., 3) in camera space."""
    x = normals[..., 0]
    y = -normals[..., 1]
    z = -normals[..., 2]
    return torch.stack(
        [
            torch.full_like(x, _C0),
            -_C1 * y,
            _C1 * z,
            -_C1 * x,
            _C2 * x * y,
            -_C2 * y * z,
            _C2 * 0.5 / sqrt(3.0) * (3.0 * z * z - 1.0),
            -_C2 * x * z,
            _C2 * 0.5 * (x * x - y * y),
        ],
        dim=-1,
    )


def shade(albedo: Tensor, normals: Tensor, light: Tensor) -> Tensor:
    """Colours (..., N, 3): albedo (..., N, 3) times the light that falls on normals (..., N, 3); equation in 3.1.2.

    light (..., 9, 3): coefficients of red, green and blue, `ambient` included. Not clamped; a picture clamps to 0..1.
    """
    return albedo * (basis(normals) @ light)


def to_srgb(linear: Tensor) -> Tensor:
    """SRGB 0..1 of linear light, any shape; what lies outside is clamped. Its slope stays finite at black."""
    inside = linear.clamp(0.0, 1.0)
    curve = 1.055 * inside.clamp(min=0.0031308) ** (1.0 / 2.4) - 0.055
    return torch.where(inside <= 0.0031308, 12.92 * inside, curve)


def to_linear(srgb: Tensor) -> Tensor:
    """Linear light 0..1 of sRGB 0..1, any shape."""
    curve = ((srgb.clamp(min=0.04045) + 0.055) / 1.055) ** 2.4
    return torch.where(srgb <= 0.04045, srgb / 12.92, curve)
