"""What a hand does to a line's phones and words: each gives new edits, and leaves the old ones as they were.

Phones are named by their place among those that are seen, edits and all. A change that brings a phone back to what was
heard leaves no edit behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final, Literal

from facetake.edits import line_edits
from facetake.edits.application import ROUNDING_S, EditedScript
from facetake.edits.line_edits import (
    LEAST_PHONE_S,
    Anchor,
    Emphasis,
    Insertion,
    KeyedCurve,
    LineEdits,
    PhoneEdit,
    seconds,
)
from facetake.edits.matching import anchors
from facetake.errors import ConfigError
from facetake.script import Phone

INSERTED_S: Final = 0.08  # of a phone that is inserted: as most are long
Edge = Literal["start", "end"]


def move(script: EditedScript, place: int, edge: Edge, to_s: float) -> LineEdits:
    """Moves where a phone begins or ends; a neighbour that touches it, or stands in the way, gives way.

    Args:
        script: the line with its edits.
        place: of the phone among those of `script.alignment`.
        edge: which end of it.
        to_s: to where; no phone becomes shorter than `LEAST_PHONE_S`.
    """
    phones = script.alignment.phones
    step = -1 if edge == "start" else 1
    neighbour = phones[place + step] if 0 <= place + step < len(phones) else None
    to_s = seconds(_allowed(phones[place], neighbour, edge, to_s, script.alignment.duration_s))
    edits = _timed(script.edits, script, place, edge, to_s)
    if neighbour is None:
        return edits
    gap = (phones[place].start_s - neighbour.end_s) if edge == "start" else (neighbour.start_s - phones[place].end_s)
    is_over = to_s < neighbour.end_s if edge == "start" else to_s > neighbour.start_s
    if gap < ROUNDING_S or is_over:
        edits = _timed(edits, script, place + step, "end" if edge == "start" else "start", to_s)
    return edits


def bounds(script: EditedScript, place: int, edge: Edge) -> tuple[float, float]:
    """Between which instants `move` can bring an end of a phone."""
    phones = script.alignment.phones
    step = -1 if edge == "start" else 1
    neighbour = phones[place + step] if 0 <= place + step < len(phones) else None
    ends = (0.0, script.alignment.duration_s)
    low, high = (_allowed(phones[place], neighbour, edge, to_s, ends[1]) for to_s in ends)
    return low, high


def change(script: EditedScript, place: int, symbol: str) -> LineEdits:
    """Makes a phone another one. Raises ConfigError for an unknown one."""
    own = _own(script, place)
    is_own = own is not None and symbol == own.symbol
    return _edited(script.edits, script, place, symbol=None if is_own else line_edits.symbol(symbol))


def strengthen(script: EditedScript, place: int, strength: float) -> LineEdits:
    """Shapes a phone more or less firmly: 0.5 soft, 1 as usual, 1.5 hard."""
    own = _own(script, place)
    is_own = own is not None and strength == own.strength
    return _edited(script.edits, script, place, strength=None if is_own else line_edits.strength(strength))


def delete(script: EditedScript, place: int) -> LineEdits:
    """Leaves a phone out: there is silence in its place."""
    source = script.sources[place]
    if source < 0:
        left = tuple(one for n, one in enumerate(script.edits.insertions) if n != -1 - source)
        return replace(script.edits, insertions=left)
    return _edited(script.edits, script, place, symbol=None, from_s=None, to_s=None, strength=None, deleted=True)


def insert(script: EditedScript, at_s: float, symbol: str) -> LineEdits:
    """Puts a phone where there is silence, or in the second half of the phone that is there.

    Raises:
        ConfigError: there is no phone of that symbol, no phone in the line to stand by, or no room.
    """
    phones = script.alignment.phones
    own = [n for n, source in enumerate(script.sources) if source >= 0]
    if not own:
        raise ConfigError("the line has no phone that was heard; there is nothing to insert beside")
    inside = next((n for n, one in enumerate(phones) if one.start_s <= at_s < one.end_s), None)
    edits = script.edits
    if inside is not None:
        start_s, to_s = phones[inside].start_s, phones[inside].end_s
        from_s = seconds(min(max(at_s, start_s + LEAST_PHONE_S), to_s - LEAST_PHONE_S))
        if to_s - start_s < 2 * LEAST_PHONE_S + ROUNDING_S:
            raise ConfigError(f"{phones[inside].symbol} is too short to be parted; insert beside it, or change it")
        edits = _timed(edits, script, inside, "end", from_s)
    else:
        after = min((one.start_s for one in phones if one.start_s > at_s), default=script.alignment.duration_s)
        from_s, to_s = at_s, min(at_s + INSERTED_S, after)
        if to_s - from_s < LEAST_PHONE_S:
            raise ConfigError("there is no room for a phone; insert further from the next one, or change that one")
    nearest = min(own, key=lambda n: abs(phones[n].start_s + phones[n].end_s - 2 * from_s))
    anchor = anchors(script.own)[script.sources[nearest]]
    new = Insertion(anchor, line_edits.symbol(symbol), seconds(from_s), seconds(to_s))
    return replace(edits, insertions=(*edits.insertions, new))


def emphasise(script: EditedScript, word: int, amount: float) -> LineEdits:
    """Leans on a word, by its place among the line's: 0 leaves it to the voice, 1 is as much as can be."""
    own = script.own.words[word]
    others = tuple(one for one in script.edits.emphases if one.word != word + 1)
    new = () if amount == own.emphasis else (Emphasis(word + 1, own.text, line_edits.share(amount)),)
    return replace(script.edits, emphases=(*others, *new))


