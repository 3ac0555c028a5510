"""Rows over time on the frame grid of another rate. Knows numbers; does not know what they mean."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from facetake.arrays import F32
from facetake.timebase import positions


def at_rate(rows: F32, old: Fraction, new: Fraction, n_frames: int) -> F32:
    """Rows (T, N) on the frame grid of another rate, (n_frames, N): between rows linear, past the last one held."""
    low, share = positions(n_frames, old / new, len(rows))
    high = np.minimum(low + 1, len(rows) - 1)
    share = share[:, None]
    return np.asarray(rows[low] * (1.0 - share) + rows[high] * share, np.float32)
