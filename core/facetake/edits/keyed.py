"""Curves keyed by hand, laid over a take last: whatever it was made from, they are there as they were set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final

import numpy as np

from facetake import rig
from facetake.arrays import F32, F64
from facetake.edits.line_edits import KeyedCurve
from facetake.take import Take

EDGE_S: Final = 1e-6  # a frame counts as within a curve whose first or last key it is but for rounding


def lay(take: Take, curves: Sequence[KeyedCurve]) -> Take:
    """A take with keys over it, from the first to the last of each curve; itself where there are none."""
    if not curves:
        return take
    values = take.values.copy()
    write(values, curves, take.rate, take.start)
    return replace(take, values=values)


def write(
    values: F32, curves: Sequence[KeyedCurve], rate: Fraction, start: Fraction = Fraction(0)
) -> list[tuple[int, int]]:
    """Lays keys over controls, in place.

    Between keys a curve eases from one value to the next and never goes beyond them. Values are kept within the
    control's range.

    Args:
        values: (T, 174) controls.
        curves: Keys, of which those that replace go first, and then what is added.
        rate: Frames per second.
        start: Time of the first frame, in seconds.

    Returns:
        The first frame of each curve, and the one past its last.
    """
    found = []
    for curve in sorted(curves, key=lambda one: one.mode == "offset"):
        column = rig.NAMES.index(curve.control)
        low, high = (round((at_s - float(start)) * float(rate)) for at_s in (curve.times_s[0], curve.times_s[-1]))
        near = np.arange(min(max(0, low - 1), len(values)), max(0, min(high + 2, len(values))))
        times_s = near.astype(np.float64) * float(1 / rate) + float(start)  # as a take has them
        inside = (times_s >= curve.times_s[0] - EDGE_S) & (times_s <= curve.times_s[-1] + EDGE_S)
        rows = near[inside]
        laid = values_at(curve, times_s[inside])
        laid = laid if curve.mode == "replace" else laid + values[rows, column]
        values[rows, column] = np.clip(laid, rig.MINIMUM[column], rig.MAXIMUM[column])
        if len(rows):
            found.append((int(rows[0]), int(rows[-1]) + 1))
    return found


def values_at(curve: KeyedCurve, times_s: F64) -> F32:
    """(T,) values of a keyed curve at instants, eased between keys."""
    keys_s, values = np.asarray(curve.times_s), np.asarray(curve.values)
    if len(keys_s) == 1:
        return np.full(len(times_s), values[0], np.float32)
    after = np.clip(np.searchsorted(keys_s, times_s, side="right"), 1, len(keys_s) - 1)
    share = np.clip((times_s - keys_s[after - 1]) / (keys_s[after] - keys_s[after - 1]), 0.0, 1.0)
    eased = share * share * (3.0 - 2.0 * share)
    return np.asarray(values[after - 1] + eased * (values[after] - values[after - 1]), np.float32)
