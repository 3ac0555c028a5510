"""Reading a JSON document strictly: one object, no NaN, arrays that are rectangles of numbers.

Knows JSON; not takes. Errors say which key; the caller adds the path.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from facetake import files
from facetake.errors import TakeError
from facetake.files import json_text
from facetake.formats.length import MOST_BYTES


def load(path: Path) -> dict[str, Any]:
    """The object in a JSON file.

    Raises:
        TakeError: not JSON, a number in it that is none or has no bounds, or something else than an object at the top.
        OSError, UnicodeDecodeError: as from opening the file.
    """
    text = files.read_text(path, MOST_BYTES)
    if not text.strip():
        raise TakeError("the file is empty; it should hold a JSON object")
    try:
        found = json_text.load(text)
    except json.JSONDecodeError as error:
        raise TakeError(
            f"line {error.lineno}, column {error.colno}: not valid JSON ({error.msg}); write the file again"
        ) from error
    except ValueError as error:
        raise TakeError(f"not JSON that can hold a take: {error}; correct the file") from error
    if not isinstance(found, dict):
        raise TakeError("the file should hold a JSON object with named entries; is it another kind of file?")
    return found


def text(found: dict[str, Any], key: str) -> str:
    """The string under `key`.

    Raises:
        TakeError: missing or no string.
    """
    value = _entry(found, key)
    if not isinstance(value, str):
        raise TakeError(f'"{key}" must be text; write the file again')
    return value


def number(found: dict[str, Any], key: str) -> float:
    """The finite number under `key`.

    Raises:
        TakeError: missing or no number.
    """
    value = _entry(found, key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TakeError(f'"{key}" must be a number; correct it')
    if not abs(value) <= 1e15:
        raise TakeError(f'"{key}" is far too large; correct it')
    return float(value)


def names(found: dict[str, Any], key: str) -> list[str]:
    """The list of strings under `key`.

    Raises:
        TakeError: missing or something else.
    """
    value = _entry(found, key)
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise TakeError(f'"{key}" must be a list of names; write the file again')
    return value


def matrix(found: dict[str, Any], key: str, n_columns: int) -> NDArray[np.float32]:
    """The list of rows of numbers under `key`.

    Returns:
        (rows, n_columns) float32, at least one row.

    Raises:
        TakeError: missing, no rows, rows of another length, or something in it that is no number; says which row.
    """
    value = _entry(found, key)
    if not isinstance(value, list) or not value:
        raise TakeError(f'"{key}" must be a list of frames, at least one')
    for frame, row in enumerate(value):
        if not isinstance(row, list) or len(row) != n_columns:
            raise TakeError(f'"{key}", frame {frame}: needs a list of {n_columns} numbers')
    return _float32(value, key)


def _float32(rows: list[list[Any]], key: str) -> NDArray[np.float32]:
    """Rows of equal length as one array; anything but numbers is named with its place."""
    try:
        array = np.array(rows)
    except ValueError:  # lists inside the rows
        array = np.array(None)
    if array.dtype.kind not in "fiu" or array.ndim != 2 or not np.isfinite(array).all():
        _refuse_values(rows, key)
    with np.errstate(over="ignore"):  # what becomes infinite here is out of every range, and said so there
        return array.astype(np.float32)


def _refuse_values(rows: list[list[Any]], key: str) -> NoReturn:
    """Names the first value that is no finite number."""
    for frame, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < math.inf:
                raise TakeError(f'"{key}", frame {frame}, column {column}: {str(value)[:40]!r} is not a number')
    raise TakeError(f'"{key}" holds numbers that are far too large; correct it')


def _entry(found: dict[str, Any], key: str) -> Any:
    """The value under `key`, which must be there."""
    if key not in found:
        raise TakeError(f'"{key}" is missing; the file is incomplete or of another kind')
    return found[key]
