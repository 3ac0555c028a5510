"""Sparse keys: a few editable cubic keys per control instead of a value on every frame.

Holds the reduction of dense curves to keys and the evaluation of keys back to frames. Between two keys a curve is the
cubic Hermite polynomial of the keys' values and slopes, which is what a spline key is in Maya and a cubic key in
Unreal. At no instant, between frames either, does a curve leave the bounds it is given, nor does it cross zero where
its keys do not: a rig answers a control beyond its range with nothing at all, so that a lid would spring open, and the
other side of zero is another shape. It does not know what a control is, in which file keys end up, or which frames
matter: a caller pins those.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facetake.arrays import F64, I64, Mask

BLOCK_VALUES = 1 << 19
"""Values worked on at once: keeps memory flat for long takes and the block within a processor's cache."""
EXTREME_REACH = 4
"""Frames on each side that a peak or valley must dominate to get a key of its own (67 ms at 60 fps)."""
SLACK = 0.98
"""Share of the tolerance that is used, so that rounding keys to float32 never crosses it."""
PROMINENCE = 2.0
"""Times the tolerance by which a peak or valley must stand out to get that key; a smaller one is left to the fit."""
CORNER = 0.01
"""Change of slope per frame from which a key may get separate tangents, as where a curve is clipped at zero."""
CORNER_CONTRAST = 2.0
"""How much sharper than the frames beside it such a corner must be; a tight but smooth bend keeps one tangent."""
REMOVAL_PASSES = 4  # by choice: even and odd keys by turns, twice


@dataclass(frozen=True)
class Curve:
    """Keys of one control.

    Attributes:
        frames: (K,) int32, rising.
        values: (K,) float32.
        slopes_in: (K,) float32, value per frame, arriving at the key.
        slopes_out: (K,) float32, value per frame, leaving it; equal to `slopes_in` except at a corner.
    """

    frames: NDArray[np.int32]
    values: NDArray[np.float32]
    slopes_in: NDArray[np.float32]
    slopes_out: NDArray[np.float32]

    def at(self, frames: NDArray[np.floating] | NDArray[np.integer]) -> F64:
        """Value at any, also fractional, frames: cubic between keys, held before the first and after the last."""
        where = np.clip(np.asarray(frames, np.float64), self.frames[0], self.frames[-1])
        if len(self.frames) == 1:
            return np.full(where.shape, float(self.values[0]))
        left = np.clip(np.searchsorted(self.frames, where, side="right") - 1, 0, len(self.frames) - 2)
        keys = self.frames.astype(np.float64)
        values = self.values.astype(np.float64)
        cubic = _cubic(
            keys[left + 1] - keys[left],
            values[left],
            values[left + 1],
            self.slopes_out[left].astype(np.float64),
            self.slopes_in[left + 1].astype(np.float64),
        )
        return _horner(cubic, where - keys[left])


@dataclass(frozen=True)
class Keys:
    """Keys of every control of a take.

    Attributes:
        curves: one `Curve` per control, in the order of the dense columns.
        n_frames: number of frames of the dense curves they stand for.
    """

    curves: tuple[Curve, ...]
    n_frames: int

    @property
    def n_keys(self) -> int:
        """Number of keys over all controls."""
        return sum(len(curve.frames) for curve in self.curves)

    def dense(self, n_frames: int | None = None) -> NDArray[np.float32]:
        """(T, C) float32 values on every frame, `n_frames` of them (default: as many as were reduced)."""
        frames = np.arange(self.n_frames if n_frames is None else n_frames)
        out = np.empty((len(frames), len(self.curves)), np.float32)
        for column, curve in enumerate(self.curves):
            out[:, column] = curve.at(frames)
        return out


