"""What was made of which inputs: a SQLite file beside the takes, one transaction a row.

It is the proof after a crash: a row counts as done when its transaction says so, and that happens after its take is
whole. One run at a time holds it. Knows rows by their fingerprints; does not know how a take is made.
"""

from __future__ import annotations

import itertools
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Final

from facetake import files, qc
from facetake.batch import heard
from facetake.batch.keeping import WrittenFile
from facetake.errors import BatchError, line
from facetake.files import json_text
from facetake.formats.changed import set_aside

NAME: Final = "facetake-batch.sqlite"
VERSION: Final = 5  # how many `_STEPS` there are; SQLite keeps it as user_version
_ROWS: Final = """
CREATE TABLE rows (
  id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status TEXT NOT NULL, message TEXT NOT NULL, out TEXT NOT NULL,
  bytes INTEGER NOT NULL, duration_s REAL NOT NULL, spent_s REAL NOT NULL, made INTEGER NOT NULL, why TEXT NOT NULL
)"""
_SINCE_2: Final = (
    "ALTER TABLE rows ADD COLUMN sha256 TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE rows ADD COLUMN mtime_ns INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE rows ADD COLUMN checks TEXT NOT NULL DEFAULT '[]'",
    "CREATE TABLE verdicts (id TEXT PRIMARY KEY, verdict TEXT NOT NULL, note TEXT NOT NULL, take_sha256 TEXT NOT NULL)",
)
_SINCE_3: Final = (
    "ALTER TABLE rows ADD COLUMN beside TEXT NOT NULL DEFAULT '[]'",
    "CREATE TABLE marks (mark TEXT NOT NULL)",
    "INSERT INTO marks VALUES (lower(hex(randomblob(4))))",
)
_SINCE_4: Final = ("ALTER TABLE rows ADD COLUMN told TEXT NOT NULL DEFAULT '[]'",)
_SINCE_5: Final = (
    "ALTER TABLE rows ADD COLUMN heard TEXT NOT NULL DEFAULT '{}'",
    "ALTER TABLE verdicts ADD COLUMN emotion TEXT NOT NULL DEFAULT ''",
)
_STEPS: Final = ((_ROWS,), _SINCE_2, _SINCE_3, _SINCE_4, _SINCE_5)
"""What makes a ledger of each version one of the next, from none on."""
_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "rows": (
        "id",
        "fingerprint",
        "status",
        "message",
        "out",
        "bytes",
        "duration_s",
        "spent_s",
        "made",
        "why",
        "sha256",
        "mtime_ns",
        "checks",
        "beside",
        "told",
        "heard",
    ),
    "verdicts": ("id", "verdict", "note", "take_sha256", "emotion"),
    "marks": ("mark",),
}
"""Of the tables of this version: a ledger holds nothing else."""
MOST_BYTES: Final = 1 << 26
"""Of a value, or of a row."""
LONGEST_NAME: Final = 255
"""Bytes of a file's name, in most file systems."""
MOST_LEDGER: Final = 1 << 40  # bytes, ample: a terabyte; the file's kind is what is looked at
SHOWN: Final = 200
"""Characters of what is wrong with a ledger."""
DONE = "done"
FAILED = "failed"
_KINDS: Final[tuple[type | tuple[type, ...], ...]] = (
    str,
    str,
    str,
    str,
    str,
    int,
    (int, float),
    (int, float),
    int,
    str,
    str,
    int,
    str,
    str,
    str,
    str,
)
"""Of a row's columns."""
Fingerprint = Mapping[str, object]


