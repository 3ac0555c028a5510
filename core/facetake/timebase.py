"""Rates and times as exact fractions: the one place where they are read, and the grid of one rate laid on another.

Every rate that comes in, from the command line, a host, a configuration or a file, passes here, so that 23.976,
23.976023976023978 and 24000/1001 are one rate and nothing further in has to fear a fraction of a thousand digits.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Annotated, Final

import numpy as np
from numpy.typing import NDArray

from facetake.errors import TakeError
from facetake.files.quantities import shown

SLOWEST: Final = Fraction(1)  # by choice: time lapses are no takes
FASTEST: Final = Fraction(1000)  # by choice: what a thousandth of a second tells
MOST_DENOMINATOR: Final = 100_000
"""Of a rate. Two rates within these bounds put frames at most 10,000,000,000,000 to a step apart: see `positions`."""
FURTHEST_S: Final = 10_000_000
"""Of a time, before or after zero: a third of a year."""
MOST_TIME_DENOMINATOR: Final = 10**15
"""Of a time: finer than any clock, and coarse enough that no sum of times grows beyond what a file can say."""

DEFAULT_RATE: Final = Fraction(60)
"""Rate of a file that cannot say its own: a single frame, or EmoFace text (paper section 4.1: 60 fps)."""
WHOLE_RATES: Final = tuple(map(Fraction, (12, 15, 24, 25, 30, 40, 48, 50, 60, 72, 75, 90, 100, 120, 144, 200, 240)))
"""Of film, television, games, phones and capture."""
NTSC_RATES: Final = tuple(Fraction(1000 * rate, 1001) for rate in (24, 30, 48, 60, 120, 240))
"""The television rates: whole ones slowed down by a thousandth, and written in decimals as 23.976, 29.97, 59.94 ..."""
STANDARD_RATES: Final = (*WHOLE_RATES, *NTSC_RATES)

NTSC_SLACK: Final = 3e-4
"""How far a decimal may be from a television rate and still stand for it: 23.97 and 23.98 do, 24 is thrice as far."""
RELATIVE_SLACK: Final = 2e-4
"""How far a measured rate may be from a standard one and still be it: a fifth of what lies between 24 and 23.976."""

_LONGEST: Final = 64  # characters of a rate or time
_FRACTION: Final = re.compile(r"([+-]?[0-9]{1,30})/([0-9]{1,30})")
_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]{1,18}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})")
_SAME: Final = Fraction(1, 10**9)  # relative: a fraction that near to one of small terms is that one, rounded
_BLOCK: Final = 4096  # frames placed together
_FINEST: Final = 100_000  # parts of a frame in which a beginning is told: with a step's 1e13 they stay below 2**62
_MOST_INT64: Final = 2**63 - 1  # beyond, NumPy's whole numbers wrap around


def parse_rate(value: object) -> Fraction:
    """A frame rate as people, hosts and files write it.

    Args:
        value: ``60``, ``24000/1001``, ``12.5``, or a television rate in decimals, however many (``23.976``, ``29.97``,
            ``59.94005994005994``), which stands for its exact fraction; as text or as a number.

    Returns:
        Frames per second, from 1 to 1000, with a denominator of at most 100,000.

    Raises:
        TakeError: it is no such rate.
    """
    exact = _exact(value)
    rate = Fraction(0) if exact is None else _with_small_terms(exact, is_decimal="/" not in str(value))
    if not SLOWEST <= rate <= FASTEST:
        raise TakeError(
            f"{shown(value)} is no frame rate; give frames per second from 1 to 1000, such as 60 or 24000/1001"
        )
    return rate


def written(rate: Fraction) -> str:
    """A rate as people write it and `parse_rate` reads it: 60, 23.976, 12.5, or a fraction where no decimal is it."""
    text = f"{float(rate):.3f}".rstrip("0").rstrip(".")
    return text if parse_rate(text) == rate else str(rate)


Rate = Annotated[Fraction, parse_rate]
"""A rate as a field of a configuration: what `facetake.config` reads into it passes `parse_rate`."""


def parse_time(value: object) -> Fraction:
    """An exact time in seconds as files write it: a whole number, "1/3" or a decimal, before or after zero.

    Raises:
        TakeError: it is something else, or further away than `FURTHEST_S`.
    """
    found = _exact(value)
    if found is None or abs(found) > FURTHEST_S:
        raise TakeError(f'{shown(value)} is no time; give seconds, whole or as a fraction such as "1001/24000"')
    return found.limit_denominator(MOST_TIME_DENOMINATOR)


def _exact(value: object) -> Fraction | None:
    """The number that is written, or None; nothing is computed of a text that is too long."""
    if isinstance(value, Fraction):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, int):
        return Fraction(value) if abs(value) <= _MOST_INT64 else None
    text = str(value).strip()
    if len(text) > _LONGEST:
        return None
    if found := _FRACTION.fullmatch(text):
        return Fraction(int(found[1]), int(found[2])) if int(found[2]) else None
    return Fraction(text) if _DECIMAL.fullmatch(text) else None


def _with_small_terms(exact: Fraction, *, is_decimal: bool) -> Fraction:
    """The rate a number stands for: a television rate that it rounds, or the nearest one of small terms; 0 for none."""
    if is_decimal and exact.denominator > 1:
        for rate in NTSC_RATES:
            if abs(exact / rate - 1) <= NTSC_SLACK:
                return rate
    near = exact.limit_denominator(MOST_DENOMINATOR)
    return near if is_decimal or abs(near - exact) <= _SAME * abs(exact) else Fraction(0)


def recognise(rate: float, slack: float = RELATIVE_SLACK, error: float = 1e-6) -> Fraction:
    """The exact rate that a measured one stands for: 29.9701 is 30000/1001.

    Args:
        rate: frames per second, as measured or as a file holds it in floating point.
        slack: how far from a standard rate, relative to it, the rate still is that one.
        error: what the rate may be off, relative to itself, where it is no standard one.

    Returns:
        The nearest of `STANDARD_RATES` within the slack, else the simplest fraction within the error.

    Raises:
        TakeError: the rate is not between 1 and 1000 frames per second.
    """
    if not float(SLOWEST) * (1 - slack) <= rate <= float(FASTEST) * (1 + slack):
        raise TakeError(f"{rate:.6g} frames per second is not a rate in use; it must be between 1 and 1000")
    known = min(STANDARD_RATES, key=lambda candidate: abs(float(candidate) - rate))
    if abs(float(known) / rate - 1) <= slack:
        return known
    near = _simplest(Fraction(rate * (1 - error)), Fraction(rate * (1 + error)))
    return min(max(near.limit_denominator(MOST_DENOMINATOR), SLOWEST), FASTEST)


def _simplest(low: Fraction, high: Fraction) -> Fraction:
    """The fraction of the smallest terms from `low` to `high`, both above 0, by their continued fractions."""
    whole = low.numerator // low.denominator
    if whole == low:
        return low
    return Fraction(whole + 1) if whole + 1 <= high else whole + 1 / _simplest(1 / (high - whole), 1 / (low - whole))


def n_frames(duration_s: Fraction, rate: Fraction) -> int:
    """How many frames a length of time has.

    Args:
        duration_s: Seconds, zero or more.
        rate: Frames per second.

    Returns:
        ``round(duration_s * rate)``, at least 1.
    """
    return max(1, round(duration_s * rate))


def positions(
    count: int, step: Fraction, available: int, first: Fraction = Fraction(0)
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Where the frames of a new grid lie on an old one, exactly.

    Frame ``i`` lies at ``first + i * step``. A block's first place is computed in whole numbers of any size, and from
    there on 64 bits are enough: within a block of B frames nothing exceeds B + 1 times the common denominator of step
    and beginning, and blocks are as short as that asks. For any two rates that `parse_rate` lets in that of the step is
    at most 1e13, so that without a beginning B is 4096 and nothing exceeds 4.1e16; 64 bits hold 9.2e18.

    Args:
        count: New frames.
        step: Old frames from one new frame to the next; above 0, with a denominator below 2**62.
        available: Old frames; before the first one and past the last one it holds.
        first: Old frames before the first new one, below 0 where it comes earlier; read to `_FINEST`.

    Returns:
        (count,) the old frame at or before each new one, and (count,) the share in 0..1 of the one after it.

    Raises:
        ValueError: The step is not above 0, or its denominator is too large.
    """
    if step <= 0 or step.denominator >= 2**62:
        raise ValueError(f"a step of {step} frames")
    begun = first.limit_denominator(_FINEST)
    parts_each = math.lcm(step.denominator, begun.denominator)
    if parts_each >= 2**62:  # no two rates that `parse_rate` lets in
        raise ValueError(f"a step of {step} frames from {first}")
    wide = step.numerator * (parts_each // step.denominator)
    offset = begun.numerator * (parts_each // begun.denominator)
    whole, part = divmod(wide, parts_each)
    size = max(1, min(_BLOCK, _MOST_INT64 // parts_each - 1, _MOST_INT64 // 2 // (whole + 1)))
    below = np.empty(count, dtype=np.intp)
    share = np.empty(count, dtype=np.float64)
    for block in range(0, count, size):
        place, rest = divmod(offset + block * wide, parts_each)
        if place >= available - 1:  # from here on the last frame holds
            below[block:] = available - 1
            share[block:] = 0.0
            break
        ahead = np.arange(min(size, count - block), dtype=np.int64)
        parts = rest + ahead * part
        below[block : block + size] = np.minimum(place + ahead * whole + parts // parts_each, available - 1)
        share[block : block + size] = (parts % parts_each) / parts_each
    share[below < 0] = 0.0
    below[below < 0] = 0
    share[below >= available - 1] = 0.0
    return below, share
