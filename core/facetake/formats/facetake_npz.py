"""Facetake's own NPZ: lossless, compact, quick to load with numpy alone.

Arrays: values (T, 174) float32, head (T, 3) float32 where there is head motion, and the texts format, rate, start,
controls, origin (JSON). Nothing in it is a Python object, and none is ever loaded.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from facetake import rig
from facetake.arrays import memmap
from facetake.arrays.reader import read_npz
from facetake.errors import TakeError
from facetake.formats import cells, exact, length
from facetake.formats.files import reading
from facetake.take import Take
from facetake.timebase import parse_rate, parse_time

_KEYS = ("format", "version", "rate", "start", "controls", "origin", "values")
_FRAME_BYTES = 4 * (rig.N_CONTROLS + 3)  # float32: the controls and the head's three angles
_MOST_TEXT_BYTES = 1 << 26  # 64 MB, ample: names of controls and where the take is from


def read(path: Path) -> Take:
    """Reads a take written by `write`.

    Raises:
        TakeError: the file cannot be read, is not such an archive, or its values are out of range.
    """
    with reading(path):
        return _take(_arrays(path))


def write(take: Take, path: Path, *, packed: bool = True) -> None:
    """Writes a take without loss; the same take gives the same bytes. Unpacked it is quicker, and large.

    Raises:
        OSError: the file cannot be written; `formats.write` turns it into a TakeError.
    """
    arrays: dict[str, Any] = {
        "format": exact.FORMAT,
        "version": exact.VERSION,
        "rate": str(take.rate),
        "start": str(take.start),
        "controls": list(rig.NAMES),
        "origin": exact.origin_text(take),
        "values": take.values,
    }
    if take.head is not None:
        arrays["head"] = take.head
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
        for name, value in arrays.items():
            # Opened by name, a member has a fixed date; so the same take gives the same bytes.
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                _write_array(member, np.asarray(value))


def _write_array(file: IO[bytes], array: NDArray[Any]) -> None:
    """Writes what `numpy.save` would, in blocks: numpy itself needs 60 MB more for a long take."""
    array = np.ascontiguousarray(array) if array.ndim else array  # which would make a list of one of a single text
    npy.write_array_header_1_0(file, npy.header_data_from_array_1_0(array))
    if array.ndim == 0:
        file.write(array.tobytes())
        return
    for block in cells.block_slices(len(array)):
        file.write(array[block].tobytes())
        memmap.release(array)


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    """All arrays of the archive, loaded and checked to be there."""
    most = length.most_frames(path.stat().st_size) * _FRAME_BYTES + _MOST_TEXT_BYTES
    try:
        arrays = read_npz(path, (*_KEYS, "head"), most)
    except ValueError as error:
        raise TakeError(f"not a whole NPZ archive of plain arrays ({error}); write the file again") from error
    missing = [key for key in _KEYS if key not in arrays]
    if missing:
        raise TakeError(f"no {', '.join(missing)} in the archive; it is not a Facetake take")
    return arrays


def _take(arrays: dict[str, NDArray[Any]]) -> Take:
    """The take in the arrays of an archive."""
    exact.check_kind(_text(arrays, "format"), _version(arrays["version"]))
    order = exact.control_order(_names(arrays["controls"]))
    values = _matrix(arrays, "values", len(order))
    head = _matrix(arrays, "head", 3) if "head" in arrays else None
    if head is not None and len(head) != len(values):
        raise TakeError(f"head has {len(head)} frames where values has {len(values)}; they must be as many")
    return Take(
        values=exact.ordered(values, order),
        rate=parse_rate(_text(arrays, "rate")),
        start=parse_time(_text(arrays, "start")),
        head=head,
        origin=exact.origin(_text(arrays, "origin")),
    )


def _matrix(arrays: dict[str, NDArray[Any]], key: str, n_columns: int) -> NDArray[np.float32]:
    """A (T, n_columns) array of float32, at least one row."""
    array = arrays[key]
    if array.dtype != np.float32 or array.ndim != 2 or array.shape[1] != n_columns or not len(array):
        raise TakeError(f"{key} is {array.dtype} {array.shape}; it must be float32 (frames, {n_columns})")
    return array


def _text(arrays: dict[str, NDArray[Any]], key: str) -> str:
    """A single text."""
    array = arrays[key]
    if array.dtype.kind != "U" or array.ndim != 0:
        raise TakeError(f"{key} is {array.dtype} {array.shape}; it must be one text")
    return str(array)


def _version(array: NDArray[Any]) -> int:
    """The version of the layout."""
    if array.dtype.kind not in "iu" or array.ndim != 0:
        raise TakeError(f"version is {array.dtype} {array.shape}; it must be one whole number")
    return int(array)


def _names(array: NDArray[Any]) -> list[str]:
    """The control names."""
    if array.dtype.kind != "U" or array.ndim != 1:
        raise TakeError(f"controls is {array.dtype} {array.shape}; it must be a list of names")
    return [str(name) for name in array]
