"""A lit picture of a coloured mesh, in torch: the image formation of AudioDVP 3.1.2, each step differentiable.

From face ids come surface points with perspective-correct barycentric weights, which carry gradients; only covered
pixels are kept, as one list over the whole batch, so that cost follows the picture's content. Gradients reach
positions, colours and light, but not the outline, since the ids are fixed. `drawn` is the same for numpy in and sRGB
bytes out. Knows meshes, colours, light and a camera; does not know face models.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from facetake.arrays import F32, U8
from facetake.render.camera import Camera
from facetake.render.harmonics import shade, to_srgb
from facetake.render.perspective import project, vertex_normals
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
        light: (B, 9, 3) or (1, 9, 3) coefficients of `facetake.render.harmonics`.
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
