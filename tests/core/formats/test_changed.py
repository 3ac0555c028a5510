"""Files that somebody changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from facetake.audio import hash_of
from facetake.formats.changed import set_aside


def test_a_disk_without_second_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a file cannot have two names it is copied, and no file that is there is written over."""
    path = tmp_path / "a.csv"
    path.write_text("mine")
    (tmp_path / "a.changed-1.csv").write_text("older")
    monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(PermissionError(1, "not here")))

    assert set_aside(path, ()) == "a.changed-2.csv"
    assert (tmp_path / "a.changed-2.csv").read_text() == "mine" == path.read_text()
    assert (tmp_path / "a.changed-1.csv").read_text() == "older"
    assert set_aside(path, (hash_of(path),)) == "" == set_aside(tmp_path / "none.csv", ())
