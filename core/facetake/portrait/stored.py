"""Arrays on disk, written row by row and mapped into memory, so that a long clip needs no more memory than a short one.

Knows files; does not know what is in them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facetake.formats import beside

Progress = Callable[[float], None]


def fill(path: Path, shape: tuple[int, ...], kind: type, rows: Iterator[NDArray[np.generic]], report: Progress) -> None:
    """Writes an array row by row, whole or not at all."""
    with beside(path) as part:
        array = np.lib.format.open_memmap(part, "w+", kind, shape)
        for index, row in enumerate(rows):
            array[index] = row
            report((index + 1) / shape[0])
        array.flush()
