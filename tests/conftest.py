"""What every test gets: the hypothesis profile, and skips for tests whose host or card is absent."""

from __future__ import annotations

import shutil
from importlib.util import find_spec

import pytest
from hypothesis import settings

# No deadline, because a busy machine is no failure; derandomised, so that a red run is red again.
settings.register_profile("house", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("house")

_HOSTS = {"maya": "maya", "unreal": "unreal"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what this machine cannot run, and say what is missing."""
    for item in items:
        for marker, module in _HOSTS.items():
            if item.get_closest_marker(marker) and find_spec(module) is None:
                item.add_marker(pytest.mark.skip(reason=f"this Python is not {marker.capitalize()}'s own"))
        if item.get_closest_marker("gpu") and shutil.which("nvidia-smi") is None:
            item.add_marker(pytest.mark.skip(reason="this machine has no NVIDIA card"))
