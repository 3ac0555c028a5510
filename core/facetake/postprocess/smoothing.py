"""Smoothing of control curves over time (EmoFace 3.1.3).

Written out here because `scipy.signal`, which does the same, takes three quarters of a second to import.
"""

from __future__ import annotations

import numpy as np

from facetake.arrays import F32, F64, memmap

WINDOW = 15
ORDER = 3
"""Savitzky-Golay window in frames at 60 fps and polynomial order (EmoFace 3.1.3)."""
SHARP_WINDOW = 11
"""For curves of the shipped network, which shake less than the paper's: closures stay sharper."""
SMOOTH_ROWS = 4096
"""Frames smoothed at once."""


def smooth(values: F32, rate: float = 60.0, out: F32 | None = None, window: int = WINDOW) -> F32:
    """Savitzky-Golay filter over time, by default of window 15 and order 3 at 60 fps (EmoFace 3.1.3).

    At the ends the cubic through the first or last whole window is used; a take shorter than the window is one cubic.
    The result can leave a control's range by a little: clamp it.

    Args:
        values: (T, C) curves.
        rate: frames per second; the window keeps its duration.
        out: where to write; may be `values`.
        window: in frames at 60 fps.
    """
    out = np.empty_like(values) if out is None else out
    window = min(max(ORDER + 2, 2 * round(window * rate / 120 - 0.5) + 1), len(values))
    fit = _polynomial_fit(window)
    before = np.zeros((0, values.shape[1]))
    for rows in memmap.blocks(out, max(SMOOTH_ROWS, window)):
        near = np.concatenate([before, values[rows.start : rows.stop + window]]).astype(np.float64)
        here = slice(len(before), len(before) + rows.stop - rows.start)
        smoothed = [_filtered(curve, fit)[here] for curve in np.ascontiguousarray(near.T)]
        before = near[: here.stop][-window:]  # as it was: `out` may be `values`
        out[rows] = np.stack(smoothed, axis=1)
    return out


def _polynomial_fit(window: int) -> F64:
    """(window, window) matrix that turns a window's samples into those of their least-squares polynomial."""
    powers = np.vander(np.linspace(-1.0, 1.0, window), min(ORDER + 1, window))
    orthonormal, _ = np.linalg.qr(powers)
    return np.asarray(orthonormal @ orthonormal.T)


def _filtered(curve: F64, fit: F64) -> F64:
    """One curve under the filter whose window's fit matrix is `fit`."""
    window = len(fit)
    half = window // 2
    if len(curve) == window:
        return np.asarray(fit @ curve)
    middle = np.convolve(curve, fit[half][::-1], mode="valid")
    return np.concatenate([fit[:half] @ curve[:window], middle, fit[half + 1 :] @ curve[-window:]])
