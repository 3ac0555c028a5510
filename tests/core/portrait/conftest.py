"""Skips the tests of portraits where their packages are not installed."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "filming"))  # what several tests film
NEEDED = ("av", "numba", "safetensors", "torch")
collect_ignore_glob = [] if all(find_spec(name) for name in NEEDED) else ["test_*.py"]
