"""What a hand does to the keys of a control: sets, drags and removes them. Each gives new edits.

Keys lie in stretches; outside of them a control is as the take has it. A key that stands alone is eased into and out.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import replace
from typing import Final, Literal, NamedTuple

from facetake import rig
from facetake.edits.line_edits import KeyedCurve, LineEdits, seconds
from facetake.errors import ConfigError

Mode = Literal["replace", "offset"]
REACH_S: Final = 0.2  # into and out of the first key of a stretch, by eye: as fast as a brow moves
APART_S: Final = 1 / 60  # of two keys, by choice: a frame
FEWEST: Final = 3  # keys of a stretch whose ends are as the take has them: with fewer nothing is changed


class Key(NamedTuple):
    """One key.

    Attributes:
        curve: the place of its stretch among `LineEdits.curves`.
        number: which of its keys.
        at_s: when.
        value: of the control, or what is added to it.
    """

    curve: int
    number: int
    at_s: float
    value: float


def keys(edits: LineEdits, control: str, mode: Mode) -> list[Key]:
    """All keys of a control, in order of time."""
    return [
        Key(place, number, at_s, value)
        for place, one in enumerate(edits.curves)
        if (one.control, one.mode) == (control, mode)
        for number, (at_s, value) in enumerate(zip(one.times_s, one.values, strict=True))
    ]


def limits(control: str, mode: Mode) -> tuple[float, float]:
    """The least and the largest value of a key."""
    column = rig.NAMES.index(control)
    low, high = float(rig.MINIMUM[column]), float(rig.MAXIMUM[column])
    return (low, high) if mode == "replace" else (low - high, high - low)


def put(
    edits: LineEdits,
    control: str,
    mode: Mode,
    at_s: float,
    value: float,
    usual: Callable[[float], float],
    duration_s: float,
) -> LineEdits:
    """Sets a key, where need be with a stretch about it.

    Args:
        edits: before.
        control: its full name.
        mode: "replace", or "offset", which is added.
        at_s: when; a key that is there already gets the value.
        value: kept within the control's range.
        usual: the control's value at an instant without keys of this mode; what is added is 0 there.
        duration_s: of the line.

    Raises:
        ConfigError: the line is too short for keys.
    """
    at_s, value = seconds(max(0.0, min(at_s, duration_s))), _within(value, control, mode)
    places = [n for n, one in enumerate(edits.curves) if (one.control, one.mode) == (control, mode)]
    inside = next((n for n in places if edits.curves[n].times_s[0] <= at_s <= edits.curves[n].times_s[-1]), None)
    if inside is not None:
        points, gone = _points(edits.curves[inside]), [inside]
    else:
        ends = seconds(max(0.0, at_s - REACH_S)), seconds(min(duration_s, at_s + REACH_S))
        points = {one: _within(usual(one) if mode == "replace" else 0.0, control, mode) for one in ends}
        gone = [n for n in places if _is_near(edits.curves[n], *ends)]
        for other in (edits.curves[n] for n in gone):
            points = {t: v for t, v in points.items() if not _is_near(other, t, t)} | _points(other)
    points = {t: v for t, v in points.items() if abs(t - at_s) >= APART_S - 1e-4} | {at_s: value}
    if len(points) < 2:
        raise ConfigError("the line is too short for keys; two frames are the least")
    rising = tuple(sorted(points))
    new = KeyedCurve(control, mode, rising, tuple(points[t] for t in rising))
    return replace(edits, curves=(*(one for n, one in enumerate(edits.curves) if n not in gone), new))


def move(edits: LineEdits, key: Key, to_s: float, value: float, duration_s: float) -> LineEdits:
    """Brings a key to another instant and value, between its neighbours and within the control's range."""
    one = edits.curves[key.curve]
    there = keys(edits, one.control, one.mode)
    place = next(n for n, other in enumerate(there) if other[:2] == key[:2])
    low = there[place - 1].at_s + APART_S if place else 0.0
    high = there[place + 1].at_s - APART_S if place + 1 < len(there) else duration_s
    at_s = seconds(max(low, min(to_s, high))) if low <= high else one.times_s[key.number]
    times_s, values = list(one.times_s), list(one.values)
    times_s[key.number], values[key.number] = at_s, _within(value, one.control, one.mode)
    return _put(edits, key.curve, replace(one, times_s=tuple(times_s), values=tuple(values)))


def remove(edits: LineEdits, key: Key) -> LineEdits:
    """Takes a key away; and its stretch, where only two are left: they are its ends."""
    one = edits.curves[key.curve]
    if len(one.times_s) <= FEWEST:
        return replace(edits, curves=tuple(other for n, other in enumerate(edits.curves) if n != key.curve))
    left = [n for n in range(len(one.times_s)) if n != key.number]
    new = replace(one, times_s=tuple(one.times_s[n] for n in left), values=tuple(one.values[n] for n in left))
    return _put(edits, key.curve, new)


def at(edits: LineEdits, control: str, mode: Mode, at_s: float) -> int:
    """The place of the key nearest to an instant among those of a control; -1 where there is none."""
    there = keys(edits, control, mode)
    after = bisect_left(there, at_s, key=lambda one: one.at_s)
    near = [n for n in (after - 1, after) if 0 <= n < len(there)]
    return min(near, key=lambda n: abs(there[n].at_s - at_s), default=-1)


def _put(edits: LineEdits, place: int, new: KeyedCurve) -> LineEdits:
    return replace(edits, curves=(*edits.curves[:place], new, *edits.curves[place + 1 :]))


def _points(curve: KeyedCurve) -> dict[float, float]:
    return dict(zip(curve.times_s, curve.values, strict=True))


def _is_near(curve: KeyedCurve, first_s: float, last_s: float) -> bool:
    """Whether a stretch of keys and another lie over each other, or less than two keys' distance apart."""
    return curve.times_s[0] - APART_S <= last_s and first_s <= curve.times_s[-1] + APART_S


def _within(value: float, control: str, mode: Mode) -> float:
    low, high = limits(control, mode)
    return round(min(max(value, low), high), 4)
