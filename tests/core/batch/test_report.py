"""The night as a whole: a list becomes takes, a report, verdicts, and a morning's second run."""

from __future__ import annotations

import csv
import html
import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
import soundfile

from facetake import batch, formats
from facetake.batch.keeping import approved_path
from facetake.cli import main
from facetake.report.page import FIELDS, relative_address


def rows(path: Path) -> dict[str, dict[str, str]]:
    """The report's table by id."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def test_a_night_and_a_morning(lines: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every row stands once in page, table and XML; an approval is remembered, kept, and measured against."""
    out = tmp_path / "out"
    listed = lines / "lines.csv"
    listed.write_text(
        "id,audio,character,text,emotion\n"
        + "".join(f"line_{number},line_{number}.wav,Mara,</script>,\n" for number in range(8))
        + "gone,gone.wav,Mara,never recorded,\n"
    )
    arguments = ["batch", str(listed), "--out", str(out), "--report", "--progress", "json"]
    assert main(arguments) == 1
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    told = next(one for one in events if one["event"] == "report" and one["item"] == "report")
    table = rows(out / "report.csv")
    assert told["lines"] == 9 and set(table) == {"gone", *(f"line_{number}" for number in range(8))}
    assert table["gone"]["status"] == "failed"
    suite = ET.parse(out / "report.junit.xml").getroot()
    assert len(list(suite.iter("testcase"))) == 9 and len(list(suite.iter("error"))) == 1

    with batch.Ledger(out) as ledger:
        entry = ledger.entry("line_7")
    assert entry is not None
    said = {"verdict": "approved", "note": "keep", "take_sha256": entry.sha256}
    verdicts = tmp_path / "approvals.json"
    verdicts.write_text(json.dumps({"facetake_approvals": 1, "lines": {"line_7": said}}))
    before = formats.read(out / "line_7.csv")
    again = [*arguments, "--approvals", str(verdicts), "--emotion", "angry"]
    assert main(again) == 1
    kept = formats.read(approved_path(out, "line_7"))
    np.testing.assert_array_equal(kept.values, before.values)
    after = rows(out / "report.csv")["line_7"]
    assert after["verdict"] == "" and after["note"] == "approved in an earlier version: keep"
    with batch.Ledger(out) as ledger:
        entry = ledger.entry("line_7")
        assert entry is not None and entry.made == 2
    drift = next(one for one in entry.measured if one.name == "drift")
    assert drift.value > 0.05


