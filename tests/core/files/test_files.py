"""Files read whole, up to a bound."""

from __future__ import annotations

import errno
import hashlib
import mmap
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import held_files
import pytest

from facetake import files
from facetake.errors import ModelError


def test_text_is_read_with_any_ends_of_lines_and_any_mark(tmp_path: Path) -> None:
    """Notepad's byte order mark and the line ends of other systems make no difference."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbfa\r\nb\rc\n")
    assert files.read_text(path, 100) == "a\nb\nc\n"


def test_a_file_larger_than_its_bound_is_refused(tmp_path: Path) -> None:
    """The bound itself is allowed; a byte more is an OSError that says both numbers, and nothing is read."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"a" * 2_000_000)
    assert len(files.read_bytes(path, 2_000_000)) == 2_000_000
    with pytest.raises(OSError, match="it has 2 MB; 1 MB are the most") as caught:
        files.read_bytes(path, 1_000_000)
    assert caught.value.errno == errno.EFBIG


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no endless device on this system")
def test_a_device_that_never_ends_is_refused() -> None:
    """What never ends is not begun."""
    with pytest.raises(OSError, match="a device or a pipe is no file"):
        files.read_bytes(Path("/dev/zero"), 3_000_000)


def test_what_a_library_says_is_told_in_part() -> None:
    """A reason is one line, and no longer than a person reads."""
    told = files.reason(ValueError("a\n" + "b c " * 5000))
    assert told.startswith("a b c") and "\n" not in told and len(told) <= files.LONGEST_REASON + 3


class Elsewhere:
    """Another program that has a file open: for as many tries as are given, Windows refuses to touch it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, tries: int, number: int = errno.EACCES) -> None:
        self.left = tries
        self.waited_s = list[float]()
        for name in ("replace", "unlink", "rmdir"):
            monkeypatch.setattr(os, name, self._refusing(getattr(os, name), number))
        monkeypatch.setattr(time, "sleep", self.waited_s.append)

    def _refusing(self, call: Callable[..., None], number: int) -> Callable[..., None]:
        def refusing(*given: Any, **more: Any) -> None:
            if self.left:
                self.left -= 1
                raise PermissionError(number, "Access is denied")
            call(*given, **more)

        return refusing


def test_a_scanner_that_looks_at_a_new_file_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that somebody holds for a moment is replaced when they let go."""
    (tmp_path / "a.part").write_text("new")
    (tmp_path / "a").write_text("old")
    other = Elsewhere(monkeypatch, 3)
    files.replace(tmp_path / "a.part", tmp_path / "a")
    assert (tmp_path / "a").read_text() == "new" and other.waited_s == list(files.WAITS_S[:3])


def test_a_file_that_stays_open_elsewhere_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After some patience the error says that another program may have it open, and both files are as they were."""
    (tmp_path / "a.part").write_text("new")
    (tmp_path / "a").write_text("old")
    Elsewhere(monkeypatch, 100)
    with pytest.raises(files.HeldError) as caught:
        files.replace(tmp_path / "a.part", tmp_path / "a")
    assert "may have it open; close it there" in files.unwritten(caught.value, tmp_path / "a")
    assert [(tmp_path / name).read_text() for name in ("a", "a.part")] == ["old", "new"]


def test_a_file_of_somebody_else_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What other systems refuse for good is told at once, as before."""
    (tmp_path / "a.part").write_text("new")
    other = Elsewhere(monkeypatch, 100, errno.EPERM)
    with pytest.raises(PermissionError) as caught:
        files.replace(tmp_path / "a.part", tmp_path / "a")
    assert other.waited_s == [] and "check the folder, its permissions" in files.unwritten(caught.value, tmp_path)


def test_files_and_folders_are_taken_away_once_they_are_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both go after a wait, and what is not there is no error."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a").write_text("x")
    (tmp_path / "b").write_text("x")
    other = Elsewhere(monkeypatch, 1)
    for name in ("folder", "b", "gone"):
        files.remove(tmp_path / name)
    assert list(tmp_path.iterdir()) == [] and other.waited_s == [files.WAITS_S[0]]


@pytest.mark.parametrize(
    ("name", "told"),
    [("a" * 300 + ".csv", "turn on long paths"), ("why?.csv", "none of "), ("a.csv", "check the folder")],
)
def test_windows_reasons_are_told(name: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path that is too long there, and letters that it allows in no name, are named as such."""
    monkeypatch.setattr(files, "IS_WINDOWS", True)
    error = OSError(errno.EINVAL, "Invalid argument")
    assert told in files.unwritten(error, tmp_path / name)
    monkeypatch.setattr(files, "IS_WINDOWS", False)
    assert "(Invalid argument); check the folder" in files.unwritten(error, tmp_path / name)


@pytest.mark.skipif(not held_files.are_known(), reason="this system does not tell which files are open")
def test_a_file_that_this_process_holds_keeps_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Open or mapped, or in a folder that is to be renamed, it is refused as on Windows; closed, it is not."""
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a").write_bytes(b"abc")
    with (folder / "a").open("rb") as file:
        with pytest.raises(files.HeldError):
            files.remove(folder / "a")
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    with pytest.raises(files.HeldError):
        files.replace(folder, tmp_path / "other")
    mapped.close()
    files.replace(folder, tmp_path / "other")
    assert (tmp_path / "other" / "a").read_bytes() == b"abc"


def test_a_hash_is_of_all_bytes_and_its_error_of_the_kind_asked_for(tmp_path: Path) -> None:
    """SHA-256 as hashlib has it; what is no file is an OSError, or the kind of error that fits what it is a file of."""
    path = tmp_path / "a.bin"
    path.write_bytes(b"x" * 3_000_000)
    assert files.hash_of(path) == hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(IsADirectoryError):
        files.hash_of(tmp_path)
    with pytest.raises(ModelError, match=r"cannot read .*none\.onnx: No such file"):
        files.hash_of(tmp_path / "none.onnx", ModelError)
