"""Room for arrays that are too long for memory: in a temporary file without a name, mapped, a few blocks of it at once.

Hours of curves are hundreds of megabytes of which each step needs a few rows at a time. Who walks over such an array by
`blocks` keeps those in memory alone. Where a system cannot do that, as Windows and macOS, or the disk is full, it is an
array like any other. What is in it is not known here.
"""

from __future__ import annotations

import contextlib
import math
import mmap
import os
import tempfile
import weakref
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

LARGE: Final = 1 << 25
"""Bytes from which on an array is kept in a file: twelve minutes of curves."""
BLOCK: Final = 4096
"""Rows of curves that are worked on at once: 3 MB."""
_CAN: Final = hasattr(os, "posix_fallocate") and hasattr(mmap, "MADV_DONTNEED")


class _Room(mmap.mmap):
    """A mapping of ours; of any other, giving pages back could lose what was written."""

    descriptor: int


def make(shape: tuple[int, ...], kind: type[np.generic]) -> NDArray[Any]:
    """An array to be filled, of a shape and type; what is in it until then is anything."""
    size = math.prod(shape) * np.dtype(kind).itemsize
    if size < LARGE or not _CAN:
        return np.empty(shape, kind)
    try:
        with tempfile.TemporaryFile(prefix="facetake-") as file:
            os.posix_fallocate(file.fileno(), 0, size)  # a full disk shows here, and not as a crash later
            room = _Room(file.fileno(), size)
            room.descriptor = os.dup(file.fileno())  # for `fork`, as long as the array
            weakref.finalize(room, os.close, room.descriptor)
            return np.frombuffer(room, kind).reshape(shape)
    except OSError:
        return np.empty(shape, kind)


def copy(array: NDArray[Any]) -> NDArray[Any]:
    """A copy, with room of its own."""
    made = make(array.shape, array.dtype.type)
    for rows in blocks(made):
        made[rows] = array[rows]
        release(array)
    return made


def fork(array: NDArray[Any]) -> NDArray[Any]:
    """A copy of an array that nobody writes to any more: the two share what is not written, where that can be."""
    room = _room(array)
    if room is not None and array.nbytes == len(room) and array.flags.c_contiguous:
        with contextlib.suppress(OSError):
            shared = mmap.mmap(room.descriptor, len(room), access=mmap.ACCESS_COPY)
            return np.frombuffer(shared, array.dtype).reshape(array.shape)
    return array.copy()


def blocks(array: NDArray[Any], size: int = BLOCK) -> Iterator[slice]:
    """Slices of at most `size` rows that cover an array; what was done with one is put away before the next."""
    for first in range(0, len(array), size):
        yield slice(first, min(first + size, len(array)))
        release(array)


def release(array: NDArray[Any]) -> None:
    """Puts away what of an array is in memory, if it has room in a file; it comes back when it is looked at."""
    room = _room(array)
    if room is not None:
        room.madvise(mmap.MADV_DONTNEED)


def _room(array: NDArray[Any]) -> _Room | None:
    held: Any = array
    while isinstance(held, np.ndarray):
        held = held.base
    if isinstance(held, memoryview):
        held = held.obj
    return held if isinstance(held, _Room) else None
