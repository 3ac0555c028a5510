"""Arrays out of .npz files that anybody may have written: sizes are looked at first, and no Python object is loaded.

numpy's own reader believes what a file says of its sizes, and advises to allow pickles where it does not go on.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Container
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

MOST_BYTES: Final = 1 << 31
"""Of all arrays together, where the caller sets no other bound."""
_STEP: Final = 1 << 18
_HEADERS: Final = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def read(path: Path, names: Container[str] | None = None, most: int = MOST_BYTES) -> dict[str, NDArray[Any]]:
    """The arrays of an archive.

    Args:
        path: the file.
        names: the arrays that are wanted; by default all.
        most: bytes that these may take in memory.

    Returns:
        Those of `names` that are in the archive.

    Raises:
        OSError: the file cannot be opened.
        ValueError: it is no whole archive of plain arrays, or they take more; the message is for people.
    """
    with path.open("rb") as file:
        try:
            with zipfile.ZipFile(file) as archive:
                members = {one.filename.removesuffix(".npy"): one for one in archive.infolist()}
                wanted = {name: one for name, one in members.items() if names is None or name in names}
                _check_size(sum(one.file_size for one in wanted.values()), most)
                return {name: _member(archive, one, name) for name, one in wanted.items()}
        except (ValueError, MemoryError):
            raise
        # A damaged archive raises whatever zipfile, zlib or struct happens to hit first.
        except Exception as error:
            raise ValueError(str(error) or type(error).__name__) from error


def read_one(path: Path, most: int = MOST_BYTES) -> NDArray[Any]:
    """The array of an .npy file; errors as in `read`."""
    size = path.stat().st_size
    _check_size(size, most)
    with path.open("rb") as file:
        return _array(file, size, path.stem)


def _check_size(size: int, most: int) -> None:
    if size > most:
        raise ValueError(f"it asks for {size // 1_000_000} MB of memory where {most // 1_000_000} are the most")


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> NDArray[Any]:
    with archive.open(member) as file:
        return _array(file, member.file_size, name)


def _array(file: Any, size: int, name: str) -> NDArray[Any]:
    """An array of a file of `size` bytes."""
    shape, is_fortran, dtype = _header(file, name)
    if dtype.hasobject:
        raise ValueError(f"the array {name[:40]} holds Python objects, which are never loaded")
    count = math.prod(shape) * dtype.itemsize
    if count != size - file.tell() or not dtype.itemsize:
        raise ValueError(f"the array {name[:40]} is not as long as it says")
    data = np.empty(count, np.uint8)
    at = 0
    while at < count and (part := file.read(min(_STEP, count - at))):
        data[at : at + len(part)] = np.frombuffer(part, np.uint8)
        at += len(part)
    if at < count:
        raise ValueError(f"the array {name[:40]} is cut off")
    return data.view(dtype).reshape(shape, order="F" if is_fortran else "C")


def _header(file: BinaryIO, name: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    try:
        return _HEADERS[npy.read_magic(file)](file)
    except Exception as error:  # whatever numpy's parser hits; its advice is for programmers
        raise ValueError(f"the array {name[:40]} has no header that can be read") from error
