"""A line's phones and words with its edits on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from facetake.edits.carrying import carry, named, no_room
from facetake.edits.line_edits import LEAST_PHONE_S, LineEdits
from facetake.edits.matching import anchors
from facetake.script import Alignment, Phone, Word

_Change = tuple[str, int]
"""The kind of an edit, as `LineEdits` calls it, and its number among those."""
JOIN_S: Final = 0.017  # a frame: phones that touched and now lie this far apart touch again
ROUNDING_S: Final = 1e-3  # by which rounded times of neighbours may overlap


@dataclass(frozen=True)
class EditedScript:
    """A line's phones and words with edits on them.

    Attributes:
        alignment: with the edits.
        own: the line's own, without.
        sources: of each phone: its index among the line's own, or -1 - n for the n-th insertion.
        edits: as they apply to this line.
        lost: a sentence for each edit that could not be applied.
    """

    alignment: Alignment
    own: Alignment
    sources: tuple[int, ...]
    edits: LineEdits
    lost: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Item:
    phone: Phone
    source: int
    word: int


def apply(edits: LineEdits, own: Alignment, sound: str = "", sound_sha256: str = "") -> EditedScript:
    """Lays edits over a line's phones and words; those that no longer fit are left out and told.

    Args:
        edits: of this line, or of another recording of it.
        own: the line's phones and words as they were heard or aligned.
        sound: the name of the recording's file.
        sound_sha256: of its bytes.
    """
    edits, lost = carry(edits, own, sound, sound_sha256)
    told = list(lost)
    while True:
        items = _items(edits, own)
        crowding = _crowding(items, edits, own)
        if not crowding:
            break
        edits, sentences = _without(crowding, edits)
        told += sentences
    phones = tuple(item.phone for item in items)
    alignment = replace(own, phones=phones, words=_words(items, edits, own))
    return EditedScript(alignment, own, tuple(item.source for item in items), edits, tuple(told))


def _items(edits: LineEdits, own: Alignment) -> list[_Item]:
    """Phones in order, none over another; too short ones where there is no room."""
    by_place = {(one.at.word, one.at.phone): one for one in edits.phones}
    items = []
    for index, (phone, anchor) in enumerate(zip(own.phones, anchors(own), strict=True)):
        edit = by_place.get((anchor.word, anchor.phone))
        if edit is not None and edit.deleted:
            continue
        if edit is not None:
            phone = Phone(
                edit.symbol or phone.symbol,
                phone.start_s if edit.from_s is None else edit.from_s,
                phone.end_s if edit.to_s is None else edit.to_s,
                1.0,  # whoever edits it is certain
                phone.strength if edit.strength is None else edit.strength,
            )
        items.append(_Item(phone, index, anchor.word))
    for number, one in enumerate(edits.insertions):
        items.append(_Item(Phone(one.symbol, one.from_s, one.to_s, 1.0, one.strength), -1 - number, one.by.word))
    items.sort(key=lambda item: (item.phone.start_s + item.phone.end_s, item.source))
    return _apart(items, own)


def _apart(items: list[_Item], own: Alignment) -> list[_Item]:
    """The same, each beginning where the one before has ended, and none outside the line."""
    found: list[_Item] = []
    last_s = 0.0
    for item in items:
        start_s, end_s = max(item.phone.start_s, last_s), min(item.phone.end_s, own.duration_s)
        before = found[-1].source if found else -1
        touched = (
            before >= 0 and item.source == before + 1 and _gap(own.phones[before], own.phones[before + 1]) < ROUNDING_S
        )
        if touched and start_s - last_s < JOIN_S:
            start_s = last_s
        end_s = max(start_s, end_s)
        last_s = end_s
        if (start_s, end_s) != (item.phone.start_s, item.phone.end_s):
            item = replace(item, phone=replace(item.phone, start_s=start_s, end_s=end_s))
        found.append(item)
    return found


def _is_crowded(item: _Item, own: Alignment) -> bool:
    """Whether a phone has less room than it needs; one that was heard shorter needs no more than it had."""
    heard = own.phones[item.source] if item.source >= 0 else None
    least_s = LEAST_PHONE_S if heard is None else min(LEAST_PHONE_S, heard.end_s - heard.start_s)
    return item.phone.end_s - item.phone.start_s < least_s - ROUNDING_S / 2


def _gap(before: Phone, after: Phone) -> float:
    return after.start_s - before.end_s


def _crowding(items: Sequence[_Item], edits: LineEdits, own: Alignment) -> list[_Change]:
    """Changes of time that leave a phone no room; of neighbours one, since that may make room enough."""
    changes = _changes(edits, own)
    found: list[_Change] = []
    free = 0
    for place, item in enumerate(items):
        if place < free or not _is_crowded(item, own):
            continue
        near = (changes.get(items[n].source) for n in (place, place - 1, place + 1) if 0 <= n < len(items))
        change = next((one for one in near if one is not None), None)
        if change is not None:
            found.append(change)
            free = place + 3  # whoever stands by it is looked at again, with the room that it leaves
    return found


def _changes(edits: LineEdits, own: Alignment) -> dict[int, _Change]:
    """What changed the time of phones, by their source."""
    places = {(one.word, one.phone): index for index, one in enumerate(anchors(own))}
    moved = (
        (places.get((one.at.word, one.at.phone)), ("phones", number))
        for number, one in enumerate(edits.phones)
        if one.from_s is not None or one.to_s is not None
    )
    found = {index: change for index, change in moved if index is not None}
    return found | {-1 - number: ("insertions", number) for number in range(len(edits.insertions))}


def _without(changes: Sequence[_Change], edits: LineEdits) -> tuple[LineEdits, list[str]]:
    """Edits without the moves and insertions for which there is no room, and a sentence on each."""
    gone = set(changes)
    told = []
    for kind, number in changes:
        one = getattr(edits, kind)[number]
        inserted = kind == "insertions"
        told.append(
            no_room(f"the inserted {one.symbol} beside {named(one.by)}" if inserted else f"the move of {named(one.at)}")
        )
    phones = (
        replace(one, from_s=None, to_s=None) if ("phones", number) in gone else one
        for number, one in enumerate(edits.phones)
    )
    return replace(
        edits,
        phones=tuple(one for one in phones if not one.is_nothing),
        insertions=tuple(one for number, one in enumerate(edits.insertions) if ("insertions", number) not in gone),
    ), told


def _words(items: Sequence[_Item], edits: LineEdits, own: Alignment) -> tuple[Word, ...]:
    """Words from their first phone to their last, with their emphasis."""
    amounts = {one.word: one.amount for one in edits.emphases}
    ends: dict[int, list[float]] = {}
    for item in items:
        ends.setdefault(item.word, []).extend((item.phone.start_s, item.phone.end_s))
    touched = {one.at.word for one in edits.phones} | {one.by.word for one in edits.insertions}
    found: list[Word] = []
    for number, word in enumerate(own.words, 1):
        span = ends.get(number, []) if number in touched else []
        start_s, end_s = (min(span), max(span)) if span else (word.start_s, word.end_s)
        start_s = max(start_s, found[-1].end_s if found else 0.0)
        found.append(
            replace(word, start_s=start_s, end_s=max(start_s, end_s), emphasis=amounts.get(number, word.emphasis))
        )
    return _none_over_another(found, own.duration_s)


def _none_over_another(found: list[Word], duration_s: float) -> tuple[Word, ...]:
    """Words that an untouched neighbour's old end reaches into are cut there."""
    cut = []
    for number, word in enumerate(found, 1):
        end_s = min(word.end_s, found[number].start_s if number < len(found) else duration_s)
        cut.append(replace(word, end_s=max(word.start_s, end_s)))
    return tuple(cut)
