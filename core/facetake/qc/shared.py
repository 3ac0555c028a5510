"""Blinks of many takes against each other: what nobody sees in one line, and everybody in ten that follow each other.

People who do not see each other blink when they like. Where the same frames of many lines close the eyes, they were
made of one seed or one loop. Knows measurements; does not know how they were made or where they are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from facetake.arrays import F64
from facetake.qc.measures import BLINKS, PLACES, Measured

TOGETHER_S: Final = 0.025  # one frame and a half at 60 fps
LEAST_TRIALS: Final = 20  # other lines' chances to blink along; with fewer, two of them are luck
NAME: Final = "shared"


class BlinkCrowd:
    """When all lines of a batch blink."""

    def __init__(self, lines: Iterable[tuple[str, Sequence[Measured], float]]) -> None:
        """Takes in each line's recording, what was measured of it, and its length in seconds; read once.

        Lines of one recording count once: they are one line in many moods, and may blink alike.
        """
        self._own: dict[str, F64] = {}
        lengths: dict[str, float] = {}
        for recording, measured, duration_s in lines:
            self._own.setdefault(recording, _blinks(measured))
            lengths.setdefault(recording, duration_s)
        self._all: F64 = np.sort(np.concatenate([np.zeros(0), *self._own.values()]))
        self._lengths: F64 = np.sort(np.array(list(lengths.values()), np.float64))

    def add(self, recording: str, measured: Sequence[Measured]) -> tuple[Measured, ...]:
        """A line's measurements, and how large a share of the others blinks when it does, where that can be said."""
        own = _blinks(measured)
        others = len(self._lengths) - np.searchsorted(self._lengths, own, "right") - 1
        trials = int(np.maximum(others, 0).sum())
        if trials < LEAST_TRIALS:
            return tuple(measured)
        along = _along(self._all, own) - _along(self._own.get(recording, np.zeros(0)), own)
        return (*measured, Measured(NAME, min(along / trials, 1.0), tuple(round(float(at), 3) for at in own[:PLACES])))


def _blinks(measured: Sequence[Measured]) -> F64:
    return np.sort(np.array(next((one.at_s for one in measured if one.name == BLINKS), ()), np.float64))


def _along(blinks: F64, own: F64) -> int:
    """How many of sorted blinks come with one of a line's own."""
    first, last = (np.searchsorted(blinks, own + side * TOGETHER_S, "right") for side in (-1, 1))
    return int((last - first).sum())
