"""The square of a frame that a network works in: cut out, put back, and blended over the frame by a mask.

Masks and blending are AudioDVP's (3.3); the paper's pixels are those of a picture of 256, and for other sizes they
scale. Knows pictures and masks; does not know what they show or where either comes from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facetake.arrays import F32, U8, Mask

PAPER_PX = 256  # side of the pictures of all three papers: what they tell in pixels is scaled by it
MARGIN = 0.06  # of the square's side, left around the masks

DILATE_PX = 4
ERODE_PX = 9
BLUR_TAPS = 5
BLUR_SIGMA_PX = 4.0
SQUARE = np.ones((3, 3), dtype=bool)
"""As AudioDVP's program has them: rounds of a square of 3, and a Gaussian of 5 taps, whose spread it gets from OpenCV's
constant BORDER_DEFAULT, 4."""


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

    def points(self, points: F32) -> F32:
        """Points (..., 2) of the picture in the pixels of the network."""
        scale = np.float32(self.pixels / self.side)
        return np.asarray((points - np.array([self.left, self.top], np.float32)) * scale, np.float32)

    def put(self, square: U8, size: int) -> U8:
        """A square (pixels, pixels, 3) back in its place on a black picture (size, size, 3)."""
        whole = np.zeros((size, size, 3), np.uint8)
        whole[self.top : self.top + self.side, self.left : self.left + self.side] = _resized(square, self.side)
        return whole


def around(masks: Mask, pixels: int) -> Region:
    """The square that holds every mask (T, H, W) with a margin, or the largest that the picture has room for.

    Where it is smaller than what the network sees it grows to that, so that the picture's own pixels are seen.
    """
    size = min(masks.shape[1:])
    covered: Mask = masks.max(axis=0)
    rows = np.flatnonzero(covered.max(axis=1))
    columns = np.flatnonzero(covered.max(axis=0))
    if not len(rows):
        return Region(0, 0, size, pixels)
    extent = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    side = min(size, max(pixels, int(np.ceil(extent * (1.0 + 2.0 * MARGIN)))))
    left, top = (int(np.clip((a[0] + a[-1] + 1 - side) // 2, 0, size - side)) for a in (columns, rows))
    return Region(left, top, side, pixels)


def _resized(picture: U8, side: int) -> U8:
    """A square picture with another number of pixels; smaller ones are averaged, not picked."""
    if picture.shape[0] == side:
        return picture.copy()
    import torch

    tensor = torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)[None].float()
    new = torch.nn.functional.interpolate(tensor, (side, side), mode="bicubic", antialias=True, align_corners=False)
    return np.asarray(new[0].permute(1, 2, 0).round().clamp(0, 255).byte().numpy())


def expanded(closed: Mask, opened: Mask) -> Mask:
    """The lower face's mask grown over what an open jaw would cover, (H, W).

    closed, opened: where the lower face is with a closed mouth and with the jaw fully open. Their union keeps the
    neck under the target's jaw inside, so that no second jaw shows beneath the new one (AudioDVP figures 3 and 4).
    """
    from scipy import ndimage

    grown: Mask = ndimage.binary_dilation(closed | opened, SQUARE, iterations=_pixels(DILATE_PX, closed))
    return grown


def softened(mask: Mask) -> F32:
    """How much of the new picture shows, 0..1 (H, W): the mask drawn in and blurred, so that no edge is seen.

    It is 0 wherever `mask` is, so nothing outside the mask ever shows.
    """
    from scipy import ndimage

    core = ndimage.binary_erosion(mask, SQUARE, iterations=_pixels(ERODE_PX, mask)).astype(np.float32)
    radius = BLUR_TAPS // 2 * _pixels(1, mask)
    place = np.arange(-radius, radius + 1) / (BLUR_SIGMA_PX * _pixels(1, mask))
    weights = np.exp(-0.5 * place**2)
    for axis in (0, 1):
        core = ndimage.correlate1d(core, weights / weights.sum(), axis=axis, mode="mirror")
    return np.asarray(np.clip(core, 0.0, 1.0), np.float32)


def blended(frame: U8, picture: U8, weight: F32) -> U8:
    """`picture` laid over `frame` by `weight`: (H, W, 3), (H, W, 3) and (H, W) to (H, W, 3)."""
    if frame.shape != picture.shape or frame.shape[:2] != weight.shape:
        raise ValueError(f"cannot blend {picture.shape} over {frame.shape} by {weight.shape}")
    share = weight[..., None]
    mixed = frame.astype(np.float32) * (1.0 - share) + picture.astype(np.float32) * share
    return np.asarray(np.rint(mixed), np.uint8)


def _pixels(paper: int, mask: Mask) -> int:
    """The paper's pixels in a picture of the mask's size, at least one."""
    return max(1, int(paper * min(mask.shape) / PAPER_PX + 0.5))
