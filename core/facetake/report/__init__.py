"""The report people read in the morning: every line of a batch, worst first, in one HTML file, a CSV and a JUnit XML.

Reads as the story of a report: take the lines in, write the three files side by side, worst first, and let the page
carry sound and movement of as many lines as its budget allows. Knows lines; does not know how they were made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from facetake.errors import BatchError, TakeError
from facetake.face.choices import DEFAULT
from facetake.formats.files import beside
from facetake.report import three
from facetake.report.line import APPROVED, DONE, FAILED, REJECTED, ReportFinding, ReportLine
from facetake.report.media import PORTRAITS, pack, portrait_bytes
from facetake.report.page import Page
from facetake.report.spool import Spool
from facetake.report.tables import JUnit, Table, text_file

__all__ = [
    "APPROVED",
    "DONE",
    "FAILED",
    "PORTRAITS",
    "REJECTED",
    "ReportFinding",
    "ReportLine",
    "WrittenReport",
    "write",
]

NAMES: Final = ("report.html", "report.csv", "report.junit.xml")
MEDIA_MB: Final = 64.0  # by choice: a page that a browser opens at once
_MB: Final = 1_000_000  # bytes
# What a second of a line takes in the page, sound and movement; lines are chosen by it before anything is encoded
_BYTES_A_SECOND: Final = 6_600
_BYTES_A_LINE: Final = 1_000  # of a line itself


@dataclass(frozen=True)
class WrittenReport:
    """What a report came to.

    Attributes:
        html, csv, junit: the files.
        lines: how many lines stand in each.
        carried: how many of them have their sound and movement inside the page.
        media_bytes: what these take.
        missing: one sentence where the page has no 3D face; else empty.
    """

    html: Path
    csv: Path
    junit: Path
    lines: int
    carried: int
    media_bytes: int
    missing: str


def write(
    lines: Iterable[ReportLine],
    folder: Path,
    *,
    title: str = "Takes",
    media_mb: float = MEDIA_MB,
    names: tuple[str, str, str] = NAMES,
    head: str = DEFAULT,
    notes: Sequence[str] = (),
) -> WrittenReport:
    """Writes a report of lines into a folder: each file whole, or the older one stays.

    Args:
        lines: in any order; read once, one at a time.
        folder: where to; it must exist.
        title: of the page. Title and ids are what a browser finds its unexported verdicts by.
        media_mb: about how many million bytes of sound and movement the page may carry, for the worst lines first, and
            of portraits, for which there is what these leave. The others play their recording, and show their portrait,
            from where it lies, as long as it can be reached from the page.
        names: of the page, the CSV and the JUnit XML.
        head: whose face the page shows, one of `facetake.face.choices.HEADS`.
        notes: what is to be known of all lines together, a sentence each, told once above them.

    Returns:
        What was written. A recording or take that cannot be read is named in the page, and is no error.

    Raises:
        BatchError: an id is there twice, or a file cannot be written.
    """
    html, table, junit = (Path(folder) / name for name in names)
    try:
        with Spool(lines, title) as spool, ExitStack() as stack:
            temporary = [stack.enter_context(beside(path)) for path in (html, table, junit)]
            carried, size = _write(spool, temporary, Path(folder), title, media_mb, head, notes)
    except TakeError as error:
        raise BatchError(f"the report: {error}") from error
    missing = "" if three.modules() else three.MISSING
    return WrittenReport(html, table, junit, spool.counts.lines, carried, size, missing)


def _write(
    spool: Spool, files: list[Path], folder: Path, title: str, media_mb: float, head: str, notes: Sequence[str]
) -> tuple[int, int]:
    """Fills the three files; how many lines the page carries, and the bytes of that."""
    with ExitStack() as stack:
        page_file, table_file, junit_file = (stack.enter_context(text_file(path)) for path in files)
        page = Page(page_file, title, spool.counts, head, notes)
        table = Table(table_file, spool.counts)
        junit = JUnit(junit_file, title, spool.counts)
        budget = _Budget(media_mb * _MB)
        page.begin()
        for line in spool:
            table.add(line)
            junit.add(line)
            page.row(line, carried=budget.takes(line), folder=folder)
        junit.close()
        page.end_rows()
        sizes = _carry(spool, page, _Budget(media_mb * _MB), budget.left)
        page.end()
    return sizes


def _carry(spool: Spool, page: Page, budget: _Budget, spare: float) -> tuple[int, int]:
    """Writes the media of the lines that the budget takes, the same as when their rows were written.

    spare: bytes for portraits, those of the worst lines first: what the sound and movement of all lines leave.
    """
    count = size = 0
    for number, line in enumerate(spool):
        if budget.takes(line):
            portrait = portrait_bytes(line)
            has_portrait = portrait <= spare
            spare -= portrait if has_portrait else 0
            size += page.media(number, pack(line, has_portrait=has_portrait))
            count += 1
    return count, size


class _Budget:
    """Which lines the page carries, told from their length alone, so that rows can say it before media are encoded."""

    def __init__(self, most: float) -> None:
        self.left = most

    def takes(self, line: ReportLine) -> bool:
        """Whether the next line fits; a long one that does not leaves room for shorter ones after it."""
        needed = _BYTES_A_LINE + line.duration_s * _BYTES_A_SECOND
        if needed > self.left or not line.duration_s:
            return False
        self.left -= needed
        return True
