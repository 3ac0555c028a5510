"""Arrays out of files from outside: sizes are compared with the file before memory is asked for, and nothing runs.

Whatever is wrong with a file is a `ValueError` whose message is for people, or an `OSError` of `facetake.files`; numpy,
zipfile and others raise a dozen kinds. What the arrays mean is not known here.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from facetake import files

MOST_UNPACKED: Final = 1 << 30
"""Bytes of all arrays of an .npz, unpacked: of an hour of tracks at 60 frames a second 0.8 GB."""
NUMBERS: Final = "biufcSU"
"""Kinds of numpy that are data; objects and records are not."""

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


def read_npz(path: Path) -> dict[str, Array]:
    """The arrays of an .npz by name.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is none, is damaged, or holds what is no array of numbers or text, or more than `MOST_UNPACKED`.
    """
    files.check(path)
    with reading(), zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if (size := sum(member.file_size for member in members)) > MOST_UNPACKED:
            raise ValueError(f"it unpacks to {size} bytes, {MOST_UNPACKED} may be")
        return {member.filename.removesuffix(".npy"): _member(archive, member) for member in members}


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Array:
    with archive.open(member) as file:
        shape, columns_first, dtype = _header(file)
        _check_kind(dtype)
        data = file.read()
    if len(data) != math.prod(shape) * dtype.itemsize:
        raise ValueError(f"{member.filename} holds {len(data)} bytes for the shape {shape}")
    return np.frombuffer(data, dtype).reshape(shape, order="F" if columns_first else "C")


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    return read(file)


def _check_kind(dtype: np.dtype[Any]) -> None:
    if dtype.kind not in NUMBERS:
        raise ValueError(f"it holds {'objects' if dtype.hasobject else 'records'}, not numbers")


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
