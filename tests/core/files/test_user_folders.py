"""A person's own folders, as each system has them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from facetake.files import user_folders


@pytest.mark.parametrize(
    ("system", "variables", "cache", "state"),
    [
        ("win32", {"LOCALAPPDATA": "local"}, "local", "local"),
        ("win32", {"LOCALAPPDATA": "local", "XDG_CACHE_HOME": "xdg", "XDG_STATE_HOME": "xdg"}, "xdg", "xdg"),
        ("win32", {}, "home/AppData/Local", "home/AppData/Local"),
        ("linux", {"LOCALAPPDATA": "local"}, "home/.cache", "home/.local/state"),
        ("darwin", {}, "home/.cache", "home/Library/Application Support"),
        ("darwin", {"XDG_CACHE_HOME": "c", "XDG_STATE_HOME": "s"}, "c", "s"),
    ],
)
def test_each_system_has_its_folders(
    system: str, variables: dict[str, str], cache: str, state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of what can be got again and of what was done: the environment's word is the last, then the system's."""
    for name in ("LOCALAPPDATA", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, str(tmp_path / value))
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    monkeypatch.setattr(sys, "platform", system)
    assert (user_folders.cache(), user_folders.state()) == (tmp_path / cache, tmp_path / state)


def test_a_folder_that_depends_on_where_one_stands_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable without a whole path is none: with it each working folder would remember for itself."""
    monkeypatch.setenv("XDG_STATE_HOME", "state")
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    monkeypatch.setattr(sys, "platform", "linux")
    assert user_folders.state() == tmp_path / "home/.local/state"