def reduce(
    values: NDArray[np.floating],
    tolerance: float = 0.01,
    pin_frames: Sequence[int] | I64 = (),
    pin_columns: Sequence[int] | I64 | None = None,
    bounds: tuple[NDArray[np.floating], NDArray[np.floating]] | None = None,
) -> Keys:
    """Few keys that stay within `tolerance` of every dense value.

    Keys are put on peaks, valleys and pinned frames, then where the cubic is furthest from the curve until it is close
    enough everywhere, and then taken away again wherever the curve does not need them. A key's value is the dense
    value.

    Args:
        values: (T, C) dense curves, finite, T at least 1.
        tolerance: largest distance allowed at any frame, above 0.
        pin_frames: frames that keep their exact value, such as the centres of lip closures.
        pin_columns: controls the pins hold for (default: all). A control that does not move gets one key regardless.
        bounds: (C,) least and (C,) greatest value that each control may have at any time (default: that it has).

    Raises:
        ValueError: for an empty or misshapen array, a tolerance that is not above 0, or a pin outside the frames.
    """
    pins = np.asarray(pin_frames, np.int64)
    if values.ndim != 2 or not len(values):
        raise ValueError(f"values must be (T, C) with T of at least 1, not {values.shape}")
    if tolerance <= 0:
        raise ValueError(f"tolerance must be above 0, not {tolerance}")
    if pins.size and (pins.min() < 0 or pins.max() >= len(values)):
        raise ValueError(f"pinned frames must lie within 0..{len(values) - 1}")
    n_frames, n_columns = values.shape
    pinned = np.zeros(n_columns, bool)
    pinned[np.arange(n_columns) if pin_columns is None else np.asarray(pin_columns, np.int64)] = pins.size > 0
    low, high = bounds or (values.min(axis=0), values.max(axis=0))
    step = max(1, BLOCK_VALUES // n_frames)
    curves: list[Curve] = []
    for first in range(0, n_columns, step):
        columns = slice(first, first + step)
        block = np.ascontiguousarray(values[:, columns].T, np.float64)
        fit = _Fit(block, tolerance * SLACK, low[columns], high[columns])
        curves += _reduce_block(block, fit, pins, pinned[columns])
    return Keys(tuple(curves), n_frames)


def _reduce_block(block: F64, fit: _Fit, pins: I64, pinned: Mask) -> list[Curve]:
    """Keys of a (C, T) block, one `Curve` per row."""
    tolerance = fit.tolerance
    still = np.ptp(block, axis=1) <= np.where(pinned, 0.0, tolerance)
    fixed = _extremes(block, tolerance) & ~still[:, None]
    fixed[np.ix_(pinned & ~still, pins)] = True
    fixed[:, 0] = True
    fixed[:, -1] |= ~still
    keyed = fixed.copy()
    moving = np.flatnonzero(keyed.ravel())
    start = moving[:-1]
    end = moving[1:]
    same = start // block.shape[1] == end // block.shape[1]
    fit.refine(start[same], end[same], keyed.reshape(-1))
    fit.thin(keyed.reshape(-1), fixed.ravel())
    return fit.curves(np.flatnonzero(keyed))


def _extremes(block: F64, tolerance: float) -> Mask:
    """(C, T) true at both ends of every peak and valley that stands out from the frames around it."""
    reach = min(EXTREME_REACH, block.shape[1] - 1)
    padded = np.pad(block, ((0, 0), (reach, reach)), mode="edge")
    shifted = [padded[:, k : k + block.shape[1]] for k in range(2 * reach + 1)]
    high = shifted[0].copy()
    low = shifted[0].copy()
    for one in shifted[1:]:
        np.maximum(high, one, out=high)
        np.minimum(low, one, out=low)
    tip = ((block == high) | (block == low)) & (high - low > PROMINENCE * tolerance)
    edge = np.ones(block.shape, bool)
    if block.shape[1] > 2:
        edge[:, 1:-1] = (block[:, 1:-1] != block[:, :-2]) | (block[:, 1:-1] != block[:, 2:])
    return np.asarray(tip & edge)


class _Fit:
    """A block of curves laid end to end, with the slope every frame would have as a key.

    Segments are pairs of flat positions; all segments of all curves are measured at once, because a Python loop over
    the keys of 174 controls costs more than the reduction itself.
    """

    def __init__(self, block: F64, tolerance: float, low: NDArray[np.floating], high: NDArray[np.floating]) -> None:
        self.flat = block.ravel()
        self.n_frames = block.shape[1]
        self.tolerance = tolerance
        self.low = np.minimum(low, block.min(axis=1))
        self.high = np.maximum(high, block.max(axis=1))
        self.slope_in, self.slope_out = (slope.ravel() for slope in _slopes(block))

    def tangents(self, start: I64, end: I64) -> tuple[F64, F64]:
        """Slopes leaving the first and arriving at the last key of each segment, as steep as its bounds allow.

        A cubic lies within its Bezier points, which are the keys and, a third of the way along, the slopes' handles.
        Where both keys are on one side of zero, zero is a bound, too.
        """
        row = start // self.n_frames
        v0 = self.flat[start]
        v1 = self.flat[end]
        low = np.where((v0 >= 0.0) & (v1 >= 0.0), np.maximum(self.low[row], 0.0), self.low[row])
        high = np.where((v0 <= 0.0) & (v1 <= 0.0), np.minimum(self.high[row], 0.0), self.high[row])
        steepness = 3.0 / (end - start)
        leave = np.clip(self.slope_out[start], (low - v0) * steepness, (high - v0) * steepness)
        arrive = np.clip(self.slope_in[end], (v1 - high) * steepness, (v1 - low) * steepness)
        return leave, arrive

    def worst(self, start: I64, end: I64, slopes: tuple[F64, F64] | None = None) -> tuple[F64, I64]:
        """Largest error inside each segment and the flat position where it is; by default with its own `tangents`."""
        inside = end - start - 1
        first = np.cumsum(inside) - inside
        offset = np.arange(int(inside.sum())) - np.repeat(first, inside) + 1
        where = np.repeat(start, inside) + offset
        leave, arrive = slopes or self.tangents(start, end)
        cubic = _cubic((end - start).astype(np.float64), self.flat[start], self.flat[end], leave, arrive)
        fitted = _horner([np.repeat(one, inside) for one in cubic], offset.astype(np.float64))
        error = np.abs(fitted - self.flat[where])
        largest = np.maximum.reduceat(error, first)
        hit = np.where(error == np.repeat(largest, inside), where, np.iinfo(np.int64).max)
        return largest, np.minimum.reduceat(hit, first)

    def refine(self, start: I64, end: I64, keyed: Mask) -> None:
        """Split segments at their worst frame, all at once, until each is within the tolerance."""
        while True:
            longer = end - start > 1
            start = start[longer]
            end = end[longer]
            if not len(start):
                return
            error, where = self.worst(start, end)
            split = error > self.tolerance
            middle = where[split]
            keyed[middle] = True
            start = np.concatenate([start[split], middle])
            end = np.concatenate([middle, end[split]])

    def thin(self, keyed: Mask, fixed: Mask) -> None:
        """Take away keys whose two neighbours alone stay within the tolerance; never two neighbours in one go."""
        for turn in range(REMOVAL_PASSES):
            keys = np.flatnonzero(keyed)
            spare = 1 + np.flatnonzero(~fixed[keys[1:-1]])
            first_of_row = np.searchsorted(keys, keys[spare] // self.n_frames * self.n_frames)
            spare = spare[(spare - first_of_row + turn) % 2 == 0]
            if not len(spare):
                continue
            error, _ = self.worst(keys[spare - 1], keys[spare + 1])
            keyed[keys[spare[error <= self.tolerance]]] = False

    def curves(self, keys: I64) -> list[Curve]:
        """A `Curve` per row with these keys; outermost tangents are flat, as nothing lies beyond them."""
        left = np.flatnonzero(keys[:-1] // self.n_frames == keys[1:] // self.n_frames)
        arrive = np.zeros(len(keys))
        leave = np.zeros(len(keys))
        leave[left], arrive[left + 1] = self.tangents(keys[left], keys[left + 1])
        self._join(keys, left, arrive, leave)
        frames = (keys % self.n_frames).astype(np.int32)
        values = self.flat[keys].astype(np.float32)
        slopes_in = arrive.astype(np.float32)
        slopes_out = leave.astype(np.float32)
        rows = np.split(np.arange(len(keys)), np.flatnonzero(np.diff(keys // self.n_frames)) + 1)
        return [Curve(frames[row], values[row], slopes_in[row], slopes_out[row]) for row in rows]

    def _join(self, keys: I64, left: I64, arrive: F64, leave: F64) -> None:
        """Gives a key that is no corner the flatter of its two tangents, where both its sides stay close enough.

        Neighbours take turns, as each changes a side of the other's.
        """
        inner = np.intersect1d(left, left + 1)
        apart = inner[(self.slope_in == self.slope_out)[keys[inner]] & (arrive != leave)[inner]]
        for turn in range(2):
            tried = apart[apart % 2 == turn]
            one = np.where(
                arrive[tried] * leave[tried] > 0.0,
                np.copysign(np.minimum(np.abs(arrive[tried]), np.abs(leave[tried])), leave[tried]),
                0.0,
            )
            before = self._error(keys[tried - 1], keys[tried], leave[tried - 1], one)
            after = self._error(keys[tried], keys[tried + 1], one, arrive[tried + 1])
            close = (before <= self.tolerance) & (after <= self.tolerance)
            arrive[tried[close]] = leave[tried[close]] = one[close]

    def _error(self, start: I64, end: I64, leave: F64, arrive: F64) -> F64:
        """Largest error inside each segment with these slopes; 0 where there is no frame in it."""
        error = np.zeros(len(start))
        longer = end - start > 1
        if longer.any():
            error[longer], _ = self.worst(start[longer], end[longer], (leave[longer], arrive[longer]))
        return error


def _slopes(block: F64) -> tuple[F64, F64]:
    """Slopes per frame arriving at and leaving every frame of (C, T): one tangent, or two at a corner."""
    if block.shape[1] < 3:
        middle = np.repeat(block[:, -1:] - block[:, :1], block.shape[1], axis=1)
        return middle, middle
    step = np.diff(block, axis=1)
    middle = np.gradient(block, axis=1, edge_order=2)
    before = np.concatenate([step[:, :1], step], axis=1)
    after = np.concatenate([step, step[:, -1:]], axis=1)
    bend = np.pad(np.abs(after - before), ((0, 0), (1, 1)))
    corner = bend[:, 1:-1] > np.maximum(CORNER, CORNER_CONTRAST * np.maximum(bend[:, :-2], bend[:, 2:]))
    middle[before * after <= 0.0] = 0.0  # the tip of a peak, and the edge of a rest
    return np.where(corner, before, middle), np.where(corner, after, middle)


def _cubic(length: F64, v0: F64, v1: F64, s0: F64, s1: F64) -> list[F64]:
    """Coefficients, lowest first, of the cubic in frames from v0, slope s0 to v1, slope s1 after `length` frames."""
    chord = (v1 - v0) / length
    return [v0, s0, (3 * chord - 2 * s0 - s1) / length, (s0 + s1 - 2 * chord) / length**2]


def _horner(cubic: Sequence[F64], x: F64) -> F64:
    c0, c1, c2, c3 = cubic
    return ((c3 * x + c2) * x + c1) * x + c0
