"""A line's phones and words with its edits on them.

Away from what the edits touch, everything is as it would be without any; that is worked out once for a line, and each
change looks at what stands about it alone: a line of half an hour has sixteen thousand phones.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from facetake.edits.carrying import carry, named, no_room
from facetake.edits.line_edits import LEAST_PHONE_S, LineEdits, PhoneEdit
from facetake.edits.matching import anchors, by_place, lately
from facetake.script import Alignment, Phone, Word

_Change = tuple[str, int]
"""The kind of an edit, as `LineEdits` calls it, and its number among those."""
JOIN_S: Final = 0.017  # a frame: phones that touched and now lie this far apart touch again
ROUNDING_S: Final = 1e-3  # by which rounded times of neighbours may overlap
ABOUT: Final = 2  # phones on either side of what is touched: whether one has room depends on its neighbours
Places = tuple[int, int]
"""The first of some phones or words, and the one past the last."""


@dataclass(frozen=True)
class EditedScript:
    """A line's phones and words with edits on them.

    Attributes:
        alignment: with the edits.
        own: the line's own, without.
        sources: of each phone: its index among the line's own, or -1 - n for the n-th insertion.
        edits: as they apply to this line.
        lost: a sentence for each edit that could not be applied.
        touched: places of phones outside of which each is as it would be without edits.
        gone: indices among the line's own of phones that are left out.
    """

    alignment: Alignment
    own: Alignment
    sources: tuple[int, ...]
    edits: LineEdits
    lost: tuple[str, ...] = ()
    touched: tuple[Places, ...] = ()
    gone: tuple[int, ...] = ()

    def within(self, start_s: float, end_s: float) -> tuple[object, ...]:
        """All that a stretch of the line depends on: two scripts for which it is the same ask the same of it."""
        phones, words = self.alignment.phones, self.alignment.words
        first = max(0, bisect_left(phones, start_s, key=_end) - ABOUT)
        last = min(len(phones), bisect_right(phones, end_s, key=_start) + ABOUT)
        for begin, end in self.touched:
            if begin < last and first < end:
                first, last = min(first, max(0, begin - 1)), max(last, min(len(phones), end + 1))
        of = slice(bisect_left(words, start_s, key=_end), bisect_right(words, end_s, key=_start))
        deleted = ((one, self.own.phones[one]) for one in self.gone)
        gone = tuple(one for one, phone in deleted if phone.end_s > start_s and phone.start_s < end_s)
        sources = tuple(max(-1, one) for one in self.sources[first:last])
        return phones[first:last], sources, words[of], gone


@dataclass(frozen=True)
class _Item:
    phone: Phone
    source: int
    word: int


_Laid = tuple[Places, list[_Item]]
"""Phones with their edits, and the places of the plain ones that they are for."""


@dataclass(frozen=True)
class _Plain:
    """A line without edits, as every edit of it begins with.

    Attributes:
        raw: its phones in order.
        items: the same, none over another.
        phones, sources: of these.
        words: each begun where the one before has ended.
        shown: the same, cut where the next begins.
        of_word: places of each word's phones, by its number.
        is_in_order: whether the phones lie as they are counted; all are worked out each time where they do not.
    """

    raw: list[_Item]
    items: list[_Item]
    phones: tuple[Phone, ...]
    sources: tuple[int, ...]
    words: list[Word]
    shown: tuple[Word, ...]
    of_word: Mapping[int, Places]
    is_in_order: bool


def apply(edits: LineEdits, own: Alignment, sound: str = "", sound_sha256: str = "") -> EditedScript:
    """Lays edits over a line's phones and words; those that no longer fit are left out and told.

    Args:
        edits: of this line, or of another recording of it.
        own: the line's phones and words as they were heard or aligned.
        sound: the name of the recording's file.
        sound_sha256: of its bytes.
    """
    edits, lost = carry(edits, own, sound, sound_sha256)
    plain = lately(_plain, own)
    told = list(lost)
    while True:
        laid = _laid(edits, own, plain)
        crowding = _crowding(laid, edits, own)
        if not crowding:
            break
        edits, sentences = _without(crowding, edits)
        told += sentences
    phones, sources = list(plain.phones), list(plain.sources)
    touched: list[Places] = []
    later = 0
    for (first, last), items in laid:
        phones[first + later : last + later] = [item.phone for item in items]
        sources[first + later : last + later] = [item.source for item in items]
        touched.append((first + later, first + later + len(items)))
        later += len(items) - (last - first)
    words, spoken = _words(laid, edits, own, plain)
    alignment = own.patched(tuple(phones), words, touched, spoken)
    gone = tuple(n for one in edits.phones if one.deleted and (n := _index(one, own)) is not None)
    return EditedScript(alignment, own, tuple(sources), edits, tuple(told), tuple(touched), tuple(sorted(gone)))


def _plain(own: Alignment) -> _Plain:
    """A line without edits."""
    stands = anchors(own)
    raw = [_Item(phone, n, one.word) for n, (phone, one) in enumerate(zip(own.phones, stands, strict=True))]
    raw.sort(key=_middle)
    items = _apart(raw, own, None)
    of_word: dict[int, Places] = {}
    for place, item in enumerate(items):
        of_word[item.word] = (of_word.get(item.word, (place, 0))[0], place + 1)
    words: list[Word] = []
    for word in own.words:
        words.append(_begun(word, words[-1].end_s if words else 0.0))
    shown = tuple(_cut(words, n, own.duration_s) for n in range(len(words)))
    phones = tuple(item.phone for item in items)
    sources = tuple(item.source for item in items)
    return _Plain(raw, items, phones, sources, words, shown, of_word, sources == tuple(range(len(items))))


def _start(one: Phone | Word) -> float:
    return one.start_s


def _end(one: Phone | Word) -> float:
    return one.end_s


def _middle(item: _Item) -> tuple[float, int]:
    return item.phone.start_s + item.phone.end_s, item.source


def _index(edit: PhoneEdit, own: Alignment) -> int | None:
    """Which of the line's own phones an edit is of."""
    return by_place(own).get((edit.at.word, edit.at.phone))


