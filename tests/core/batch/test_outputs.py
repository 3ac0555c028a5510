"""Nothing that is somebody's is replaced or swept away by a batch: keys, lists, cues, reports, begun files."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
import soundfile

from facetake import batch
from facetake.batch import outputs
from facetake.batch.making import BatchSettings, Maker, RowResult
from facetake.cli import main
from facetake.errors import BatchError, TakeError
from facetake.formats.files import beside, marking
from facetake.generate import GenerateOptions

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a recording of half a second."""
    made = tmp_path / "dialogue"
    made.mkdir()
    time_s = np.arange(8000) / 16000
    soundfile.write(made / "line.wav", 0.3 * np.sin(800 * time_s), 16000)
    return made


def here(
    rows: Sequence[batch.ManifestRow], settings: BatchSettings, jobs: int | None, stop: threading.Event
) -> Iterator[RowResult]:
    """An engine without processes."""
    return map(Maker(settings).make, rows)


def run(listed: Path, out: Path, *inputs: Path, keys: str = "sparse", seed: int = 0) -> batch.Summary:
    """A batch of a list, with sparse keys."""
    settings = batch.BatchSettings(out, GenerateOptions(keys=keys, seed=seed), inputs=inputs)  # type: ignore[arg-type]
    return batch.run(batch.read(listed, ".json"), settings, 1, lambda _news: None, engine=here)


def listing(folder: Path, *rows: str, head: str = "id,audio,emotion,out,look") -> Path:
    """A list beside the recording; every row holds `line.wav` where it leaves a mark."""
    path = folder / "lines.csv"
    path.write_text("\n".join([head, *(row.replace("*", "line.wav") for row in rows)]) + "\n", encoding="utf-8")
    return path


def problems(folder: Path, *rows: str, out: Path | None = None, inputs: Sequence[Path] = ()) -> list[str]:
    """What is wrong with each row of a list."""
    listed = listing(folder, *rows)
    return [row.problem for row in batch.apart(batch.read(listed, ".csv"), out or folder, [listed, *inputs])]


def test_keys_edited_by_hand_are_kept(folder: Path, tmp_path: Path) -> None:
    """Edited keys are seen while their take is as it was, and kept beside the new ones."""
    listed = listing(folder, "a,*,,")
    out = tmp_path / "out"
    run(listed, out)
    keys = out / "a.keys.json"
    was = keys.read_bytes()
    stamp = keys.stat().st_mtime_ns
    edited = was.replace(b"0.", b"1.", 1)
    keys.write_bytes(edited)
    os.utime(keys, ns=(stamp + 1, stamp + 1))
    summary = run(listed, out)

    assert summary.made["a"] == (
        "its keys file was changed or cut off; somebody's version is kept as a.keys.changed-1.json"
    )
    assert (out / "a.keys.changed-1.json").read_bytes() == edited and keys.read_bytes() == was
    assert run(listed, out).made == {} and not (out / "a.changed-1.json").exists()


def test_edited_keys_survive_another_seed(folder: Path, tmp_path: Path) -> None:
    """Whatever the reason to make a take again, keys edited before are kept."""
    listed = listing(folder, "a,*,,")
    out = tmp_path / "out"
    run(listed, out)
    (out / "a.keys.json").write_text("mine")
    summary = run(listed, out, seed=1)

    assert summary.made["a"].startswith("seed changed; somebody's version is kept as")
    assert (out / "a.keys.changed-1.json").read_text() == "mine"


def test_keys_that_are_gone_are_seen(folder: Path, tmp_path: Path) -> None:
    """A take whose keys were deleted is made again."""
    listed = listing(folder, "a,*,,")
    out = tmp_path / "out"
    run(listed, out)
    (out / "a.keys.json").unlink()

    assert run(listed, out).made == {"a": "its keys file is gone"} and (out / "a.keys.json").is_file()


def test_a_ledger_of_version_2_goes_on(folder: Path, tmp_path: Path) -> None:
    """One that knows no keys becomes one of this version; nothing is made again, and its keys count as somebody's."""
    listed = listing(folder, "a,*,,")
    out = tmp_path / "out"
    run(listed, out)
    with sqlite3.connect(out / batch.NAME) as base:
        base.executescript("ALTER TABLE rows DROP COLUMN heard; ALTER TABLE verdicts DROP COLUMN emotion")
        base.executescript("ALTER TABLE rows DROP COLUMN told")
        base.executescript("ALTER TABLE rows DROP COLUMN beside; DROP TABLE marks; PRAGMA user_version=2;")
    base.close()
    assert run(listed, out).made == {}
    (out / "a.keys.json").write_text("mine")
    run(listed, out, seed=1)

    assert (out / "a.keys.changed-1.json").read_text() == "mine"
    assert len(run(listed, out, seed=1).made) == 0


