"""How alike two pictures are: SSIM, PSNR and absolute difference, without any network.

Knows pictures; does not know faces.
"""

from __future__ import annotations

import numpy as np

from facetake.arrays import U8

PEAK = 255.0  # of a byte
SIGMA_PX = 1.5  # Wang et al. 2004
TAPS = 11  # likewise; what scikit-image takes of a Gaussian of that sigma


def ssim(first: U8, second: U8) -> float:
    """Structural similarity of pictures (H, W, 3), -1..1, the mean over pixels and channels.

    Wang et al. 2004: a Gaussian window of 11 x 11 pixels, sigma 1.5, only where it fits into the picture.
    """
    if first.shape != second.shape or min(first.shape[:2]) < TAPS:
        raise ValueError(f"cannot compare {first.shape} with {second.shape}")
    from skimage.metrics import structural_similarity

    return float(
        structural_similarity(
            first,
            second,
            data_range=PEAK,
            channel_axis=-1,
            gaussian_weights=True,
            sigma=SIGMA_PX,
            use_sample_covariance=False,
        )
    )


def psnr(first: U8, second: U8) -> float:
    """Peak signal to noise ratio in dB; infinite for equal pictures."""
    from skimage.metrics import peak_signal_noise_ratio

    if np.array_equal(first, second):  # scikit-image warns that it divides by zero
        return float("inf")
    return float(peak_signal_noise_ratio(first, second, data_range=PEAK))


def absolute_difference(first: U8, second: U8) -> float:
    """Mean absolute difference in 0..255 (AudioDVP figure 6)."""
    return float(np.abs(first.astype(np.float64) - second).mean())
