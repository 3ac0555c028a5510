"""Smoothing of control curves."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import savgol_filter

from facetake.postprocess import smoothing


@pytest.mark.parametrize("n_frames", [15, 16, 37, 400])
def test_smoothing_equals_scipy(n_frames: int) -> None:
    """At 60 fps the filter is scipy's Savitzky-Golay 15/3 with polynomial ends."""
    values = np.random.default_rng(n_frames).normal(0, 1, (n_frames, 11)).astype(np.float32)
    expected = savgol_filter(values.astype(np.float64), 15, 3, axis=0, mode="interp")
    assert np.allclose(smoothing.smooth(values), expected, atol=1e-6)
    sharp = savgol_filter(values.astype(np.float64), 11, 3, axis=0, mode="interp")
    assert np.allclose(smoothing.smooth(values, window=smoothing.SHARP_WINDOW), sharp, atol=1e-6)


@pytest.mark.parametrize(("rate", "window"), [(24.0, 5), (30.0, 7), (120.0, 29)])
def test_smoothing_window_keeps_its_duration(rate: float, window: int) -> None:
    """At other rates the window is the odd number of frames at or just below a quarter of a second."""
    values = np.random.default_rng(1).normal(0, 1, (60, 3)).astype(np.float32)
    expected = savgol_filter(values.astype(np.float64), window, 3, axis=0, mode="interp")
    assert np.allclose(smoothing.smooth(values, rate), expected, atol=1e-6)


@pytest.mark.parametrize("n_frames", [1, 2, 4, 9, 14])
def test_smoothing_short_takes_fits_one_cubic(n_frames: int) -> None:
    """A take shorter than the window becomes its least-squares cubic; up to four frames nothing changes."""
    values = np.random.default_rng(n_frames).normal(0, 1, (n_frames, 3)).astype(np.float32)
    at = np.arange(n_frames)
    expected = np.stack([np.polyval(np.polyfit(at, one, min(3, n_frames - 1)), at) for one in values.T], axis=1)
    assert np.allclose(smoothing.smooth(values), expected, atol=1e-5)


def test_smoothing_does_not_depend_on_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The block size changes no byte, and the result may be written over the input."""
    values = np.random.default_rng(2).normal(0, 1, (100, 174)).astype(np.float32)
    whole = smoothing.smooth(values)
    monkeypatch.setattr(smoothing, "SMOOTH_ROWS", 3)
    assert smoothing.smooth(values).tobytes() == whole.tobytes()
    assert smoothing.smooth(values, out=values) is values
    assert values.tobytes() == whole.tobytes()