def test_only_what_this_ledger_began_is_swept(folder: Path, tmp_path: Path) -> None:
    """Begun files of a killed run of this ledger go; those of a command beside it, of a row's folder outside, stay."""
    listed = listing(folder, "a,*,,sub/a.csv", "b,*,,../dialogue/b.csv", "c,*,,link/c.csv")
    out = tmp_path / "out"
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    (out / "sub").mkdir(parents=True)
    (out / "link").symlink_to(outside)
    with batch.Ledger(out) as ledger:
        mark = ledger.mark
    own = out / "sub" / f".facetake-{mark}-0123.csv"
    others = [out / "sub" / ".facetake-0123456789ab.csv", out / "sub" / ".facetake-ffffffff-0123.csv"]
    others += [folder / f".facetake-{mark}-0123.csv", outside / f".facetake-{mark}-0123.csv"]
    for path in (own, *others):
        path.write_text("begun")
    run(listed, out)

    assert not own.exists() and all(path.read_text() == "begun" for path in others)


def test_files_begun_by_a_run_carry_its_mark(tmp_path: Path) -> None:
    """A file that is begun under a mark is found by it, and so is one begun for it."""
    with marking("cafe"), beside(tmp_path / "a.csv") as part, beside(part) as inner:
        assert part.name.startswith(".facetake-cafe-") and inner == part
        inner.write_text("x")
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_an_error_names_the_file_asked_for(tmp_path: Path) -> None:
    """A disk that is full while a file is begun for another one is told by the other's name."""
    target = tmp_path / "a.csv"
    caught = pytest.raises(TakeError, match=rf"^{re.escape(str(target))}: cannot be written \(No space left")
    with caught, beside(target) as part, beside(part):
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize(
    "out",
    [
        "report.csv",
        "Report.CSV",
        "report-3-of-20.csv",
        "REPORT.csv/a.csv",
        "facetake-batch.sqlite/a.csv",
        ".facetake-0123.csv",
        "sub/.facetake-x.json",
        ".Facetake-x.json",
    ],
)
def test_names_of_the_batch_itself(folder: Path, out: str) -> None:
    """A row that would write where a batch writes its report, its ledger or begun files is refused."""
    assert "the batch itself" in problems(folder, f"a,*,,{out}")[0]


def test_an_id_called_report(folder: Path, tmp_path: Path) -> None:
    """It is refused where its take would be the report's table, and may be made in another form."""
    assert "the batch itself" in problems(folder, "report,*,,")[0]
    assert problems(folder, "report,*,,report.npz") == [""]
    listed = listing(folder, "report,*,,", "a,*,,")
    assert main(["batch", str(listed), "--out", str(tmp_path / "out"), "--report"]) == 1
    assert (tmp_path / "out" / "report.csv").read_text(encoding="utf-8").startswith("id,character")


def test_a_take_never_replaces_what_is_read(folder: Path) -> None:
    """The list, cue files of any row, approvals and what links lead to are refused as outputs, in any capitals."""
    for name in ("mood.txt", "other.txt"):
        (folder / name).write_text("0.0 sad\n")
    (folder / "look.txt").write_text("0.0 camera\n")
    (folder / "said.json").write_text("{}")
    (folder / "link.csv").symlink_to(folder / "lines.csv")
    rows = (
        *("a,*,,Lines.csv", "c,*,mood.txt,c.csv", "d,*,,mood.txt", "e,gone.wav,other.txt,e.csv"),
        *("f,*,,other.txt", "g,*,,Said.json", "h,*,,link.csv", "i,*,,i.csv,look.txt", "j,*,,look.txt,"),
    )
    found = dict(zip("acdefghij", problems(folder, *rows, inputs=[folder / "said.json"]), strict=True))

    refused = {name for name, problem in found.items() if "would replace a file that this batch reads" in problem}
    assert refused == set("adfghj") and found["c"] == found["i"] == "" and "no file" in found["e"]


