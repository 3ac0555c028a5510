"""One list of lines as the spreadsheets of several countries save it: the same rows, and the same takes."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pytest

from facetake import batch, emotion
from facetake.errors import BatchError
from facetake.files import spreadsheets
from facetake.generate import GenerateOptions
from facetake.portrait.capture.actor import ABOUT
from facetake.portrait.capture.clip_list import read_clips

HEADER = ["id", "audio", "emotion", "style", "character", "text", "seed", "note"]
WESTERN = [
    ["Zoë_1", "straße.wav", "happy:{}7", "", "Zoë", "Où est l’été, René ?", "7", 'says "oh", softly;\nthen louder'],
    ["über", "line_1.wav", "happy:{}5+sad:{}25", "sad:{}5", "Jürgen Groß", "Schöne Grüße, sagt er.", "", ""],
    ["plain", "line_2.wav", "", "", "", "", "", "a\ttab; a comma, and a 'quote'"],
    ["last", "line_3.wav", "sad", "", "Ångström", "¿Qué? — ¡Señor!", "3", "=1+1"],
]
JAPANESE = [
    ["花子_1", "線.wav", "happy:{}7", "", "花子", "こんにちは、世界。", "7", '彼女は"はい"、\nと言う'],
    ["二", "line_1.wav", "", "", "", "ありがとう,ございます", "", ""],
]
POLISH = [["żółw", "line_1.wav", "sad:{}25", "", "Łukasz", "Cześć, gdzie jest mój pies?", "", "tak, tak"]]
RUSSIAN = [["аня_1", "line_1.wav", "sad:{}25", "", "Аня", "Привет, мир!", "", "она говорит; тихо"]]


@dataclass(frozen=True)
class Program:
    """How a program saves a table: what it puts between cells and after rows, and in which encoding."""

    encoding: str
    between: str = ","
    after: str = "\r\n"
    point: str = "."
    is_quoted: bool = False
    note: str = ""
    rows: tuple[tuple[str, ...], ...] = tuple(map(tuple, WESTERN))

    def save(self, path: Path) -> None:
        """Writes the list. Breaks within cells are a line feed, as spreadsheets keep them."""
        text = io.StringIO(newline="")
        quoting: Literal[0, 1] = csv.QUOTE_ALL if self.is_quoted else csv.QUOTE_MINIMAL
        writer = csv.writer(text, delimiter=self.between, lineterminator=self.after, quoting=quoting)
        writer.writerow(HEADER)
        writer.writerows([cell.replace("{}", f"0{self.point}") for cell in row] for row in self.rows)
        path.write_bytes(text.getvalue().encode(self.encoding))


WINDOWS = "Western European text of Windows"
MAC = "Western European text of older Macs"
PROGRAMS = {
    "Excel, English, CSV UTF-8": Program("utf-8-sig"),
    "Excel, English, CSV": Program("cp1252", note=WINDOWS),
    "Excel for Mac, CSV (Macintosh)": Program("mac_roman", after="\r", note=MAC),
    "Excel for Mac, CSV UTF-8": Program("utf-8-sig", after="\n"),
    "Excel, Unicode text": Program("utf-16", "\t"),
    "Excel, German, Unicode text": Program("utf-16", "\t", point=","),
    "Excel, German, CSV": Program("cp1252", ";", point=",", note=WINDOWS),
    "Excel, German, CSV UTF-8": Program("utf-8-sig", ";", point=","),
    "Excel, French, CSV": Program("cp1252", ";", point=",", note=WINDOWS),
    "Excel, Polish, CSV": Program("cp1250", ";", point=",", note="Central European", rows=tuple(map(tuple, POLISH))),
    "Excel, Russian, CSV": Program("cp1251", ";", point=",", note="Cyrillic", rows=tuple(map(tuple, RUSSIAN))),
    "Excel, Japanese, CSV": Program("cp932", note="Japanese", rows=tuple(map(tuple, JAPANESE))),
    "Excel, Japanese, Unicode text": Program("utf-16", "\t", rows=tuple(map(tuple, JAPANESE))),
    "Google Sheets": Program("utf-8"),
    "Google Sheets, German": Program("utf-8", point=","),
    "LibreOffice, all text in quotes": Program("utf-8", after="\n", is_quoted=True),
    "LibreOffice, German": Program("utf-8", ";", "\n", point=","),
    "Numbers": Program("utf-8"),
    "Numbers, German": Program("utf-8", ";", point=","),
}


@pytest.fixture
def named(lines: Path) -> Path:
    """The folder of lines with two recordings that are called in other letters."""
    for name in ("straße.wav", "線.wav"):
        (lines / name).write_bytes((lines / "line_0.wav").read_bytes())
    return lines


def same(rows: list[batch.ManifestRow]) -> list[batch.ManifestRow]:
    """Rows without what may differ: the line in a text with other breaks, and what is told."""
    return [replace(row, line=0, note="") for row in rows]


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_spreadsheet_gives_the_same_rows(named: Path, name: str) -> None:
    """Encodings, delimiters, decimal commas, quotes and line ends change nothing; what was guessed is told."""
    program = PROGRAMS[name]
    plain = named / "plain.csv"
    path = named / "lines.csv"
    Program("utf-8", after="\n", rows=program.rows).save(plain)
    program.save(path)
    expected = batch.read(plain, ".csv")
    found = batch.read(path, ".csv")

    assert same(found) == same(expected) and not any(row.problem for row in found)
    assert found[0].id == program.rows[0][0] and dict(found[0].others)["note"] == program.rows[0][7]
    told = batch.notes(found)[:-1]  # the last tells of the column of notes
    assert len(told) == bool(program.note) and program.note in "".join(told)


def test_every_spreadsheet_gives_the_same_takes(named: Path, tmp_path: Path) -> None:
    """Of the German and the English Excel's list, and of old Macs', the takes' bytes are one."""
    made = set()
    for number, name in enumerate(("Google Sheets", "Excel, German, CSV", "Excel for Mac, CSV (Macintosh)")):
        PROGRAMS[name].save(named / "lines.csv")
        settings = batch.BatchSettings(tmp_path / str(number), GenerateOptions())
        assert not batch.run(batch.read(named / "lines.csv", ".csv"), settings, 1, lambda _news: None).failed
        takes = sorted((tmp_path / str(number)).glob("*.csv"))
        made.add(hashlib.sha256(b"".join(one.name.encode() + one.read_bytes() for one in takes)).hexdigest())
        assert len(takes) == len(WESTERN)

    assert len(made) == 1


