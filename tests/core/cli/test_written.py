"""Hand edits outlive commands that make their file again."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
import soundfile as sf

from facetake import formats, rig
from facetake.cli import main, written
from facetake.cli.terminal import Reporter
from facetake.take import Take

QUIET = Reporter("none", quiet=True)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person's list of what was written, not there yet."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "facetake" / written.NAME


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: Path) -> Path:
    """The working folder with a take in it."""
    assert not state.exists()
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    formats.write(Take(np.tile(rig.NEUTRAL, (30, 1)), Fraction(30)), Path("take.csv"))
    return folder


def convert(*more: str) -> int:
    """Writes out.csv."""
    return main(["convert", "take.csv", "-o", "out.csv", *more])


def names(folder: Path) -> list[str]:
    """What is in the working folder beside the take."""
    return sorted(path.name for path in folder.iterdir() if path.name != "take.csv")


def test_what_somebody_changed_is_kept_and_told(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ours is replaced; what was edited since stays under a name of its own, each time; --force keeps nothing."""
    assert convert() == 0 and convert("--rate", "24") == 0
    assert names(work) == ["out.csv"]
    edited = Path("out.csv").read_text(encoding="utf-8") + "\n"
    for count in (1, 2):
        Path("out.csv").write_text(edited, encoding="utf-8")
        capsys.readouterr()
        assert convert() == 0
        kept = f"out.changed-{count}.csv"
        assert Path(kept).read_text(encoding="utf-8") == edited and formats.read(Path("out.csv")).rate == 30
        assert f"warning: out.csv was not as facetake wrote it here; it is kept as {kept}" in capsys.readouterr().err
    Path("out.csv").write_text("mine", encoding="utf-8")
    assert convert("--force") == 0
    assert names(work) == ["out.changed-1.csv", "out.changed-2.csv", "out.csv"]