@pytest.mark.parametrize(
    ("more", "losses"),
    [
        (["--format", "txt", "--rate", "24"], ["at 60 fps; the take's 24 fps", "no place for the head's turn"]),
        (["--format", "txt", "--no-head"], []),
        (["--format", "csv", "--rate", "24"], []),
    ],
)
def test_what_a_format_cannot_hold_is_told_once(
    more: list[str], losses: list[str], lines: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Terminal and page say once, for all takes together, what is lost in their format, also of takes that are kept."""
    for one in sorted(lines.iterdir())[2:]:
        one.unlink()
    for _ in range(2):
        assert main(["batch", str(lines), "--out", str(tmp_path / "out"), "--jobs", "1", "--report", *more]) == 0
        told = capsys.readouterr().err
        page = html.unescape((tmp_path / "out" / "report.html").read_text(encoding="utf-8"))
        assert told.count("2 takes: ") == page.count("<p>2 takes: ") == len(losses)
        assert all(told.count(one) == 1 and page.count(one) == 1 for one in losses)


def test_what_is_odd_about_a_recording_is_told(lines: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a line whose channels cancel each other out the ledger, report, events and terminal say how it was read."""
    samples, rate_hz = soundfile.read(lines / "line_7.wav")
    soundfile.write(lines / "line_7.wav", np.stack([samples, -samples], axis=1), rate_hz)
    (lines / "lines.csv").write_text("id,audio\nodd,line_7.wav\nplain,line_6.wav\n")
    out = tmp_path / "out"
    arguments = ["batch", str(lines / "lines.csv"), "--out", str(out), "--report", "--progress", "json"]
    told = "line_7.wav has two channels that cancel each other out; their difference is heard"
    for is_made in (True, False):  # the second time nothing is made, and it is remembered
        assert main(arguments) == 0
        events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        done = {one["item"]: one for one in events if one["event"] == "done"}
        assert done.get("odd", {}).get("sound", []) == ([told] if is_made else [])
        with batch.Ledger(out) as ledger:
            entry = ledger.entry("odd")
            other = ledger.entry("plain")
        assert entry is not None and other is not None and (entry.told, other.told) == ((told,), ())
        assert {name: row["told"] for name, row in rows(out / "report.csv").items()} == {"odd": told, "plain": ""}
        assert told in (out / "report.html").read_text(encoding="utf-8")
    assert main(["batch", str(lines / "lines.csv"), "--out", str(out)]) == 0
    assert f"of 1 line --report has something to tell, such as odd: {told}" in capsys.readouterr().err


def test_portraits_of_the_list_and_beside_takes(
    lines: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A film that a row names goes before one beside its take; one that is not there yet refuses no row, one outside of
    the list's folder does.
    """
    (lines / "own.png").write_bytes(b"picture")
    (lines / "lines.csv").write_text(
        "id,audio,portrait\na,line_0.wav,own.png\nb,line_1.wav,\nc,line_2.wav,later.mp4\nd,line_3.wav,\n"
        "e,line_4.wav,../out.png\n"
    )
    out = tmp_path / "out"
    out.mkdir()
    for name in ("a.mp4", "b.mp4"):
        (out / name).write_bytes(b"film")
    assert main(["batch", str(lines / "lines.csv"), "--out", str(out), "--report"]) == 1
    assert "portrait '../out.png' leaves the folder of the list" in capsys.readouterr().err
    page = (out / "report.html").read_text(encoding="utf-8")
    blocks = re.findall(r'<script type="application/json" class="rows">(.*?)</script>', page, re.DOTALL)
    shown = {row[0]: row[FIELDS.index("portrait")] for block in blocks for row in json.loads(block)}
    way = relative_address(lines, out)
    assert shown == {"a": f"{way}/own.png", "b": "b.mp4", "c": f"{way}/later.mp4", "d": "", "e": ""}


def test_a_report_of_a_part(lines: Path, tmp_path: Path) -> None:
    """A part of a list has a report of its own lines, called so."""
    assert main(["batch", str(lines), "--out", str(tmp_path), "--shard", "2/4", "--report"]) == 0

    assert set(rows(tmp_path / "report-2-of-4.csv")) == {"line_1", "line_5"}


def test_limits_of_your_own(lines: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A stricter limit flags takes without making them again; one that is no limit is a sentence."""
    arguments = ["batch", str(lines), "--out", str(tmp_path / "out")]
    strict = tmp_path / "strict.toml"
    wrong = tmp_path / "wrong.toml"
    strict.write_text("[jitter]\nlimit = 0.0\n")
    wrong.write_text("[jitters]\nlimit = 0.0\n")
    assert main(arguments) == 0
    assert main([*arguments, "--checks", str(strict)]) == 0
    assert "made 0, kept 8, failed 0\n8 did not pass every check" in capsys.readouterr().err
    assert main([*arguments, "--checks", str(wrong)]) == 2
    assert "jitters" in capsys.readouterr().err


BAD = {
    "no_such_file": "gone.wav,,,,",
    "not_sound": "noise.wav,,,,",
    "empty": "empty.wav,,,,",
    "leaves": "../out.wav,,,,",
    "no_audio": ",,,,",
    "mood": "line_0.wav,bored,,,",
    "weight": "line_0.wav,happy:7,,,",
    "seed": "line_0.wav,,x,,",
    "style": "line_0.wav,,,bored,",
    "out_leaves": "line_0.wav,,,,../x.csv",
}


def test_ten_bad_rows_of_every_kind_among_many(lines: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ten kinds of bad rows among good ones: every good one is made, ten entries say what to do, exit code 1."""
    (lines / "noise.wav").write_text("no sound")
    (lines / "empty.wav").write_bytes(b"")
    good = [f"good_{number:03d},line_{number % 8}.wav,happy:{(number + 1) / 500:.3f},,," for number in range(500)]
    bad = [f"{name},{cells}" for name, cells in BAD.items()]
    table = list(good)
    for number, row in enumerate(bad):
        table.insert(51 * number + 7, row)
    (lines / "lines.csv").write_text("id,audio,emotion,seed,style,out\n" + "\n".join(table) + "\n")
    out = tmp_path / "out"

    assert main(["batch", str(lines / "lines.csv"), "--out", str(out), "--rate", "24"]) == 1
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("facetake: error:")]
    assert len(list(out.glob("good_*.csv"))) == 500
    assert len(told) == len(BAD) and all(sum(f" {name}, line " in line for line in told) == 1 for name in BAD)
