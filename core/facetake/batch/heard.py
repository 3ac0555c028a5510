"""What was heard in a line's recording, as far as people want to see it: the mood, how sure that is, and the visemes.

Kept in the ledger, so that a report hears nothing again. Knows plain values and their JSON; does not hear.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Final

from facetake.arrays import F32
from facetake.emotion_recognition import EmotionEstimate
from facetake.files import json_text
from facetake.take import Take
from facetake.visemes import VISEMES, segments

MOST_VISEMES: Final = 20_000  # of a line: half an hour, ample; of a longer one the first


@dataclass(frozen=True)
class LineHeard:
    """What was heard.

    Attributes:
        emotion: the mood that was heard; empty where it was not asked for.
        confidence: how often answers like this one are right, 0..1.
        sentence: on both, for people.
        visemes: name, begin and end in seconds.
    """

    emotion: str = ""
    confidence: float = 0.0
    sentence: str = ""
    visemes: tuple[tuple[str, float, float], ...] = ()


def of(estimate: EmotionEstimate | None, visemes: F32, take: Take) -> LineHeard:
    """What is kept of a line: the mood heard, where that was asked, and visemes (T, 16) at the take's rate."""
    found = segments(visemes, take.rate, take.start)[:MOST_VISEMES]
    track = tuple((one.viseme, round(one.start_s, 3), round(one.end_s, 3)) for one in found)
    if estimate is None:
        return LineHeard(visemes=track)
    return LineHeard(estimate.emotion, round(estimate.confidence, 3), estimate.sentence, track)


def to_json(heard: LineHeard) -> str:
    """One line of JSON."""
    return json_text.dump(asdict(heard), separators=(",", ":"))


def from_json(text: str) -> LineHeard:
    """What `to_json` wrote, or {} for nothing. Raises ValueError, TypeError or KeyError for anything else."""
    known = json_text.load(text)
    if known == {}:
        return LineHeard()
    heard = LineHeard(known["emotion"], float(known["confidence"]), known["sentence"], _track(known["visemes"]))
    if not (isinstance(heard.emotion, str) and isinstance(heard.sentence, str) and isfinite(heard.confidence)):
        raise ValueError("what was heard is none")
    return heard


def _track(rows: Sequence[tuple[str, float, float]]) -> tuple[tuple[str, float, float], ...]:
    track = tuple((name, float(begin), float(end)) for name, begin, end in rows)
    if not all(name in VISEMES and isfinite(begin) and isfinite(end) for name, begin, end in track):
        raise ValueError("a track of visemes is none")
    return track
