"""Arrays out of MATLAB's files (.mat), whose reader a damaged file can kill: another process reads them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facetake import files
from facetake.arrays.reader import NUMBERS, read_npz, reading
from facetake.files import apart


def read_mat(path: Path, names: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Those of the named arrays that a file holds.

    Raises:
        ValueError: the file is damaged, or one of them is not of numbers.
        OSError: it cannot be read.
    """
    files.check(path)
    with TemporaryDirectory(prefix="facetake-") as folder:
        made = Path(folder, "arrays.npz")
        try:
            wrong = apart.call(f"{__name__}:unpack", path.absolute(), made, *names)
        except apart.DiedError as error:
            raise ValueError("the library that reads it crashed: it is damaged") from error
        if wrong:
            raise ValueError(wrong)
        return read_npz(made)


def unpack(path: str, made: str, *names: str) -> None:
    """Writes the named arrays of a MATLAB file into an .npz. ValueError where that cannot be, OSError for the disk."""
    from scipy.io import loadmat

    with reading():
        found = loadmat(path, variable_names=list(names))
    arrays: dict[str, Any] = {name: np.asarray(found[name]) for name in names if name in found}
    for name, array in arrays.items():
        if array.dtype.kind not in NUMBERS:
            raise ValueError(f"{name} is not of numbers")
    np.savez(made, **arrays)
