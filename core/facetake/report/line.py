"""What a report knows of a line: plain values, so that anything that makes takes can be reported on.

Knows no files, no batch and no checks: `facetake batch` and the checks hand over what stands here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

DONE = "done"
FAILED = "failed"
APPROVED = "approved"
REJECTED = "rejected"


class ReportFinding(Protocol):
    """What one check found in one take.

    name: the check's, a word or two; value, limit: measured and allowed; passed; message: one sentence for a person;
    at_s: instants on the recording's clock, in seconds, at which it shows.
    """

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def value(self) -> float: ...  # noqa: D102
    @property
    def limit(self) -> float: ...  # noqa: D102
    @property
    def passed(self) -> bool: ...  # noqa: D102
    @property
    def message(self) -> str: ...  # noqa: D102
    @property
    def at_s(self) -> Sequence[float]: ...  # noqa: D102


@dataclass(frozen=True)
class ReportLine:
    """One line of dialogue and what became of it.

    Attributes:
        id: its name, once in a report.
        audio: the recording.
        take: the take; None where there is none.
        form: the take's format, as in `facetake.formats`; None: by its suffix.
        character, text, emotion: for people.
        duration_s: of the recording.
        status: "done", "failed" (could not be made), or anything else for a line that was not begun.
        message: what went wrong; empty where nothing did.
        why: why it was made this time, such as "new".
        score: how much it deserves a look, from 0; the largest stand first.
        findings: of the checks, passed ones too.
        verdict: an earlier "approved" or "rejected"; empty where nobody has said.
        note: what was said with it.
        take_sha256: of the take's file, in hex; a verdict holds for these bytes only.
        others: what else the list says of it, as names and texts.
        told: sentences about what is unusual in its recording and how it was read.
        nearness: by which lines of one score are put in order, those too that pass everything: the largest stand first.
        percentile: 0..100, how many of the lines that were made deserve a look less than this one; a report sets it.
        heard: a sentence on the mood that was heard; empty where none was asked for.
        heard_emotion, certainty: the mood itself, and how often answers like this one are right, 0..1.
        correction: the mood that a person gave instead; empty for none.
        visemes: heard, each with its begin and end in seconds.
        approved: the version that somebody approved; None where there is none, or it is this one.
        portrait: a film or picture of the line as a portrait; None where there is none.
    """

    id: str
    audio: Path
    take: Path | None = None
    form: str | None = None
    character: str = ""
    text: str = ""
    emotion: str = ""
    duration_s: float = 0.0
    status: str = DONE
    message: str = ""
    why: str = ""
    score: float = 0.0
    findings: Sequence[ReportFinding] = ()
    verdict: str = ""
    note: str = ""
    take_sha256: str = ""
    others: Sequence[tuple[str, str]] = ()
    told: Sequence[str] = ()
    nearness: float = 0.0
    percentile: float = 0.0
    heard: str = ""
    heard_emotion: str = ""
    certainty: float = 0.0
    correction: str = ""
    visemes: Sequence[tuple[str, float, float]] = ()
    approved: Path | None = None
    portrait: Path | None = None
