"""Lint and types, as tests, so that one command runs every check."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def _run(*command: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_ruff_is_content() -> None:
    """Style, imports, public docstrings and complexity pass ruff as pyproject.toml sets it."""
    code, output = _run("ruff", "check", "--output-format=concise", ".")
    assert code == 0, output


def test_types_hold() -> None:
    """Strict mypy passes over core, training and tests."""
    code, output = _run("mypy")
    assert code == 0, output
