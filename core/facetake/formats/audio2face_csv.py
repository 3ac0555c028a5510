"""The `animation_frames.csv` of NVIDIA's Audio2Face service: `timeCode, blendShapes.EyeBlinkLeft, ...`.

The authoring service's client writes the same as `output_blendshape.csv` without the prefix: `timecode, EyeBlinkLeft,
...`; both services write emotions, too, in files of their own, which are no takes. Times in seconds, weights 0..1,
ARKit's names with a capital. The 174 controls become 52 shapes, so what ARKit cannot say, head motion and origin are
lost.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from facetake import rig
from facetake.errors import TakeError
from facetake.files import open_text
from facetake.formats import arkit_columns, cells, table, timing
from facetake.formats.files import reading
from facetake.take import Take

TIME_COLUMN = "timeCode"
PREFIX = "blendShapes."
EMOTION_PREFIX = "emotion_values."
EMOTIONS = frozenset("amazement anger cheekiness disgust fear grief joy outofbreath pain sadness".split())
_INDEX_COLUMN = "index"  # what pandas writes, without a name, when it is not told otherwise


def read(path: Path) -> Take:
    """Reads the blend-shape weights of the service's CSV.

    Raises:
        TakeError: names the line and column: unknown or repeated columns, uneven rows, values that are no numbers or
            no weights, times that are not regular.
    """
    with reading(path), open_text(path) as file:
        lines = table.text_lines(file)
        names = table.header(lines)
        if any(_is_emotion(name) for name in names):
            raise TakeError("these are emotions over time and no face; give the file of blend shapes written beside it")
        # The shapes are matched on their own, since any of them may be missing but none may be unknown.
        columns = table.match(names, _column, (TIME_COLUMN,))
        shape_names = [name for name in columns if name not in (TIME_COLUMN, _INDEX_COLUMN)]
        found, passed_over = arkit_columns.places_of(shape_names)
        places = {shape: columns[shape_names[place]] for shape, place in found.items()}
        rows = np.concatenate(list(table.number_blocks(lines, names)))
        times = rows[:, columns[TIME_COLUMN]]
        rate = timing.rate_of(times)
        origin: dict[str, object] = {"format": "a2f-csv"}
        if passed_over:
            origin["passed_over"] = passed_over
        values = arkit_columns.controls(rows, places)
        return Take(values, rate, timing.start_of(float(times[0]), rate), origin=origin)


def kept(take: Take) -> Take:
    """What such a file holds of a take, as far as its shapes say it."""
    return replace(take, head=None)


def write(take: Take, path: Path) -> None:
    """Writes ARKit weights with five decimals, a block of rows at a time.

    Raises:
        OSError: the file cannot be written; `formats.write` turns it into a TakeError.
    """
    names = [TIME_COLUMN, *(PREFIX + arkit_columns.pascal(shape) for shape in rig.ARKIT_NAMES)]
    with path.open("wb") as file:
        file.write((",".join(names) + "\n").encode("ascii"))
        times = take.times_s
        for block in cells.block_slices(take.n_frames):
            weights = cells.unit_cells(rig.to_arkit(take.values[block]))
            file.write(cells.lines(cells.text_cells([f"{time:.9f}" for time in times[block].tolist()]), weights))


def _column(name: str) -> str | None:
    """The canonical name of a column: the time, the shape without its prefix, or None."""
    if not name:
        return _INDEX_COLUMN
    if name.lower() in (TIME_COLUMN.lower(), "time_code"):
        return TIME_COLUMN
    if not name.lower().startswith(PREFIX.lower()):
        return arkit_columns.shape_of(name) or arkit_columns.tongue(name)
    shape = name[len(PREFIX) :]
    return arkit_columns.shape_of(shape) or shape or None


def _is_emotion(name: str) -> bool:
    return name.lower().startswith(EMOTION_PREFIX) or name.lower() in EMOTIONS
