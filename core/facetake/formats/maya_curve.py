"""Maya's animation curves: from keys and their kinds of tangents to values.

A fixed, linear, flat or stepped tangent is what its name says. Autodesk does not publish how Maya works out the slope
of spline, clamped, plateau and auto tangents; here it is that between the two neighbours, for all but spline flat on
peaks and at the ends, and never so steep that the curve overshoots its keys. Does not know files, controls or units.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_STRAIGHT = ("linear", "slow", "fast")
_SMOOTH = ("spline", "smooth")
_STEPPED = ("step", "stepnext")
UNWEIGHTED = ("linear", *_STEPPED)
"""Tangents that have the same shape in a weighted curve."""
TANGENTS = {
    *(*_STRAIGHT, *_SMOOTH, *_STEPPED, "fixed", "flat", "clamped", "plateau"),
    *("auto", "global", "automix", "autoease", "autocustom"),
}
"""What Maya calls them."""


@dataclass
class MayaCurve:
    """A curve of a control or of the head: times in frames of the file, values in centimetres or degrees."""

    name: str
    frames: Floats
    values: Floats
    slopes_in: Floats
    slopes_out: Floats
    jumps: Floats  # per key: 0 holds the value up to the next key, 1 has the next key's at once, NaN does neither

    def at(self, frames: Floats) -> Floats:
        """Values at some frames: cubic between two keys, held before the first key and after the last."""
        where = np.clip(frames, self.frames[0], self.frames[-1])
        if len(self.frames) == 1:
            return np.full(len(where), self.values[0])
        left = np.clip(np.searchsorted(self.frames, where, side="right") - 1, 0, len(self.frames) - 2)
        length = self.frames[left + 1] - self.frames[left]
        x = where - self.frames[left]
        rise = self.values[left + 1] - self.values[left]
        leave = self.slopes_out[left]
        arrive = self.slopes_in[left + 1]
        bend = 3 * rise / length - 2 * leave - arrive
        turn = leave + arrive - 2 * rise / length
        cubic = ((turn * x / length + bend) * x / length + leave) * x
        jump = np.where((x > 0) & (self.jumps[left] == 1), rise, 0.0)
        between = self.values[left] + np.where(np.isnan(self.jumps[left]), cubic, jump)
        return np.where(x == length, self.values[left + 1], between)


def slopes(frames: Floats, values: Floats, kinds: NDArray[np.str_], fixed: Floats, side: int) -> Floats:
    """Slope of every key's tangent on one side, in values per frame.

    Args:
        frames: (K,) rising.
        values: (K,).
        kinds: (K,) of `TANGENTS`.
        fixed: (K,) slopes, looked at where the kind is fixed.
        side: 0 for tangents that arrive at the key, 1 for those that leave it.
    """
    if len(frames) == 1:
        return np.zeros(1)
    step = np.diff(values) / np.diff(frames)
    chord = np.concatenate([step[:1], step]) if side == 0 else np.concatenate([step, step[-1:]])
    smooth = np.concatenate([step[:1], (values[2:] - values[:-2]) / (frames[2:] - frames[:-2]), step[-1:]])
    # Beyond three times the flatter neighbour a cubic overshoots its keys
    steepest = 3 * np.minimum(np.abs(step[1:]), np.abs(step[:-1])) * (step[1:] * step[:-1] > 0)
    careful = np.concatenate([[0.0], np.clip(smooth[1:-1], -steepest, steepest), [0.0]])
    known = [kinds == "fixed", kinds == "flat", np.isin(kinds, _STRAIGHT), np.isin(kinds, _SMOOTH)]
    return np.select(known, [fixed, np.zeros(len(frames)), chord, smooth], careful)
