"""Masks and blending: widens the lower-face mask, softens it, and lays a picture over a frame (AudioDVP 3.3).

Knows pictures and masks; does not know where either comes from. The paper's pixels are those of a picture of 256; for
other sizes they scale.
"""

from __future__ import annotations

import numpy as np

from facetake.arrays import F32, U8, Mask
from facetake.portrait.video.region import PAPER_PX

DILATE_PX = 4
ERODE_PX = 9
BLUR_TAPS = 5
BLUR_SIGMA_PX = 4.0
SQUARE = np.ones((3, 3), dtype=bool)
"""As AudioDVP's program has them: rounds of a square of 3, and a Gaussian of 5 taps, whose spread it gets from OpenCV's
constant BORDER_DEFAULT, 4."""


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