SAID = [
    ("gb18030", "你好，世界。我们走吧，现在是时候了。"),
    ("gb18030", "我不知道"),
    ("cp949", "안녕하세요, 세계. 저는 학생입니다."),
    ("cp949", "우리는 지금 간다"),
    ("cp950", "你好，世界，我們來了，現在是時候了。"),
    ("cp950", "她說她不來了"),
]


@pytest.mark.parametrize(("encoding", "said"), SAID)
def test_other_scripts_of_windows(encoding: str, said: str) -> None:
    """Chinese and Korean Windows' own encodings are told from each other and from Japanese."""
    text = f"id,text\na,{said}\n"
    found, told = spreadsheets.decode(text.encode(encoding))

    assert found == text and told


@pytest.mark.parametrize("text", ["é", "東京", "\x81\x8d", "a\0é"])
def test_an_encoding_that_cannot_be_told_is_refused(named: Path, text: str) -> None:
    """A letter that is one in every encoding, a name without kana, and bytes that are none: save as CSV UTF-8."""
    path = named / "lines.csv"
    data = text.encode("cp932" if text == "東京" else "latin-1")
    path.write_bytes(b"id,audio,text\na,line_1.wav," + data + b"\n")
    with pytest.raises(BatchError, match="cannot be told; save it as 'CSV UTF-8'"):
        batch.read(path, ".csv")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "cp1252"])
def test_cues_as_editors_of_windows_save_them(tmp_path: Path, encoding: str) -> None:
    """Notepad's Unicode, a comment in the country's encoding, and decimal commas give the same emotion."""
    path = tmp_path / "mood.txt"
    path.write_bytes("# für Zoë, größer\r\n0 happy\r\n1,5 sad:0,25\r\n".encode(encoding))
    track = emotion.read(path)

    assert list(track.times_s) == [0.0, 1.5] and track.weights[1, emotion.EMOTIONS.index("sad")] == 0.25


def test_a_list_of_clips_as_a_german_spreadsheet_saves_it(tmp_path: Path) -> None:
    """Semicolons, decimal commas and Windows' own encoding give the clips that are meant."""
    (tmp_path / "größer").mkdir()
    (tmp_path / "größer" / ABOUT).touch()
    (tmp_path / "clips.csv").write_bytes("clip;emotion;intensity\r\ngrößer;angry;0,7\r\n".encode("cp1252"))
    (clip,), told = read_clips(tmp_path / "clips.csv")

    assert clip.path.name == "größer" and clip.intensity == 0.7
    assert WINDOWS in "".join(told)
