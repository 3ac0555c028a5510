"""Files of a line's text and times."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from facetake import script
from facetake.errors import ScriptError
from facetake.script import Alignment, Phone, Word
from facetake.script.text import words as words_of

LINE = Alignment(
    1.5,
    (Phone("M", 0.1, 0.2, 0.9), Phone("AE1", 0.2, 0.3), Phone("P", 0.3, 0.4, 0.5), Phone("S", 0.8, 1.0)),
    (Word('m"ap', 0.1, 0.4, 0.7), Word("<s>", 0.8, 1.0, 1.0, 1.0)),
    "en",
)


def write(folder: Path, name: str, text: str | bytes) -> Path:
    """A file with a text."""
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize("kind", [".TextGrid", ".json", ".lab"])
def test_phones_come_back_to_the_millisecond(tmp_path: Path, kind: str) -> None:
    """What is written is read again, with phones where the form has them."""
    sheet = script.read(write(tmp_path, f"a{kind}", script.write(LINE, kind)))
    found = sheet.alignment(1.5)
    assert found is not None
    assert [one.symbol for one in found.phones] == [one.symbol for one in LINE.phones]
    for times in ("start_s", "end_s"):
        assert [getattr(one, times) for one in found.phones] == pytest.approx([getattr(p, times) for p in LINE.phones])
    if kind != ".lab":
        assert [one.text for one in found.words] == ['m"ap', "<s>"]


def test_facetakes_own_file_keeps_everything(tmp_path: Path) -> None:
    """Confidence, emphasis and language come back as well."""
    assert script.read(write(tmp_path, "a.json", script.write(LINE, ".json"))).alignment(1.5) == LINE


@pytest.mark.parametrize("kind", [".srt", ".vtt"])
def test_subtitles_hold_the_words_with_times(tmp_path: Path, kind: str) -> None:
    """Words are in phrases that a pause of half a second parts."""
    line = Alignment(4.0, (), (Word("go", 0.5, 0.75), Word("now", 0.8, 1.0), Word("stop", 2.0, 3.5)))
    text = script.write(line, kind)
    point = "," if kind == ".srt" else "."
    assert f"00:00:00{point}500 --> 00:00:01{point}000" in text
    assert f"00:00:02{point}000 --> 00:00:03{point}500" in text
    words = words_of(script.read(write(tmp_path, f"a{kind}", text)).text)[0]
    assert [one.text for one in words] == ["go", "now", "stop"]


def test_subtitles_of_phones_alone_are_refused() -> None:
    """A line without text has no words to show."""
    with pytest.raises(ScriptError, match="subtitles hold words"):
        script.write(Alignment(1.0, (Phone("M", 0.0, 0.5),)), ".srt")


SHORT = (
    'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n1\n<exists>\n1\n"IntervalTier"\n"{name}"\n0\n1\n{rows}\n'
)


def test_a_short_textgrid_in_utf_16_is_read(tmp_path: Path) -> None:
    """Praat's short form, in the encoding that it writes where letters ask for it; labels in IPA; gaps are silent."""
    text = SHORT.format(name="phones", rows='2\n0.1\n0.3\n"tʃ"\n0.5\n0.7\n"aɪ"')
    found = script.read(write(tmp_path, "a.TextGrid", text.encode("utf-16"))).phones
    assert [(one.symbol, one.start_s) for one in found] == [("CH", 0.1), ("AY", 0.5)]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.TextGrid", "hello", "it is no TextGrid"),
        ("a.TextGrid", SHORT.format(name="phones", rows='3\n0\n0.3\n"M"'), "cut off"),
        ("a.TextGrid", SHORT.format(name="phones", rows='2\n0\n0.5\n"M"\n0.2\n1\n"P"'), "begins before its neighbour"),
        ("a.TextGrid", SHORT.format(name="phones", rows='1\n0.5\n0.2\n"M"'), "which is no time"),
        ("a.TextGrid", SHORT.format(name="phones", rows='1\n0\n0.5\n"Q!"'), "no phone of ARPAbet"),
        ("a.srt", "hello", "no subtitle"),
        ("a.lab", "", "no label"),
        ("a.lab", "0 100 M\nhello\n", "no start, end and label"),
        ("a.json", "{", "no JSON"),
        ("a.json", "[]", "no transcript"),
        ("a.json", '{"words": [{"start": 1}]}', "incomplete"),
        ("a.json", '{"format": "facetake-alignment", "version": 99}', "update Facetake"),
        ("a.json", '{"format": "facetake-alignment", "version": 1}', "incomplete"),
        ("a.doc", "hello", "no text that is known"),
        ("a.txt", b"a\0\xff", "save it as UTF-8"),
    ],
)
def test_broken_files_are_told_in_a_sentence(tmp_path: Path, name: str, text: str | bytes, says: str) -> None:
    """What is wrong is said with the file's name, and nothing is guessed."""
    with pytest.raises(ScriptError, match=f"{name}.*{says}"):
        script.read(write(tmp_path, name, text))
    with pytest.raises(ScriptError, match="cannot read"):
        script.read(tmp_path / "none.txt")


