"""Files that somebody changed."""

from __future__ import annotations

import errno
import io
import os
import shutil
from pathlib import Path

import pytest

from facetake.files import hash_of
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


def test_a_full_disk_leaves_no_half_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy that breaks off is taken away, and the file stays."""
    path = tmp_path / "a.csv"
    path.write_text("mine")

    def break_off(_file: object, copy: io.BufferedWriter) -> None:
        copy.write(b"mi")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(PermissionError(1, "not here")))
    monkeypatch.setattr(shutil, "copyfileobj", break_off)
    with pytest.raises(OSError, match="No space left"):
        set_aside(path, ())
    assert [one.name for one in tmp_path.iterdir()] == ["a.csv"] and path.read_text() == "mine"
