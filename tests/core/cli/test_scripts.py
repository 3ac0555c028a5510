"""`facetake generate --text` and `--script` as users call them, with bad texts."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from facetake import formats
from facetake.cli import main

LINE = Path(__file__).parents[3] / "examples" / "line.wav"
TEXT = "Hold the bridge until the morning bell. I {promise} you, we will be back before they find the boat."
OTHER = TEXT.replace("bridge", "castle")


def generate(*arguments: object) -> int:
    """Runs the command with the shipped models."""
    return main(["generate", *map(str, arguments)])


def test_a_text_is_noted_and_differences_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The take's origin has the words; a line that keeps to its text says nothing, another names the word."""
    assert generate(LINE, "--text", TEXT, "-o", tmp_path / "a.json") == 0
    assert "differs" not in capsys.readouterr().err
    origin = formats.read(tmp_path / "a.json").origin
    assert str(origin["script"]).startswith("Hold the bridge until") and origin["emphasis"] == 1.0
    assert generate(LINE, "--text", OTHER, "-o", tmp_path / "b.json") == 0
    told = capsys.readouterr().err
    assert "line differs from its script" in told and '"castle" at 0.8' in told


def test_a_file_and_a_folder_of_texts(tmp_path: Path) -> None:
    """A text file gives what --text gives; of a folder each sound has its own, and one without has none."""
    for name in ("one", "two"):
        shutil.copy(LINE, tmp_path / f"{name}.wav")
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "one.txt").write_text(TEXT, encoding="utf-8")
    assert generate(tmp_path / "one.wav", "--text", TEXT, "-o", tmp_path / "told.json") == 0
    assert generate(tmp_path / "one.wav", "--script", texts / "one.txt", "-o", tmp_path / "read.json") == 0
    assert (tmp_path / "told.json").read_bytes() == (tmp_path / "read.json").read_bytes()
    sounds = (tmp_path / "one.wav", tmp_path / "two.wav")
    assert generate(*sounds, "--script", texts, "-o", tmp_path / "takes", "--format", "json") == 0
    origins = [formats.read(tmp_path / "takes" / f"{name}.json").origin for name in ("one", "two")]
    assert ["script" in one for one in origins] == [True, False]


def test_differences_are_events(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A program reads them as fields."""
    assert generate(LINE, "--text", OTHER, "-o", tmp_path / "a.csv", "--progress", "json") == 0
    events = [json.loads(row) for row in capsys.readouterr().out.splitlines()]
    (found,) = (event["differences"] for event in events if "differences" in event)
    assert found[0]["text"] == "castle"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--text", ""), "no word to speak"),
        (("--text", "🎤 <break time='1s'/>"), "no word to speak"),
        (("--script", "none.txt"), "cannot read none.txt"),
        (("--script", str(LINE)), "no text that is known"),
        (("--text", "hello " * 400), "400 words"),
        (("--text", "hello", "--language", "english"), "two letters"),
        (("--text", "hello", "--emphasis", "3"), "--emphasis"),
        (("--text", "hello", "--script", "none.txt"), "not allowed with"),
    ],
)
def test_texts_that_are_none(
    arguments: tuple[str, ...], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each is one sentence, ends with 2 and writes nothing."""
    try:
        code = generate(LINE, *arguments, "-o", tmp_path / "a.csv")
    except SystemExit as left:
        code = int(left.code or 0)
    assert code == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "a.csv").exists()


def test_one_text_for_several_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody says the same in two recordings."""
    shutil.copy(LINE, tmp_path / "other.wav")
    assert generate(LINE, tmp_path / "other.wav", "--text", TEXT, "-o", tmp_path / "takes") == 2
    assert "folder of texts" in capsys.readouterr().err
