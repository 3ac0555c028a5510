"""What portrait systems keep in their folders: tables as JSON, and arrays.

Arrays are written row by row and mapped into memory, so that a long clip needs no more of it than a short one. Knows
files; does not know what is in them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facetake import files
from facetake.arrays import map_npy
from facetake.errors import PortraitError
from facetake.files import json_text
from facetake.formats import beside

Progress = Callable[[float], None]


def read_json(path: Path) -> Mapping[str, object]:
    """The table of a JSON file. PortraitError where it is damaged or holds something else."""
    try:
        table = json_text.load(files.read_text(path))
        if not isinstance(table, dict):
            raise ValueError("it is no table")
    except (OSError, ValueError) as error:
        raise PortraitError(f"{path} cannot be read ({files.reason(error)}); name a new folder") from error
    return table


def fill(path: Path, shape: tuple[int, ...], kind: type, rows: Iterator[NDArray[np.generic]], report: Progress) -> None:
    """Writes an array row by row, whole or not at all."""
    with beside(path) as part:
        array = np.lib.format.open_memmap(part, "w+", kind, shape)
        for index, row in enumerate(rows):
            array[index] = row
            report((index + 1) / shape[0])
        array.flush()


def mapped(path: Path, shape: tuple[int, ...], kind: type) -> NDArray[Any]:
    """An array that `fill` wrote, mapped into memory. PortraitError where it is damaged or another one."""
    try:
        return map_npy(path, shape, kind)
    except (OSError, ValueError) as error:
        raise PortraitError(f"{path} cannot be read ({files.reason(error)}); remove it, to be made again") from error
