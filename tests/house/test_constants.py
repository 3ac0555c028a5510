"""Rules for constants: each number of the product has its reason beside it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from structure import bare_constants, bare_in  # noqa: E402  after the path


def test_every_number_has_its_reason() -> None:
    """No constant of the engine or of training holds a number that neither a comment nor a docstring explains."""
    assert bare_constants() == []


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("A = 1\n", ["A"]),
        ("A: int = 1  # reason\n", []),
        ("A = [\n    1,  # reason\n]\n", []),
        ('A = 1\nB = -2.5\n"""Reason of both."""\n', []),
        ("# reason of both\nA = 1\nB = 2\n", []),
        ('A = 1\n\nB = 2\n"""Reason of B."""\n', ["A"]),
        ("# reason of A\nA = 1\n\nB = 2\n", ["B"]),
        ('A = 1\n\n"""No reason of A."""\n', ["A"]),
        ("x = f()  # not of A\nA = 1\n", ["A"]),
        ("A = '# 1'\nB = '# no comment', 2\n", ["B"]),
        ("A, B = 1, 2\n", ["A", "B"]),
        ("A = 1  # noqa: X\n", ["A"]),
        ("a = 1\nYES = True\nNAME = 'name'\n", []),
    ],
)
def test_bare_constants_are_told_from_those_with_a_reason(text: str, bare: list[str]) -> None:
    """A reason stands on a constant's own lines, or above or behind its run of lines without a blank one between."""
    assert bare_in(text) == bare
