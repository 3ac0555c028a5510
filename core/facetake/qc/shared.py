"""Blinks of many takes against each other: what nobody sees in one line, and everybody in ten that follow each other.

People who do not see each other blink when they like. Where the same frames of many lines close the eyes, they were
made of one seed or one loop. Knows measurements; does not know how they were made or where they are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from facetake.arrays import F64
from facetake.qc.measures import BLINKS, Measured

TOGETHER_S: Final = 0.025  # one frame and a half at 60 fps
LEAST_TRIALS: Final = 20  # other lines' chances to blink along; with fewer, two of them are luck
NAME: Final = "shared"


class BlinkCrowd:
    """When all lines of a batch blink."""

    def __init__(self, lines: Iterable[tuple[Sequence[Measured], float]]) -> None:
        """Takes in what was measured of each line, and its length in seconds; read once."""
        blinks: list[float] = []
        lengths = []
        for measured, duration_s in lines:
            lengths.append(duration_s)
            blinks += next((one.at_s for one in measured if one.name == BLINKS), ())
        self._blinks: F64 = np.sort(np.array(blinks, np.float64))
        self._lengths: F64 = np.sort(np.array(lengths, np.float64))

    def add(self, measured: Sequence[Measured]) -> tuple[Measured, ...]:
        """A line's measurements, and how large a share of the others blinks when it does, where that can be said."""
        own = next((np.array(one.at_s) for one in measured if one.name == BLINKS), np.zeros(0))
        first, last = (np.searchsorted(self._blinks, own + side * TOGETHER_S, "right") for side in (-1, 1))
        others = len(self._lengths) - np.searchsorted(self._lengths, own, "right") - 1
        trials = int(np.maximum(others, 0).sum())
        if trials < LEAST_TRIALS:
            return tuple(measured)
        share = float((last - first - 1).sum()) / trials
        return (*measured, Measured(NAME, min(max(share, 0.0), 1.0), tuple(round(float(at), 3) for at in own[:5])))

