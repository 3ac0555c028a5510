"""Timecodes of Live Link Face recordings: `HH:MM:SS:FF.mmm` to an exact rate and start, and back.

The app counts FF in sixtieths of a second at whatever rate it records, with thousandths of a sixtieth behind the
point, and so does Unreal's importer read it (seconds + FF / 60). That is what is written. Others write otherwise, and
what they meant is told from the whole column:

- FF counted at the frame rate, 0 to 23 at 24 fps: where a second ends, sixtieths would leave a hole after FF 23. The
  count whose steps are the most even is taken; sixtieths where two are alike. Above FF 59 there can be no sixtieths.
  Within one second nothing tells, and sixtieths are taken.
- `.mmm` as milliseconds of the second instead of thousandths of a frame, FF beside them saying the same more coarsely
  (NeuroSync): taken where FF never is more than a frame away from what the milliseconds say.

Knows no columns and no controls.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from facetake.arrays import F64
from facetake.errors import TakeError
from facetake.timebase import DEFAULT_RATE, RELATIVE_SLACK, WHOLE_RATES, recognise

TICKS_PER_S = 60_000  # what a timecode can say: thousandths of a sixtieth
_TIMECODE = re.compile(r'"?([0-9]{1,2}):([0-5]?[0-9]):([0-5]?[0-9])[:;]([0-9]{1,3})(\.[0-9]{1,6})?"?')
_COUNTS = (60, 120, 240, *(int(rate) for rate in WHOLE_RATES if rate not in (60, 120, 240)))  # the likely ones first
_DAY_S = 86_400.0  # after which timecodes begin anew
_LONGEST_GAP_S = 1.0  # by choice: phones lose frames, not seconds; more is two recordings
_JITTER = 0.25  # of a frame: by how much a frame may be early or late and still be that frame
_NEAR = 5e-3  # relative: a phone's mean rate is that far from the one it was set to
_TELLING_ENDS = 3  # ends of seconds after which even a count that nobody uses is believed


@dataclass(frozen=True)
class Clock:
    """The times of a recording's rows, and the frame grid they stand for.

    Attributes:
        times_s: (N,) of the rows, in seconds since the midnight before the first.
        rate: frames per second of the grid.
        n_frames: on the grid.
        is_even: whether row i is frame i; otherwise rows are late, early or missing.
    """

    times_s: F64
    rate: Fraction
    n_frames: int
    is_even: bool

    def start(self) -> Fraction:
        """Time of the first frame: on the frame grid where it was rounded from there, else what the timecode says."""
        first = Fraction(round(self.times_s[0] * TICKS_PER_S), TICKS_PER_S)
        on_grid = round(first * self.rate) / self.rate
        return on_grid if abs(on_grid - first) <= Fraction(1, TICKS_PER_S) else first

    def on_grid(self, rows: F64, times_s: F64 | None = None) -> F64:
        """Rows (N, C) at every frame of the grid; between them on a line.

        Args:
            rows: as many as `times_s`.
            times_s: of these rows, where some of the recording's are left out.
        """
        if self.is_even and times_s is None:
            return rows
        grid = self.times_s[0] + np.arange(self.n_frames) / float(self.rate)
        known = self.times_s if times_s is None else times_s
        return np.stack([np.interp(grid, known, column) for column in rows.T], axis=1)


def texts(start: Fraction, rate: Fraction, frames: range) -> Iterator[str]:
    """Timecodes of some frames, none before zero, since there is no timecode before midnight."""
    first = start * TICKS_PER_S
    step = TICKS_PER_S / rate
    # In whole numbers over one denominator, since a fraction for every frame of a long take is slow.
    over = first.denominator * step.denominator
    begin = first.numerator * step.denominator
    each = step.numerator * first.denominator
    for frame in frames:
        seconds, ticks = divmod((2 * (begin + frame * each) + over) // (2 * over), TICKS_PER_S)
        hours, rest = divmod(seconds, 3600)
        yield f"{hours % 24:02d}:{rest // 60:02d}:{rest % 60:02d}:{ticks // 1000:02d}.{ticks % 1000:03d}"


def read(timecodes: Sequence[str], first_line: int = 2) -> Clock:
    """The clock that a column of timecodes stands for.

    Raises:
        TakeError: a timecode that is none, goes back, or comes more than a second after the one before; says the line.
    """
    fields = [_fields(text, line) for line, text in enumerate(timecodes, start=first_line)]
    seconds, frames, fractions = np.array(fields, dtype=np.float64).T
    milliseconds_of = _millisecond_count(frames, fractions)
    if milliseconds_of:
        times = seconds + fractions
        rounding = 1e-3
    else:
        count = _count(seconds, frames + fractions)
        times = seconds + (frames + fractions) / count
        rounding = 1e-3 / count
    times += _DAY_S * np.cumsum(np.diff(times, prepend=times[0]) < -_DAY_S / 2)
    _check_steps(np.diff(times), first_line)
    return _clock(times, rounding, milliseconds_of)


def _fields(text: str, line: int) -> tuple[float, float, float]:
    """Whole seconds, FF and what is behind its point."""
    found = _TIMECODE.fullmatch(text)
    if not found:
        raise TakeError(f"line {line}, column Timecode: {text[:40]!r} is not of the form HH:MM:SS:FF; correct it")
    hours, minutes, seconds, frame = (int(field) for field in found.groups()[:4])
    return 3600.0 * hours + 60.0 * minutes + seconds, float(frame), float(found[5] or 0)


def _millisecond_count(frames: F64, fractions: F64) -> int:
    """At which count FF says the same as what is behind its point; 0 where that is no millisecond of the second."""
    if np.ptp(frames) < 2 or not fractions.any():
        return 0
    return next((count for count in _COUNTS if np.abs(frames - np.floor(fractions * count)).max() <= 1), 0)


def _count(seconds: F64, frames: F64) -> int:
    """In which parts of a second FF counts."""
    least = int(frames.max()) + 1
    ends = int(np.count_nonzero(np.diff(seconds)))
    counts = [count for count in _COUNTS if count >= least] or [least]
    if ends >= _TELLING_ENDS and least not in counts:
        counts.append(least)
    return counts[0] if ends == 0 else max(counts, key=lambda count: _evenness(seconds + frames / count))


def _evenness(times: F64) -> float:
    """Share of the steps that are as long as most are."""
    steps = np.diff(times)
    usual = np.median(steps)
    return float(np.mean(np.abs(steps - usual) <= 0.1 * abs(usual)))


def _check_steps(steps: F64, first_line: int) -> None:
    """Refuses timecodes that do not increase or leave out more than a second."""
    wrong = np.flatnonzero((steps <= 0) | (steps > _LONGEST_GAP_S + 1e-9))
    if len(wrong):
        line = int(wrong[0]) + first_line + 1
        step = steps[wrong[0]]
        what = "is not later than" if step <= 0 else f"is {step:.3g} s after"
        raise TakeError(f"line {line}, column Timecode: it {what} the line before; cut the recording there")


def _clock(times: F64, rounding: float, milliseconds_of: int) -> Clock:
    """The rate of some times that were rounded, and whether each row is a frame of it."""
    if len(times) < 2:
        return Clock(times, DEFAULT_RATE, 1, True)
    steps = len(times) - 1
    interval = float(times[-1] - times[0]) / steps
    error = min(rounding / (steps * interval), 0.05)
    slack = max(RELATIVE_SLACK, error)
    if milliseconds_of and abs(milliseconds_of * interval - 1) <= slack:
        return Clock(times, Fraction(milliseconds_of), len(times), True)
    if _furthest(times, 1 / interval) * interval <= 2 * rounding:  # a program's: as even as it can be written
        return Clock(times, recognise(1 / interval, slack, error), len(times), True)
    rate = recognise(1 / interval, _NEAR)
    if _furthest(times, float(rate)) <= _JITTER:
        return Clock(times, rate, len(times), True)
    usual = float(np.median(np.diff(times)))
    frames = np.maximum(np.rint(np.diff(times) / usual), 1).sum()  # with those that are missing
    rate = recognise(float(frames / (times[-1] - times[0])), _NEAR)
    n_frames = round((times[-1] - times[0]) * float(rate)) + 1
    if n_frames > 4 * len(times) + rate:
        raise TakeError("more frames are missing than there are in the file; record it again")
    return Clock(times, rate, n_frames, False)


def _furthest(times: F64, rate: float) -> float:
    """By how many frames a time misses its place on the grid of a rate, at the most."""
    return float(np.abs((times - times[0]) * rate - np.arange(len(times))).max())
