"""Puts the report's page together: one HTML file with everything inside, written from top to bottom.

The page's own sources lie in `page/` as they were typed. Data stand in inert script elements, rows in chunks, the media
of a line in an element of its own, and nothing is unpacked before it is looked at. Knows files; does not know how
to measure or draw.
"""

from __future__ import annotations

import base64
import os
import re
import zlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path, PurePath
from typing import Any, Final, TextIO
from urllib.parse import quote

from facetake.emotion import EMOTIONS
from facetake.face.choices import DEFAULT
from facetake.report import three
from facetake.report.escaping import inert, shown
from facetake.report.glb import head_glb
from facetake.report.line import ReportFinding, ReportLine
from facetake.report.media import CHANNELS, CURVES, MOTION_HZ, PEAKS_HZ
from facetake.report.spool import Counts

SOURCES: Final = Path(__file__).with_name("page")
MARK: Final = "<!-- report -->"
ROWS_A_CHUNK: Final = 500  # of a script's block: browsers draw the first rows while the rest loads
_PLACES: Final = re.compile(r"\{title\}|\{notes\}|/\* style \*/")
FIELDS: Final = (
    "id",
    "character",
    "emotion",
    "text",
    "duration",
    "status",
    "message",
    "why",
    "score",
    "findings",
    "verdict",
    "note",
    "sha",
    "media",
    "href",
    "others",
    "told",
    "percentile",
    "heard",
    "correction",
    "hasApproved",
    "portrait",
)


class Page:
    """Writes the page: `begin`, then `row` for every line, `end_rows`, then `media` where there are, `end`."""

    def __init__(
        self, file: TextIO, title: str, counts: Counts, head: str = DEFAULT, notes: Sequence[str] = ()
    ) -> None:
        """Takes the file to write to, whose face is shown and what is told once; nothing is written yet."""
        self._head = head
        self._notes = notes
        self._file = file
        self._title = title
        self._counts = counts
        self._top, _, self._bottom = (SOURCES / "page.html").read_text(encoding="utf-8").partition(MARK)
        self._chunk: list[str] = []

    def begin(self) -> None:
        """Writes everything that stands before the rows."""
        parts = {
            "{title}": shown(self._title),
            "{notes}": self._told(),
            "/* style */": (SOURCES / "page.css").read_text(encoding="utf-8"),
        }
        self._file.write(_PLACES.sub(lambda place: parts[place[0]], self._top))

    def _told(self) -> str:
        """What is to be known of all lines together; nothing where there is nothing."""
        items = "".join(f"<p>{shown(one)}</p>" for one in self._notes)
        return f'<section class="bar notes" aria-label="About all takes">{items}</section>' if items else ""

    def row(self, line: ReportLine, *, carried: bool, folder: Path) -> None:
        """One line's row; carried: its media will follow; folder: of the report, for the way to its recording."""
        findings = [
            [one.name, _number(one.value), _number(one.limit), one.passed, one.message, _instants(one)]
            for one in line.findings
        ]
        values: list[Any] = [
            line.id,
            line.character,
            line.emotion,
            line.text,
            round(line.duration_s, 3),
            line.status,
            line.message,
            line.why,
            _number(line.score),
            findings,
            line.verdict,
            line.note,
            line.take_sha256,
            int(carried),
            "" if carried else relative_address(line.audio, folder),
            line.others,
            line.told,
            line.percentile,
            [line.heard, line.heard_emotion, round(line.certainty, 3)],
            line.correction,
            int(line.approved is not None),
            relative_address(line.portrait, folder) if line.portrait else "",
        ]
        self._chunk.append(inert(values))
        if len(self._chunk) == ROWS_A_CHUNK:
            self._end_chunk()

    def end_rows(self) -> None:
        """Writes what is needed to show the rows, so that they show while media are still being read."""
        self._end_chunk()
        libraries = three.modules()
        facts = {
            "title": self._title,
            "key": self._counts.key,
            "fields": FIELDS,
            "channels": CHANNELS,
            "curves": CURVES,
            "motionHz": float(MOTION_HZ),
            "peaksHz": PEAKS_HZ,
            "emotions": EMOTIONS,
            "noFace": "" if libraries else three.MISSING,
        }
        self._element("facts", inert(facts))
        if libraries:
            self._element("head", _packed_head(self._head))
            self._file.write(f"<!--\nthree.js {three.version()}\n{_licence()}\n-->\n")
        for name, source in (libraries | own_modules()).items():
            self._file.write(f'<script type="text/plain" data-module="{name}">\n{_script(source)}</script>\n')
        self._file.write(f"<script>\n{_script((SOURCES / 'boot.js').read_text(encoding='utf-8'))}</script>\n")

    def media(self, number: int, packed: str) -> int:
        """The media of the line in row `number`, from 0, as `media.pack` gives them; how many bytes they took."""
        return self._element(f"media-{number}", packed)

    def end(self) -> None:
        """Writes the rest."""
        self._file.write(self._bottom)

    def _end_chunk(self) -> None:
        if self._chunk:
            self._file.write('<script type="application/json" class="rows">[\n')
            self._file.write(",\n".join(self._chunk))
            self._file.write("\n]</script>\n")
            self._chunk.clear()

    def _element(self, name: str, text: str) -> int:
        return self._file.write(f'<script type="application/json" id="{name}">{text}</script>\n')


def _instants(found: ReportFinding) -> list[float]:
    return [round(float(at), 3) for at in found.at_s]


def _number(value: float) -> float | None:
    """A number for JSON, which knows no infinity."""
    return float(f"{value:.6g}") if abs(value) < float("inf") else None


def own_modules() -> dict[str, str]:
    """The page's own modules by the names they are imported by."""
    return {
        f"report/{path.stem}": path.read_text(encoding="utf-8")
        for path in sorted(SOURCES.glob("*.js"))
        if path.stem != "boot"
    }


def _script(source: str) -> str:
    """A script that does not end its element early; what is escaped can only stand in a string or a comment."""
    return source.replace("</script", "<\\/script").replace("<!--", "<\\!--")


@cache
def _packed_head(name: str) -> str:
    return base64.b64encode(zlib.compress(head_glb(name), 9)).decode("ascii")


def _licence() -> str:
    return (three.folder() / "LICENSE").read_text(encoding="utf-8").strip().replace("--", "- -")


def relative_address(path: Path, folder: Path) -> str:
    """How a page in `folder` reaches a file, percent-encoded; empty where no relative way leads there (Windows)."""
    try:
        way = os.path.relpath(Path(path).resolve(), folder.resolve())
    except ValueError:
        return ""
    return "/".join(quote(part, errors="surrogateescape") for part in PurePath(way).parts)
