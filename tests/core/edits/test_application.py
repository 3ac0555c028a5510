"""Edits laid over a line where they are: the same as laid over all of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from made_up_lines import WORDS, spoken

from facetake import edits
from facetake.edits import EditedScript, Insertion, LineEdits, changes, reshaping
from facetake.edits.application import JOIN_S, ROUNDING_S, _Change, _gap, _is_crowded, _Item, _without
from facetake.edits.carrying import carry
from facetake.edits.matching import anchors
from facetake.errors import ConfigError
from facetake.phones import PHONES, SILENCE
from facetake.script import Alignment, Phone, Word

SYMBOLS = [one for one in PHONES if one != SILENCE]


@pytest.mark.parametrize("seed", range(150))
def test_edits_where_they_are_give_what_edits_of_the_whole_line_give(seed: int) -> None:
    """Phones, words, what is left out and what is said of it; outside the places that are told nothing differs."""
    chance = random.Random(seed)
    own = _line(chance)
    known = LineEdits(sound="line.wav")
    plain = edits.apply(known, own).alignment.phones
    for _ in range(chance.randrange(1, 14)):
        known = _act(edits.apply(known, own), chance)
        script, slow = edits.apply(known, own), _slowly(known, own)
        assert (script.alignment, script.sources, script.edits) == (slow.alignment, slow.sources, slow.edits)
        assert sorted(script.lost) == sorted(slow.lost)
        assert set(script.gone) == set(range(len(own.phones))) - set(script.sources)
        inside = {place for first, last in script.touched for place in range(first, last)}
        for place, (phone, source) in enumerate(zip(script.alignment.phones, script.sources, strict=True)):
            assert place in inside or phone == plain[source]
        first, last = sorted(chance.random() * own.duration_s for _ in range(2))
        times_s = np.arange(int(60 * first), int(60 * last) + 2) / 60
        assert np.array_equal(reshaping._old_times(script, times_s), _old_times(script, times_s))


def test_what_two_scripts_share_of_a_stretch_is_told() -> None:
    """A change elsewhere leaves a stretch as it is, one within it does not."""
    own = spoken("I never said that map I never said that map", phone_s=0.1, gap_s=0.05)
    plain = edits.apply(LineEdits(), own)
    near = edits.apply(changes.change(plain, 3, "M"), own)
    both = edits.apply(changes.strengthen(near, 20, 1.5), own)
    assert near.within(0.3, 0.9) == both.within(0.3, 0.9) != plain.within(0.3, 0.9)
    assert near.within(2.5, 3.0) == plain.within(2.5, 3.0)


def _line(chance: random.Random) -> Alignment:
    """Of words, of phones alone, or of phones so short and close that there is hardly any room."""
    count = chance.randrange(1, 25)
    if chance.random() < 0.6:
        text = " ".join(chance.choice(list(WORDS)) for _ in range(count))
        made = spoken(text, phone_s=chance.choice([0.03, 0.08, 0.1]), gap_s=chance.choice([0.0, 0.02, 0.4]))
        return made if chance.random() < 0.7 else replace(made, words=())
    at_s = 0.0
    phones = []
    for _ in range(3 * count):
        at_s += chance.random() * 0.3 if chance.random() < 0.2 else 0.0
        length_s = chance.choice([0.004, 0.016, 0.05, 0.1, 0.2])
        phones.append(Phone(chance.choice(SYMBOLS), at_s, at_s + length_s))
        at_s += length_s - (1e-7 if chance.random() < 0.1 else 0.0)
    return Alignment(at_s + 0.2, tuple(phones))


def _act(script: EditedScript, chance: random.Random) -> LineEdits:
    """One thing that a hand does, or that somebody writes into the file."""
    own, known, at_s = script.own, script.edits, chance.random() * script.own.duration_s
    place = chance.randrange(len(script.alignment.phones)) if script.alignment.phones else 0
    acts: list[Callable[[], LineEdits]] = [
        lambda: changes.move(script, place, chance.choice(["start", "end"]), at_s),
        lambda: changes.insert(script, at_s, "P"),
        lambda: changes.delete(script, place),
        lambda: changes.change(script, place, "M"),
        lambda: changes.emphasise(script, chance.randrange(len(own.words)), chance.random()),
        lambda: _moved_anywhere(known, own, chance),
        lambda: _inserted_anywhere(known, own, at_s, chance),
    ]
    try:
        return chance.choice(acts)() if script.alignment.phones else known
    except (ConfigError, ValueError, IndexError):  # no room, no words, or no edit to be moved
        return known


def _moved_anywhere(known: LineEdits, own: Alignment, chance: random.Random) -> LineEdits:
    number = chance.randrange(len(known.phones))
    from_s, to_s = sorted(round(chance.random() * own.duration_s, 4) for _ in range(2))
    moved = replace(known.phones[number], from_s=from_s, to_s=to_s)
    return replace(known, phones=(*known.phones[:number], moved, *known.phones[number + 1 :]))


def _inserted_anywhere(known: LineEdits, own: Alignment, at_s: float, chance: random.Random) -> LineEdits:
    by = chance.choice(anchors(own))
    new = Insertion(by, "S", round(at_s, 4), round(at_s + chance.choice([0.01, 0.05, 0.3]), 4))
    return replace(known, insertions=(*known.insertions, new))


def _old_times(script: EditedScript, times_s: np.ndarray) -> np.ndarray:
    """Where each instant comes from, by every phone of the line."""
    new, old = [0.0], [0.0]
    for phone, source in zip(script.alignment.phones, script.sources, strict=True):
        if source >= 0:
            own = script.own.phones[source]
            for at_s, was_s in ((phone.start_s, own.start_s), (phone.end_s, own.end_s)):
                if at_s > new[-1] and was_s >= old[-1]:
                    new.append(at_s)
                    old.append(was_s)
    if script.own.duration_s > new[-1]:
        new.append(script.own.duration_s)
        old.append(script.own.duration_s)
    return np.asarray(np.interp(times_s, new, old))


def _slowly(edits: LineEdits, own: Alignment) -> EditedScript:
    """Edits laid over every phone and word of a line."""
    edits, lost = carry(edits, own, "", "")
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
