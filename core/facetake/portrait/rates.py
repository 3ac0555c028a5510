"""Rows over time on the frame grid of another rate. Knows numbers; does not know what they mean."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]


def at_rate(rows: F32, old: Fraction, new: Fraction, n_frames: int) -> F32:
    """Rows (T, N) on the frame grid of another rate, (n_frames, N): between rows linear, past the last one held."""
    place = np.arange(n_frames) * float(old / new)
    low = np.minimum(place.astype(np.int64), len(rows) - 1)
    high = np.minimum(low + 1, len(rows) - 1)
    share = (place - low).clip(0.0, 1.0)[:, None]
    return np.asarray(rows[low] * (1.0 - share) + rows[high] * share, np.float32)
