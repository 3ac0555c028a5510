"""`facetake align`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from facetake import script
from facetake.cli import main

EXAMPLE = Path(__file__).parents[3] / "examples" / "line.wav"
TEXT = "Hold the bridge until the morning bell. I promise you, we will be back before they find the boat."
DICTIONARY = """hold HH OW1 L D
the DH AH0
bridge B R IH1 JH
until AH0 N T IH1 L
morning M AO1 R N IH0 NG
bell B EH1 L
i AY1
promise P R AA1 M AH0 S
you Y UW1
we W IY1
will W IH1 L
be B IY1
back B AE1 K
before B IH0 F AO1 R
they DH EY1
find F AY1 N D
boat B OW1 T
banana B AH0 N AE1 N AH0
"""


@pytest.fixture
def line(tmp_path: Path) -> Path:
    """The example line, with a dictionary of its words beside it, so that no package is needed."""
    (tmp_path / "words.dict").write_text(DICTIONARY, encoding="utf-8")
    return Path(shutil.copy(EXAMPLE, tmp_path / "line.wav"))


def aligned(line: Path, *more: str) -> int:
    """The exit code of the command."""
    return main(["align", str(line), "--dictionary", str(line.with_name("words.dict")), *more])


def test_a_line_and_its_text_become_words_and_phones(line: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A TextGrid stands beside the sound, all words are found in speech, and one sentence tells how surely."""
    assert aligned(line, "--text", TEXT) == 0
    sheet = script.read(line.with_suffix(".TextGrid"))
    assert [one.text for one in sheet.words] == TEXT.replace(".", "").replace(",", "").split()
    assert sheet.words[0].start_s == pytest.approx(0.43, abs=0.03)
    assert sheet.words[-1].end_s == pytest.approx(5.55, abs=0.06)
    error = capsys.readouterr().err
    assert "19 of 19 words" in error and "confidence 0." in error and "differs" not in error


def test_the_text_beside_the_sound_is_taken(line: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without --text a .txt of the sound's name is read, and what the sound contradicts is told; the line is done."""
    line.with_suffix(".txt").write_text(
        TEXT.replace("boat", "banana").replace("Hold", "[firmly] Hold"), encoding="utf-8"
    )
    assert aligned(line, "-o", str(line.with_suffix(".json"))) == 0
    error = capsys.readouterr().err
    assert "18 of 19 words of line.txt" in error
    assert 'line differs from its script:\n  "banana" at 5.' in error
    assert "left out as directions: [firmly]" in error
    assert json.loads(line.with_suffix(".json").read_text(encoding="utf-8"))["language"] == "en"


def test_programs_get_the_differences(line: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An event tells counts, confidence, and each difference with its times."""
    assert aligned(line, "--text", TEXT.replace("promise", "promise banana"), "--progress", "json") == 0
    events = [json.loads(row) for row in capsys.readouterr().out.splitlines()]
    report = next(one for one in events if one["event"] == "report")
    assert report["words"] == 19 and report["words_of_script"] == 20
    assert [(one["kind"], one["text"]) for one in report["differences"]] == [("left out", "banana")]


def test_without_a_text_phones_are_as_heard(line: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No word is made up."""
    assert main(["align", str(line)]) == 0
    sheet = script.read(line.with_suffix(".TextGrid"))
    assert not sheet.words and len(sheet.phones) > 40
    assert "phones as heard" in capsys.readouterr().err


def test_a_file_with_phones_is_taken_as_it_is(line: Path) -> None:
    """Times that somebody set by hand are written in another form, and not found anew."""
    text = "0 1000000 sil\n1000000 2000000 M\n"
    line.with_suffix(".lab").write_text(text, encoding="utf-8")
    assert main(["align", str(line)]) == 0
    assert [(one.symbol, one.start_s) for one in script.read(line.with_suffix(".TextGrid")).phones] == [("M", 0.1)]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--text", ""], "no word to speak"),
        (["--text", "the " * 400], "the line 6.0 s; name the text of this line alone"),
        (["--text", TEXT, "-o", "a.doc"], "end it in one of .TextGrid"),
        (["--text", TEXT, "--language", "english"], "write two letters"),
        (["--script", "none.srt"], "cannot read none.srt"),
        (["--text", TEXT, "-o", "line.wav"], "end it in one of"),
        (["--format", "srt"], "subtitles hold words"),
    ],
)
def test_mistakes_are_one_sentence(line: Path, more: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is written, and the exit code is 2."""
    before = sorted(line.parent.iterdir())
    assert aligned(line, *more) == 2
    error = capsys.readouterr().err
    assert says in error and "Traceback" not in error
    assert sorted(line.parent.iterdir()) == before


def test_several_lines_go_on_after_one_that_fails(line: Path, tmp_path: Path) -> None:
    """A folder of recordings with their texts is aligned; one that is no sound gives exit code 1."""
    line.with_suffix(".txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "broken.wav").write_bytes(b"no sound")
    out = tmp_path / "out"
    words = str(line.with_name("words.dict"))
    sounds = [str(line), str(tmp_path / "broken.wav")]
    assert main(["align", *sounds, "--dictionary", words, "-o", str(out), "--format", "srt"]) == 1
    assert "boat" in (out / "line.srt").read_text(encoding="utf-8")
    assert main(["align", str(line), str(EXAMPLE), "--text", "a", "-o", str(out)]) == 2