@dataclass(frozen=True)
class LedgerEntry:
    """What is known of a row.

    Attributes:
        id: its name.
        fingerprint: hashes of its inputs, its options, and versions.
        status: `DONE` or `FAILED`.
        message: what went wrong; empty where nothing did.
        out: the take, relative to the folder.
        bytes: its size, by which a take lost to a power cut is found.
        duration_s: of the recording.
        spent_s: what it took.
        made: how often this row was made since it is in the list.
        why: why it was made the last time: "new", or what had changed.
        sha256, mtime_ns: of the take as it was written; empty and 0 where that is not known.
        measured: what the checks measured; `qc.judge` says what passes.
        beside: the other files of the take, such as its keys, as they were written, now or by earlier runs.
        told: sentences about what is unusual in its recording and how it was read.
    """

    id: str
    fingerprint: Fingerprint
    status: str
    message: str = ""
    out: str = ""
    bytes: int = 0
    duration_s: float = 0.0
    spent_s: float = 0.0
    made: int = 1
    why: str = "new"
    sha256: str = ""
    mtime_ns: int = 0
    measured: tuple[qc.Measured, ...] = ()
    beside: tuple[WrittenFile, ...] = ()
    told: tuple[str, ...] = ()
    heard: heard.LineHeard = field(default_factory=heard.LineHeard)

    @property
    def files(self) -> tuple[WrittenFile, ...]:
        """Every file of the take, itself first."""
        return (WrittenFile(self.out, self.bytes, self.sha256, self.mtime_ns), *self.beside)

    def with_files(self, files: Sequence[WrittenFile], former: Sequence[WrittenFile] = ()) -> LedgerEntry:
        """The entry with other files, the take first; where there are none its own stay.

        Args:
            files: as they were written.
            former: what earlier runs wrote. What of it was not written again, as keys or a rig are no longer asked for,
                stays known, so that it passes for nobody else's once they are.
        """
        if not files:
            return self
        names = {one.name for one in files}
        first, *others = (*files, *(one for one in former if one.sha256 and one.name not in names))
        stamp = {"out": first.name, "bytes": first.bytes, "sha256": first.sha256, "mtime_ns": first.mtime_ns}
        return replace(self, **stamp, beside=tuple(others))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Verdict:
    """What a person said of a take.

    Attributes:
        id: of its row.
        verdict: "approved" or "rejected"; empty where only a note or a mood was given.
        note: why.
        take_sha256: of the file that was looked at; another one has not been looked at.
        emotion: the mood of the line, where `auto` heard another; it holds for the voice, whatever take is made of it.
    """

    id: str
    verdict: str
    note: str
    take_sha256: str
    emotion: str = ""


