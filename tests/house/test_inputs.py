"""What docs/inputs.md says of odd files."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
KINDS = "## Kinds of faults"


def _rows(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("| ") and not line.startswith(("| ---", "| Input"))]


def _tests(file: str) -> set[str]:
    return set(re.findall(r"^def (test_\w+)\(", (ROOT / file).read_text("utf-8"), re.MULTILINE))


def _halves() -> tuple[str, str]:
    """The page without its section on kinds of faults, and that section."""
    before, section = (ROOT / "docs" / "inputs.md").read_text(encoding="utf-8").split(f"\n{KINDS}\n")
    kinds, *after = re.split(r"^## ", section, flags=re.MULTILINE)
    return "## ".join([before, *after]), kinds


def test_every_test_that_the_page_names_exists() -> None:
    """Each row of its tables names a thread and a test, and the test is in a file that the page names."""
    text, _ = _halves()
    tests = {name for file in re.findall(r"`(tests/[\w/]+\.py)`", text) for name in _tests(file)}
    rows = _rows(text)

    assert len(rows) >= 30
    for row in rows:
        (name,) = re.findall(r"`(test_\w+)` \|$", row)
        assert name in tests and re.search(r"[\w.-]+/[\w.-]+#[0-9]+", row), row


def test_every_kind_of_fault_is_held_by_a_test_in_its_file() -> None:
    """Each row tells an input, what was seen, what is right, and a test in the very file that it names."""
    _, kinds = _halves()
    rows = _rows(kinds)

    assert len(rows) >= 130 and len(set(rows)) == len(rows)
    for row in rows:
        cells = [cell.strip() for cell in row.strip("|").split(" | ")]
        assert len(cells) == 4 and all(cells), row
        ((name, file),) = re.findall(r"^`(test_\w+)` in `(tests/[\w/]+\.py)`$", cells[3])
        assert name in _tests(file), row


def test_every_table_of_kinds_says_what_it_is_about() -> None:
    """Each heading of the section has one table, with rows."""
    _, kinds = _halves()
    heads = re.split(r"^### ", kinds, flags=re.MULTILINE)[1:]

    assert len(heads) >= 15
    for head in heads:
        assert head.count("| Input | Seen | What Facetake does | Test |") == 1 and _rows(head), head.splitlines()[0]
