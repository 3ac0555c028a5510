"""Curves keyed by hand, laid over a take last: whatever it was made from, they are there as they were set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from facetake import rig
from facetake.arrays import F32, F64
from facetake.edits.line_edits import KeyedCurve
from facetake.take import Take

EDGE_S: Final = 1e-6  # a frame counts as within a curve whose first or last key it is but for rounding


def lay(take: Take, curves: Sequence[KeyedCurve]) -> Take:
    """A take with keys over it, from the first to the last of each curve; itself where there are none.

    Between keys a curve eases from one value to the next and never goes beyond them. Values are kept within the
    control's range.
    """
    if not curves:
        return take
    values = take.values.copy()
    times_s = take.times_s
    for curve in sorted(curves, key=lambda one: one.mode == "offset"):  # what replaces first, then what is added
        column = rig.NAMES.index(curve.control)
        inside = np.flatnonzero((times_s >= curve.times_s[0] - EDGE_S) & (times_s <= curve.times_s[-1] + EDGE_S))
        laid = values_at(curve, times_s[inside])
        laid = laid if curve.mode == "replace" else laid + values[inside, column]
        values[inside, column] = np.clip(laid, rig.MINIMUM[column], rig.MAXIMUM[column])
    return replace(take, values=values)


def values_at(curve: KeyedCurve, times_s: F64) -> F32:
    """(T,) values of a keyed curve at instants, eased between keys."""
    keys_s, values = np.asarray(curve.times_s), np.asarray(curve.values)
    if len(keys_s) == 1:
        return np.full(len(times_s), values[0], np.float32)
    after = np.clip(np.searchsorted(keys_s, times_s, side="right"), 1, len(keys_s) - 1)
    share = np.clip((times_s - keys_s[after - 1]) / (keys_s[after] - keys_s[after - 1]), 0.0, 1.0)
    eased = share * share * (3.0 - 2.0 * share)
    return np.asarray(values[after - 1] + eased * (values[after] - values[after - 1]), np.float32)
