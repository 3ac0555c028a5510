"""What a report's three files hold, whatever stands in the lines."""

from __future__ import annotations

import base64
import csv
import json
import re
import sqlite3
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from facetake import report
from facetake.errors import BatchError
from facetake.report import ReportLine, spool, three
from facetake.report.page import FIELDS, relative_address


class Elements(HTMLParser):
    """The script elements of a page, as a browser finds them: (attributes, content)."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.title = ""
        self._tag = ""
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begins an element."""
        self._tag = tag
        if tag == "script":
            self.scripts.append((dict(attrs), ""))

    def handle_endtag(self, tag: str) -> None:
        """Ends it."""
        self._tag = ""

    def handle_data(self, data: str) -> None:
        """Keeps what scripts and the title hold."""
        if self._tag == "script":
            attributes, before = self.scripts[-1]
            self.scripts[-1] = (attributes, before + data)
        elif self._tag == "title":
            self.title += data


def rows(page: Path) -> list[dict[str, object]]:
    """The rows of a page by their fields."""
    found = [json.loads(text) for attributes, text in Elements(page).scripts if attributes.get("class") == "rows"]
    return [dict(zip(FIELDS, row, strict=True)) for chunk in found for row in chunk]


def test_the_worst_stand_first_in_all_three_files(lines: list[ReportLine], tmp_path: Path) -> None:
    """Lines without a take come first, then by score, and every file holds every line."""
    made = report.write(lines, tmp_path)
    order = ["lost", "shaky", "hostile", "calm_2", "calm_1", "later"]
    assert [row["id"] for row in rows(made.html)] == order
    with made.csv.open(encoding="utf-8", newline="") as file:
        assert [row["id"] for row in csv.DictReader(file)] == order
    assert [case.get("name") for case in ElementTree.parse(made.junit).iter("testcase")] == order
    assert (made.lines, made.carried) == (6, 4)


def test_hostile_text_stays_text(lines: list[ReportLine], tmp_path: Path) -> None:
    """Quotes, tags that end scripts and control characters come through as they are, and start nothing."""
    title = "</title><script>alert(1)</script>"
    made = report.write(lines, tmp_path, title=title)
    page = Elements(made.html)
    hostile = lines[3]
    assert page.title == title
    assert [have for have, text in page.scripts if "owned" in text and have.get("class") != "rows"] == []
    row = next(row for row in rows(made.html) if row["id"] == "hostile")
    assert (row["character"], row["text"], row["note"]) == (hostile.character, hostile.text, hostile.note)
    with made.csv.open(encoding="utf-8", newline="") as file:
        assert next(row for row in csv.DictReader(file) if row["id"] == "hostile")["text"] == hostile.text
    case = next(case for case in ElementTree.parse(made.junit).iter("testcase") if case.get("name") == "hostile")
    assert case.get("classname") == hostile.character.replace("\x07", "\ufffd")


def test_a_build_server_reads_the_outcome(lines: list[ReportLine], tmp_path: Path) -> None:
    """One case a line: a failure names its checks and instants, a line not made is an error, one not begun skipped."""
    suite = ElementTree.parse(report.write(lines, tmp_path).junit).getroot().find("testsuite")
    assert suite is not None
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "6",
        "failures": "2",
        "errors": "1",
        "skipped": "1",
    }
    outcome = {case.get("name"): [child.tag for child in case] for case in suite}
    assert outcome == {
        "lost": ["error"],
        "shaky": ["failure"],
        "hostile": ["failure"],
        "calm_1": [],
        "calm_2": [],
        "later": ["skipped"],
    }
    failure = next(iter(suite.iter("failure")))
    assert failure.get("message") == "unsealed, jitter"
    assert "jitter: what jitter measures (0.3, limit 0.1; at 1.25 s)" in str(failure.text)


def test_the_table_has_a_column_a_check(lines: list[ReportLine], tmp_path: Path) -> None:
    """What each check measured stands under its name, and what failed in one cell."""
    with report.write(lines, tmp_path).csv.open(encoding="utf-8", newline="") as file:
        table = {row["id"]: row for row in csv.DictReader(file)}
    assert (table["shaky"]["jitter"], table["calm_1"]["jitter"], table["lost"]["jitter"]) == ("0.3", "0.05", "")
    assert table["shaky"]["failed_checks"] == "unsealed; jitter"


def test_the_budget_is_spent_on_the_worst(lines: list[ReportLine], tmp_path: Path) -> None:
    """Room for two lines goes to the two worst; the others say where their recording lies, relative to the page."""
    made = report.write(lines, tmp_path, media_mb=0.031)
    assert made.carried == 2 and made.media_bytes < 31_000
    table = {row["id"]: row for row in rows(made.html)}
    assert {name for name, row in table.items() if row["media"]} == {"shaky", "hostile"}
    assert (table["calm_1"]["href"], table["shaky"]["href"]) == ("calm_1.wav", "")
    names = {str(attributes.get("id")) for attributes, _ in Elements(made.html).scripts}
    assert {name for name in names if name.startswith("media-")} == {"media-1", "media-2"}