class Ledger:
    """The ledger of a folder; a context manager that holds it alone."""

    def __init__(self, folder: Path, part: str = "") -> None:
        """Opens or makes it; each part of a list that runs by itself has its own.

        One that says what no run wrote is kept beside, and a new one begun; `note` tells that.

        Raises:
            BatchError: another run holds it, it cannot be written, or is of another version or no ledger at all.
        """
        self.path = self.place(folder, part)
        self.note = ""
        try:
            self._hold()
            if wrong := self._unreadable():
                self._base.close()
                self.note = _moved(self.path, wrong)
                self._hold()
        except (sqlite3.Error, UnicodeDecodeError) as error:  # the latter where what SQLite says repeats damaged text
            if "_base" in vars(self):
                self._base.close()
            raise BatchError(_sentence(self.path, error)) from error

    def _unreadable(self) -> str:
        """What of it no run of Facetake wrote; empty where all can be read.

        Views can go on for ever and triggers do what they like, so that tables are looked at before what is in them.
        """
        try:
            if wrong := self._foreign():
                return wrong
            if (sound := self._base.execute("PRAGMA integrity_check(1)").fetchone()[0]) != "ok":
                return line(str(sound))[:SHOWN]
            for _ in self.entries():
                pass
            self.verdicts()
            if not re.fullmatch("[0-9a-f]{8}", self.mark):
                return "its mark is none"
        except (sqlite3.Error, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            return line(str(error))[:SHOWN] or type(error).__name__
        return ""

    def _foreign(self) -> str:
        """What is in it beside the tables of a run, or of them otherwise; empty where nothing is."""
        for kind, name in self._base.execute(
            "SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_autoindex_%'"
        ):
            if (kind, name) not in {("table", known) for known in _COLUMNS}:
                return line(f"it holds the {kind} '{name}'")[:SHOWN]
        for name, columns in _COLUMNS.items():
            found = self._base.execute(f"PRAGMA table_xinfo({name})").fetchall()
            if [(column[1], column[6]) for column in found] != [(column, 0) for column in columns]:
                return f"its table {name} has other columns"
        return ""

    def _hold(self) -> None:
        """Takes the lock, until the ledger is closed, and makes the tables; a newer version's is left as it is."""
        _check_place(self.path)
        self._base = sqlite3.connect(self.path, timeout=0.2, isolation_level=None)
        self._base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_BYTES)
        self._base.execute("PRAGMA trusted_schema=OFF")
        self._base.execute("PRAGMA locking_mode=EXCLUSIVE")
        self._base.execute("BEGIN EXCLUSIVE")
        version = self._base.execute("PRAGMA user_version").fetchone()[0]
        self._base.execute("COMMIT")
        if version not in range(VERSION + 1):
            self._base.close()
            raise BatchError(f"{self.path} is of another version of Facetake ({version}); use another folder")
        self._base.execute("PRAGMA journal_mode=WAL")
        self._base.execute("PRAGMA synchronous=FULL")
        if version < VERSION:
            self._upgrade(version)

    def _upgrade(self, version: int) -> None:
        """Makes a new ledger, or one of an earlier version with all it holds, one of this: wholly or not at all."""
        self._base.execute("BEGIN EXCLUSIVE")
        for statement in (*itertools.chain(*_STEPS[version:]), f"PRAGMA user_version={VERSION}"):
            self._base.execute(statement)
        self._base.execute("COMMIT")

    @staticmethod
    def place(folder: Path, part: str = "") -> Path:
        """Where the ledger of a folder, or of a part of a list, lies."""
        return folder / (f"{Path(NAME).stem}-{part}.sqlite" if part else NAME)

    def __enter__(self) -> Ledger:
        """The ledger itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Lets go of it."""
        self._base.close()

    def entry(self, row: str) -> LedgerEntry | None:
        """What is known of a row; None where it was never made."""
        found = self._base.execute("SELECT * FROM rows WHERE id = ?", (row,)).fetchone()
        return _entry(found) if found else None

    def entries(self) -> Iterator[LedgerEntry]:
        """Every row that was ever made, by id."""
        for found in self._base.execute("SELECT * FROM rows ORDER BY id"):
            yield _entry(found)

    def write(self, entry: LedgerEntry) -> None:
        """Puts a row down, for good.

        Raises:
            BatchError: the disk refuses.
        """
        values = (
            entry.id,
            json_text.dump(dict(entry.fingerprint), sort_keys=True),
            entry.status,
            entry.message,
            entry.out,
            entry.bytes,
            entry.duration_s,
            entry.spent_s,
            entry.made,
            entry.why,
            entry.sha256,
            entry.mtime_ns,
            qc.to_json(entry.measured),
            json_text.dump([astuple(one) for one in entry.beside]),
            json_text.dump(entry.told),
            heard.to_json(entry.heard),
        )
        self._put("rows", [values])

    def decide(self, verdicts: Iterable[Verdict]) -> None:
        """Puts down what people said, in one transaction.

        Raises:
            BatchError: the disk refuses.
        """
        self._put("verdicts", [astuple(one) for one in verdicts])

    def verdicts(self) -> dict[str, Verdict]:
        """What people said, by id; about the take that is there where `take_sha256` is its entry's `sha256`."""
        return {found[0]: _verdict(found) for found in self._base.execute("SELECT * FROM verdicts ORDER BY id")}

    def _put(self, table: str, rows: list[tuple[object, ...]]) -> None:
        try:
            self._base.execute("BEGIN")
            for values in rows:
                self._base.execute(f"INSERT OR REPLACE INTO {table} VALUES ({', '.join('?' * len(values))})", values)
            self._base.execute("COMMIT")
        except (sqlite3.Error, UnicodeDecodeError) as error:
            if self._base.in_transaction:
                self._base.execute("ROLLBACK")
            raise BatchError(_sentence(self.path, error)) from error

    @property
    def mark(self) -> str:
        """By which this ledger's runs know what they began to write."""
        return str(self._base.execute("SELECT mark FROM marks").fetchone()[0])

    def reason(self, row: str, fingerprint: Fingerprint, folder: Path, names: Sequence[str]) -> str:
        """Why a row must be made; empty where it is done and nothing has changed since.

        Args:
            row: its id.
            fingerprint: of what it would be made of now.
            folder: of results.
            names: of the files of its take, itself first, relative to the folder.
        """
        known = self.entry(row)
        if known is None:
            return "new"
        state = self._state(known, folder, names)
        changed = [
            name
            for name in {**known.fingerprint, **fingerprint}
            if known.fingerprint.get(name) != fingerprint.get(name)
        ]
        if changed:
            return f"{' and '.join(sorted(changed))} changed"
        return "failed before" if known.status != DONE else state

    def _state(self, known: LedgerEntry, folder: Path, names: Sequence[str]) -> str:
        """What is wrong with a take's files on disk; empty where they are as they were written, whatever their time.

        Their time is put down where only that has changed, and the take's hash where an older ledger did not know it.
        Of keys that it did not know only their absence is seen: they may be somebody's.
        """
        before = {one.name: one for one in known.files}
        found = dict(before)
        for name in names:
            state, now = _seen(folder / name, before.get(name))
            if state:
                return f"its {_kind(name, names[0])} {state}"
            if now:
                found[name] = now
        if found != before:
            self.write(known.with_files(list(found.values())))
        return ""


