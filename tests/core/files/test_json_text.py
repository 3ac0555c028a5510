"""JSON without what JSON has not."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import pytest

from facetake.files import json_text

SOURCES = Path(json_text.__file__).parents[1]


@pytest.mark.parametrize(
    "text",
    [
        '{"a": [1, 2.5, -3e-7, "x", null, true]}',
        "[]",
        "[" * 200 + "]" * 200,
        f"[{'[],' * 500}1]",
        '{"\\\\": "\\"' + "[" * 999 + '"}',
        '"NaN"',
        "1e300",
        str(2**63 - 1),
    ],
)
def test_json_is_read_as_python_reads_it(text: str) -> None:
    """Everything that is in bounds."""
    assert json_text.load(text) == json.loads(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": NaN}', "NaN is not a number"),
        ("[-Infinity]", "-Infinity is not a number"),
        ("[1e400]", "1e400 is too large"),
        ("9" * 20, "20 digits"),
        ("9" * 5000, "5000 digits"),
        ("[" * 100_000, "nested too deep"),
        ("[" * 201 + "]" * 201, "nested too deep"),
        ('{"]]": ' * 201 + "1" + "}" * 201, "nested too deep"),
        ("{", "Expecting"),
    ],
)
def test_what_is_no_json_is_refused(text: str, said: str) -> None:
    """No constant that JSON lacks, no infinity, no number without bounds and no depth that ends Python."""
    with pytest.raises(ValueError, match=said):
        json_text.load(text)


@pytest.mark.parametrize("value", [math.nan, [math.inf], {"a": {"b": -math.inf}}])
def test_nan_is_never_written(value: object) -> None:
    """A writer refuses it, and what tells of measurements says null in its place."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_text.dump(value)
    assert "null" in json_text.dump(json_text.finite(value))


def test_nothing_else_reads_or_writes_json() -> None:
    """Every module of the engine goes through this one, so that no reader and no writer can forget."""
    found = [
        path.name
        for path in SOURCES.rglob("*.py")
        if path.name != "json_text.py" and re.search(r"\bjson\.(load|dump)s?\(", path.read_text(encoding="utf-8"))
    ]
    assert found == []
