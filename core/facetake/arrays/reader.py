"""Arrays out of files from outside: sizes are compared with the file before memory is asked for, and nothing runs.

Whatever is wrong with a file is a `ValueError` whose message is for people, or an `OSError` of `facetake.files`; numpy,
zipfile and others raise a dozen kinds. What the arrays mean is not known here.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Container, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from facetake import files

MOST_UNPACKED: Final = 1 << 30
"""Bytes of all arrays of an .npz, unpacked: of an hour of tracks at 60 frames a second 0.8 GB."""
NUMBERS: Final = "biufcSU"
"""Kinds of numpy that are data; objects and records are not."""

_STEP: Final = 1 << 18  # bytes read at once, by choice: little beside an array
_HEADERS: Final = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
"""NumPy's versions of .npy; 3.0 only adds names of records, which are refused."""

Array = NDArray[np.generic]


@contextmanager
def reading() -> Iterator[None]:
    """Turns what libraries raise over a damaged file into a ValueError of one line."""
    try:
        yield
    except (OSError, MemoryError):
        raise
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    except Exception as error:  # zipfile, zlib, struct, ast, safetensors and numpy: whichever meets the damage first
        raise ValueError(files.reason(error)) from error


def read_npz(path: Path, names: Container[str] | None = None, most: int = MOST_UNPACKED) -> dict[str, NDArray[Any]]:
    """The arrays of an .npz by name.

    Args:
        path: the file.
        names: the arrays that are wanted; by default all.
        most: bytes that these may take in memory.

    Returns:
        Those of `names` that are in the archive.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no whole archive of arrays of numbers or text, or they take more.
    """
    files.check(path)
    with reading(), path.open("rb") as file, zipfile.ZipFile(file) as archive:
        members = {one.filename.removesuffix(".npy"): one for one in archive.infolist()}
        wanted = {name: one for name, one in members.items() if names is None or name in names}
        _check_size(sum(one.file_size for one in wanted.values()), most)
        return {name: _member(archive, one, name) for name, one in wanted.items()}


def read_npy(path: Path, most: int = MOST_UNPACKED) -> NDArray[Any]:
    """The array of an .npy file; errors as in `read_npz`."""
    size = files.check(path)
    _check_size(size, most)
    with reading(), path.open("rb") as file:
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
    if dtype.kind not in NUMBERS:
        kinds = "Python objects, which are never loaded" if dtype.hasobject else "records, not numbers"
        raise ValueError(f"the array {name[:40]} holds {kinds}")
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


def map_npy(path: Path, shape: tuple[int, ...], kind: type) -> NDArray[Any]:
    """An array of a known shape and type, mapped into memory as it is asked for.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is none, is damaged, or holds another array.
    """
    files.check(path, most=1 << 62)
    with reading():
        array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    if array.shape != shape or array.dtype != np.dtype(kind):
        raise ValueError(f"it holds {array.dtype} {array.shape}, not {np.dtype(kind)} {shape}")
    return array


def read_safetensors(path: Path) -> dict[str, Array]:
    """The arrays of a .safetensors file by name.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is none, or is damaged.
    """
    from safetensors.numpy import load_file

    files.check(path)
    with reading():
        return dict(load_file(path))
