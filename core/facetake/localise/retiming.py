"""Curves brought into another timing: stretched between phrases, while blinks and saccades keep their own duration.

A `TimeMap` says for each instant of the new line which instant of the take it shows. Where a phrase of the take is
left out or shown again, the map jumps, and one movement passes into the other. Knows no sound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from facetake import rig
from facetake.arrays import F32, F64, Mask
from facetake.motion.waves import minimum_jerk, smoothed
from facetake.postprocess import spans
from facetake.take import Take

FADE_S: Final = 0.4  # one movement passes into another in this, as between pieces of real movement
SMOOTHED_S: Final = 0.3
"""Over which the map is smoothed for what moves slowly: without it a head changes its speed at once."""
BLINK_ABOVE: Final = 0.5
BLINK_FROM: Final = 0.12
"""A lid that closes further than the first, from the second above its own middle on and back, is a blink."""
LONGEST_BLINK_S: Final = 0.6  # a lid that is shut for longer is an eye that is closed, and is stretched
SACCADE_SPEED: Final = 1.5  # units of the eye control a second, 60 degrees: half of a dart's; pursuit is below 30
LEAST_S: Final = 1e-4  # between two events that have no room, so that time runs on
EVENT_MARGIN_S: Final = 1 / 60  # a frame on either side, in which lids and eyes come to rest


@dataclass(frozen=True)
class Piece:
    """A stretch in which time of the take runs on with time of the line.

    Attributes:
        line_s: (N,) rising instants of the line.
        take_s: (N,) the instants of the take shown at them, rising; linear between, at the pace of sound beyond.
    """

    line_s: F64
    take_s: F64

    def at(self, times_s: F64) -> F64:
        """(T,) instants of the take at instants (T,) of the line."""
        inside = np.interp(times_s, self.line_s, self.take_s)
        return np.asarray(
            inside + np.minimum(times_s - self.line_s[0], 0.0) + np.maximum(times_s - self.line_s[-1], 0.0)
        )

    def of(self, times_s: F64) -> F64:
        """(N,) instants of the line at instants (N,) of the take within the piece."""
        return np.interp(times_s, self.take_s, self.line_s)


@dataclass(frozen=True)
class TimeMap:
    """Pieces one after another; between two the map jumps.

    Attributes:
        pieces: at least one.
        jumps_s: instants of the line between two pieces, one fewer than these.
    """

    pieces: tuple[Piece, ...]
    jumps_s: tuple[float, ...] = ()

    def at(self, times_s: F64) -> F64:
        """(T,) instants of the take, each of the piece that is shown most."""
        which = np.searchsorted(np.asarray(self.jumps_s), times_s, side="right")
        every = np.stack([piece.at(times_s) for piece in self.pieces])
        return np.asarray(every[which, np.arange(len(times_s))])

    def shares(self, times_s: F64) -> F64:
        """(P, T) how much each piece is shown, 0..1, together 1."""
        risen = [minimum_jerk((times_s - jump) / FADE_S + 0.5) for jump in self.jumps_s]
        edges = [np.ones(len(times_s)), *risen, np.zeros(len(times_s))]
        shares = np.stack([edges[n] * (1.0 - edges[n + 1]) for n in range(len(self.pieces))])
        return np.asarray(shares / shares.sum(axis=0))


def eased(take: Take, curves: F32, time_map: TimeMap, times_s: F64) -> F32:
    """(T, N) curves (t, N) of a take at instants (T,) of the line, for what moves slowly: brows and head."""
    step_s = float(times_s[1] - times_s[0]) if len(times_s) > 1 else 1.0
    width = max(1.0, SMOOTHED_S / step_s)
    return _mixed(
        take,
        curves,
        time_map,
        times_s,
        [times_s + smoothed(one.at(times_s) - times_s, width) for one in time_map.pieces],
    )


def rigid(take: Take, curves: F32, time_map: TimeMap, times_s: F64) -> F32:
    """(T, N) likewise, for eyes and lids: each blink and each saccade lasts as long as it did."""
    events = find_events(take)
    return _mixed(take, curves, time_map, times_s, [_held(one, events).at(times_s) for one in time_map.pieces])


def find_events(take: Take) -> list[tuple[float, float]]:
    """Start and end in seconds of blinks and saccades of a take, in order, those joined that overlap."""
    rate = float(take.rate)
    moving = _saccades(take.values, rate)
    for start, end in _blinks(take.values, rate):
        moving[start:end] = True
    edges = np.flatnonzero(np.diff(np.concatenate([[False], moving, [False]]).astype(np.int8))).reshape(-1, 2)
    return spans.joined(
        [
            (float(take.start) + (a - 1) / rate - EVENT_MARGIN_S, float(take.start) + b / rate + EVENT_MARGIN_S)
            for a, b in edges
        ],
        1e-9,
    )


def find_blinks(take: Take) -> list[tuple[float, float]]:
    """Start and end in seconds of every blink of a take, in order."""
    rate = float(take.rate)
    return [(float(take.start) + a / rate, float(take.start) + b / rate) for a, b in _blinks(take.values, rate)]


def _blinks(values: F32, rate: float) -> list[tuple[int, int]]:
    lids = values[:, rig.both("eye_blink")].max(axis=1).astype(np.float64)
    closed = lids - float(np.median(lids))
    found = spans.runs(closed, BLINK_ABOVE, BLINK_FROM)
    return [(a, b) for a, b in found if (b - a) / rate <= LONGEST_BLINK_S]


def _saccades(values: F32, rate: float) -> Mask:
    """(T,) whether the eyes jump to this frame."""
    columns = rig.columns("C_eye.X", "C_eye.Y")
    steps = np.diff(values[:, columns], axis=0, prepend=values[:1][:, columns])
    return np.asarray(np.linalg.norm(steps, axis=1) * rate > SACCADE_SPEED)


def _held(piece: Piece, events: Sequence[tuple[float, float]]) -> Piece:
    """The piece with the time of the take running at the pace of sound within each event, as far as there is room."""
    line: list[float] = [float(piece.line_s[0])]
    take: list[float] = [float(piece.take_s[0])]
    inside = [event for event in events if event[0] > piece.take_s[0] and event[1] < piece.take_s[-1]]
    middles = piece.of(np.array([(a + b) / 2 for a, b in inside]))
    apart = piece.of(np.array([(a[1] + b[0]) / 2 for a, b in pairwise(inside)]))
    bounds = [line[0], *apart, float(piece.line_s[-1])]
    knots = sorted(zip(piece.line_s, piece.take_s, strict=True))
    for n, (start_s, end_s) in enumerate(inside):
        half = (end_s - start_s) / 2
        first, last = max(middles[n] - half, bounds[n] + LEAST_S), min(middles[n] + half, bounds[n + 1] - LEAST_S)
        between = [knot for knot in knots if line[-1] < knot[0] < first and take[-1] < knot[1] < start_s]
        line += [*(knot[0] for knot in between), float(first), float(last)]
        take += [*(knot[1] for knot in between), start_s, end_s]
    between = [knot for knot in knots if knot[0] > line[-1] and knot[1] > take[-1]]
    return Piece(np.array([*line, *(knot[0] for knot in between)]), np.array([*take, *(knot[1] for knot in between)]))


def _mixed(take: Take, curves: F32, time_map: TimeMap, times_s: F64, shown_s: Sequence[F64]) -> F32:
    """(T, N) curves at the instants that each piece shows, mixed by how much it is shown."""
    shares = time_map.shares(times_s)
    made = np.zeros((len(times_s), curves.shape[1]), np.float32)
    for share, at_s in zip(shares, shown_s, strict=True):
        rows = np.flatnonzero(share > 0.0)
        places = _folded((at_s[rows] - float(take.start)) * float(take.rate), len(curves) - 1)
        low = np.minimum(places.astype(int), max(len(curves) - 2, 0))
        part = (places - low)[:, None].astype(np.float32)
        here = curves[low] + part * (curves[np.minimum(low + 1, len(curves) - 1)] - curves[low])
        made[rows] += share[rows, None].astype(np.float32) * here
    return made


def _folded(places: F64, last: int) -> F64:
    """Places within 0 and `last`: beyond either end the take is shown backwards, since no face is ever still."""
    if last < 1:
        return np.zeros(len(places))
    around = np.mod(places, 2.0 * last)
    return np.asarray(np.minimum(around, 2.0 * last - around))
