"""Reading JSON strictly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facetake.errors import TakeError
from facetake.formats import document


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("{", "line 1, column 2: not valid JSON"),
        ("[1]", "named entries"),
        ('{"a": NaN}', "NaN is not a number"),
        ('{"a": -Infinity}', "Infinity"),
        ("[" * 100_000, "JSON"),
        ('{"a": ' + "1" * 10_000 + "}", "JSON"),
    ],
)
def test_what_is_no_object_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """Broken, deep, huge and wrong documents are TakeErrors."""
    path = tmp_path / "take.json"
    path.write_text(text)
    with pytest.raises(TakeError, match=said):
        document.load(path)


def test_a_document_is_loaded_with_or_without_byte_order_mark(tmp_path: Path) -> None:
    """Windows editors' mark in front does not matter."""
    path = tmp_path / "take.json"
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert document.load(path) == {"a": 1}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "list of frames"),
        ([], "at least one"),
        ([[1.0, 2.0], [1.0]], "frame 1: needs a list of 2"),
        ([[1.0, 2.0], 3], "frame 1: needs a list of 2"),
        ([[1.0, "2"]], "frame 0, column 1: '2' is not a number"),
        ([[1.0, None]], "frame 0, column 1: 'None'"),
        ([[1.0, [2.0]]], "frame 0, column 1"),
        ([[True, False]], "frame 0, column 0: 'True'"),
        ([[1e400, 0.0]], "frame 0, column 0"),
        ([[10**30, 0]], "too large"),
    ],
)
def test_a_matrix_holds_rows_of_numbers_only(value: Any, said: str) -> None:
    """Anything but a rectangle of finite numbers is refused with its place."""
    with pytest.raises(TakeError, match=said):
        document.matrix({"values": value}, "values", 2)


def test_a_matrix_is_float32() -> None:
    """Whole and broken numbers give one float32 array."""
    found = document.matrix({"values": [[1, 0.5], [0, -1]]}, "values", 2)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.array([[1, 0.5], [0, -1]], dtype=np.float32))


@pytest.mark.parametrize("value", ["60", None, True, [60], 10**400, 1e16])
def test_a_number_is_a_number(value: object) -> None:
    """Texts, nothing, truth values, lists and absurd sizes are refused."""
    with pytest.raises(TakeError, match='"exportFps"'):
        document.number({"exportFps": value}, "exportFps")


def test_missing_entries_are_named() -> None:
    """Each reader of an entry says which one is missing."""
    for read in (document.text, document.number, document.names):
        with pytest.raises(TakeError, match='"rate" is missing'):
            read({}, "rate")


def test_texts_and_names_are_checked() -> None:
    """A number is no text, and names are a list of texts."""
    assert document.text({"rate": "60"}, "rate") == "60"
    assert document.names({"controls": ["a"]}, "controls") == ["a"]
    with pytest.raises(TakeError, match="must be text"):
        document.text({"rate": 60}, "rate")
    for wrong in ("a", [1], {"a": 1}):
        with pytest.raises(TakeError, match="list of names"):
            document.names({"controls": wrong}, "controls")
