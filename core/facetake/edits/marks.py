"""What a hand does to a line's marks: events, cues of emotion and gaze, and locks. Each gives new edits.

A mark is named by its kind, as `LineEdits` calls it, and its place among those. A cue holds until the next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, Literal

from facetake.edits import line_edits
from facetake.edits.line_edits import EmotionCue, Event, GazeCue, LineEdits, Lock, seconds
from facetake.errors import ConfigError
from facetake.events import BURSTS, MANNERS, SHORTEST_S

Kind = Literal["events", "emotion", "gaze", "locks"]
Part = Literal["start", "end", "whole"]
CUES: Final = ("emotion", "gaze")
LENGTH_S: Final = {"events": 0.6, "locks": 1.0}  # of what is marked at an instant, by eye: to be drawn to its length
LEAST_S: Final = {"events": SHORTEST_S, "locks": 1 / 60}  # of a lock a frame: in less it locks nothing
APART_S: Final = 1 / 60  # of two cues, by choice: a frame


def count(edits: LineEdits, kind: Kind) -> int:
    """How many marks of a kind there are."""
    return len(getattr(edits, kind))


def span(edits: LineEdits, kind: Kind, place: int, duration_s: float) -> tuple[float, float]:
    """From when to when a mark counts, in seconds; no further than the line's end."""
    there = getattr(edits, kind)
    one = there[place]
    if kind in CUES:
        return one.at_s, min(duration_s, there[place + 1].at_s) if place + 1 < len(there) else duration_s
    return one.from_s, min(duration_s, one.to_s)


def text(edits: LineEdits, kind: Kind, place: int) -> str:
    """What a mark says, as `retype` takes it: "laugh:0.7", "angry:0.8", "camera", "mouth"."""
    one = getattr(edits, kind)[place]
    if isinstance(one, Event):
        return one.kind if one.amount is None else f"{one.kind}:{one.amount:g}"
    if isinstance(one, EmotionCue):
        return one.emotion
    return one.look if isinstance(one, GazeCue) else str(one.region)


def add(
    edits: LineEdits, kind: Kind, said: str, from_s: float, duration_s: float, to_s: float | None = None
) -> tuple[LineEdits, int]:
    """Puts a mark at an instant, or over a stretch; and its place. A cue at the instant of another takes its place.

    Raises:
        ConfigError: it says what is none of its kind, or there is no room.
    """
    from_s = seconds(min(max(0.0, from_s), duration_s))
    there = getattr(edits, kind)
    new: Any
    if kind in CUES:
        if from_s >= duration_s:
            from_s = seconds(max(0.0, duration_s - APART_S))
        make = EmotionCue if kind == "emotion" else GazeCue
        new = make(from_s, _checked(kind, said))
        there = tuple(one for one in there if one.at_s != from_s)
    else:
        low, high = _room(edits, kind, said, None, from_s, duration_s)
        end_s = min(high, from_s + LENGTH_S[kind] if to_s is None else to_s)
        begin_s = max(low, min(from_s, end_s - LEAST_S[kind]))
        if end_s - begin_s < LEAST_S[kind] - 1e-6:
            raise ConfigError(f"there is no room for {said} at {from_s:.2f} s; mark it elsewhere or move what is there")
        new = _spanned(kind, said, seconds(begin_s), seconds(end_s))
    made = _with(edits, kind, (*there, new))
    return made, place_of(made, kind, new)


def move(edits: LineEdits, kind: Kind, place: int, part: Part, to_s: float, duration_s: float) -> tuple[LineEdits, int]:
    """Brings an end of a mark, or all of it, to an instant, as far as there is room; and its place then.

    Of the whole, `to_s` is where it begins.
    """
    one = getattr(edits, kind)[place]
    if kind in CUES:
        there = getattr(edits, kind)
        low = there[place - 1].at_s + APART_S if place else 0.0
        high = there[place + 1].at_s - APART_S if place + 1 < len(there) else duration_s - APART_S
        return _put(edits, kind, place, replace(one, at_s=seconds(max(low, min(to_s, max(low, high))))))
    low, high = _room(edits, kind, text(edits, kind, place), place, one.from_s, duration_s)
    least_s, length_s = LEAST_S[kind], one.to_s - one.from_s
    if part == "whole":
        from_s = max(low, min(to_s, high - length_s))
        new = replace(one, from_s=seconds(from_s), to_s=seconds(from_s + length_s))
    elif part == "start":
        new = replace(one, from_s=seconds(max(low, min(to_s, one.to_s - least_s))))
    else:
        new = replace(one, to_s=seconds(max(one.from_s + least_s, min(to_s, high))))
    return _put(edits, kind, place, new)


