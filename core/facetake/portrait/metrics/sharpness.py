"""How sharp a picture looks on its own: the cumulative probability of blur detection, CPBD (Narvekar and Karam 2011).

An edge looks blurred with a probability that depends on its width and on its block's contrast; CPBD is the share of
edges of which blur is seen with 63 % or less. Knows grey pictures; does not know faces.
"""

from __future__ import annotations

import numpy as np

from facetake.arrays import F64, U8, Mask

BLOCK = 64  # pixels a side
EDGE_SHARE = 0.002  # of a block's pixels that must be edges, or it is not looked at
BETA = 3.6  # Narvekar and Karam 2011: how steeply blur is noticed
CONTRAST = 50.0  # likewise, of 255
NARROW = 3.0
WIDE = 5.0
"""Just noticeable widths of an edge: `NARROW` where a block's contrast is above `CONTRAST`, else `WIDE`."""
JUST_SEEN = 0.63  # likewise: the probability at which blur is just noticed
GREY = np.array([0.299, 0.587, 0.114])  # BT.601
SIGMA_PX = 2.0**0.5
QUIET = 0.7
LOW = 0.4
FLAT = 1e-3
"""Of Canny's detector: the smoothing, the share of pixels that are no edge, the lower threshold beside the upper, and
what is no slope at all."""


def cpbd(picture: U8, where: Mask | None = None) -> float:
    """Sharpness of a picture (H, W, 3), 0..1; 0 where it has no edges. One smaller than a block is a block.

    where: (H, W) of whose edges alone it is told; None: of all.
    """
    side = min(BLOCK, *picture.shape[:2])
    grey = np.asarray(picture @ GREY, np.float64)
    outlines = edges(grey)
    widths = edge_widths(grey) * (1.0 if where is None else where)
    seen: list[F64] = []
    for top in range(0, grey.shape[0] - side + 1, side):
        for left in range(0, grey.shape[1] - side + 1, side):
            block = np.s_[top : top + side, left : left + side]
            if outlines[block].mean() > EDGE_SHARE:
                noticed = NARROW if np.ptp(grey[block]) > CONTRAST else WIDE
                wide = widths[block][widths[block] > 0]
                seen.append(1.0 - np.exp(-((wide / noticed) ** BETA)))
    probabilities = np.concatenate(seen) if seen else np.zeros(0)
    return float((probabilities <= JUST_SEEN).mean()) if len(probabilities) else 0.0


def edge_widths(grey: F64) -> F64:
    """Widths (H, W) in pixels of a grey picture's upright edges, 0 elsewhere: how far light rises or falls in its row.

    Marziliano et al. 2002, with Sobel's edges, thinned along the row.
    """
    from scipy import ndimage

    slope = ndimage.sobel(grey, axis=1) / 8.0
    power = slope**2
    before = np.roll(power, 1, axis=1)
    after = np.roll(power, -1, axis=1)
    is_edge = (power > 4.0 * power.mean()) & (power >= before) & (power > after)
    is_edge[:, [0, -1]] = False
    rising = _run(grey)
    falling = _run(-grey)
    return np.where(is_edge, np.where(slope > 0.0, rising, falling), 0.0)


def _run(grey: F64) -> F64:
    """Pixels (H, W) over which light rises to the right without a break around each pixel."""
    rises = np.diff(grey, axis=1) > 0.0
    left = np.zeros(grey.shape)
    right = np.zeros(grey.shape)
    for column in range(1, grey.shape[1]):
        left[:, column] = np.where(rises[:, column - 1], left[:, column - 1] + 1.0, 0.0)
        right[:, -column - 1] = np.where(rises[:, -column], right[:, -column] + 1.0, 0.0)
    return left + right


def edges(grey: F64) -> Mask:
    """Edges (H, W) of a grey picture: ridges of the gradient that are strong, or reach to strong ones (Canny 1986).

    The thresholds follow the picture's own gradient, as CPBD's authors had them.
    """
    from scipy import ndimage
    from skimage.feature import canny

    smooth = ndimage.gaussian_filter(grey, SIGMA_PX, mode="nearest")
    strength = np.hypot(ndimage.sobel(smooth, axis=0), ndimage.sobel(smooth, axis=1))
    high = max(float(np.quantile(strength, QUIET)), FLAT * float(strength.max()), FLAT)
    return np.asarray(canny(grey, SIGMA_PX, LOW * high, high, mode="nearest"))


class Sharpness:
    """CPBD of made and of real pictures that are shown one after another."""

    def __init__(self) -> None:
        """Begins without any."""
        self._found: list[tuple[float, float]] = []

    def update(self, frame: int, made: U8, real: U8) -> None:  # noqa: ARG002  when a picture was taken does not matter
        """Takes a made picture (H, W, 3) and the real one."""
        self._found.append((cpbd(made), cpbd(real)))

    def compute(self) -> dict[str, float]:
        """`cpbd`, and `cpbd_real` to compare it with."""
        made, real = np.mean(self._found, axis=0)
        return {"cpbd": float(made), "cpbd_real": float(real)}