def test_the_command_names_all_it_reads(folder: Path) -> None:
    """Into the list's own folder: list, approvals, limits and cues stay as they are, and exit code 1 tells."""
    (folder / "mood.txt").write_text("0.0 sad\n")
    (folder / "look.txt").write_text("0.0 camera\n")
    (folder / "said.json").write_text('{"facetake_approvals": 1, "lines": {}}')
    listed = listing(folder, "lines,*,,", "said,*,,said.json", "mood,*,,mood.txt", "look,*,,look.txt", "a,*,,")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    arguments = ["--emotion", str(folder / "mood.txt"), "--approvals", str(folder / "said.json")]
    arguments += ["--look", str(folder / "look.txt")]
    assert main(["batch", str(listed), "--out", str(folder), *arguments]) == 1

    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.name in before} == before
    assert (folder / "a.csv").is_file() and not list(folder.glob("*changed*"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a,*,,a.json", "b,*,,a.keys.json"),
        ("a,*,,a.csv", "b,*,,A.csv"),
        ("a,*,,\u00e9.csv", "b,*,,e\u0301.csv"),
        ("a,*,,\u00e9.csv", "b,*,,E\u0301.csv"),
        ("a,*,,stra\u00dfe.csv", "b,*,,STRASSE.csv"),
        ("a,*,,sub/a.csv", "b,*,,sub./a.csv"),
        ("a,*,,a.csv", "b,*,,a.csv/b.csv"),
        ("a,*,,a.csv/b.csv", "b,*,,A.csv"),
        ("a,*,,x/a.csv", "b,*,,link/a.csv"),
    ],
)
def test_outputs_that_would_be_one_file(folder: Path, one: str, other: str) -> None:
    """On any disk, through links, as keys, or as the folder of another: the second is refused, whichever it is."""
    (folder / "x").mkdir()
    (folder / "link").symlink_to("x")
    for rows in ((one, other), (other, one)):
        first, second = problems(folder, *rows)
        assert first == "" and "too; name another" in second


def test_ids_that_differ_in_capitals(folder: Path) -> None:
    """They would share an approved version on some disks: the second is refused."""
    assert problems(folder, "Take,*,,x.csv", "take,*,,y.csv")[1].startswith("id 'take' is 'Take' of line 2 on disks")


def test_names_of_keys() -> None:
    """A take's files are told by the one function that the ledger, the maker and the door ask."""
    assert outputs.names(PurePosixPath("s/a.b.csv"), "sparse") == ("s/a.b.csv", "s/a.b.keys.json")
    assert outputs.names(PurePosixPath("a.csv"), "dense") == ("a.csv",)


BAD = {
    "nul": {"audio": "li\0ne.wav"},
    "nul_out": {"out": "a\0.csv"},
    "nul_cue": {"emotion": "mo\0od.txt"},
    "surrogate": {"audio": "\ud800.wav"},
    "surrogate_out": {"out": "\ud800/a.csv"},
    "surrogate_mood": {"emotion": "\ud800"},
    "long": {"audio": "x" * 300 + ".wav"},
    "long_out": {"out": "x" * 252 + ".csv"},
    "long_folder": {"out": "y" * 300 + "/a.csv"},
    "deep": {"out": "z/" * 3000 + "a.csv"},
    "long_cue": {"emotion": "x" * 300 + ".txt"},
    "wide": {"out": "\u0939" * 100 + ".csv"},
    "huge_seed": {"seed": "9" * 5000},
    "control": {"audio": "\x1b[2J.wav"},
    "far": {"audio": "a/" * 3000 + "b.wav"},
    "file_folder": {"out": "lone.csv/x.csv"},
    "\ud800": {},
}


