"""Skips the tests of portraits where their packages are not installed."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

HERE = Path(__file__).parent
for shared in (HERE / "filming", HERE.parent / "face" / "cast"):  # what several tests film, and whom
    if str(shared) not in sys.path:
        sys.path.insert(0, str(shared))
NEEDED = ("PIL", "av", "librosa", "numba", "safetensors", "skimage", "torch")
collect_ignore_glob = [] if all(find_spec(name) for name in NEEDED) else ["test_*.py", "*/test_*.py"]


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    """Small networks on one thread: two that wait for each other on a busy machine take ten times as long."""
    if not collect_ignore_glob:
        import torch

        torch.set_num_threads(1)
