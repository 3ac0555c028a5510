"""The CSV that Epic's Live Link Face app records: Timecode, BlendShapeCount, 52 shapes, head and eye rotations.

Columns are matched by name, because recordings have JawRight before JawLeft (and the mouth alike) where the network
protocol has left before right. The choices made where nothing is documented:

- Head rotations are radians, in which Unreal's Live Link curves and the tools around the app work; a file in which
  any exceeds pi must be in degrees, and is read so.
- Eye rotations are written as 0 and not read: the eyeLook shapes say the same with signs that are known.
- A recording's timecode is the time of day, so a take that is read starts at 0 and keeps the timecode in its origin.
- `HH:MM:SS:FF.mmm` has FF counted at the whole rate above the true one: 59.94 fps counts 1.001 of 60 each frame.
- Frames the app dropped are filled in between their neighbours, up to a second.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from math import ceil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facetake import rig
from facetake.errors import TakeError
from facetake.formats import arkit_columns, cells, table, timing
from facetake.formats.files import reading
from facetake.take import Take
from facetake.timebase import DEFAULT_RATE, recognise

HEAD_COLUMNS = ("HeadYaw", "HeadPitch", "HeadRoll")
EYE_COLUMNS = tuple(f"{side}Eye{angle}" for side in ("Left", "Right") for angle in ("Yaw", "Pitch", "Roll"))
_SWAPPED = {"jawLeft": "jawRight", "mouthLeft": "mouthRight"}
RECORDED_ORDER = tuple(
    arkit_columns.pascal((_SWAPPED | {right: left for left, right in _SWAPPED.items()}).get(name, name))
    for name in rig.ARKIT_NAMES
)
"""The 52 shapes as the app's recordings have them: right before left for jaw and mouth."""

_FIRST_COLUMNS = ("Timecode", "BlendShapeCount")
_PLAIN = {name.lower(): name for name in (*_FIRST_COLUMNS, *HEAD_COLUMNS, *EYE_COLUMNS)}
_NEEDED = [name for name in rig.ARKIT_NAMES if name != "tongueOut"]  # some writers say 51 shapes
_TIMECODE = re.compile(r'"?([0-9]{1,2}):([0-5]?[0-9]):([0-5]?[0-9]):([0-9]{1,3}(?:\.[0-9]{1,6})?)"?')
_COUNTED_RATES = (24, 25, 30, 48, 50, 60, 100, 120, 240)
_DAY_S = 86_400.0
_LONGEST_GAP_S = 1.0


def read(path: Path) -> Take:
    """Reads a recording; its timecodes give the rate (60 fps where it is shorter than a second).

    Raises:
        TakeError: names the line and column: missing, unknown or repeated columns, uneven rows, values that are no
            numbers or no weights, timecodes that go back or leave out more than a second.
    """
    with reading(path), path.open(encoding="utf-8-sig") as file:
        lines = iter(file)
        names = table.header(lines)
        places = table.match(names, _column, (*_FIRST_COLUMNS, *_NEEDED))
        if names[0].lower() != "timecode":
            raise TakeError("the first column must be Timecode; move it there")
        timecodes: list[str] = []
        rows = np.concatenate(list(table.number_blocks(_without_timecode(lines, timecodes), names[1:])))
        places = {name: place - 1 for name, place in places.items()}
        rate, rows = _on_grid(_times(timecodes), rows)
        head = _head_deg(rows, places)
        origin = {"format": "livelink-csv", "timecode": timecodes[0]}
        return Take(arkit_columns.controls(rows, places), rate, head=head, origin=origin)


def write(take: Take, path: Path) -> None:
    """Writes a take in the layout of the app's recordings, with five decimals; the timecode counts from its start.

    Raises:
        OSError: the file cannot be written; `formats.write` turns it into a TakeError.
    """
    order = [rig.ARKIT_NAMES.index(arkit_columns.shape_of(name) or name) for name in RECORDED_ORDER]
    names = (*_FIRST_COLUMNS, *RECORDED_ORDER, *HEAD_COLUMNS, *EYE_COLUMNS)
    with path.open("wb") as file:
        file.write((",".join(names) + "\n").encode("ascii"))
        for block in cells.block_slices(take.n_frames):
            weights = cells.unit_cells(rig.to_arkit(take.values[block])[:, order])
            file.write(cells.lines(_first_cells(take, block), weights, _rotation_cells(take, block)))


def _first_cells(take: Take, block: slice) -> cells.ByteRows:
    """The columns Timecode and BlendShapeCount, which counts the rotations too."""
    count = len(RECORDED_ORDER) + len(HEAD_COLUMNS) + len(EYE_COLUMNS)
    counted = ceil(take.rate)
    first = max(take.start, Fraction(0)) * counted * 1000  # there is no timecode before midnight
    step = counted * 1000 / take.rate
    # In whole numbers over one denominator, since a fraction for every frame of a long take is slow.
    over = first.denominator * step.denominator
    times = [
        (2 * (first.numerator * step.denominator + frame * step.numerator * first.denominator) + over) // (2 * over)
        for frame in range(block.start, block.stop)
    ]
    return cells.text_cells([f"{_timecode(time, counted)},{count}" for time in times])


