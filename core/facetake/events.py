"""What is not speech in a line, and when: breaths, laughs, sobs, coughs, shouts, and what is whispered, hummed or sung.

Bursts have the mouth for themselves; manners change how words are said. Events are data, marked by hand in a file or
on the command line. Knows no sound and no face (`facetake.motion.performances`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np

from facetake import cues
from facetake.errors import ConfigError
from facetake.files import quantities
from facetake.files.quantities import shown
from facetake.files.spelling import meant
from facetake.timebase import FURTHEST_S

BURSTS: Final = ("breath_in", "breath_out", "sigh", "laugh", "sob", "gasp", "cough", "effort", "scream", "hum")
MANNERS: Final = ("whisper", "sing")
KINDS: Final = (*BURSTS, *MANNERS)
"""A hum is a burst, as no word is said with lips that are sealed."""
SHORTEST_S: Final = 0.08  # of an event: in less no jaw opens and shuts
MOST: Final = 10_000  # events of a line: one for every third of a second of an hour
EXAMPLE: Final = "0.80 1.40 laugh:0.7"
AUTO: Final = "auto"
INLINE: Final = "laugh@0.8-1.4:0.7"


@dataclass(frozen=True)
class Event:
    """One thing that is not speech.

    Attributes:
        kind: of `KINDS`.
        start_s, end_s: in seconds from the start of the audio.
        amount: 0..1, how large it is performed; None follows its loudness.
        confidence: 0..1, how sure it is; 1 where a person marked it.
    """

    kind: str
    start_s: float
    end_s: float
    amount: float | None = None
    confidence: float = 1.0

    def __post_init__(self) -> None:
        """Refuses what no event can be.

        Raises:
            ValueError: an unknown kind, times that are out of order, or numbers out of range.
        """
        if self.kind not in KINDS:
            raise ValueError(f"there is no event {self.kind!r}; the kinds are {', '.join(KINDS)}")
        if not 0.0 <= self.start_s < self.end_s <= float(FURTHEST_S):
            raise ValueError(f"a {self.kind} cannot last from {self.start_s} to {self.end_s} s")
        if not (0.0 <= self.confidence <= 1.0 and (self.amount is None or 0.0 <= self.amount <= 1.0)):
            raise ValueError(f"amount and confidence of a {self.kind} must lie within 0 and 1")


@dataclass(frozen=True)
class EventTrack:
    """The events of a line.

    Attributes:
        events: in order of their starts; bursts do not overlap one another, nor manners.
    """

    events: tuple[Event, ...] = ()

    def cut(self, start_s: float, end_s: float) -> EventTrack:
        """A stretch of it, whose time begins at `start_s`; what reaches beyond is cut there."""
        inside = (one for one in self.events if one.end_s > start_s and one.start_s < end_s)
        return EventTrack(
            tuple(
                replace(one, start_s=max(one.start_s, start_s) - start_s, end_s=min(one.end_s, end_s) - start_s)
                for one in inside
            )
        )

    def of(self, kinds: Iterable[str]) -> tuple[Event, ...]:
        """The events of some kinds, in order."""
        wanted = set(kinds)
        return tuple(one for one in self.events if one.kind in wanted)

    def check_within(self, duration_s: float | Fraction) -> None:
        """Finds events that a recording is too short for.

        Raises:
            ConfigError: one begins at the recording's end, or after it.
        """
        for one in self.events:
            if one.start_s >= duration_s:
                raise ConfigError(
                    f"the {one.kind} at {one.start_s:g} s begins after the end of the recording, which is "
                    f"{float(duration_s):.2f} s long; mark it earlier or leave it out"
                )


def parse(text: str) -> EventTrack:
    """Reads events as the user writes them.

    Args:
        text: "laugh@0.8-1.4:0.7", several joined by "+", or the path of a file of events. "auto" among them is no
            event: what is heard comes to those that are marked.

    Raises:
        ConfigError: an unknown kind, times out of order, bursts over each other, or an unreadable file.
    """
    if path := cue_file(text):
        return read(path)
    parts = [part for part in text.split("+") if not is_heard(part)]
    return ordered([_inline(part.strip(), "--events") for part in parts], "--events")


def is_heard(text: str) -> bool:
    """Whether events are to be heard: "auto", alone or beside others."""
    return any(part.strip().casefold() == AUTO for part in text.split("+"))


def joined(marked: EventTrack, heard: EventTrack) -> EventTrack:
    """Events that were marked, and those that were heard where no burst is marked."""
    mine = marked.of(BURSTS)
    more = [one for one in heard.events if all(one.end_s <= o.start_s or one.start_s >= o.end_s for o in mine)]
    return ordered([*marked.events, *more], "what was heard")


def cue_file(text: str) -> Path | None:
    """The file of events that was named; None where they are written out."""
    if ("@" in text or is_heard(text)) and not cues.is_file(text):
        return None
    return Path(text) if cues.looks_like_file(text) or cues.is_file(text) else None


def read(path: Path) -> EventTrack:
    """Reads a file of events, one a line: start, end, kind and amount ("0.80 1.40 laugh:0.7"); # begins a comment.

    Raises:
        ConfigError: the file is missing or not text, holds no event, or a line is wrong.
    """
    return ordered([_line(line, where) for where, line in cues.lines(path, "event", EXAMPLE)], str(path))


def written(track: EventTrack) -> str:
    """Events as `parse` reads them; empty where there are none."""
    return "+".join(f"{one.kind}@{one.start_s:g}-{one.end_s:g}{_size(one.amount)}" for one in track.events)


def ordered(found: Iterable[Event], where: str) -> EventTrack:
    """Events in order of time.

    Raises:
        ConfigError: there are too many, or two bursts or two manners at one time.
    """
    events = sorted(found, key=lambda one: (one.start_s, one.end_s, one.kind))
    if len(events) > MOST:
        raise ConfigError(f"{where} has {len(events)} events; give {MOST} at most")
    for kinds in (BURSTS, MANNERS):
        alike = [one for one in events if one.kind in kinds]
        for before, after in zip(alike, alike[1:], strict=False):
            if after.start_s < before.end_s:
                raise ConfigError(
                    f"{where}: the {after.kind} at {after.start_s:g} s begins before the {before.kind} ends at "
                    f"{before.end_s:g} s; a face does one at a time"
                )
    return EventTrack(tuple(events))


def _inline(text: str, where: str) -> Event:
    """An event such as "laugh@0.8-1.4:0.7"."""
    kind, at, rest = text.partition("@")
    times, _, amount = rest.partition(":")
    start, dash, end = times.partition("-")
    if not (at and dash):
        raise ConfigError(f"{where}: {shown(text)} is no event; write '{INLINE}', or the path of a file of events")
    return _event((start, end), kind, amount, where)


def _line(line: str, where: str) -> Event:
    """An event such as "0.80 1.40 laugh:0.7"."""
    parts = line.split()
    if len(parts) != 3:
        raise ConfigError(f"{where}: {shown(line.strip())} is no event; write start, end and kind, such as '{EXAMPLE}'")
    kind, _, amount = parts[2].partition(":")
    return _event((parts[0], parts[1]), kind, amount, where)


def _event(times: tuple[str, str], kind: str, amount: str, where: str) -> Event:
    name = kind.strip().casefold().replace("-", "_")
    if name not in KINDS:
        raise ConfigError(f"{where}: unknown event {shown(kind)}; known: {', '.join(KINDS)}{meant(name, KINDS)}")
    start_s, end_s = (
        quantities.number(quantities.pointed(text), f"{where}: the {edge} of the {name}", 0.0, float(FURTHEST_S))
        for edge, text in zip(("start", "end"), times, strict=True)
    )
    if not np.round(end_s - start_s, 6) >= SHORTEST_S:
        raise ConfigError(
            f"{where}: the {name} lasts from {start_s:g} to {end_s:g} s; its end must lie {SHORTEST_S:g} s or more "
            "after its start"
        )
    size = (
        quantities.number(quantities.pointed(amount), f"{where}: the amount of the {name}", 0.0, 1.0)
        if amount
        else None
    )
    return Event(name, start_s, end_s, size)


def _size(amount: float | None) -> str:
    return "" if amount is None else f":{amount:g}"
