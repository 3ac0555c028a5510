"""A list as people save it: CSV of any country, or JSON Lines, to the cells of each row by their columns.

What is wrong with the file as a whole (no text, a column missing) is an error; what is wrong with a row is told with
it. Knows the two formats and the names of columns; does not know what a row means.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from facetake import files
from facetake.errors import BatchError
from facetake.files import json_text, spreadsheets

COLUMNS: Final[Mapping[str, str]] = {
    "id": "a name for the line, once in the list: letters, digits, and . _ - between them; the output is called so",
    "audio": "the recording, relative to the folder of this list and inside it",
    "emotion": "happy:0.7, a blend happy:0.5+surprise:0.3, a file of cues in the folder, or auto; empty: as --emotion",
    "look": "camera, metres 0.3,0.1,0.6 to the left, up and forward of the eyes, or a file of cues; empty: as --look",
    "events": "what is not speech: laugh@0.8-1.4:0.7, joined by +, or a file in the folder; empty: as --events",
    "style": "restyle the take: sad:0.8; empty: leave it",
    "actor": "an actor's manner for the restyled take: bruno:0.5; empty: its own",
    "character": "who speaks, for the report",
    "text": "what is said, for the lips and the report; {braces} mark words to lean on",
    "seed": "a whole number of 0 or more for blinks, gaze and head; empty: as --seed",
    "portrait": "a film or picture of the line, for the report: a file in the folder; empty: one called as the take is",
    "rig_map": "also another rig's values beside the take: a map's name, or a .toml in the folder; empty: as --rig-map",
    "out": "the take, relative to --out and inside it; its suffix tells the format; empty: the id",
}
NEEDED: Final = ("id", "audio")
MOST_BYTES: Final = 1 << 30  # a gigabyte, ample: some million lines
MOST_COLUMNS: Final = 1000  # ample: more is another kind of file, and would be told column by column
_SEPARATOR: Final = re.compile(r"sep=(.)\r?\n")
"""What Excel writes, and reads, above a header to tell the delimiter."""


@dataclass(frozen=True)
class Cells:
    """A row of a list as it stands there.

    Attributes:
        line: where, from 1.
        known: text by column, of `COLUMNS`; every column is there.
        others: cells of columns that Facetake does not know, by their name, as far as they hold something.
        problem: what is wrong with the row; empty where nothing is.
    """

    line: int
    known: Mapping[str, str]
    others: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""


def read(path: Path) -> tuple[str, Iterator[Cells]]:
    """What is worth telling of a .csv, .jsonl or .ndjson file, empty for nothing, and its rows that hold anything.

    Raises:
        BatchError: the file cannot be read, or has not the columns that are needed.
    """
    try:
        text, encoding = spreadsheets.decode(files.read_bytes(path, MOST_BYTES))
    except OSError as error:
        raise BatchError(f"cannot read {path}: {files.reason(error)}") from error
    except UnicodeDecodeError as error:
        raise BatchError(
            f"{path} is not UTF-8 text (byte {error.start}), and in which encoding it is cannot be told; save it as "
            "'CSV UTF-8'"
        ) from error
    told = f"{path.name} is not UTF-8; it is read as {encoding}" if encoding else ""
    return told, _objects(path, text) if path.suffix.lower() in (".jsonl", ".ndjson") else _csv(path, text)


def _csv(path: Path, text: str) -> Iterator[Cells]:
    told = _SEPARATOR.match(text)
    body = text[told.end() :] if told else text
    delimiter = told[1] if told else spreadsheets.delimiter(body, lambda name: _column(name) in COLUMNS)
    above = 1 if told else 0
    lines = io.StringIO(body, newline="").readlines()
    reader = csv.reader(lines, delimiter=delimiter)
    first = begin = 0
    try:
        names = _header(reader, delimiter, lines)
        header = _columns(str(path), names)
        begin = reader.line_num
        for cells in reader:
            is_last = reader.line_num >= len(lines)
            first = begin
            begin = reader.line_num
            if is_last:
                spreadsheets.check_quotes(lines[first:], delimiter)
            if any(map(spreadsheets.stripped, cells)) and cells != names:
                yield _cells(reader.line_num + above, header, cells)
    except csv.Error as error:
        raise BatchError(f"{path}, line {reader.line_num + above}: no CSV ({error}); save it anew") from error
    except ValueError as error:
        raise BatchError(f"{path}, line {first + 1 + above}: {error}; close it, or save the list anew") from error


def _header(reader: Iterator[list[str]], delimiter: str, lines: Sequence[str]) -> list[str]:
    """The header's cells, up to which rows are read: the first row with the columns that are needed, or that is one."""
    near = csv.reader(lines[: spreadsheets.HEADER_WITHIN], delimiter=delimiter)
    rows = [{_column(name) for name in row} for row in near]
    place = next((place for place, row in enumerate(rows) if row.issuperset(NEEDED)), 0)
    for _ in range(place):
        next(reader)
    return next(reader, [])


