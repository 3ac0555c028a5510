"""Lines on their way into a report: kept on disk, handed out worst first, so that memory does not grow with the list.

A private SQLite database without a name, which the system removes with the process. Knows lines; does not know files of
reports.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Final

from facetake.errors import BatchError
from facetake.files import json_text
from facetake.report.line import DONE, FAILED, ReportLine

_TABLE: Final = (
    "CREATE TABLE lines(number INTEGER PRIMARY KEY, id TEXT UNIQUE, failed INTEGER, made INTEGER, score REAL, "
    "near REAL, json TEXT)"
)
_WORST_FIRST: Final = (
    "SELECT json, made * 100.0 * percent_rank() OVER (PARTITION BY made ORDER BY score, near) FROM lines "
    "ORDER BY failed DESC, made DESC, score DESC, near DESC, number"
)


@dataclass(frozen=True)
class SpooledFinding:
    """A finding out of the spool; see `facetake.report.line.ReportFinding`."""

    name: str
    value: float
    limit: float
    passed: bool
    message: str
    at_s: tuple[float, ...]


@dataclass(frozen=True)
class Counts:
    """What a report's heads say.

    lines, failed, unfinished: how many there are, could not be made, were not begun; faulty: made, but a check
    failed; duration_s: of all recordings; checks, others: names in the order in which they first came; key: of this
    list of lines, whatever became of them, so that a browser finds its verdicts again.
    """

    lines: int
    failed: int
    unfinished: int
    faulty: int
    duration_s: float
    checks: tuple[str, ...]
    others: tuple[str, ...]
    key: str


class Spool:
    """All lines; a context manager."""

    def __init__(self, lines: Iterable[ReportLine], title: str) -> None:
        """Takes the lines in. BatchError for an id that is there twice."""
        self._base = sqlite3.connect("")
        try:
            self.counts = self._take_in(lines, title)
        except BaseException:  # nobody holds a spool that could be closed later
            self._base.close()
            raise

    def _take_in(self, lines: Iterable[ReportLine], title: str) -> Counts:
        self._base.execute(_TABLE)
        digest = hashlib.sha256(title.encode("utf-8", "replace"))
        checks = dict[str, None]()
        others = dict[str, None]()
        count = failed = unfinished = faulty = 0
        seconds = 0.0
        for count, line in enumerate(lines, 1):
            self._put(count, line)
            digest.update(b"\0" + line.id.encode("utf-8", "replace"))
            checks.update(dict.fromkeys(finding.name for finding in line.findings))
            others.update(dict.fromkeys(name for name, _ in line.others))
            failed += line.status == FAILED
            unfinished += line.status not in (DONE, FAILED)
            faulty += is_faulty(line)
            seconds += line.duration_s
        names = tuple(checks), tuple(others)
        return Counts(count, failed, unfinished, faulty, seconds, *names, digest.hexdigest()[:32])

    def _put(self, number: int, line: ReportLine) -> None:
        try:
            is_failed, is_made = line.status == FAILED, line.status == DONE
            row = (number, _storable(line.id), is_failed, is_made, line.score, line.nearness, _json(line))
            self._base.execute("INSERT INTO lines VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        except sqlite3.IntegrityError as error:
            raise BatchError(f"line '{line.id}' is in this report twice; give every line an id of its own") from error

    def __iter__(self) -> Iterator[ReportLine]:
        """Lines that could not be made, the others by score and by how near they are to failing, those not begun."""
        for text, percentile in self._base.execute(_WORST_FIRST):
            yield replace(_line(text), percentile=round(percentile, 1))

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._base.close()


def is_faulty(line: ReportLine) -> bool:
    """Whether it was made and a check failed."""
    return line.status == DONE and not all(finding.passed for finding in line.findings)


def _storable(text: str) -> str:
    """File names may hold bytes that are no text, which SQLite refuses."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _json(line: ReportLine) -> str:
    findings = [
        [one.name, float(one.value), float(one.limit), bool(one.passed), one.message, [float(at) for at in one.at_s]]
        for one in line.findings
    ]
    known = vars(line) | {"audio": str(line.audio), "take": line.take and str(line.take), "findings": findings}
    for name in ("approved", "portrait"):
        known[name] = known[name] and str(known[name])
    return json_text.dump(known)


def _found(name: str, value: float, limit: float, passed: bool, message: str, at_s: list[float]) -> SpooledFinding:
    return SpooledFinding(name, value, limit, passed, message, tuple(at_s))


def _line(text: str) -> ReportLine:
    known = json_text.load(text)
    known["audio"] = Path(known["audio"])
    known["take"] = known["take"] and Path(known["take"])
    for name in ("approved", "portrait"):
        known[name] = known[name] and Path(known[name])
    known["visemes"] = tuple((name, begin, end) for name, begin, end in known["visemes"])
    known["others"] = tuple((name, text) for name, text in known["others"])
    known["told"] = tuple(known["told"])
    known["findings"] = tuple(_found(*values) for values in known["findings"])
    return ReportLine(**known)
