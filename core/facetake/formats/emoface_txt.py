"""The text files of EmoFace's data set: one row of 174 comma-separated values a frame, no header, 60 fps.

The values are in the rig's own order, which is the paper's, and come back within 5e-6. Rate, start, head motion and
origin are not kept: a take at another rate is resampled to 60 fps on its way out.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from facetake import rig
from facetake.files import open_text
from facetake.formats import cells, table
from facetake.formats.files import reading
from facetake.take import Take, resample
from facetake.timebase import DEFAULT_RATE


def read(path: Path) -> Take:
    """Reads a take at 60 fps.

    Raises:
        TakeError: names the line: a row that has not 174 values, something that is no number or out of range.
    """
    with reading(path), open_text(path) as file:
        blocks = table.number_blocks(table.text_lines(file), rig.NAMES, first_line=1)
        with np.errstate(over="ignore"):
            values = np.concatenate([block.astype(np.float32) for block in blocks])
        return Take(values=values, rate=DEFAULT_RATE)


def kept(take: Take) -> Take:
    """What such a file holds of a take: its values at 60 fps."""
    return replace(resample(take, DEFAULT_RATE), start=Fraction(0), head=None)


def write(take: Take, path: Path) -> None:
    """Writes the values of a take at 60 fps.

    Raises:
        OSError: the file cannot be written; `formats.write` turns it into a TakeError.
    """
    take = kept(take)
    with path.open("wb") as file:
        for block in cells.block_slices(take.n_frames):
            rows = cells.unit_cells(take.values[block])
            rows[:, 0] = 0  # the comma in front of the first value
            file.write(cells.lines(rows))
