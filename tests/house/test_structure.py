"""The house in numbers (`structure.py`): those that may not grow."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import structure

MOST_REPEATED_CLASSES = 12
"""Room for protocols that several plugins implement by one name; any other class has a name of its own."""


def test_few_classes_share_a_name() -> None:
    """A class's name tells in a traceback which one it is, as hardly any two have the same."""
    repeated = structure.repeated_classes()

    told = "\n".join(f"{name}: {', '.join(places)}" for name, places in repeated.items())
    assert len(repeated) <= MOST_REPEATED_CLASSES, f"give these classes names of their own:\n{told}"


def test_a_name_given_twice_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two classes of one name are told with their places, and one that is alone is not."""
    sources = {"a.py": "class Settings: ...\nclass Alone: ...", "b.py": "\nclass Settings: ..."}
    trees = {Path(name): ast.parse(text) for name, text in sources.items()}
    monkeypatch.setattr(structure, "trees", lambda: trees)

    assert structure.repeated_classes() == {"Settings": ["a.py:1", "b.py:2"]}


def test_the_modules_on_a_commands_way_are_told_in_order() -> None:
    """A command's way goes through the module of its own, and through no other command's."""
    passed = structure.passes_of_a_render(["preview", "--help"])

    assert passed[0] == "cli/__init__.py"
    assert "cli/preview.py" in passed
    assert "cli/portrait.py" not in passed
