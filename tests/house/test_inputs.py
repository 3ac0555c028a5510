"""What docs/inputs.md says of odd files."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_test_that_the_page_names_exists() -> None:
    """Each row of its tables names a thread and a test, and the test is in a file that the page names."""
    text = (ROOT / "docs" / "inputs.md").read_text(encoding="utf-8")
    files = re.findall(r"`(tests/[\w/]+\.py)`", text)
    tests = {name for file in files for name in re.findall(r"def (test_\w+)", (ROOT / file).read_text("utf-8"))}
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith(("| ---", "| Input"))]

    assert len(rows) >= 30
    for row in rows:
        (name,) = re.findall(r"`(test_\w+)` \|$", row)
        assert name in tests and re.search(r"[\w.-]+/[\w.-]+#[0-9]+", row), row
