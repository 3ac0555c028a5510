"""SSIM, PSNR and absolute difference."""

from __future__ import annotations

import numpy as np
import pytest

from facetake.arrays import U8
from facetake.portrait.metrics.similarity import absolute_difference, psnr, ssim


def _pair() -> tuple[U8, U8]:
    random = np.random.default_rng(0)
    first = random.integers(0, 256, (16, 18, 3)).astype(np.uint8)
    return first, np.asarray(np.clip(first + random.normal(0.0, 20.0, first.shape), 0, 255), np.uint8)


def test_ssim_is_wangs_formula() -> None:
    """The likeness is what the definition gives, window by window."""
    first, second = _pair()
    place = np.arange(-5, 6)
    line = np.exp(-0.5 * (place / 1.5) ** 2)
    window = np.outer(line, line) / line.sum() ** 2
    slow = []
    for y in range(16 - 10):
        for x in range(18 - 10):
            for c in range(3):
                a, b = (p[y : y + 11, x : x + 11, c].astype(float) for p in (first, second))
                mean_a = (window * a).sum()
                mean_b = (window * b).sum()
                var_a = (window * (a - mean_a) ** 2).sum()
                var_b = (window * (b - mean_b) ** 2).sum()
                both = (window * (a - mean_a) * (b - mean_b)).sum()
                c1 = 2.55**2
                c2 = 7.65**2
                top = (2 * mean_a * mean_b + c1) * (2 * both + c2)
                slow.append(top / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2)))

    assert ssim(first, second) == pytest.approx(np.mean(slow), abs=1e-9)
    assert ssim(first, first) == pytest.approx(1.0)


def test_ssim_refuses_what_it_cannot_compare() -> None:
    """Pictures of two sizes, or smaller than a window, are a mistake of the caller."""
    first, _ = _pair()

    with pytest.raises(ValueError, match="cannot compare"):
        ssim(first, first[1:])
    with pytest.raises(ValueError, match="cannot compare"):
        ssim(first[:10], first[:10])


def test_psnr_and_difference_of_a_known_error() -> None:
    """An error of 16 everywhere is 24.05 dB; equal pictures are infinitely alike."""
    first = np.full((12, 12, 3), 100, np.uint8)

    assert psnr(first, first + np.uint8(16)) == pytest.approx(20 * np.log10(255 / 16))
    assert absolute_difference(first, first + np.uint8(16)) == 16.0
    assert psnr(first, first) == float("inf")
