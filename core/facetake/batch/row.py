"""One line to make, and what its id may look like."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Final

from facetake import files
from facetake.errors import line, sentence

LONGEST_ID: Final = 200  # characters: leaves room for suffixes in the 255 bytes of a file's name
_JOINERS: Final = "\u200c\u200d"  # between letters, as Persian and Hindi need them

_DEVICE: Final = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3])", re.IGNORECASE)


@dataclass(frozen=True)
class ManifestRow:
    """A line to make.

    Attributes:
        id: its name.
        audio: path of the recording.
        emotion, style, actor, look, events: as the command line writes them; empty for the batch's own.
        character: for people.
        text: what is said, for the lips and for people.
        seed: None for the batch's own.
        portrait: path of a film or picture of the line, for the report; empty for what lies beside the take.
        rig_map: a rig map's name, or the whole path of its file; empty for the batch's own.
        out: path of the take, relative to the folder of results.
        line: where it stands in the list, from 1, for messages; 0 for a recording of a folder, which is no list.
        duration_s: of the recording.
        problem: why it cannot run; empty where it can.
        names_form: the row itself names its output, whose suffix then tells the format.
        others: cells of columns that Facetake does not know, by their names: kept for the report.
        note: what a person should know of its name; empty where nothing.
        known: SHA-256 of the files of its take as an earlier run wrote them; a file of another is somebody's work.
        former: names of files that an earlier run wrote beside its take and this one does not, as nobody asks for them.
        heard_wrong: `emotion` is what a person said after another was heard.
    """

    id: str
    audio: Path
    emotion: str = ""
    style: str = ""
    actor: str = ""
    character: str = ""
    text: str = ""
    seed: int | None = None
    out: PurePosixPath = field(default_factory=PurePosixPath)
    line: int = 0
    duration_s: float = 0.0
    problem: str = ""
    names_form: bool = False
    others: tuple[tuple[str, str], ...] = ()
    note: str = ""
    known: tuple[str, ...] = ()
    former: tuple[str, ...] = ()
    heard_wrong: bool = False
    look: str = ""
    rig_map: str = ""
    events: str = ""
    portrait: str = ""

    @property
    def place(self) -> str:
        """Its name and where it stands, for messages."""
        return f"{self.id}, {self.spot}" if self.id else self.spot

    @property
    def spot(self) -> str:
        """Where it stands: its line in the list, or the name of its recording where there is no list."""
        return f"line {self.line}" if self.line else str(self.audio)


def is_letter(one: str) -> bool:
    """Whether a character is a letter, a mark on one, a digit or an underscore, of any script."""
    return one == "_" or one in _JOINERS or unicodedata.category(one)[0] in "LMN"


def unnamed(text: str) -> str:
    """Why a text may be no line's id, which is letters and digits of any script, and . _ - between them; or empty."""
    if not text:
        return "id is empty; give the line a name"
    if len(text) > LONGEST_ID:
        return f"id '{text[:40]}...' has {len(text)} characters; {LONGEST_ID} are the most"
    bad = next((one for one in text if not is_letter(one) and one not in ".-"), "")
    if bad or text[0] in f".-{_JOINERS}" or text[-1] in ".-":
        what = "a space" if bad == " " else f"{bad!r}" if bad else ". - at an end"
        return f"id '{text}' is no name: use letters, digits, and . _ - between them, and not {what}"
    return ""


def is_device(name: str) -> bool:
    """Whether Windows keeps a file's name for a device, whatever its suffix: no file there can be called so."""
    return _DEVICE.fullmatch(name.partition(".")[0].rstrip(" ")) is not None


def spared(name: str) -> str:
    """A name, with a number where it is that of a device."""
    head, dot, rest = name.partition(".")
    return f"{head.rstrip(' ')}-1{dot}{rest}" if is_device(name) else name


def refused(row: ManifestRow, error: Exception) -> ManifestRow:
    """The row with what went wrong before it was begun."""
    if isinstance(error, OSError):
        return replace(row, problem=line(f"{error.filename or row.audio}: {files.reason(error)}; check the path"))
    return replace(row, problem=sentence(error))
