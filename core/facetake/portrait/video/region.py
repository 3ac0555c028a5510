"""The square of the picture that a network works in. Knows pictures and masks; does not know what they show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facetake.arrays import U8, Mask

PAPER_PX = 256  # side of the pictures of all three papers: what they tell in pixels is scaled by it
MARGIN = 0.06  # of the square's side, left around the masks


@dataclass(frozen=True)
class Region:
    """A square of the picture and the number of pixels that a network sees it with.

    left, top, side: in pixels of the picture; pixels: the side in pixels of the network.
    """

    left: int
    top: int
    side: int
    pixels: int

    def cut(self, picture: U8) -> U8:
        """The square out of (H, W, 3), as (pixels, pixels, 3)."""
        return _resized(picture[self.top : self.top + self.side, self.left : self.left + self.side], self.pixels)

    def put(self, square: U8, size: int) -> U8:
        """A square (pixels, pixels, 3) back in its place on a black picture (size, size, 3)."""
        whole = np.zeros((size, size, 3), np.uint8)
        whole[self.top : self.top + self.side, self.left : self.left + self.side] = _resized(square, self.side)
        return whole


def around(masks: Mask, pixels: int) -> Region:
    """The square that holds every mask (T, H, W) with a margin, or the largest that the picture has room for."""
    size = min(masks.shape[1:])
    covered: Mask = masks.max(axis=0)
    rows = np.flatnonzero(covered.max(axis=1))
    columns = np.flatnonzero(covered.max(axis=0))
    if not len(rows):
        return Region(0, 0, size, pixels)
    extent = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    side = min(size, int(np.ceil(extent * (1.0 + 2.0 * MARGIN))))
    left, top = (int(np.clip((a[0] + a[-1] + 1 - side) // 2, 0, size - side)) for a in (columns, rows))
    return Region(left, top, side, pixels)


def _resized(picture: U8, side: int) -> U8:
    """A square picture with another number of pixels; smaller ones are averaged, not picked."""
    if picture.shape[0] == side:
        return picture.copy()
    import torch

    tensor = torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)[None].float()
    new = torch.nn.functional.interpolate(tensor, (side, side), mode="bilinear", antialias=True, align_corners=False)
    return np.asarray(new[0].permute(1, 2, 0).round().clamp(0, 255).byte().numpy())
