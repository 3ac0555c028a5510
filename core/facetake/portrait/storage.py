"""What portrait systems keep in their folders: tables as JSON, and arrays.

Arrays are written row by row and mapped into memory, so that a long clip needs no more of it than a short one. Knows
files; does not know what is in them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from facetake import files
from facetake.arrays.reader import map_npy
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
    """Writes an array as .npy row by row, whole or not at all; there must be as many rows as its shape says."""
    about = {"descr": npy.dtype_to_descr(np.dtype(kind)), "fortran_order": False, "shape": shape}
    with beside(path) as part, part.open("wb") as file:  # mapped, it could not get its name on Windows
        npy.write_array_header_1_0(file, about)
        count = 0
        for count, row in enumerate(rows, 1):
            file.write(np.ascontiguousarray(np.broadcast_to(row, shape[1:]), kind).data)
            report(count / shape[0])
        if count != shape[0]:
            raise ValueError(f"{count} rows for an array of {shape[0]}")


def mapped(path: Path, shape: tuple[int, ...], kind: type) -> NDArray[Any]:
    """An array that `fill` wrote, mapped into memory. PortraitError where it is damaged or another one."""
    try:
        return map_npy(path, shape, kind)
    except (OSError, ValueError) as error:
        raise PortraitError(f"{path} cannot be read ({files.reason(error)}); remove it, to be made again") from error
