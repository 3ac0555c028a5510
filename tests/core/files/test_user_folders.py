"""A person's own folders, as each system has them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from facetake.files import user_folders


@pytest.mark.parametrize(
    ("system", "variables", "place"),
    [
        ("win32", {"LOCALAPPDATA": "local"}, "local"),
        ("win32", {"LOCALAPPDATA": "local", "XDG_STATE_HOME": "xdg"}, "xdg"),
        ("win32", {}, "home/AppData/Local"),
        ("linux", {"LOCALAPPDATA": "local"}, "home/.local/state"),
        ("darwin", {}, "home/Library/Application Support"),
        ("darwin", {"XDG_STATE_HOME": "xdg"}, "xdg"),
    ],
)
def test_what_was_done_is_kept_where_each_system_has_it(
    system: str, variables: dict[str, str], place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment's word is the last; else each system has its own folder."""
    for name in ("LOCALAPPDATA", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, str(tmp_path / value))
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    monkeypatch.setattr(sys, "platform", system)
    assert user_folders.state() == tmp_path / place


def test_a_folder_that_depends_on_where_one_stands_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable without a whole path is none: with it each working folder would remember for itself."""
    monkeypatch.setenv("XDG_STATE_HOME", "state")
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    monkeypatch.setattr(sys, "platform", "linux")
    assert user_folders.state() == tmp_path / "home/.local/state"