def _laid(edits: LineEdits, own: Alignment, plain: _Plain) -> list[_Laid]:
    """Phones where edits touch them, in order, none over another; and the places of the plain ones they are for."""
    count = len(plain.items)
    changed = {index: one for one in edits.phones if (index := _index(one, own)) is not None}
    waiting = _stretches(edits, own, plain, changed)[::-1]
    found: list[_Laid] = []
    while waiting:
        first, last, added = waiting.pop()
        while True:
            while waiting and waiting[-1][0] <= last:
                _, end, more = waiting.pop()
                last, added = max(last, end), [*added, *more]
            items = _between(first, last, changed, added, own, plain)
            if last == count or items[-1] == plain.items[last - 1]:
                break
            last = min(count, 2 * last - first)  # what was pushed reaches further
        found.append(((first, last), items))
    return found


def _stretches(
    edits: LineEdits, own: Alignment, plain: _Plain, changed: Mapping[int, PhoneEdit]
) -> list[tuple[int, int, list[_Item]]]:
    """Places of phones that each edit may touch, its word and some neighbours with them, and what is inserted there."""
    there: list[tuple[float, float, int, list[_Item]]] = []
    for index, one in changed.items():
        phone = own.phones[index]
        ends = [phone.start_s, phone.end_s, *(at_s for at_s in (one.from_s, one.to_s) if at_s is not None)]
        there.append((min(ends), max(ends), one.at.word, []))
    for number, new in enumerate(edits.insertions):
        phone = Phone(new.symbol, new.from_s, new.to_s, 1.0, new.strength)
        there.append((new.from_s, new.to_s, new.by.word, [_Item(phone, -1 - number, new.by.word)]))
    if not plain.is_in_order and there:
        return [(0, len(plain.items), [item for one in there for item in one[3]])]
    found = []
    for low_s, high_s, word, added in there:
        first = bisect_left(plain.phones, low_s, key=_end)
        last = bisect_right(plain.phones, high_s, key=_start)
        if word and word in plain.of_word:
            first, last = min(first, plain.of_word[word][0]), max(last, plain.of_word[word][1])
        found.append((max(0, first - ABOUT), min(len(plain.items), last + ABOUT), added))
    return sorted(found, key=lambda one: one[:2])