def _column(name: str) -> str:
    """A column's name as it is compared: no space around it, no capitals."""
    return spreadsheets.stripped(name).casefold()


def _columns(where: str, header: Sequence[str]) -> list[str]:
    """Names of columns, known ones as in `COLUMNS`; empty ones at the right are none."""
    names = [unicodedata.normalize("NFC", spreadsheets.stripped(name)) for name in header]
    names = [_column(name) if _column(name) in COLUMNS else name for name in names]
    while names and not names[-1]:
        names.pop()
    twice = [name for name in COLUMNS if names.count(name) > 1]
    missing = [name for name in NEEDED if name not in names]
    if twice or missing or len(names) > MOST_COLUMNS:
        what = f"column '{twice[0]}' is there twice" if twice else ""
        what = what or (f"column '{missing[0]}' is missing" if missing else f"more than {MOST_COLUMNS} columns")
        raise BatchError(f"{where}: {what}; the columns are {', '.join(COLUMNS)}")
    return names


def _cells(line: int, header: Sequence[str], cells: Sequence[str]) -> Cells:
    """A row by its columns. Cells that a spreadsheet left out at the end are empty."""
    stripped = [spreadsheets.stripped(cell) for cell in cells]
    table: dict[str, str] = {}
    for name, cell in zip(header, stripped, strict=False):
        table[name] = table.get(name) or cell
    beyond = any(stripped[len(header) :]) or bool(table.get(""))
    wrong = f"{len(stripped)} cells, but {len(header)} columns; put text that holds the separator in quotes"
    return _sorted(line, table, wrong if beyond else "")


def _sorted(line: int, table: Mapping[str, str], problem: str = "") -> Cells:
    known = {name: table.get(name, "") for name in COLUMNS}
    others = {name: cell for name, cell in table.items() if name and name not in COLUMNS and cell}
    return Cells(line, known, others, problem)


def _objects(path: Path, text: str) -> Iterator[Cells]:
    """The rows of JSON Lines. Where not one of them can be used, the file is of another kind."""
    rows = [_object(line, one) for line, one in enumerate(text.split("\n"), 1) if one.strip()]
    if rows and all(row.problem for row in rows):
        raise BatchError(f"{path}, line {rows[0].line}: {rows[0].problem}")
    return iter(rows)


def _object(line: int, text: str) -> Cells:
    try:
        found = json_text.load(text)
    except ValueError as error:
        return _sorted(line, {}, f"no JSON ({error}); write one object a line")
    if not isinstance(found, dict):
        return _sorted(line, {}, "no JSON object; write one object a line")
    texts = ["" if value is None else str(value).strip() for value in found.values()]
    try:
        names = _columns("the object", list(found))
    except BatchError as error:
        known = dict(zip(map(_column, found), texts, strict=True))
        return _sorted(line, {name: known.get(name, "") for name in COLUMNS}, str(error))
    return _sorted(line, dict(zip(names, texts, strict=False)))
