"""A list of a scene's recordings as people save it: CSV with the columns audio, start, name and emotion."""

from __future__ import annotations

import csv
import io
from fractions import Fraction
from pathlib import Path
from typing import Final

from facetake import files
from facetake.errors import ConfigError, TakeError
from facetake.files import spreadsheets
from facetake.files.quantities import pointed, shown
from facetake.scene.tracks import Voice
from facetake.timebase import parse_time

COLUMNS: Final = ("audio", "start", "name", "emotion")
MOST_BYTES: Final = 1 << 20  # ample: a dozen rows
LATEST_S: Final = 7200  # a scene lasts two hours at most
FORBIDDEN: Final = frozenset('/\\:*?"<>|')  # in names of files, on one system or another


def read(path: Path) -> list[Voice]:
    """The voices of a list, in order; recordings are relative to its folder.

    Raises:
        ConfigError: it cannot be read, has not the column audio, or a row is wrong.
    """
    try:
        text, _ = spreadsheets.decode(files.read_bytes(path, MOST_BYTES))
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {files.reason(error)}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is no text; save it as 'CSV UTF-8'") from error
    mark = spreadsheets.delimiter(text, lambda name: spreadsheets.stripped(name).casefold() in COLUMNS)
    try:
        rows = [[spreadsheets.stripped(cell) for cell in row] for row in csv.reader(io.StringIO(text), delimiter=mark)]
    except csv.Error as error:
        raise ConfigError(f"{path} is no CSV ({error}); save it anew") from error
    header = [name.casefold() for name in rows[0]] if rows else []
    unknown = [name for name in header if name and name not in COLUMNS]
    if "audio" not in header or unknown:
        what = f"column {shown(unknown[0])} means nothing" if unknown else "column 'audio' is missing"
        raise ConfigError(f"{path}: {what}; the columns are {', '.join(COLUMNS)}")
    return [
        _voice(path, number, dict(zip(header, row, strict=False))) for number, row in enumerate(rows[1:], 2) if any(row)
    ]


def start(text: str, where: str) -> Fraction:
    """When a recording begins, in seconds. Raises ConfigError where that is no time, before 0 or too late."""
    try:
        found = parse_time(pointed(text))
    except TakeError as error:
        raise ConfigError(f"{where}: {error}") from error
    if not 0 <= found <= LATEST_S:
        raise ConfigError(f"{where}: {shown(text)} is not within 0 and {LATEST_S} s")
    return found


def _voice(path: Path, number: int, cells: dict[str, str]) -> Voice:
    where = f"{path}, line {number}"
    if not cells["audio"]:
        raise ConfigError(f"{where}: audio is empty; name a recording")
    sound = path.parent / cells["audio"]
    name = cells.get("name") or sound.stem
    if FORBIDDEN & set(name) or name in (".", "..") or not name.isprintable():
        raise ConfigError(
            f"{where}: name {shown(name)} cannot be a file's; use letters, digits, and . _ - between them"
        )
    return Voice(name, sound, start(cells.get("start") or "0", f"{where}: start"), cells.get("emotion") or None)