def set_curve(edits: LineEdits, curve: KeyedCurve) -> LineEdits:
    """Lays keys over a control; those of its mode that lie over the same stretch go."""
    return replace(edits, curves=(*_apart_from(edits.curves, curve), curve))


def _apart_from(curves: Iterable[KeyedCurve], new: KeyedCurve) -> list[KeyedCurve]:
    def is_over(one: KeyedCurve) -> bool:
        is_same = (one.control, one.mode) == (new.control, new.mode)
        return is_same and one.times_s[0] <= new.times_s[-1] and new.times_s[0] <= one.times_s[-1]

    return [one for one in curves if not is_over(one)]


def _own(script: EditedScript, place: int) -> Phone | None:
    """The phone as it was heard; None where it is inserted."""
    source = script.sources[place]
    return script.own.phones[source] if source >= 0 else None


def _allowed(phone: Phone, neighbour: Phone | None, edge: Edge, to_s: float, duration_s: float) -> float:
    if edge == "start":
        low, high = (neighbour.start_s + LEAST_PHONE_S if neighbour else 0.0), phone.end_s - LEAST_PHONE_S
    else:
        low, high = phone.start_s + LEAST_PHONE_S, (neighbour.end_s - LEAST_PHONE_S if neighbour else duration_s)
    if low > high:  # two that are hardly there
        return phone.start_s if edge == "start" else phone.end_s
    return max(low, min(to_s, high))


def _timed(edits: LineEdits, script: EditedScript, place: int, edge: Edge, to_s: float) -> LineEdits:
    own = _own(script, place)
    name = "from_s" if edge == "start" else "to_s"
    is_own = own is not None and to_s == seconds(own.start_s if edge == "start" else own.end_s)
    return _edited(edits, script, place, **{name: None if is_own else to_s})


def _edited(edits: LineEdits, script: EditedScript, place: int, **changes: Any) -> LineEdits:
    """Edits with changes of one phone, heard or inserted."""
    source = script.sources[place]
    if source < 0:
        old = script.edits.insertions[-1 - source]
        now = next(one for one in edits.insertions if one.by == old.by and _is_same(one, old))
        new = replace(now, **{name: value for name, value in changes.items() if value is not None})
        return replace(edits, insertions=tuple(new if one is now else one for one in edits.insertions))
    anchor = anchors(script.own)[source]
    place_of: Callable[[Anchor], tuple[int, int]] = lambda one: (one.word, one.phone)  # noqa: E731  short
    known = next((one for one in edits.phones if place_of(one.at) == place_of(anchor)), PhoneEdit(anchor))
    others = tuple(one for one in edits.phones if one is not known)
    made = replace(known, **changes)
    return replace(edits, phones=others if made.is_nothing else (*others, made))


def _is_same(one: Insertion, other: Insertion) -> bool:
    """Whether an insertion is another one, of which at most an end was moved."""
    return one.symbol == other.symbol and (one.from_s == other.from_s or one.to_s == other.to_s)
