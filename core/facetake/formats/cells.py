"""Numbers to CSV text, fast: whole blocks of rows are looked up in a table of ready-made cells.

Knows digits and commas, not columns or takes. A cell has its comma in front and is padded with NUL bytes to a
fixed width, so that rows are plain arrays; the padding is deleted when a block is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray

from facetake.arrays import U8

BLOCK = 512
"""Rows written at a time: less than a megabyte of text, whatever the length of the take."""
STEPS = 100_000
"""Steps per unit: values are written to 1e-5, so a value read back is within 5e-6."""
_WIDTH = 9  # b",-0.12345"


def block_slices(n_rows: int) -> Iterator[slice]:
    """Slices of at most `BLOCK` rows that cover `n_rows`."""
    for first in range(0, n_rows, BLOCK):
        yield slice(first, min(first + BLOCK, n_rows))


def unit_cells(values: NDArray[np.floating]) -> U8:
    """Cells of values in -1..1.

    Args:
        values: (T, N) in -1..1; anything beyond would be a control out of range, which no take has.

    Returns:
        (T, N * 9) bytes, five decimals without trailing zeros.
    """
    steps = np.rint(values.astype(np.float64) * STEPS).astype(np.int64) + STEPS
    return _table()[steps].reshape(len(values), -1)


def text_cells(texts: list[str]) -> U8:
    """One column of ready-made ASCII texts as a (T, widest) block of bytes, without a comma in front."""
    column = np.array([text.encode("ascii") for text in texts], dtype=np.bytes_)
    return column.view(np.uint8).reshape(len(texts), -1)


def wide_cells(values: NDArray[np.floating]) -> U8:
    """Cells of values of any size, with five decimals; for the few columns that are not controls.

    Args:
        values: (T, N) finite.

    Returns:
        (T, widest row) bytes, commas in front.
    """
    row = ",%.5f" * values.shape[1]
    return text_cells([row % tuple(line) for line in values.tolist()])


def lines(*columns: U8) -> bytes:
    """Text of one block of rows: the columns side by side, without padding, a line feed after each row."""
    feed = np.full((len(columns[0]), 1), ord("\n"), dtype=np.uint8)
    return np.concatenate([*columns, feed], axis=1).tobytes().translate(None, b"\0")


@cache
def _table() -> U8:
    """(2 * STEPS + 1, 9) cells of -1.00000 to 1.00000; computed once, in milliseconds, 1.8 MB."""
    table = np.zeros((2 * STEPS + 1, _WIDTH), dtype=np.uint8)
    steps = np.abs(np.arange(-STEPS, STEPS + 1))
    table[:, 0] = ord(",")
    table[:STEPS, 1] = ord("-")
    table[:, 2] = ord("0") + steps // STEPS
    table[:, 3] = np.where(steps % STEPS, ord("."), 0)
    for place in range(1, 6):
        digit = steps // 10 ** (5 - place) % 10
        ends_before = steps % 10 ** (6 - place) == 0
        table[:, 3 + place] = np.where(ends_before, 0, ord("0") + digit)
    table.flags.writeable = False
    return table