def _between(
    first: int, last: int, changed: Mapping[int, PhoneEdit], added: Sequence[_Item], own: Alignment, plain: _Plain
) -> list[_Item]:
    """Phones from one place to another with their edits; too short ones where there is no room."""
    items = list(added)
    for item in plain.raw[first:last]:
        edit = changed.get(item.source)
        if edit is None:
            items.append(item)
        elif not edit.deleted:
            items.append(replace(item, phone=_edited(item.phone, edit)))
    items.sort(key=_middle)
    return _apart(items, own, plain.items[first - 1] if first else None)


def _edited(phone: Phone, edit: PhoneEdit) -> Phone:
    return Phone(
        edit.symbol or phone.symbol,
        phone.start_s if edit.from_s is None else edit.from_s,
        phone.end_s if edit.to_s is None else edit.to_s,
        1.0,  # whoever edits it is certain
        phone.strength if edit.strength is None else edit.strength,
    )


def _apart(items: Sequence[_Item], own: Alignment, last: _Item | None) -> list[_Item]:
    """The same, each beginning where the one before has ended, at first `last`, and none outside the line."""
    found: list[_Item] = []
    last_s, before = (last.phone.end_s, last.source) if last is not None else (0.0, -1)
    for item in items:
        start_s, end_s = max(item.phone.start_s, last_s), min(item.phone.end_s, own.duration_s)
        touched = (
            before >= 0 and item.source == before + 1 and _gap(own.phones[before], own.phones[before + 1]) < ROUNDING_S
        )
        if touched and start_s - last_s < JOIN_S:
            start_s = last_s
        end_s = max(start_s, end_s)
        last_s, before = end_s, item.source
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


def _crowding(laid: Sequence[_Laid], edits: LineEdits, own: Alignment) -> list[_Change]:
    """Changes of time that leave a phone no room; of neighbours one, since that may make room enough."""
    changes = _changes(edits, own)
    found: list[_Change] = []
    for _, items in laid:
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
    moved = (
        (_index(one, own), ("phones", number))
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


def _words(
    laid: Sequence[_Laid], edits: LineEdits, own: Alignment, plain: _Plain
) -> tuple[tuple[Word, ...], list[Places]]:
    """Words from their first phone to their last, with their emphasis; and the places of those that edits touch."""
    amounts = {one.word: one.amount for one in edits.emphases}
    ends: dict[int, list[float]] = {}
    for _, items in laid:
        for item in items:
            ends.setdefault(item.word, []).extend((item.phone.start_s, item.phone.end_s))
    moved = {one.at.word for one in edits.phones} | {one.by.word for one in edits.insertions}
    touched = sorted(number for number in moved | amounts.keys() if 0 < number <= len(own.words))
    begun, shown = list(plain.words), list(plain.shown)
    found: list[Places] = []
    done = 0
    for number in touched:
        place = first = max(number - 1, done)
        while place < len(begun):
            word = own.words[place]
            span = ends.get(place + 1, []) if place + 1 in moved else []
            if span:
                word = replace(word, start_s=min(span), end_s=max(span))
            if place + 1 in amounts:
                word = replace(word, emphasis=amounts[place + 1])
            new = _begun(word, begun[place - 1].end_s if place else 0.0)
            if new == begun[place] and place + 1 > number:
                break
            begun[place] = new
            place += 1
        done = max(done, place)
        if place > first:
            found.append((max(0, first - 1), place))
    for first, last in found:
        shown[first:last] = [_cut(begun, place, own.duration_s) for place in range(first, last)]
    return tuple(shown), found


def _begun(word: Word, last_s: float) -> Word:
    """A word that does not begin before the one before it has ended."""
    start_s = max(word.start_s, last_s)
    end_s = max(start_s, word.end_s)
    return word if (start_s, end_s) == (word.start_s, word.end_s) else replace(word, start_s=start_s, end_s=end_s)


def _cut(words: Sequence[Word], place: int, duration_s: float) -> Word:
    """A word that an untouched neighbour's old end reaches into ends there."""
    word = words[place]
    end_s = max(word.start_s, min(word.end_s, words[place + 1].start_s if place + 1 < len(words) else duration_s))
    return word if end_s == word.end_s else replace(word, end_s=end_s)
