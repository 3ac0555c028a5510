"""From matched phrases to a map of time, and what did not fit: what people are told of a line in another language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from facetake.localise.matching import Match
from facetake.localise.retiming import Piece, TimeMap
from facetake.phrases import Phrase, Phrases

STRETCH: Final = (0.6, 1.6)
"""Within this, a face whose speed changes still looks acted; by eye."""
PAUSE_STRETCH: Final = 2.5
PAUSE_CHANGE_S: Final = 0.5
"""A pause that is as many times longer or shorter, and by as much, is not stretched: the face goes on at its own pace
and passes into the next phrase. Stretched, it would freeze or jerk."""
MOST_NAMED: Final = 5  # of a kind in a sentence: the report has all of them


@dataclass(frozen=True)
class PhraseFit:
    """How a part of the line is performed.

    Attributes:
        take_s, line_s: start and end in seconds of what belongs together; None where one has no partner.
        stretch: how many times longer it is than in the take; None without a partner.
        pauses_s: the pause before it in the take and in the line; None for the first and without a partner.
        shown_s: what is shown of the take in a phrase without a partner.
    """

    take_s: tuple[float, float] | None
    line_s: tuple[float, float] | None
    stretch: float | None = None
    pauses_s: tuple[float, float] | None = None
    shown_s: tuple[float, float] | None = None

    @property
    def is_out(self) -> bool:
        """Whether it is stretched beyond what looks acted."""
        return self.stretch is not None and not STRETCH[0] <= self.stretch <= STRETCH[1]

    @property
    def is_paused_elsewhere(self) -> bool:
        """Whether the pause before it is a very different one."""
        return self.pauses_s is not None and _differ(*self.pauses_s)


def fit(take: Phrases, line: Phrases, matches: Sequence[Match]) -> tuple[TimeMap, tuple[PhraseFit, ...]]:
    """The map that shows each phrase of the take on its partner, and how each one fits.

    A phrase of the line without a partner shows the phrase of the take again whose length is nearest; a phrase of the
    take without one is left out.
    """
    fits = _fits(take.found, line.found, matches)
    pieces: list[tuple[list[float], list[float]]] = []
    jumps: list[float] = []
    skipped = False
    for one in fits:
        shown = one.take_s or one.shown_s
        if one.line_s is None or shown is None:
            skipped = True
            continue
        if pieces and (skipped or one.take_s is None or one.is_paused_elsewhere or shown[0] <= pieces[-1][1][-1]):
            jumps.append((pieces[-1][0][-1] + one.line_s[0]) / 2)
            pieces.append(([], []))
        elif not pieces:
            pieces.append(([], []))
        pieces[-1][0].extend(one.line_s)
        pieces[-1][1].extend(shown)
        skipped = one.take_s is None  # what is shown again leads nowhere
    if not pieces:
        pieces.append(([0.0, max(line.duration_s, 1e-3)], [0.0, max(take.duration_s, 1e-3)]))
    return TimeMap(tuple(Piece(np.array(a), np.array(b)) for a, b in pieces), tuple(jumps)), fits


def sentences(fits: Sequence[PhraseFit], take: Phrases, line: Phrases) -> tuple[str, ...]:
    """What did not fit, for people; nothing where all does."""
    told = []
    if not take.found or not line.found:
        silent = "the take's mouth" if not take.found else "the line"
        told.append(f"{silent} never speaks; the face is stretched over the whole line, {_times(take, line):.2f} times")
        return tuple(told)
    if out := [one for one in fits if one.is_out]:
        which = [f"{one.line_s[0]:.2f} s ({one.stretch:.2f} times)" for one in out if one.line_s]
        told.append(f"{_count(out, 'phrase')} stretched beyond {STRETCH[0]} to {STRETCH[1]}: at {_some(which)}")
    if far := [one for one in fits if one.is_paused_elsewhere]:
        pauses = [
            f"{one.line_s[0]:.2f} s ({one.pauses_s[0]:.2f} s became {one.pauses_s[1]:.2f} s)"
            for one in far
            if one.line_s and one.pauses_s
        ]
        told.append(f"{_count(far, 'pause')} of another length, bridged: before {_some(pauses)}")
    if new := [one.line_s for one in fits if one.take_s is None and one.line_s]:
        told.append(f"{_count(new, 'phrase')} of the line without a partner, a like one shown again: {_spans(new)}")
    if left := [one.take_s for one in fits if one.line_s is None and one.take_s]:
        told.append(f"{_count(left, 'phrase')} of the take left out, as the line has none for it: {_spans(left)}")
    return tuple(told)


def _fits(take: Sequence[Phrase], line: Sequence[Phrase], matches: Sequence[Match]) -> tuple[PhraseFit, ...]:
    found: list[PhraseFit] = []
    before: tuple[float, float] | None = None
    for one in matches:
        spoken, said = _span(take, one.take), _span(line, one.line)
        if spoken and said:
            pauses = (spoken[0] - before[0], said[0] - before[1]) if before else None
            found.append(PhraseFit(spoken, said, (said[1] - said[0]) / (spoken[1] - spoken[0]), pauses))
            before = spoken[1], said[1]
        else:
            found.append(PhraseFit(spoken, said, shown_s=_nearest(take, said) if said else None))
            before = None
    return tuple(found)


def _span(phrases: Sequence[Phrase], rows: tuple[int, int]) -> tuple[float, float] | None:
    return (phrases[rows[0]].start_s, phrases[rows[1] - 1].end_s) if rows[0] < rows[1] else None


def _nearest(take: Sequence[Phrase], said: tuple[float, float]) -> tuple[float, float] | None:
    """The phrase of the take whose length is nearest."""
    wanted = said[1] - said[0]
    best = min(take, key=lambda phrase: abs(np.log(phrase.duration_s / wanted)), default=None)
    return None if best is None else (best.start_s, best.end_s)


def _differ(before_s: float, after_s: float) -> bool:
    longer, shorter = max(before_s, after_s), max(min(before_s, after_s), 1e-3)
    return longer / shorter > PAUSE_STRETCH and longer - shorter > PAUSE_CHANGE_S


def _times(take: Phrases, line: Phrases) -> float:
    return line.duration_s / max(take.duration_s, 1e-3)


def _count(found: Sequence[object], noun: str) -> str:
    return f"{len(found)} {noun}{'' if len(found) == 1 else 's'}"


def _spans(found: Sequence[tuple[float, float]]) -> str:
    return _some([f"{first:.2f}-{last:.2f} s" for first, last in found])


def _some(found: Sequence[str]) -> str:
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    return ", ".join(found[:MOST_NAMED]) + more