def _rotation_cells(take: Take, block: slice) -> cells.ByteRows:
    """The nine columns of rotations: the head's in radians, the eyes' zero."""
    rotations = np.zeros((block.stop - block.start, len(HEAD_COLUMNS) + len(EYE_COLUMNS)))
    if take.head is not None:
        rotations[:, : len(HEAD_COLUMNS)] = np.radians(take.head[block])
    return cells.wide_cells(rotations)


def _timecode(time: int, counted_rate: int) -> str:
    """`HH:MM:SS:FF.mmm` of a time in thousandths of a frame; whole, so that no field overflows into the next."""
    seconds, thousandths = divmod(time, counted_rate * 1000)
    frame, fraction = divmod(thousandths, 1000)
    minutes, second = divmod(seconds, 60)
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}:{second:02d}:{frame:02d}.{fraction:03d}"


def _column(name: str) -> str | None:
    """The canonical name of a column, or None."""
    return _PLAIN.get(name.lower()) or arkit_columns.shape_of(name)


def _without_timecode(lines: Iterator[str], timecodes: list[str]) -> Iterator[str]:
    """The rows without their first value, which goes to `timecodes`."""
    for line in lines:
        timecode, _, rest = line.partition(",")
        if line.strip():
            timecodes.append(timecode.strip())
        # A row cut off after its timecode is no blank line: it goes on as it is, to be refused for its length.
        yield rest if rest.strip() else line


def _times(timecodes: list[str]) -> NDArray[np.float64]:
    """(T,) seconds since the first midnight, increasing."""
    fields = np.array([_fields(text, line) for line, text in enumerate(timecodes, start=2)])
    seconds = fields[:, :3] @ [3600.0, 60.0, 1.0]
    most = int(fields[:, 3].max()) + 1
    # Only where a second ended is the highest frame number that of the last frame of a second.
    least = most if seconds[0] != seconds[-1] else max(most, 60)
    counted = next((rate for rate in _COUNTED_RATES if rate >= least), most)
    times = seconds + fields[:, 3] / counted
    times += _DAY_S * np.cumsum(np.diff(times, prepend=times[0]) < -_DAY_S / 2)
    return times


def _fields(text: str, line: int) -> list[float]:
    """Hours, minutes, seconds and frame of one timecode."""
    found = _TIMECODE.fullmatch(text)
    if not found:
        raise TakeError(f"line {line}, column Timecode: {text[:40]!r} is not of the form HH:MM:SS:FF; correct it")
    return [float(field) for field in found.groups()]


def _on_grid(times: NDArray[np.float64], rows: NDArray[np.float64]) -> tuple[Fraction, NDArray[np.float64]]:
    """The rate, and the rows at every frame of it: as they are, or filled in where the app dropped or delayed some."""
    steps = np.diff(times)
    _check_steps(steps)
    if not len(steps):
        return DEFAULT_RATE, rows
    interval = float(np.median(steps))
    if np.abs(steps - interval).max() <= interval / 10:
        return timing.rate_of(times, rounding_s=1e-3 * interval), rows
    rate = recognise(1 / interval, 5e-3)
    n_frames = round((times[-1] - times[0]) * float(rate)) + 1
    if n_frames > 4 * len(rows) + rate:
        raise TakeError("more frames are missing than there are in the file; record it again")
    grid = times[0] + np.arange(n_frames) / float(rate)
    return rate, np.stack([np.interp(grid, times, column) for column in rows.T], axis=1)


def _check_steps(steps: NDArray[np.float64]) -> None:
    """Refuses timecodes that do not increase or leave out more than a second."""
    wrong = np.flatnonzero((steps <= 0) | (steps > _LONGEST_GAP_S))
    if len(wrong):
        line, step = int(wrong[0]) + 3, steps[wrong[0]]
        what = "is not later than" if step <= 0 else f"is {step:.3g} s after"
        raise TakeError(f"line {line}, column Timecode: it {what} the line before; cut the recording there")


def _head_deg(rows: NDArray[np.float64], places: dict[str, int]) -> NDArray[np.float32] | None:
    """(T, 3) yaw, pitch, roll in degrees, or None where the recording has none or the head never moves from 0."""
    if not all(name in places for name in HEAD_COLUMNS):
        return None
    head = rows[:, [places[name] for name in HEAD_COLUMNS]]
    if not head.any():
        return None
    largest = np.abs(head).max()
    if largest > 360:
        raise TakeError(f"a head rotation of {largest:g} is neither radians nor degrees; correct it")
    return (head if largest > np.pi else np.degrees(head)).astype(np.float32)
