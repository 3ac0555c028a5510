"""CSV with a header: `frame,time_s,CTRL_C_eye.translateX,...`, then HeadYaw,HeadPitch,HeadRoll with head motion.

Values have five decimals: they come back within 5e-6. The rate follows from `time_s`. Columns are matched by name, in
any order and in any spelling the rig knows. A take's origin is not kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facetake import rig
from facetake.arrays import U8
from facetake.errors import TakeError
from facetake.files import open_text
from facetake.formats import cells, exact, table, timing
from facetake.formats.files import reading
from facetake.take import Take

HEAD_COLUMNS = ("HeadYaw", "HeadPitch", "HeadRoll")
_GRID_COLUMNS = ("frame", "time_s")
_PLAIN = {name.lower(): name for name in (*_GRID_COLUMNS, *HEAD_COLUMNS)}


def read(path: Path) -> Take:
    """Reads a take from a CSV table.

    Raises:
        TakeError: names the line and column: missing, unknown or repeated columns, uneven rows, values that are no
            numbers or out of range, frames that skip, times that are not regular.
    """
    with reading(path), open_text(path) as file:
        lines = table.text_lines(file)
        names = table.header(lines)
        places = table.match(names, _column, (*_GRID_COLUMNS, *rig.NAMES))
        grid, values, head = _columns(table.number_blocks(lines, names), places)
        _check_frames(grid[:, 0])
        rate = timing.rate_of(grid[:, 1])
        return Take(values=values, rate=rate, start=timing.start_of(float(grid[0, 1]), rate), head=head)


def write(take: Take, path: Path) -> None:
    """Writes a take as a CSV table, a block of rows at a time.

    Raises:
        OSError: the file cannot be written; `formats.write` turns it into a TakeError.
    """
    head_names = HEAD_COLUMNS if take.head is not None else ()
    with path.open("wb") as file:
        file.write((",".join((*_GRID_COLUMNS, *rig.NAMES, *head_names)) + "\n").encode("ascii"))
        times = take.times_s
        for block in cells.block_slices(take.n_frames):
            columns = [_grid(times, block), cells.unit_cells(take.values[block])]
            if take.head is not None:
                columns.append(cells.wide_cells(take.head[block]))
            file.write(cells.lines(*columns))


def _grid(times: NDArray[np.float64], block: slice) -> U8:
    """The columns frame and time_s; nine decimals, so that a rate such as 24000/1001 can be told from its times."""
    numbered = enumerate(times[block].tolist(), start=block.start)
    return cells.text_cells([f"{frame},{time:.9f}" for frame, time in numbered])


def _column(name: str) -> str | None:
    """The canonical name of a column, or None."""
    return _PLAIN.get(name.lower()) or exact.control_name(name)


def _columns(
    blocks: Iterator[NDArray[np.float64]], places: dict[str, int]
) -> tuple[NDArray[np.float64], NDArray[np.float32], NDArray[np.float32] | None]:
    """Frame and time (T, 2), control values (T, 174) and head (T, 3) or None, from blocks of whole rows."""
    head_names = [name for name in HEAD_COLUMNS if name in places]
    if head_names and len(head_names) < len(HEAD_COLUMNS):
        raise TakeError(f"of {', '.join(HEAD_COLUMNS)} the header has only {', '.join(head_names)}; have all or none")
    orders = [[places[name] for name in wanted] for wanted in (_GRID_COLUMNS, rig.NAMES, head_names)]
    grids = []
    values = []
    heads = []
    for block in blocks:
        grids.append(block[:, orders[0]])
        values.append(_float32(block, orders[1]))
        heads.append(_float32(block, orders[2]))
    return np.concatenate(grids), np.concatenate(values), np.concatenate(heads) if head_names else None


def _float32(block: NDArray[np.float64], order: Sequence[int]) -> NDArray[np.float32]:
    """Some columns of a block; what is too large for a float32 becomes infinite, and the take refuses it by name."""
    with np.errstate(over="ignore"):
        return block[:, order].astype(np.float32)


def _check_frames(frames: NDArray[np.float64]) -> None:
    """Refuses frame numbers that are not whole and one apart."""
    wrong = np.flatnonzero(np.diff(frames) != 1)
    if frames[0] % 1:
        raise TakeError(f"line 2, column frame: {frames[0]:g} is not a whole number; number the frames 0, 1, 2, ..")
    if len(wrong):
        at = int(wrong[0]) + 1
        raise TakeError(
            f"line {at + 2}, column frame: {frames[at]:g} follows {frames[at - 1]:g}; frames must count up by one"
        )
