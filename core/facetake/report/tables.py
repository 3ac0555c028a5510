"""The report for other programs: a CSV for spreadsheets and a JUnit XML for build servers, a line at a time.

Knows lines and these two formats; does not know the page.
"""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TextIO
from xml.sax.saxutils import escape, quoteattr

from facetake.report.escaping import cell
from facetake.report.line import DONE, FAILED, ReportFinding, ReportLine
from facetake.report.spool import Counts

COLUMNS: Final = (
    "id",
    "character",
    "emotion",
    "text",
    "duration_s",
    "status",
    "message",
    "why",
    "heard",
    "heard_emotion",
    "certainty",
    "corrected_to",
    "score",
    "percentile",
    "failed_checks",
    "verdict",
    "note",
    "audio",
    "take",
    "take_sha256",
    "told",
)
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Table:
    """Writes lines as CSV: `COLUMNS`, one for each check and for what else the list says; no cell is a formula."""

    def __init__(self, file: TextIO, counts: Counts) -> None:
        """Writes the header."""
        self._checks = counts.checks
        self._others = counts.others
        self._writer = csv.writer(file, lineterminator="\r\n")  # so that either mark inside a cell is quoted
        checks = apart(self._checks, COLUMNS, "check")
        others = apart(self._others, (*COLUMNS, *checks), "list")
        self._writer.writerow([cell(name) for name in (*COLUMNS, *checks, *others)])

    def add(self, line: ReportLine) -> None:
        """One row."""
        measured = {one.name: f"{one.value:g}" for one in line.findings}
        others = dict(line.others)
        row: list[Any] = [
            line.id,
            line.character,
            line.emotion,
            line.text,
            f"{line.duration_s:.3f}",
            line.status,
            line.message,
            line.why,
            line.heard,
            line.heard_emotion,
            f"{line.certainty:.2f}" if line.heard_emotion else "",
            line.correction,
            f"{line.score:g}",
            f"{line.percentile:g}" if line.status == DONE else "",
            "; ".join(one.name for one in failing(line)),
            line.verdict,
            line.note,
            line.audio,
            line.take or "",
            line.take_sha256,
            "; ".join(line.told),
            *(measured.get(name, "") for name in self._checks),
            *(others.get(name, "") for name in self._others),
        ]
        self._writer.writerow([cell(str(one)) for one in row])


def apart(names: Sequence[str], taken: Sequence[str], source: str) -> list[str]:
    """Names of columns of which none is there twice, in any case of letters: such a one says where it is from."""
    known = {name.casefold() for name in taken}
    found = []
    for name in names:
        wanted = name
        for number in itertools.count(1):
            if wanted.casefold() not in known:
                break
            wanted = f"{name} ({source})" if number == 1 else f"{name} ({source} {number})"
        known.add(wanted.casefold())
        found.append(wanted)
    return found


class JUnit:
    """Writes lines as test cases: a failure where checks failed, an error where there is no take to check.

    A line that was not begun is skipped. One case has one failure, with a sentence for each check, as build servers
    read it. By hand, a line at a time: junitparser would hold the tree of the whole list.
    """

    def __init__(self, file: TextIO, title: str, counts: Counts) -> None:
        """Writes the head."""
        self._file = file
        numbers = (
            f'tests="{counts.lines}" failures="{counts.faulty}" errors="{counts.failed}" '
            f'skipped="{counts.unfinished}" time="{counts.duration_s:.3f}"'
        )
        name = quoteattr(_xml(title))
        file.write(
            f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name={name} {numbers}>\n'
            f"<testsuite name={name} {numbers}>\n"
        )

    def add(self, line: ReportLine) -> None:
        """One test case."""
        group = quoteattr(_xml(line.character or "lines"))
        head = f'<testcase classname={group} name={quoteattr(_xml(line.id))} time="{line.duration_s:.3f}"'
        ended = "".join(_outcome(line))
        self._file.write(f"{head}>{ended}</testcase>\n" if ended else f"{head}/>\n")

    def close(self) -> None:
        """Writes the end."""
        self._file.write("</testsuite>\n</testsuites>\n")


def failing(line: ReportLine) -> Sequence[ReportFinding]:
    """Checks that the line failed."""
    return [one for one in line.findings if not one.passed]


def _outcome(line: ReportLine) -> Iterator[str]:
    if line.status == FAILED:
        yield f'<error type="take" message={quoteattr(_xml(line.message))}/>'
    elif line.status != DONE:
        yield f"<skipped message={quoteattr(_xml(line.message or line.status))}/>"
    elif wrong := failing(line):
        names = quoteattr(_xml(", ".join(one.name for one in wrong)))
        yield f'<failure type="check" message={names}>{escape(_xml(chr(10).join(map(_sentence, wrong))))}</failure>'


def _sentence(found: ReportFinding) -> str:
    told = "(at " in found.message  # some checks say it themselves
    at = "" if told else ", ".join(f"{instant:.2f} s" for instant in found.at_s)
    return f"{found.name}: {found.message} ({found.value:g}, limit {found.limit:g}{f'; at {at}' if at else ''})"


def _xml(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return _NO_XML.sub("\ufffd", text)


@contextmanager
def text_file(path: Path) -> Iterator[TextIO]:
    """A file for text in which even the bytes of odd file names find a way."""
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        yield file