def test_an_old_encoding_is_read_and_told(tmp_path: Path) -> None:
    """A text of Windows before UTF-8 keeps its letters."""
    sheet = script.read(write(tmp_path, "a.txt", "Straße".encode("cp1252")))
    assert sheet.text == "Straße"
    assert "Windows-1252" in sheet.told[0]


def test_a_slip_between_two_intervals_is_mended(tmp_path: Path) -> None:
    """Ten milliseconds over each other are no fault of the line."""
    text = SHORT.format(name="phones", rows='2\n0\n0.31\n"M"\n0.3\n1\n"AA1"')
    assert [one.start_s for one in script.read(write(tmp_path, "a.TextGrid", text)).phones] == [0.0, 0.31]


def test_htk_labels_are_read_in_seconds_too(tmp_path: Path) -> None:
    """A point in the times means seconds; a label file of words gives words."""
    assert script.read(write(tmp_path, "a.lab", "0.0 0.2 sil\n0.2 0.4 m\n")).phones[0].start_s == 0.2
    assert script.read(write(tmp_path, "a.lab", "0 2000000 hello\n")).words[0].text == "hello"
    assert script.read(write(tmp_path, "a.lab", "just the words")).text == "just the words"


def test_whispers_and_gentles_transcripts_are_read(tmp_path: Path) -> None:
    """Words with times and confidence of one, phones of the other."""
    whisper = {
        "text": " Go now.",
        "language": "en",
        "segments": [{"text": " Go now.", "words": [{"word": " Go", "start": 0.1, "end": 0.3, "probability": 0.8}]}],
    }
    sheet = script.read(write(tmp_path, "a.json", json.dumps(whisper)))
    assert (sheet.text, sheet.language, sheet.words) == ("Go now.", "en", (Word("Go", 0.1, 0.3, 0.8),))
    gentle = {
        "transcript": "Go",
        "words": [
            {
                "word": "Go",
                "case": "success",
                "start": 0.1,
                "end": 0.3,
                "phones": [{"phone": "g_B", "duration": 0.05}, {"phone": "ow_E", "duration": 0.15}],
            }
        ],
    }
    phones = script.read(write(tmp_path, "b.json", json.dumps(gentle))).phones
    assert [(one.symbol, round(one.start_s, 3)) for one in phones] == [("G", 0.1), ("OW", 0.15)]


def test_times_past_the_end_of_the_line_are_cut(tmp_path: Path) -> None:
    """A file of a longer recording gives what fits."""
    sheet = script.read(write(tmp_path, "a.json", script.write(LINE, ".json")))
    found = sheet.alignment(0.35)
    assert found is not None and found.phones[-1].end_s == 0.35 and len(found.words) == 1


def test_the_text_beside_a_sound_is_found(tmp_path: Path) -> None:
    """The file that tells most is taken, but not the one that is to be written."""
    sound = write(tmp_path, "line.wav", "")
    assert script.beside(sound) is None
    text = write(tmp_path, "line.txt", "go")
    assert script.beside(sound) == text
    grid = write(tmp_path, "line.TextGrid", "")
    assert script.beside(sound) == grid
    assert script.beside(sound, grid) == text