def test_what_is_the_same_or_empty_is_replaced(work: Path, state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that nobody knows is not kept where the new one is the same, or where there is nothing in it."""
    assert convert() == 0
    state.unlink()
    assert convert() == 0
    Path("out.csv").write_bytes(b"")
    assert convert() == 0
    assert names(work) == ["out.csv"] and "warning" not in capsys.readouterr().err


def test_what_fails_keeps_the_file_and_no_second(work: Path) -> None:
    """Where nothing was written the file is there as before, under its own name alone."""
    Path("out.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(ZeroDivisionError), written.replacing(Path("out.csv"), QUIET, "take.csv", force=False):
        raise ZeroDivisionError
    assert names(work) == ["out.csv"] and Path("out.csv").read_text(encoding="utf-8") == "mine"


def test_what_fails_after_it_was_replaced_is_still_kept(work: Path) -> None:
    """Being interrupted right behind the rename loses nothing."""
    Path("out.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(KeyboardInterrupt), written.replacing(Path("out.csv"), QUIET, "take.csv", force=False):
        Path("new.csv").write_text("new", encoding="utf-8")
        Path("new.csv").replace("out.csv")
        raise KeyboardInterrupt
    assert Path("out.changed-1.csv").read_text(encoding="utf-8") == "mine"


def test_generate_and_restyle_keep_too(work: Path, tiny_model: Path) -> None:
    """Takes and their sparse keys, and a take in another style, or a copy of it."""
    sf.write("a.wav", np.random.default_rng(0).normal(0, 0.1, 16_000), 16_000)
    for name in ("a.csv", "a.keys.json", "styled.csv"):
        Path(name).write_text("mine", encoding="utf-8")
    assert main(["generate", "a.wav", "--keys", "sparse", "--model", str(tiny_model)]) == 0
    assert main(["restyle", "take.csv", "--style", "sad:0", "-o", "styled.csv"]) == 0
    assert main(["restyle", "take.csv", "--style", "sad", "-o", "styled.csv"]) == 0
    kept = [name for name in names(work) if ".changed-" in name]
    assert kept == ["a.changed-1.csv", "a.keys.changed-1.json", "styled.changed-1.csv"]
    assert {Path(name).read_text(encoding="utf-8") for name in kept} == {"mine"}


def test_maps_and_viseme_tracks_are_kept_too(work: Path, tiny_model: Path) -> None:
    """A map is begun to be filled in by hand, and a track may be corrected: neither goes; --force keeps nothing."""
    Path("names.txt").write_text("jawOpen\nbelly\n", encoding="utf-8")
    values = np.tile(rig.NEUTRAL, (30, 1))
    values[:, rig.columns("C_jaw")] = np.linspace(0.0, 1.0, 30)[:, None]
    formats.write(Take(values, Fraction(30)), Path("moved.json"))
    assert main(["convert", "moved.json", "--rig-map", "unity", "-o", "poses.json"]) == 0
    commands = {
        "new.toml": ["rig-map", "new", "names.txt"],
        "like.toml": ["rig-map", "new", "--like", "vrm"],
        "fit.toml": ["rig-map", "fit", "moved.json", "poses.json"],
        "track.csv": ["visemes", "take.csv", "--model", str(tiny_model)],
    }
    for name, command in commands.items():
        Path(name).write_text("mine", encoding="utf-8")
        assert main([*command, "-o", name]) == 0
        Path(name).write_text("mine too", encoding="utf-8")
        assert main([*command, "-o", name, "--force"]) == 0
    kept = [name for name in names(work) if ".changed-" in name]
    assert kept == ["fit.changed-1.toml", "like.changed-1.toml", "new.changed-1.toml", "track.changed-1.csv"]
    assert {Path(name).read_text(encoding="utf-8") for name in kept} == {"mine"}


def test_half_a_copy_is_not_left(
    work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a full disk that knows no second names, the file stays as it is and nothing begun lies beside it."""

    def fill_up(_source: object, copy: BinaryIO) -> None:
        copy.write(b"mi")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def refuse(*_names: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    Path("out.csv").write_text("mine", encoding="utf-8")
    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(shutil, "copyfileobj", fill_up)
    assert convert() == 2
    assert "cannot be kept" in capsys.readouterr().err
    assert names(work) == ["out.csv"] and Path("out.csv").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("broken", ["a file", "a folder"])
def test_without_a_list_everything_is_kept(work: Path, state: Path, broken: str) -> None:
    """A state folder that cannot be is no error: what is there is nobody's, and is kept."""
    if broken == "a file":
        state.parent.parent.write_text("no folder", encoding="utf-8")
    else:
        state.mkdir(parents=True)
    assert convert() == 0 and convert("--rate", "24") == 0
    assert names(work) == ["out.changed-1.csv", "out.csv"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_a_pipe_for_a_list_is_not_waited_for(work: Path, state: Path) -> None:
    """A list that reads for ever is none."""
    state.parent.mkdir(parents=True)
    os.mkfifo(state)
    assert convert() == 0 and convert("--rate", "24") == 0
    assert "out.changed-1.csv" in names(work)


def test_the_list_has_an_end_and_forgets_the_oldest(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much is written, the list stays short, holds what was written last, and leaves nothing beside it."""
    monkeypatch.setattr(written, "MOST_LINES", 10)
    hashes = [sha256(bytes([n])).hexdigest() for n in range(35)]
    for one in hashes:
        written.remember(one)
        assert one in written.known() and state.stat().st_size <= 10 * written.LINE
    assert hashes[0] not in written.known() and set(hashes[-5:]) <= written.known()
    assert [path.name for path in state.parent.iterdir()] == [written.NAME]


def test_lines_that_are_no_hashes_are_passed_over(state: Path) -> None:
    """A list that was cut, or that somebody wrote into, still tells what it holds."""
    one = sha256(b"1").hexdigest()
    state.parent.mkdir(parents=True)
    state.write_bytes(b"\xff\x00 not a hash\n" + one.encode() + b"\n" + one[:20].encode() + b"\n")
    assert written.known() == {one}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows appends in two steps, by which lines may be lost")
def test_several_commands_remember_together(state: Path) -> None:
    """Lines of processes that write at once are all there and whole."""
    code = (
        "import sys, hashlib\nfrom facetake.cli import written\n"
        "for n in range(100): written.remember(hashlib.sha256(f'{sys.argv[1]} {n}'.encode()).hexdigest())"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, str(n)]) for n in range(3)]
    assert [one.wait(60) for one in running] == [0, 0, 0]
    expected = {sha256(f"{one} {n}".encode()).hexdigest() for one in range(3) for n in range(100)}
    assert written.known() == expected and len(state.read_bytes()) == 300 * written.LINE
