"""The CSV that Epic's Live Link Face app records: Timecode, BlendShapeCount, 52 shapes, head and eye rotations.

Columns are matched by name, because recordings have JawRight before JawLeft (and the mouth alike) where the network
protocol has left before right. How timecodes are read and written is in `facetake.formats.live_link_timecode`. The
choices made where nothing is documented:

- Head rotations are radians, in which Unreal's Live Link curves and the tools around the app work; a file in which
  any exceeds pi must be in degrees, and is read so.
- Eye rotations are written as 0 and not read: the eyeLook shapes say the same with signs that are known.
- A phone's timecode is the time of day, so its take starts at 0 and keeps the timecode in its origin. A phone's eyes
  turn, a program's file has them at 0: there the timecode counts from the start of the sound, unless by an hour.
  Frames before that are not written.
- Frames the app dropped are filled in between their neighbours, up to a second.
- A row of a timecode and the number 0 says that no face was seen. Up to a second of them is bridged in a line; through
  a longer stretch the face is held as it was last seen, until shortly before it is seen again.
- Seven emotions after the rotations (NeuroSync) are left out.
- A phone's lids shut at about 0.92 and its smiles end at about 0.87. On request each of these curves is taken to 1, by
  what it reaches in the recording itself; one that does not come near its end has not shown where that is, and stays.

Whatever was left out, held, bridged or taken further is told in the take's origin, under "notes".
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facetake import rig
from facetake.arrays import U8
from facetake.errors import TakeError
from facetake.files import open_text
from facetake.formats import arkit_columns, cells, live_link_timecode, table
from facetake.formats.files import reading
from facetake.take import Take, trim

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
_EMOTIONS = frozenset({"angry", "disgusted", "fearful", "happy", "neutral", "sad", "surprised"})
_SATURATING = ("eyeBlinkLeft", "eyeBlinkRight", "mouthSmileLeft", "mouthSmileRight")
_REACHED = 0.75
"""How high such a curve must come once to have shown its end."""
_LONGEST_BRIDGE_S = 1.0  # by choice: a straight way through a longer one would be a face that moves as if asleep
_RETURN_S = 0.25  # by choice: in less the face jumps to where it is seen again
_LATEST_START_S = 3600  # no line begins an hour into its sound: then it is the time of day


def read(path: Path, *, full_range: bool = False) -> Take:
    """Reads a recording; its timecodes give the rate (60 fps where it is shorter than a second and does not tell).

    Args:
        path: the file.
        full_range: take lids and smiles to 1, where the recording shows that they end before.

    Raises:
        TakeError: names the line and column: missing, unknown or repeated columns, uneven rows, values that are no
            numbers or no weights, timecodes that go back or leave out more than a second, no row with a face.
    """
    with reading(path), open_text(path) as file:
        lines = table.text_lines(file)
        names = table.header(lines)
        places = table.match(names, _column, (*_FIRST_COLUMNS, *_NEEDED))
        if names[0].lower() != "timecode":
            raise TakeError("the first column must be Timecode; move it there")
        timecodes: list[str] = []
        faceless: list[int] = []
        bare = _without_timecode(lines, len(names) - 1, timecodes, faceless)
        rows = np.concatenate(list(table.number_blocks(bare, names[1:])))
        places = {name: place - 1 for name, place in places.items()}
        clock = live_link_timecode.read(timecodes)
        rows, notes = _whole(rows, clock, faceless)
        origin: dict[str, object] = {"format": "livelink-csv", "timecode": timecodes[0]}
        if left_out := [name for name in names if name.lower() in _EMOTIONS]:
            notes.append(f"left out: the emotions {', '.join(left_out)}")
        if full_range:
            notes.append(_stretch(rows, places))
        if notes:
            origin["notes"] = notes
        values = arkit_columns.controls(rows, places)
        start = _start(rows, places, clock)
        return Take(values, clock.rate, start, _head_deg(rows, places), origin)


def kept(take: Take) -> Take:
    """What such a file holds of a take, as far as its shapes say it: there is no timecode before midnight.

    Raises:
        TakeError: nothing of it lies after that.
    """
    return trim(take, Fraction(0), take.start + take.duration_s) if take.start < 0 else take


def write(take: Take, path: Path) -> None:
    """Writes a take in the layout of the app's recordings, with five decimals; the timecode counts from its start.

    Raises:
        TakeError: as `kept`.
        OSError: the file cannot be written; `formats.write` turns it into a TakeError.
    """
    take = kept(take)
    order = [rig.ARKIT_NAMES.index(arkit_columns.shape_of(name) or name) for name in RECORDED_ORDER]
    names = (*_FIRST_COLUMNS, *RECORDED_ORDER, *HEAD_COLUMNS, *EYE_COLUMNS)
    with path.open("wb") as file:
        file.write((",".join(names) + "\n").encode("ascii"))
        for block in cells.block_slices(take.n_frames):
            weights = cells.unit_cells(rig.to_arkit(take.values[block])[:, order])
            file.write(cells.lines(_first_cells(take, block), weights, _rotation_cells(take, block)))


def _first_cells(take: Take, block: slice) -> U8:
    """The columns Timecode and BlendShapeCount, which counts the rotations too."""
    count = len(RECORDED_ORDER) + len(HEAD_COLUMNS) + len(EYE_COLUMNS)
    times = live_link_timecode.texts(take.start, take.rate, range(block.start, block.stop))
    return cells.text_cells([f"{time},{count}" for time in times])


def _rotation_cells(take: Take, block: slice) -> U8:
    """The nine columns of rotations: the head's in radians, the eyes' zero."""
    rotations = np.zeros((block.stop - block.start, len(HEAD_COLUMNS) + len(EYE_COLUMNS)))
    if take.head is not None:
        rotations[:, : len(HEAD_COLUMNS)] = np.radians(take.head[block])
    return cells.wide_cells(rotations)


def _column(name: str) -> str | None:
    """The canonical name of a column, or None."""
    if name.lower() in _EMOTIONS:
        return name.lower()
    return _PLAIN.get(name.lower()) or arkit_columns.shape_of(name)


def _without_timecode(lines: Iterator[str], n_values: int, timecodes: list[str], faceless: list[int]) -> Iterator[str]:
    """The rows without their first value, which goes to `timecodes`; without a face zeros, and told in `faceless`."""
    nothing = ",".join(["0"] * n_values)
    for line in lines:
        timecode, _, rest = line.partition(",")
        if rest.strip().rstrip(",") == "0":
            faceless.append(len(timecodes))
            rest = nothing
        if line.strip():
            timecodes.append(timecode.strip())
        # A row cut off after its timecode is no blank line: it goes on as it is, to be refused for its length.
        yield rest if rest.strip() else line


def _whole(
    rows: NDArray[np.float64], clock: live_link_timecode.Clock, faceless: list[int]
) -> tuple[NDArray[np.float64], list[str]]:
    """Rows at every frame, those without a face filled in, and what there is to tell about it."""
    notes = []
    if not clock.is_even:
        notes.append(f"uneven times: {len(rows)} rows laid on {clock.n_frames} frames, {float(clock.rate):g} a second")
    if not faceless:
        return clock.on_grid(rows), notes
    filled, is_held = _without_gaps(rows, clock, faceless)
    at_s = clock.times_s[faceless[0]] - clock.times_s[0]
    how = "; through the longer stretches the face is held" if is_held else ""
    notes.append(f"no face in {len(faceless)} of {len(rows)} rows, the first at {at_s:.2f} s: bridged{how}")
    return filled, notes


def _without_gaps(
    rows: NDArray[np.float64], clock: live_link_timecode.Clock, faceless: list[int]
) -> tuple[NDArray[np.float64], bool]:
    """Rows at every frame, from those with a face alone, and whether one is held through a long stretch without."""
    seen = np.ones(len(rows), dtype=bool)
    seen[faceless] = False
    if not seen.any():
        raise TakeError("no row has a face in it; record it again")
    times = clock.times_s[seen]
    known = rows[seen]
    # Before a long stretch without a face ends, the face is still as it was last seen.
    long = np.flatnonzero((np.diff(times) > _LONGEST_BRIDGE_S) & (np.diff(np.flatnonzero(seen)) > 1))
    held = np.insert(known, long + 1, known[long], axis=0)
    return clock.on_grid(held, np.insert(times, long + 1, times[long + 1] - _RETURN_S)), len(long) > 0


def _stretch(rows: NDArray[np.float64], places: dict[str, int]) -> str:
    """Takes the curves that a phone saturates to 1, in place, and tells which and from where."""
    told = []
    for name in _SATURATING:
        column = rows[:, places[name]]
        end = float(column.max())
        if _REACHED <= end < 1.0:
            rows[:, places[name]] = column / end
            told.append(f"{name} from {end:.2f}")
    return f"full range: taken to 1: {', '.join(told)}" if told else "full range: no lid and no smile ends before 1"


def _start(rows: NDArray[np.float64], places: dict[str, int], clock: live_link_timecode.Clock) -> Fraction:
    """Where the take begins on the clock of its sound: 0 for a phone's, whose timecode is the time of day."""
    eyes = [places[name] for name in EYE_COLUMNS if name in places]
    is_phone = bool(rows[:, eyes].any()) or clock.times_s[0] >= _LATEST_START_S
    return Fraction(0) if is_phone else clock.start()


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