@pytest.mark.parametrize("more", [[], ["--emotions", "happy,sad", "--keys", "sparse", "--report"]])
def test_a_row_s_fault_is_that_row_s(
    folder: Path, tmp_path: Path, more: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Names that can be none, too long ones and folders in the way: one sentence each, and the good row is made."""
    listed = folder / "lines.jsonl"
    out = tmp_path / "out"
    out.mkdir()
    (out / "lone.csv").touch()  # a file in the way of a folder
    table = [{"id": name, "audio": "line.wav"} | cells for name, cells in BAD.items()]
    listed.write_text("\n".join(map(json.dumps, [*table[:3], {"id": "good", "audio": "line.wav"}, *table[3:]])))
    code = main(["batch", str(listed), "--out", str(out), "--jobs", "1", *more])
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("facetake: error: ")]

    assert code == 1 and len(list(out.glob("good*.csv"))) == (2 if more else 1)
    assert len(told) in ((len(BAD),) if not more else range(len(BAD) - 2, 2 * len(BAD)))
    assert not any("unforeseen" in line or "Traceback" in line for line in told)


def test_a_recording_that_vanishes_after_it_was_checked(folder: Path, tmp_path: Path) -> None:
    """Only its row fails, and is put down as failed for the report."""
    (folder / "other.wav").write_bytes((folder / "line.wav").read_bytes())
    rows = batch.read(listing(folder, "a,other.wav,,", "b,*,,"), ".csv")
    (folder / "other.wav").unlink()
    settings = batch.BatchSettings(tmp_path / "out", GenerateOptions())
    summary = batch.run(rows, settings, 1, lambda _news: None, engine=here)

    assert summary.made == {"b": "new"} and "cannot read" in summary.failed["a (line 2)"]
    assert [bool(row.problem) for row in summary.rows] == [True, False]


@pytest.mark.skipif(os.name == "nt", reason="Windows' names are text")
def test_file_names_that_are_no_text(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A recording whose name is not UTF-8 fails by itself, in a sentence that can be printed, and in a report."""
    (folder / os.fsdecode(b"caf\xe9.wav")).write_bytes((folder / "line.wav").read_bytes())
    assert main(["batch", str(folder), "--out", str(tmp_path / "out"), "--jobs", "1", "--report"]) == 1

    assert "is not UTF-8 text; rename the file" in capsys.readouterr().err
    assert (tmp_path / "out" / "line.csv").is_file()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE rows SET fingerprint = '{'",
        "UPDATE rows SET fingerprint = '[1]'",
        "UPDATE rows SET checks = '[{}]'",
        "UPDATE rows SET checks = '3'",
        "UPDATE rows SET beside = '{\"a\": 1}'",
        "UPDATE rows SET bytes = 'many'",
        "UPDATE rows SET status = 'maybe'",
        "UPDATE rows SET message = CAST(x'ff' AS TEXT)",
        "UPDATE rows SET out = x'00'",
        "DROP TABLE rows",
        "DROP TABLE verdicts",
        "DELETE FROM marks",
        "UPDATE marks SET mark = '../*'",
        "ALTER TABLE rows DROP COLUMN checks",
        "ALTER TABLE verdicts ADD COLUMN more TEXT",
        "UPDATE rows SET out = 'a' || char(0) || 'b'",
        "UPDATE rows SET out = '../a.json'",
        "UPDATE rows SET out = printf('%.*c', 300, 'x')",
        'UPDATE rows SET beside = \'[["a\\u0000b", 1, "", 0]]\'',
        'UPDATE rows SET beside = \'[["a", "1", "", 0]]\'',
        'UPDATE rows SET checks = \'[{"name": "dead", "value": "nan", "at_s": [], "what": ""}]\'',
        "INSERT INTO verdicts VALUES (x'00', 1, 2, 3, '')",
        "CREATE TRIGGER t AFTER INSERT ON rows BEGIN DELETE FROM rows; END",
        "CREATE INDEX i ON rows (abs(made))",
        f"CREATE VIEW more AS {ENDLESS} SELECT i FROM n",
        f"DROP TABLE verdicts; CREATE VIEW verdicts AS {ENDLESS} SELECT i AS id, '' AS verdict, '' AS note FROM n",
        f"ALTER TABLE rows RENAME TO kept; CREATE VIEW rows AS {ENDLESS} SELECT kept.* FROM kept, n",
        f"DROP TABLE marks; CREATE VIEW marks AS {ENDLESS} SELECT i AS mark FROM n WHERE i < 0",
    ],
)
def test_a_ledger_that_no_run_wrote(folder: Path, tmp_path: Path, damage: str) -> None:
    """It is kept beside, one sentence tells so, and the takes are made anew without losing one."""
    listed = listing(folder, "a,*,,")
    out = tmp_path / "out"
    out.mkdir()
    with batch.Ledger(out) as ledger:
        ledger.write(batch.LedgerEntry("a", {}, "done", out="a.json"))
    with sqlite3.connect(out / batch.NAME) as base:
        base.executescript(damage)
    base.close()
    (out / "a.json").write_text("mine")
    summary = run(listed, out, keys="dense")

    assert len(summary.notes) == 1 and "facetake-batch.changed-1.sqlite" in summary.notes[0]
    assert "\n" not in summary.notes[0] and (out / "facetake-batch.changed-1.sqlite").is_file()
    assert summary.made["a"].startswith("new") and (out / "a.changed-1.json").read_text() == "mine"
    assert run(listed, out, keys="dense").notes == []


def test_a_database_of_somebody_else(folder: Path, tmp_path: Path) -> None:
    """Another program's database under the ledger's name is refused in a sentence and left as it is."""
    (tmp_path / "out").mkdir()
    path = tmp_path / "out" / batch.NAME
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE rows (id TEXT)")
    base.close()
    with pytest.raises(BatchError, match="is no ledger of Facetake; move it away"):
        run(listing(folder, "a,*,,"), path.parent)
    with sqlite3.connect(path) as base:
        assert base.execute("SELECT count(*) FROM sqlite_master").fetchone() == (1,)
    base.close()


def test_what_is_no_file_in_a_ledgers_place(tmp_path: Path) -> None:
    """A folder, a pipe, or a link in a circle is one sentence, at once."""
    path = tmp_path / batch.NAME
    path.mkdir()
    with pytest.raises(BatchError, match="cannot be opened: .*; move it away"):
        batch.Ledger(tmp_path)
    path.rmdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(path)
        with pytest.raises(BatchError, match="a device or a pipe"):
            batch.Ledger(tmp_path)
        path.unlink()
    path.symlink_to(path.name)
    with pytest.raises(BatchError, match="cannot be opened"):
        batch.Ledger(tmp_path)
