"""How alike two pictures are: SSIM, PSNR and absolute difference, without any network.

Knows pictures; does not know faces.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facetake.arrays import U8

PEAK = 255.0  # of a byte
SIGMA_PX = 1.5  # Wang et al. 2004
TAPS = 11  # likewise
K1 = 0.01  # likewise
K2 = 0.03  # likewise


def ssim(first: U8, second: U8) -> float:
    """Structural similarity of pictures (H, W, 3), -1..1, the mean over pixels and channels.

    Wang et al. 2004: a Gaussian window of 11 x 11 pixels, sigma 1.5, only where it fits into the picture.
    """
    if first.shape != second.shape or min(first.shape[:2]) < TAPS:
        raise ValueError(f"cannot compare {first.shape} with {second.shape}")
    a = first.astype(np.float64)
    b = second.astype(np.float64)
    mean_a = _windowed(a)
    mean_b = _windowed(b)
    spread_a = _windowed(a * a) - mean_a**2
    spread_b = _windowed(b * b) - mean_b**2
    both = _windowed(a * b) - mean_a * mean_b
    c1 = (K1 * PEAK) ** 2
    c2 = (K2 * PEAK) ** 2
    light = (2.0 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1)
    structure = (2.0 * both + c2) / (spread_a + spread_b + c2)
    return float((light * structure).mean())


def _windowed(picture: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy import ndimage

    radius = TAPS // 2
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / SIGMA_PX) ** 2)
    for axis in (0, 1):
        picture = ndimage.correlate1d(picture, weights / weights.sum(), axis=axis)
    return picture[radius:-radius, radius:-radius]


def psnr(first: U8, second: U8) -> float:
    """Peak signal to noise ratio in dB; infinite for equal pictures."""
    error = float(np.square(first.astype(np.float64) - second).mean())
    return float("inf") if error == 0.0 else float(10.0 * np.log10(PEAK**2 / error))


def absolute_difference(first: U8, second: U8) -> float:
    """Mean absolute difference in 0..255 (AudioDVP figure 6)."""
    return float(np.abs(first.astype(np.float64) - second).mean())