def _kind(name: str, take: str) -> str:
    """What a file of a take is, for people."""
    if name == take:
        return "take"
    return "keys file" if name.endswith(".keys.json") else "rig file"


def _seen(path: Path, known: WrittenFile | None) -> tuple[str, WrittenFile | None]:
    """What is wrong with a file, or "", and the file as it is now; None where it was not known."""
    try:
        now = path.stat()
        if known is None:
            return "", None
        if known.bytes != now.st_size:
            return "was changed or cut off", known
        if known.sha256 and now.st_mtime_ns == known.mtime_ns:
            return "", known
        sha256 = files.hash_of(path)
    except OSError:
        return "is gone", known
    if known.sha256 not in (sha256, ""):
        return "was changed or cut off", known
    return "", WrittenFile(known.name, now.st_size, sha256, now.st_mtime_ns)


def _entry(
    found: tuple[str, str, str, str, str, int, float, float, int, str, str, int, str, str, str, str],
) -> LedgerEntry:
    """An entry of the row that was read. Raises ValueError or TypeError for one that no run wrote."""
    kinds = zip(found, _KINDS, strict=True)
    if not all(isinstance(value, kind) for value, kind in kinds) or found[2] not in (DONE, FAILED):
        raise ValueError(f"the row '{str(found[0])[:80]}' holds values of other kinds")
    prints = json_text.load(found[1])
    beside = tuple(WrittenFile(*one) for one in json_text.load(found[13]))
    told = json_text.load(found[14])
    if (
        not isinstance(prints, dict)
        or not all(isinstance(one, str) for one in told)
        or not all(map(_is_written, beside))
    ):
        raise ValueError(f"the row '{found[0][:80]}' holds other JSON than a run writes")
    if found[4] and not _is_inside(found[4]):
        raise ValueError(f"the row '{found[0][:80]}' names a take that is not in the folder")
    return LedgerEntry(
        found[0], prints, *found[2:12], qc.from_json(found[12]), beside, tuple(told), heard.from_json(found[15])
    )


def _check_place(path: Path) -> None:
    """Raises BatchError where something else than a file stands in the place of a ledger."""
    try:
        files.check(path, most=MOST_LEDGER)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise BatchError(f"the ledger {path} cannot be opened: {files.reason(error)}; move it away") from error


def _verdict(found: tuple[object, ...]) -> Verdict:
    """What a person said. Raises ValueError for what no run wrote."""
    name, verdict, note, take_sha256, emotion = found
    if not all(isinstance(one, str) for one in found):
        raise ValueError("a verdict holds values of other kinds")
    return Verdict(str(name), str(verdict), str(note), str(take_sha256), str(emotion))


def _is_written(one: WrittenFile) -> bool:
    """Whether that is a file as a run puts it down."""
    whole = all(isinstance(value, int) for value in (one.bytes, one.mtime_ns))
    return isinstance(one.name, str) and isinstance(one.sha256, str) and whole and _is_inside(one.name)


def _is_inside(name: str) -> bool:
    """Whether a file's name may be one below the folder of results."""
    path = PurePosixPath(name)
    is_text = line(name) == name and not any(0xD800 <= ord(one) <= 0xDFFF for one in name)
    short = all(len(part.encode()) <= LONGEST_NAME for part in path.parts) if is_text else False
    return short and bool(path.parts) and not path.is_absolute() and ".." not in path.parts


def _moved(path: Path, wrong: str) -> str:
    """Gives a ledger that cannot be read another name beside; a sentence on that."""
    aside = Path(path.with_name(set_aside(path, ())))
    files.remove(path)
    for end in ("-wal", "-shm"):
        if (other := Path(f"{path}{end}")).exists():
            files.replace(other, Path(f"{aside}{end}"))
    return f"the ledger could not be read ({wrong}); it is kept as {aside}, and a new one was begun: every line is made"


def _sentence(path: Path, error: sqlite3.Error | UnicodeDecodeError) -> str:
    text = str(error) if isinstance(error, sqlite3.Error) else "malformed"
    if "locked" in text or "busy" in text:
        return f"another run is using {path.parent}; wait until it has ended, or give another folder with --out"
    if "full" in text:
        return f"the disk is full, {path} cannot be written; free some space and run the same command again"
    if any(one in text for one in ("not a database", "malformed", "no such", "already exists", "duplicate column")):
        return f"{path} is no ledger of Facetake; move it away, or give another folder with --out"
    return f"the ledger {path} cannot be written ({text}); check the folder and its permissions"
