"""From face ids to surface points, in torch: perspective-correct barycentric weights that carry gradients.

Knows ids, projected points and per-vertex values; does not know what the values mean. Only covered pixels are kept,
as one list over the whole batch, so that cost follows the picture's content. The ids themselves are fixed: outlines
carry no gradient.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


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
