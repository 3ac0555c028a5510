"""Smooth tracks: of what moves slowly and of itself, of what is smoothed, and of what goes from one place to another.

Knows nothing of what moves.
"""

from __future__ import annotations

import numpy as np

from facetake.arrays import F64

PARTS = 5  # sines, by choice: of fewer a track repeats itself within a line


class Wave:
    """A track of unit spread about 0, the same at any instant whoever asks: a sum of sines, drawn once."""

    def __init__(self, random: np.random.Generator, low_hz: float, high_hz: float) -> None:
        """Draws the sines, evenly over the octaves between two rates."""
        self._hertz = np.exp(random.uniform(np.log(low_hz), np.log(high_hz), PARTS))
        self._phases = random.uniform(0.0, 2.0 * np.pi, PARTS)

    def at(self, times_s: F64) -> F64:
        """(T,) values at instants (T,) in seconds."""
        total = np.zeros(len(times_s))
        for hertz, phase in zip(self._hertz, self._phases, strict=True):  # one at a time: a line may be hours long
            total += np.sin(2.0 * np.pi * hertz * times_s + phase)
        return np.asarray(total * np.sqrt(2.0 / PARTS))


def smoothed(x: F64, width: float) -> F64:
    """Weighted mean over about `width` frames; ends are held."""
    half = max(1, round(width / 2))
    window = np.hanning(2 * half + 3)[1:-1]
    return np.asarray(np.convolve(np.pad(x, half, mode="edge"), window / window.sum(), mode="valid"))


def minimum_jerk(share: F64) -> F64:
    """Smooth step from 0 to 1 with no speed and no acceleration at either end; held outside 0..1."""
    x = np.clip(share, 0.0, 1.0)
    return np.asarray(x**3 * (10 - 15 * x + 6 * x**2))
