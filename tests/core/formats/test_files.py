"""Opening and replacing files."""

from __future__ import annotations

import errno
import os
import time
from contextlib import ExitStack
from pathlib import Path

import held_files
import pytest

from facetake.errors import TakeError
from facetake.formats.files import beside, reading


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_file_appears_when_the_block_ends(tmp_path: Path) -> None:
    """What is written beside becomes the file, and nothing else is left."""
    target = tmp_path / "take.csv"
    with beside(target) as temporary:
        temporary.write_text("new")
        assert temporary.parent == tmp_path and temporary.suffix == ".csv"
        assert not target.exists()
    assert target.read_text() == "new"
    assert _names(tmp_path) == ["take.csv"]


def test_an_older_file_survives_a_failure(tmp_path: Path) -> None:
    """Any exception removes the half-written file and leaves the one that was there."""
    target = tmp_path / "take.csv"
    target.write_text("old")
    with pytest.raises(KeyboardInterrupt), beside(target) as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert target.read_text() == "old"
    assert _names(tmp_path) == ["take.csv"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """Writing to a link replaces what it points to."""
    real = tmp_path / "real.csv"
    real.write_text("old")
    link = tmp_path / "link.csv"
    link.symlink_to(real)
    with beside(link) as temporary:
        temporary.write_text("new")
    assert link.is_symlink() and real.read_text() == "new"


def test_the_longest_name_and_any_letters_work(tmp_path: Path) -> None:
    """A name of 255 bytes leaves room for the temporary one, and letters beyond ASCII are fine."""
    for name in ("n" * 251 + ".csv", "Größe 台词.csv", "x." + "y" * 250):
        with beside(tmp_path / name) as temporary:
            temporary.write_text("new")
        assert (tmp_path / name).read_text() == "new"


@pytest.mark.parametrize(("name", "said"), [("missing/take.csv", "No such file"), ("", "folder of that name")])
def test_where_no_file_can_be_the_target_is_named(tmp_path: Path, name: str, said: str) -> None:
    """A missing folder and a folder in the way are TakeErrors that name the target."""
    target = tmp_path / name
    with pytest.raises(TakeError, match=said) as caught, beside(target) as temporary:
        temporary.write_text("new")
    assert str(target) in str(caught.value)


def test_a_read_only_file_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that may not be written is refused, although a rename would get around the mark."""
    target = tmp_path / "take.csv"
    target.write_text("old")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(TakeError, match="read-only"), beside(target) as temporary:
        temporary.write_text("new")
    assert target.read_text() == "old"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's")
def test_a_full_disk_is_said_and_a_device_stays() -> None:
    """Writing to a full device is a TakeError, and the device is not renamed away."""
    with pytest.raises(TakeError, match=r"/dev/full.*space"), beside(Path("/dev/full")) as temporary:
        temporary.write_text("new" * 10_000)
    assert Path("/dev/full").is_char_device()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (FileNotFoundError(2, "x"), "no such file"),
        (IsADirectoryError(21, "x"), "folder"),
        (PermissionError(13, "Permission denied"), "Permission denied"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x"), "not text"),
        (TakeError("line 3: wrong"), "line 3: wrong"),
    ],
)
def test_reading_names_the_file(error: Exception, said: str) -> None:
    """Every way a file fails to be read becomes a TakeError with the path in front."""
    with pytest.raises(TakeError, match=f"^some/take.csv: .*{said}"), reading(Path("some/take.csv")):
        raise error


def test_a_file_that_is_open_elsewhere_is_told_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a spreadsheet holds the take, the sentence says to close it there, and nothing is left beside it."""
    target = tmp_path / "take.csv"
    target.write_text("old")

    def refuse(_part: object, _target: object) -> None:
        raise PermissionError(errno.EACCES, "Access is denied")

    monkeypatch.setattr(os, "replace", refuse)
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    told = r"take\.csv: cannot be written, as another program.*close it there"
    with pytest.raises(TakeError, match=told), beside(target) as temporary:
        temporary.write_text("new")
    assert target.read_text() == "old" and _names(tmp_path) == ["take.csv"]


@pytest.mark.skipif(not held_files.are_known(), reason="this system does not tell which files are open")
def test_what_went_wrong_is_told_even_where_a_part_cannot_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure while the part is still open is the one that is told, and not that the part cannot be removed."""
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    with ExitStack() as stack, pytest.raises(ValueError, match="the first"), beside(tmp_path / "a.csv") as temporary:
        stack.enter_context(temporary.open("wb"))
        raise ValueError("the first")


def test_what_a_killed_command_began_goes_a_day_later(tmp_path: Path) -> None:
    """The next command in the folder takes it away; what is younger, a ledger's, or of another name stays."""
    old = tmp_path / ".facetake-0123456789ab.json"
    others = (".facetake-ba9876543210.json", ".facetake-cafecafe-0123456789ab.json", ".facetake-notes.txt", "a.json")
    for path in (old, *(tmp_path / name for name in others)):
        path.write_text("begun", encoding="utf-8")
        day_ago = time.time() - 100_000
        if path.name != others[0]:
            os.utime(path, (day_ago, day_ago))
    with beside(tmp_path / "b.json") as path:
        path.write_text("{}", encoding="utf-8")

    assert {path.name for path in tmp_path.iterdir()} == {*others, "b.json"}
