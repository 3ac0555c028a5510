"""What `batch` reads beside recordings: lists, a folder of them, its ledger, and approvals."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

import numpy as np

from attack import hostile
from attack.damage import damaged
from attack.door import Case, Door, Open
from attack.promise import wrong_with
from facetake import batch, formats, qc
from facetake.batch import approvals, keeping
from facetake.batch.ledger import DONE, Ledger, LedgerEntry, Verdict
from facetake.batch.row import unnamed
from facetake.batch.sheet import COLUMNS
from facetake.emotion import EMOTIONS
from facetake.files import hash_of

LETTERS: Final = (
    "Gr\u00fc\u00dfe",
    "\u041f\u0440\u0438\u0432\u0435\u0442",
    "\u3053\u3093\u306b\u3061\u306f",
    "\u4f60\u597d",
)
CODECS: Final = (
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "cp1252",
    "cp1251",
    "cp932",
    "gb18030",
    "cp949",
    "mac_roman",
    "utf-16-le",
)
MOODS: Final = (
    "",
    "happy",
    "happy:0.7",
    "happy:0.5+sad:0.3",
    "auto",
    "mood.txt",
    "happy:2",
    "happy:nan",
    "x",
    "angry:,5",
    "happy:" + "9" * 500,
    "+".join(["happy:0.001"] * 900),
    "../mood.txt",
    "/dev/zero/x",
)
LOOKS: Final = ("", "", "camera", "0.3,0.1,0.6", "0,0,0", "0,nan,1", "free", "mood.txt", "../look.txt", "9" * 500)


@dataclass(frozen=True)
class Whole:
    """A folder with two recordings, cues, and a take."""

    folder: Path
    take: bytes


def prepare(folder: Path) -> Whole:
    """Writes them, and reads a list of them."""
    import soundfile as sf

    from attack.doors.takes import small_take

    for name in ("a.wav", "b b.wav"):
        sf.write(folder / name, np.sin(np.arange(1600) / 9.0) * 0.2, 16_000)
    (folder / "mood.txt").write_text("0 neutral\n0.05 happy:0.5\n", encoding="utf-8")
    formats.write(small_take(2, True), folder / "take.csv")
    place = folder / "list.csv"
    place.write_text("id,audio\nx,a.wav\n", encoding="utf-8")
    assert not batch.read(place, ".csv")[0].problem
    take = (folder / "take.csv").read_bytes()
    place.unlink()
    (folder / "take.csv").unlink()
    return Whole(folder, take)


def read(path: Path, suffix: str, follow: bool, moods: tuple[list[str], list[float], str] | None) -> None:
    """A list read as `batch` does before anything runs; what it says of a row is for people."""
    rows = batch.read(path, suffix, follow_links=follow)
    notes = batch.notes(rows)
    if moods:
        rows = batch.matrix(rows, *moods)
    rows = batch.apart(rows, path.parent / "takes", (path,))
    root = path if path.is_dir() else path.parent
    for row in rows:
        wrong = wrong_with(row.problem) if row.problem else ""
        assert not wrong, f"a row's problem: {wrong}: {row.problem[:200]!r}"
        if not row.problem:
            assert row.duration_s > 0, "a row without sound"
            assert ".." not in row.out.parts and not row.out.is_absolute(), f"it writes {row.out}"
            assert follow or row.audio.resolve().is_relative_to(root.resolve()), f"it reads {row.audio}"
    for note in notes:
        assert not (wrong := wrong_with(note)), f"a note: {wrong}: {note[:200]!r}"


def make_list(whole: Whole, case: Case) -> Open:
    """A list that nobody who means well writes."""
    dice = case.dice
    for name in ("a.wav", "b b.wav", "mood.txt"):
        shutil.copy(whole.folder / name, case.folder / name)
    path = case.folder / dice.choice(("list.csv", "list.csv", "list.jsonl", "list.ndjson", "list.CSV", "list.txt"))
    rows = [_row(dice, case.outside) for _ in range(dice.choice((1, 1, 2, 3, 6)))]
    columns = [name for name in COLUMNS if name in ("id", "audio") or dice.random() < 0.4]
    if dice.random() < 0.2:
        columns = [dice.choice((name, name.upper(), f" {name} ", hostile.name(dice), name)) for name in columns]
    data = _sheet(columns, rows, dice) if path.suffix.lower() == ".csv" else _objects(rows, dice, case.outside)
    if dice.random() < 0.2:
        data = damaged(data, dice)
    path.write_bytes(data)
    if dice.random() < 0.05:
        return _linked(case, path)
    moods = _moods(dice) if dice.random() < 0.25 else None
    suffix = dice.choice((".csv", ".npz"))
    return lambda: read(path, suffix, False, moods)


def _linked(case: Case, path: Path) -> Open:
    """Links that lead out, in circles, and to devices; and the folder in place of the list."""
    for name, target in (
        ("out.wav", case.outside / "somebody's work.txt"),
        ("loop", case.folder),
        ("self.wav", "self.wav"),
        ("zero.wav", "/dev/zero"),
    ):
        if case.dice.random() < 0.6:
            (case.folder / name).symlink_to(target)
    follow = case.dice.random() < 0.5
    for name in ("\udcff.wav", "x" * 200 + ".wav", "a\nb.wav", "\u202egnp.wav", "CON.wav", "e\u0301.wav", "\u00e9.wav"):
        if case.dice.random() < 0.4:
            with suppress(OSError):
                shutil.copy(case.folder / "a.wav", case.folder / name)
    chosen = path if case.dice.random() < 0.4 else case.folder
    return lambda: read(chosen, ".csv", follow, None)


def _row(dice: random.Random, outside: Path) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": dice.choice(("x", "y", "z", "Take 1", hostile.name(dice))),
        "audio": dice.choice(("a.wav", "b b.wav", "a.wav", "./a.wav", "nothing.wav", hostile.name(dice, outside))),
        "emotion": dice.choice(MOODS),
        "look": dice.choice(LOOKS),
        "style": dice.choice(("", "", "sad:0.8", "x:1", hostile.number(dice))),
        "actor": dice.choice(("", "", "bruno:0.5", "bruno:" + hostile.number(dice))),
        "character": dice.choice(("", *LETTERS)),
        "text": dice.choice(("", *LETTERS, "a,b;c", 'say "x"', "=1+1", hostile.name(dice))),
        "seed": dice.choice(("", "", "3", hostile.number(dice))),
        "out": dice.choice(
            ("", "", "sub/x.npz", "x.csv", hostile.name(dice, outside), hostile.name(dice, outside) + ".csv")
        ),
    }
    if dice.random() < 0.1:
        row[hostile.name(dice)] = hostile.name(dice)
    return row


def _sheet(columns: list[str], rows: list[dict[str, Any]], dice: random.Random) -> bytes:
    mark = dice.choice((",", ",", ";", "\t", "|"))

    def cell(value: object) -> str:
        text = str(value)
        return (
            '"' + text.replace('"', '""') + '"'
            if any(one in text for one in (mark, '"', "\n", "\r")) and dice.random() < 0.9
            else text
        )

    lines = [mark.join(cell(name) for name in columns)]
    if dice.random() < 0.1:
        lines.insert(0, dice.choice(("sep=;", "sep=,", "A title", "", "sep=\0")))
    for row in rows:
        cells = [cell(row.get(name.strip().lower(), "")) for name in columns]
        if dice.random() < 0.1:
            cells = cells[: dice.randrange(len(cells) + 1)] + [""] * dice.choice((0, 3, 2000))
        lines.append(mark.join(cells))
    text = dice.choice(("\n", "\n", "\r\n", "\r")).join(lines) + dice.choice(("\n", "", "\x1a", "\0", "\n\n\n"))
    if dice.random() < 0.04:
        text += (lines[-1] + "\n") * 800
    return text.encode(
        dice.choice(CODECS) if dice.random() < 0.3 else "utf-8",
        "replace" if dice.random() < 0.5 else "xmlcharrefreplace",
    )


def _objects(rows: list[dict[str, Any]], dice: random.Random, outside: Path) -> bytes:
    made = [{name: value for name, value in row.items() if value != "" or dice.random() < 0.5} for row in rows]
    changed = [hostile.respelt(row, dice) if dice.random() < 0.6 else row for row in made]
    return b"\n".join(hostile.json_text(row, dice, outside).replace(b"\n", b" ") for row in changed)


def _moods(dice: random.Random) -> tuple[list[str], list[float], str]:
    pattern = dice.choice(
        (
            "{id}_{emotion}_{intensity}",
            "{id}_{emotion}",
            "{id:>9999999999}{emotion}",
            "{id}{emotion:{id}}",
            "{id!r:1000000}{emotion}",
            "{id.__class__}{emotion}",
            "{0}{id}{emotion}",
            "{id[0]}{emotion}{id}",
            "{",
            "{id}{emotion}\0",
            "{id}{emotion}" * 500,
            "{id}{emotion}{intensity:2000000000}",
            "{id}{emotion}\ud800",
            "{id}{emotion!x}",
            "{id}{emotion}/../x",
            "{id}{emotion}\n",
        )
    )
    return (
        list(dice.choice((EMOTIONS, ("happy",), ("happy", "happy"), ("neutral", "sad")))),
        dice.choice(([1.0], [0.5, 1.0], [1e-9])),
        pattern,
    )


# The ledger: a SQLite file of a run, after somebody has been at it.

_TABLES: Final = ("rows", "verdicts", "marks")
_ROWS: Final = (
    "id fingerprint status message out bytes duration_s spent_s made why sha256 mtime_ns checks beside told".split()
)
_CELLS: Final = (
    "NULL",
    "''",
    "-1",
    "1e999",
    "9223372036854775807",
    "'nan'",
    "zeroblob(100)",
    "x'ff'",
    "'[]'",
    "'{}'",
    "'[1]'",
    "'null'",
    "'[[\"a\", 1, 2, 3]]'",
    '\'[["../x", 1, "", 0]]\'',
    "char(0)",
    "'a' || char(0) || 'b'",
    "cast(x'eda080' as text)",
    "printf('%.*c', 3000, 'x')",
    "printf('%.*c', 100000, '[')",
    "'[\"' || char(27) || '\"]'",
    "'{\"a\": 1e400}'",
    "char(8238)",
    '\'[{"name": "dead", "value": 1e308, "at_s": [1], "what": "x"}]\'',
    "'[{\"name\": 3}]'",
    "'../../x'",
    "'/dev/zero'",
    '\'[["a\\u0000b", 1, "", 0]]\'',
    "1",
    "0.5",
    "'done'",
    "'failed'",
    "'[NaN]'",
)
_SPELLS: Final = (
    "DROP TABLE {table}",
    "DELETE FROM {table}",
    "ALTER TABLE {table} RENAME TO other",
    "ALTER TABLE {table} ADD COLUMN more TEXT",
    "ALTER TABLE rows DROP COLUMN {column}",
    "ALTER TABLE rows RENAME COLUMN {column} TO other",
    "DROP TABLE {table}; CREATE VIEW {table} AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
    "SELECT i FROM n",
    "CREATE TABLE kept AS SELECT * FROM rows; DROP TABLE rows; CREATE VIEW rows AS WITH RECURSIVE n(i) AS "
    "(SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT kept.* FROM kept, n",
    "DROP TABLE marks; CREATE VIEW marks AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
    "SELECT i AS mark FROM n WHERE i < 0",
    "DROP TABLE verdicts; CREATE VIEW verdicts AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
    "SELECT 'x' || i AS id, 'approved' AS verdict, '' AS note, '' AS take_sha256 FROM n",
    "CREATE TRIGGER t AFTER INSERT ON rows BEGIN DELETE FROM rows; END",
    "CREATE TRIGGER t BEFORE INSERT ON rows BEGIN SELECT RAISE(ABORT, 'no' || char(10) || 'way'); END",
    "CREATE TRIGGER t AFTER INSERT ON rows BEGIN INSERT INTO rows SELECT hex(randomblob(9)), fingerprint, status, "
    "message, out, bytes, duration_s, spent_s, made, why, sha256, mtime_ns, checks, beside, told FROM rows; END",
    "PRAGMA user_version = {number}",
    "PRAGMA application_id = 77",
    "PRAGMA encoding = 'UTF-16'",
    "CREATE INDEX i ON rows (abs(id))",
    "CREATE VIRTUAL TABLE more USING fts5(a)",
    "UPDATE marks SET mark = {cell}",
    "INSERT INTO marks VALUES ({cell})",
    "DELETE FROM marks",
    "UPDATE verdicts SET {verdict} = {cell}",
    "INSERT OR REPLACE INTO verdicts VALUES ({cell}, {cell}, {cell}, {cell})",
    "INSERT INTO rows SELECT 'z' || id, fingerprint, status, message, out, bytes, duration_s, spent_s, made, why, "
    "sha256, mtime_ns, checks, beside, told FROM rows",
)


def prepare_ledger(folder: Path) -> tuple[Whole, bytes]:
    """A ledger of two takes and a verdict."""
    whole = prepare(folder)
    with Ledger(folder) as ledger:
        for name in ("x", "y"):
            ledger.write(
                LedgerEntry(
                    name,
                    {"audio": "1", "emotion": "happy", "format": "csv"},
                    DONE,
                    out=f"{name}.csv",
                    bytes=len(whole.take),
                    sha256="0" * 64,
                    measured=(qc.Measured("dead", 2.0, (0.1,), "jaw"),),
                    beside=(keeping.WrittenFile(f"{name}.keys.json", 3, "1" * 64, 5),),
                    told=("a note",),
                )
            )
        ledger.decide([Verdict("x", "approved", "good", "0" * 64)])
    for end in ("-wal", "-shm"):
        Path(f"{folder / batch.NAME}{end}").unlink(missing_ok=True)
    return whole, (folder / batch.NAME).read_bytes()


def make_ledger(seeds: tuple[Whole, bytes], case: Case) -> Open:
    """A ledger with damage, or with other rows, tables, views and triggers than a run makes."""
    whole, data = seeds
    dice = case.dice
    path = case.folder / batch.NAME
    if dice.random() < 0.02:
        _no_file(path, dice)
    elif dice.random() < 0.25:
        path.write_bytes(damaged(data, dice))
        if dice.random() < 0.2:
            Path(f"{path}-wal").write_bytes(damaged(data, dice))
    else:
        path.write_bytes(data)
        _bewitch(path, dice)
    for name in ("x", "y"):
        (case.folder / f"{name}.csv").write_bytes(whole.take if dice.random() < 0.8 else damaged(whole.take, dice))
    verdicts = {"x": Verdict("x", "approved", "", hash_of(case.folder / "x.csv"))}
    return lambda: go_on(case.folder, verdicts)


def _no_file(path: Path, dice: random.Random) -> None:
    kind = dice.randrange(3)
    if kind == 0:
        path.mkdir()
    elif kind == 1:
        os.mkfifo(path)
    else:
        path.symlink_to(dice.choice(("/dev/zero", path.name)))


def _bewitch(path: Path, dice: random.Random) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as base:
        base.set_progress_handler(lambda: 1, 1_000_000)  # a trigger may go on for ever here already
        for _ in range(dice.choice((1, 1, 1, 2, 3))):
            spell = (
                dice.choice(_SPELLS)
                if dice.random() < 0.5
                else "UPDATE rows SET {column} = {cell}" + dice.choice(("", " WHERE id = 'x'"))
            )
            with suppress(sqlite3.Error):
                base.executescript(
                    spell.format(
                        table=dice.choice(_TABLES),
                        column=dice.choice(_ROWS),
                        cell=dice.choice(_CELLS),
                        number=dice.choice((-1, 0, 1, 2, 3, 5, 2**31 - 1)),
                        verdict=dice.choice(("id", "verdict", "note", "take_sha256")),
                    )
                )


def go_on(folder: Path, verdicts: dict[str, Verdict]) -> None:
    """What a run does with a ledger of before: opens it, keeps what is approved, looks what is done, writes."""
    rows = [batch.ManifestRow(name, folder / "a.wav", out=PurePosixPath(f"{name}.csv")) for name in ("x", "y")]
    with Ledger(folder) as ledger:
        told = [ledger.note] if ledger.note else []
        names = [one.out for one in ledger.entries()]
        keeping.sweep(folder, names, ledger.mark)
        told += approvals.keep(verdicts, rows, ledger, folder)
        for row in rows:
            told.append(
                ledger.reason(
                    row.id,
                    {"audio": "1", "emotion": "happy", "format": "csv"},
                    folder,
                    (str(row.out), f"{row.id}.keys.json"),
                )
            )
            entry = ledger.entry(row.id)
            qc.score(qc.judge(entry.measured)) if entry else None
        ledger.verdicts()
        ledger.write(LedgerEntry("x", {"audio": "2"}, DONE, out="x.csv"))
    for one in told:
        assert not one or not (wrong := wrong_with(one)), f"it tells: {wrong}: {one[:200]!r}"


# Approvals


def prepare_approvals(folder: Path) -> Whole:
    """As of lists, and a file of approvals that is read."""
    whole = prepare(folder)
    path = folder / "approvals.json"
    path.write_text(json.dumps(_approvals()), encoding="utf-8")
    assert len(approvals.read(path)) == 2
    path.unlink()
    return whole


def _approvals() -> dict[str, Any]:
    lines = {
        "x": {"verdict": "approved", "note": "good", "take_sha256": "0" * 64},
        "y": {"verdict": "rejected", "take_sha256": "1" * 64},
    }
    return {"facetake_approvals": 1, "lines": lines}


def make_approvals(whole: Whole, case: Case) -> Open:
    """Verdicts that no page exported, kept in a ledger where they are read."""
    dice = case.dice
    table = _approvals()
    take = case.folder / "x.csv"
    take.write_bytes(whole.take)
    table["lines"]["x"]["take_sha256"] = hash_of(take)
    data = hostile.json_text(hostile.respelt(table, dice), dice)
    if dice.random() < 0.03:
        data = b'{"facetake_approvals": 1, "lines": {' + b",".join(b'"%d": {}' % n for n in range(30_000)) + b"}}"
    path = case.folder / "approvals.json"
    path.write_bytes(damaged(data, dice) if dice.random() < 0.25 else data)

    def keep() -> None:
        verdicts = approvals.read(path)
        rows = [
            batch.ManifestRow(name, take, out=PurePosixPath("x.csv"))
            for name in list(verdicts)[:5]
            if not unnamed(name)
        ]
        with Ledger(case.folder) as ledger:
            ledger.write(LedgerEntry("x", {"format": "csv"}, DONE, out="x.csv", sha256=hash_of(take)))
            for one in approvals.keep(verdicts, rows, ledger, case.folder):
                assert not (wrong := wrong_with(one)), f"it tells: {wrong}: {one[:200]!r}"

    return keep


DOORS: Final = (
    Door("lists", "lists of lines and folders of recordings", prepare, make_list, weight=7.0),
    Door(
        "ledger",
        "ledgers of earlier runs",
        prepare_ledger,
        make_ledger,
        weight=5.0,
        yields=("facetake-batch*", "approved/*"),
    ),
    Door(
        "approvals",
        "verdicts of a report",
        prepare_approvals,
        make_approvals,
        weight=4.0,
        yields=("facetake-batch*", "approved/*"),
    ),
)
