"""Reading CSV text, fast and strictly: a header of known names, then rows of finite numbers.

Where German, French and other spreadsheets have saved it, values have decimal commas and semicolons between them. Knows
commas, lines and names; not takes, and not which columns a format has. Errors say the line (counted from 1,
as an editor shows it) and the column; the caller adds the path.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, count, islice
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from facetake.errors import TakeError

MOST_COLUMNS = 2000  # ten times what a take of any program has; more is another kind of file
LONGEST_LINE = 200_000
"""Characters of a line, more than as many columns need."""
_BLOCK = 2048  # rows parsed at a time, so that the 64-bit numbers of a long file never exist all at once


def text_lines(file: TextIO) -> Iterator[str]:
    """The lines of a file, with commas between values and points in them, whatever country's spreadsheet saved it.

    Raises:
        TakeError: a line is longer than such a table has any; its end is not looked for.
    """
    lines = _short_lines(file)
    first = next(lines, "")
    mark = next((mark for mark in ";\t" if mark in first), "")
    marks = str.maketrans({mark: ",", ",": "."}) if mark else {}
    for line in chain([first], lines):
        line = line.replace("\x1a", "")  # with which DOS ended a text
        line = line.translate(marks) if mark else line
        yield line if line.strip().strip(",") else "\n"  # a spreadsheet's empty row is one of commas


def _short_lines(file: TextIO) -> Iterator[str]:
    for number in count(1):
        line = file.readline(LONGEST_LINE)
        if len(line) == LONGEST_LINE:
            raise TakeError(f"line {number} has more than {LONGEST_LINE} characters; is it another kind of file?")
        if not line:
            return
        yield line


def header(lines: Iterator[str]) -> list[str]:
    """Column names from the first line; quotes and blanks around them removed.

    Raises:
        TakeError: the file is empty, or has far too many columns.
    """
    first = next(lines, "").strip()
    if not first:
        raise TakeError("the file is empty; it should start with a line of column names")
    names = [name.strip().strip('"').strip() for name in first.split(",")]
    if len(names) > MOST_COLUMNS:
        raise TakeError(f"the header has {len(names)} columns, more than {MOST_COLUMNS}; is it another kind of file?")
    return names


def match(names: Sequence[str], find: Callable[[str], str | None], required: Sequence[str]) -> dict[str, int]:
    """Where each wanted column is, in any order and spelling.

    Args:
        names: the header.
        find: the canonical name of a column, or None for one that has no place in this format.
        required: canonical names that must be there.

    Returns:
        Canonical name -> position in `names`.

    Raises:
        TakeError: an unknown column, the same one twice, or a required one missing.
    """
    places: dict[str, int] = {}
    for place, name in enumerate(names):
        key = find(name)
        if key is None:
            raise TakeError(f"column {place + 1} of the header, {_short(name)}, is not known here; remove it")
        if key in places:
            raise TakeError(f"columns {places[key] + 1} and {place + 1} of the header are both {key}; keep one")
        places[key] = place
    missing = [key for key in required if key not in places]
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise TakeError(f"missing from the header: {', '.join(missing[:3])}{more}; every column is needed")
    return places


def number_blocks(lines: Iterator[str], names: Sequence[str], first_line: int = 2) -> Iterator[NDArray[np.float64]]:
    """Parses rows of numbers, a block at a time.

    Args:
        lines: the rows, after the header.
        names: one name per value of a row, for the messages.
        first_line: line number of the first row.

    Yields:
        (rows, len(names)) finite numbers.

    Raises:
        TakeError: a blank line inside, a row of another length, a value that is no finite number; no rows at all.
    """
    rows = _without_blank_end(lines, first_line)
    line = first_line
    while block := list(islice(rows, _BLOCK)):
        yield _numbers(block, names, line)
        line += len(block)
    if line == first_line:
        raise TakeError("there are no frames in the file; a take has at least one")


def _without_blank_end(lines: Iterator[str], first_line: int) -> Iterator[str]:
    """The rows without quotes; blank lines are allowed after the last row only."""
    blank = 0
    for number, text in enumerate(lines, start=first_line):
        bare = text.replace('"', "") if '"' in text else text
        if not bare.strip():
            blank = blank or number
            continue
        if blank:
            raise TakeError(f"line {blank} is blank; remove it")
        yield bare


def _numbers(block: list[str], names: Sequence[str], line: int) -> NDArray[np.float64]:
    """One block of rows as numbers; on any doubt the slow look at each value finds the words for it."""
    try:
        numbers = np.loadtxt(block, dtype=np.float64, delimiter=",", comments=None, ndmin=2)
    except ValueError as error:
        raise _fault(block, names, line) from error
    if numbers.shape != (len(block), len(names)) or not np.isfinite(numbers).all():
        raise _fault(block, names, line)
    return numbers


def _fault(block: list[str], names: Sequence[str], line: int) -> TakeError:
    """What is wrong with the first bad row of a block that did not parse."""
    for number, text in enumerate(block, start=line):
        values = text.rstrip("\r\n").split(",")
        if len(values) != len(names):
            return TakeError(f"line {number} has {len(values)} values, not {len(names)}; every row needs all")
        for name, value in zip(names, values, strict=True):
            if not _is_finite(value):
                return TakeError(f"line {number}, column {name}: {_short(value)} is not a number; correct it")
    return TakeError(f"lines {line} to {line + len(block) - 1} are not plain numbers separated by commas")


def _is_finite(text: str) -> bool:
    """Whether the text is a number that is neither infinite nor NaN."""
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _short(text: str) -> str:
    """A value as it stands in the file, cut to what fits a message."""
    return repr(text if len(text) <= 40 else text[:40] + "...")