def test_portraits_get_what_sound_and_movement_leave(lines: list[ReportLine], tmp_path: Path) -> None:
    """Room for one of two films goes to the worse line; no line loses its sound, and both say where they lie."""
    for name in ("shaky", "calm_2"):
        (tmp_path / f"{name}.mp4").write_bytes(bytes(60_000))
    shown = [
        replace(line, portrait=tmp_path / f"{line.id}.mp4") if line.id in ("shaky", "calm_2") else line
        for line in lines
    ]
    made = report.write(shown, tmp_path, media_mb=0.2)
    assert made.carried == 4
    assert {
        name: row["portrait"] for name, row in ((row["id"], row) for row in rows(made.html)) if row["portrait"]
    } == {
        "shaky": "shaky.mp4",
        "calm_2": "calm_2.mp4",
    }
    packed = [
        json.loads(text) for have, text in Elements(made.html).scripts if str(have.get("id")).startswith("media-")
    ]
    assert [one.get("portraitMime") for one in packed] == ["video/mp4", None, None, None]
    assert base64.b64decode(packed[0]["portrait"]) == bytes(60_000)


def test_a_portrait_of_another_kind_is_told(lines: list[ReportLine], tmp_path: Path) -> None:
    """What no browser shows is named in the line's media with what it may be, and the report is written."""
    shown = replace(lines[0], portrait=tmp_path / "line.mkv")
    made = report.write([shown], tmp_path)
    (packed,) = [json.loads(text) for have, text in Elements(made.html).scripts if have.get("id") == "media-0"]
    assert "line.mkv is no portrait that a page shows; make it one of .mp4, .webm" in packed["missing"][0]


def test_a_lost_recording_is_told_and_not_an_error(lines: list[ReportLine], tmp_path: Path) -> None:
    """A recording and a take that are gone by now are named in the line's media, and the report is written."""
    lines[0].audio.unlink()
    take = lines[1].take
    assert take is not None
    take.write_bytes(b"no take")
    made = report.write(lines[:2], tmp_path)
    told = [
        json.loads(text)["missing"]
        for attributes, text in Elements(made.html).scripts
        if str(attributes.get("id")).startswith("media-")
    ]
    assert [len(one) for one in told] == [1, 1]
    assert "calm_2.npz" in told[0][0] and "calm_1.wav" in told[1][0]


def test_an_id_that_is_there_twice_is_refused(lines: list[ReportLine], tmp_path: Path) -> None:
    """Two lines of one name are one sentence, and an older report stays as it was."""
    before = report.write(lines, tmp_path).html.read_bytes()
    with pytest.raises(BatchError, match="'shaky' is in this report twice"):
        report.write([*lines, lines[2]], tmp_path)
    assert (tmp_path / "report.html").read_bytes() == before
    assert list(tmp_path.glob(".facetake-*")) == []


