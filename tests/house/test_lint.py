"""Lint and types, as tests, so that one command runs every check."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _run(*command: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_ruff_is_content() -> None:
    """Style, imports, public docstrings and complexity pass ruff as pyproject.toml sets it."""
    code, output = _run("ruff", "check", "--output-format=concise", ".")
    assert code == 0, output


@pytest.mark.skipif(
    sys.version_info[:2] != (3, 11) or not all(find_spec(name) for name in ("PIL", "PySide6", "torch", "transformers")),
    reason="types are those of the packages that the README's block of checks installs, for Python 3.11",
)
def test_types_hold() -> None:
    """Strict mypy passes over core, training and tests."""
    code, output = _run("mypy")
    assert code == 0, output
