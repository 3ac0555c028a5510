"""Reading CSV text strictly."""

from __future__ import annotations

import numpy as np
import pytest

from facetake.errors import TakeError
from facetake.formats import table

_KNOWN = {"a": "A", "b": "B", "bee": "B", "c": "C"}


def test_the_header_loses_quotes_and_blanks() -> None:
    """Column names come clean, whatever wrote them."""
    assert table.header(iter(['"a", b ,c\r\n'])) == ["a", "b", "c"]


@pytest.mark.parametrize("lines", [[], ["\n"], ["  \n", "1,2\n"]])
def test_an_empty_header_is_refused(lines: list[str]) -> None:
    """An empty file is a TakeError."""
    with pytest.raises(TakeError, match="empty"):
        table.header(iter(lines))


def test_columns_match_in_any_order_and_spelling() -> None:
    """Positions are found by what the names mean."""
    assert table.match(["c", "bee", "a"], _KNOWN.get, ["A", "B"]) == {"C": 0, "B": 1, "A": 2}


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["a", "b", "x"], "column 3 of the header, 'x'"),
        (["a", "b", "bee"], "columns 2 and 3 of the header are both B"),
        (["a"], "missing from the header: B"),
        (["a", "b" * 5000], "b{40}\\.\\.\\."),
    ],
)
def test_unknown_repeated_and_missing_columns_are_named(names: list[str], said: str) -> None:
    """What is wrong with a header is said with the column; long garbage is cut."""
    with pytest.raises(TakeError, match=said):
        table.match(names, _KNOWN.get, ["A", "B"])


def test_rows_come_as_blocks_of_numbers() -> None:
    """Many rows arrive whole and in order, with quotes and blank lines at the end forgiven."""
    lines = [f'{i},"{i / 8}"\n' for i in range(5000)] + ["\n", "  \n"]
    rows = np.concatenate(list(table.number_blocks(iter(lines), ["x", "y"])))
    np.testing.assert_array_equal(rows, np.stack([np.arange(5000), np.arange(5000) / 8], axis=1))


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ("1\n", "line 3002 has 1 values, not 2"),
        ("1,2,3\n", "line 3002 has 3 values, not 2"),
        ("1,two\n", "line 3002, column y: 'two' is not a number"),
        ("nan,2\n", "line 3002, column x: 'nan' is not a number"),
        ("1,-inf\n", "line 3002, column y"),
        ("1,1e999\n", "line 3002, column y"),
        ("1,\n", "line 3002, column y: ''"),
        ("1,0x10\n", "line 3002, column y"),
        ("1,1_0\n", "lines|line 3002"),
        ("\n", "line 3002 is blank"),
        ('"\n', "line 3002 is blank"),
        ("1;2\n", "line 3002 has 1 values"),
    ],
)
def test_a_bad_row_is_named_by_line_and_column(bad: str, said: str) -> None:
    """The message has the line number an editor shows, beyond the first block too."""
    lines = ["0,0\n"] * 3000 + [bad, "0,0\n"]
    with pytest.raises(TakeError, match=said):
        list(table.number_blocks(iter(lines), ["x", "y"]))


def test_no_rows_are_refused() -> None:
    """A header alone is no take."""
    with pytest.raises(TakeError, match="no frames"):
        list(table.number_blocks(iter(["\n"]), ["x"]))