def test_a_report_that_fails_leaves_no_database_open(lines: list[ReportLine], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where taking the lines in fails, the table that holds them is closed."""
    opened: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def recorded(name: str) -> sqlite3.Connection:
        opened.append(connect(name))
        return opened[-1]

    monkeypatch.setattr(sqlite3, "connect", recorded)
    with pytest.raises(BatchError, match="twice"):
        spool.Spool([lines[0], lines[0]], "title")
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        opened[0].execute("SELECT 1")


def test_a_folder_that_is_not_there_is_one_sentence(lines: list[ReportLine], tmp_path: Path) -> None:
    """The sentence names the report."""
    with pytest.raises(BatchError, match=r"the report: .*nowhere.*cannot be written"):
        report.write(lines, tmp_path / "nowhere")


def test_the_key_follows_the_list_and_not_its_fate(lines: list[ReportLine], tmp_path: Path) -> None:
    """Verdicts are found again after takes were made anew, and are not mixed up with those of another list."""

    def key(some: list[ReportLine]) -> str:
        page = report.write(some, tmp_path, media_mb=0).html
        return str(json.loads(next(text for have, text in Elements(page).scripts if have.get("id") == "facts"))["key"])

    assert key(lines) == key([replace(lines[0], score=9.0, take_sha256="0" * 64), *lines[1:]])
    assert key(lines) != key(lines[1:])


def test_nothing_is_asked_of_a_network(lines: list[ReportLine], tmp_path: Path) -> None:
    """The page names no address that a browser would fetch from, and forbids itself to."""
    text = report.write(lines, tmp_path).html.read_text(encoding="utf-8")
    assert re.findall(r"""(?:src|href)=["'](?:https?:)?//""", text) == []
    assert "default-src 'none'" in text


def test_a_page_without_three_says_how_to_get_it(
    lines: list[ReportLine], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the build found no npm, the report is there without the face, and one sentence tells what to do."""
    monkeypatch.setattr(three, "folder", lambda: tmp_path / "not there")
    made = report.write(lines, tmp_path)
    facts = json.loads(next(text for have, text in Elements(made.html).scripts if have.get("id") == "facts"))
    assert facts["noFace"] == made.missing == three.MISSING


@pytest.mark.skipif(not three.modules(), reason="three.js is not here: there was no npm when Facetake was built")
def test_three_s_licence_comes_along(lines: list[ReportLine], tmp_path: Path) -> None:
    """A page that holds three.js holds its licence."""
    text = report.write(lines, tmp_path).html.read_text(encoding="utf-8")
    assert "three.js authors" in text and "Permission is hereby granted" in text


@pytest.mark.parametrize(("name", "address"), [("a b#1.wav", "voice/a%20b%231.wav"), ("ü?.wav", "voice/%C3%BC%3F.wav")])
def test_ways_to_recordings_are_addresses(name: str, address: str, tmp_path: Path) -> None:
    """Spaces and marks in file names are encoded, as a browser wants them."""
    assert relative_address(tmp_path / "voice" / name, tmp_path) == address


def many(count: int, audio: Path) -> Iterator[ReportLine]:
    """Lines made one at a time."""
    for number in range(count):
        yield ReportLine(
            f"line_{number}", audio, text="What is said in this line. " * 10, duration_s=2.0, score=number % 7
        )


def test_memory_does_not_grow_with_the_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four times the lines need no more memory, within a tenth of a megabyte: their text alone is four of these."""
    monkeypatch.setattr(report.three, "modules", dict)  # the viewer's source would be more than all lines held at once
    peaks = []
    report.write(many(10, tmp_path / "a.wav"), tmp_path, media_mb=0)  # what is cached is cached by now
    for count in (600, 2_400):  # both fill a chunk of rows
        tracemalloc.start()
        report.write(many(count, tmp_path / "a.wav"), tmp_path, media_mb=0)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 100_000


def test_no_two_columns_of_one_name(lines: list[ReportLine], tmp_path: Path) -> None:
    """A check or a column of the list that is called like one of the report's says where it is from."""
    own = (("score", "9"), ("Jitter", "mine"), ("score (list)", "8"))
    check = replace(lines[0].findings[0], name="emotion")  # type: ignore[type-var]
    lines[0] = replace(lines[0], others=own, findings=(*lines[0].findings, check))
    with report.write(lines, tmp_path).csv.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        names = next(reader)
        row = dict(zip(names, next(cells for cells in reader if cells[0] == "calm_1"), strict=True))
    assert len({name.casefold() for name in names}) == len(names)
    assert (row["score (list)"], row["Jitter (list)"], row["score (list) (list)"]) == ("9", "mine", "8")
    assert row["emotion (check)"] == "0.05" and row["emotion"] == "happy:0.7"


def test_lines_that_pass_everything_are_in_order(lines: list[ReportLine], tmp_path: Path) -> None:
    """Where no check fails the line that is nearest to failing stands first, and each says how many are better."""
    fine = [replace(lines[0], id=f"line_{n}", nearness=float(n % 3)) for n in range(6)]
    found = rows(report.write(fine, tmp_path).html)
    assert [row["id"] for row in found] == ["line_2", "line_5", "line_1", "line_4", "line_0", "line_3"]
    assert [row["percentile"] for row in found] == [80.0, 80.0, 40.0, 40.0, 0.0, 0.0]


def test_what_was_heard_is_told(lines: list[ReportLine], tmp_path: Path) -> None:
    """The mood that was heard and how sure that is stand in the table, visemes and words in the line's media."""
    visemes = (("sil", 0.0, 1.0), ("p", 1.0, 1.2), ("a", 1.2, 1.5), ("p", 1.5, 1.7), ("a", 1.7, 2.0))
    lines[0] = replace(
        lines[0],
        text="Papa!",
        heard="heard sad, 81 % sure",
        heard_emotion="sad",
        certainty=0.81,
        correction="fear",
        visemes=visemes,
        approved=lines[1].take,
    )
    made = report.write(lines[:1], tmp_path)
    with made.csv.open(encoding="utf-8", newline="") as file:
        row = next(csv.DictReader(file))
    assert [row[name] for name in ("heard", "heard_emotion", "certainty", "corrected_to")] == [
        "heard sad, 81 % sure",
        "sad",
        "0.81",
        "fear",
    ]
    media = json.loads(next(text for have, text in Elements(made.html).scripts if have.get("id") == "media-0"))
    assert media["visemes"] == [list(one) for one in visemes] and media["words"] == [["Papa!", 1.0, 2.0]]
    assert media["approved"]["frames"] == media["frames"]