def retype(edits: LineEdits, kind: Kind, place: int, said: str, duration_s: float) -> tuple[LineEdits, int]:
    """Makes a mark say something else; and its place then.

    Raises:
        ConfigError: it is none of its kind, or lies over another that it cannot lie over.
    """
    one = getattr(edits, kind)[place]
    if kind in CUES:
        name = "emotion" if kind == "emotion" else "look"
        return _put(edits, kind, place, replace(one, **{name: _checked(kind, said)}))
    low, high = _room(edits, kind, said, place, one.from_s, duration_s)
    if one.from_s < low - 1e-6 or min(one.to_s, duration_s) > high + 1e-6:
        raise ConfigError(f"{said} at {one.from_s:.2f} s would lie over what is marked there; move one of them first")
    return _put(edits, kind, place, _spanned(kind, said, one.from_s, one.to_s))


def remove(edits: LineEdits, kind: Kind, place: int) -> LineEdits:
    """Takes a mark away."""
    there = getattr(edits, kind)
    return _with(edits, kind, (*there[:place], *there[place + 1 :]))


def amount(edits: LineEdits, kind: Kind, place: int, share: float | None) -> tuple[LineEdits, int]:
    """Makes an event, or the first emotion of a cue, as large as `share`, 0..1; None goes by an event's loudness."""
    one = getattr(edits, kind)[place]
    if isinstance(one, Event):
        return _put(edits, kind, place, replace(one, amount=None if share is None else line_edits.share(share)))
    if isinstance(one, EmotionCue) and share is not None:
        name = one.emotion.split("+")[0].partition(":")[0]
        return _put(edits, kind, place, replace(one, emotion=f"{name}:{line_edits.share(share):g}"))
    return edits, place


def place_of(edits: LineEdits, kind: Kind, one: object) -> int:
    """The place of a mark among those of its kind; -1 where it is not there."""
    there: Sequence[object] = getattr(edits, kind)
    return next((n for n, other in enumerate(there) if other is one), -1)


def _with(edits: LineEdits, kind: Kind, there: tuple[Any, ...]) -> LineEdits:
    found: dict[str, Any] = {kind: there}
    return replace(edits, **found)


def _put(edits: LineEdits, kind: Kind, place: int, new: Any) -> tuple[LineEdits, int]:
    there = getattr(edits, kind)
    made = _with(edits, kind, (*there[:place], new, *there[place + 1 :]))
    return made, place_of(made, kind, new)


def _checked(kind: Kind, said: str) -> str:
    return line_edits.mood_text(said.strip()) if kind == "emotion" else line_edits.look_text(said.strip())


def _spanned(kind: Kind, said: str, from_s: float, to_s: float) -> Event | Lock:
    if kind == "locks":
        return Lock(line_edits.region_name(said.strip()), from_s, to_s)
    name, _, size = said.partition(":")
    return Event(line_edits.event_kind(_named(name)), from_s, to_s, line_edits.share(_number(size)) if size else None)


def _named(name: str) -> str:
    return name.strip().casefold().replace(" ", "_").replace("-", "_")


def _number(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError as error:
        raise ConfigError(f"an amount is a number from 0 to 1, not {text!r}; write laugh:0.7") from error


def _room(
    edits: LineEdits, kind: Kind, said: str, place: int | None, from_s: float, duration_s: float
) -> tuple[float, float]:
    """Between which instants a mark may lie: events as far as the next one that it cannot lie over."""
    if kind == "locks":
        return 0.0, duration_s
    name = _named(said.partition(":")[0])
    alike = BURSTS if name in BURSTS else MANNERS
    others = [one for n, one in enumerate(edits.events) if n != place and one.kind in alike]
    low = max((one.to_s for one in others if one.from_s <= from_s), default=0.0)
    high = min((one.from_s for one in others if one.from_s > from_s), default=duration_s)
    return min(low, duration_s), min(high, duration_s)
