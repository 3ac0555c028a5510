"""Which phones of a line stand where those of another recording of it stood: by word, and by place in the word."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from functools import cached_property
from typing import Any, Final, TypeVar

from facetake import phones as alphabet
from facetake.edits.line_edits import Anchor
from facetake.script import Alignment, Phone

T = TypeVar("T")
NEAR_S: Final = 0.15  # without words: twice the length of most phones; what is further off is another one
KEPT: Final = 16  # lines of which something was worked out lately: each drag asks it of the same one again
_lately: dict[tuple[Any, int], tuple[Alignment, Any]] = {}
MOST_WORDS: Final = 5_000  # compared word by word: half an hour; of longer lines words are matched by their numbers


def lately(make: Callable[[Alignment], T], alignment: Alignment) -> T:
    """What is worked out of a line, once for as long as the line is looked at."""
    key = (make, id(alignment))
    known = _lately.get(key)
    if known is None or known[0] is not alignment:
        found = make(alignment)
        if len(_lately) >= KEPT:
            _lately.clear()
        _lately[key] = (alignment, found)
        return found
    made: T = known[1]
    return made


def anchors(alignment: Alignment) -> list[Anchor]:
    """Where each phone of a line stands: by its word, or by its number where the words are not known."""
    return lately(_found, alignment)


def by_place(alignment: Alignment) -> dict[tuple[int, int], int]:
    """The index of each phone, by the number of its word and its own in that."""
    return lately(_places, alignment)


def _places(alignment: Alignment) -> dict[tuple[int, int], int]:
    return {(one.word, one.phone): index for index, one in enumerate(anchors(alignment))}


def _found(alignment: Alignment) -> list[Anchor]:
    if not alignment.words:
        return [_anchor(0, "", number, phone) for number, phone in enumerate(alignment.phones, 1)]
    found: list[Anchor] = []
    twins: dict[tuple[int, str], list[int]] = {}
    at = 0
    counts: dict[int, int] = {}
    for phone in alignment.phones:
        middle_s = (phone.start_s + phone.end_s) / 2
        while at + 1 < len(alignment.words) and middle_s >= alignment.words[at + 1].start_s:
            at += 1
        counts[at] = counts.get(at, 0) + 1
        twins.setdefault((at, alphabet.base(phone.symbol)), []).append(len(found))
        found.append(_anchor(at + 1, alignment.words[at].text, counts[at], phone))
    for those in twins.values():
        for number, index in enumerate(those, 1):
            found[index] = replace(found[index], twin=number, twins=len(those))
    return found


def _anchor(word: int, text: str, number: int, phone: Phone) -> Anchor:
    return Anchor(word, text, number, phone.symbol, round(phone.start_s, 4), round(phone.end_s, 4))


def words(old: Sequence[str], new: Sequence[str]) -> dict[int, int]:
    """Which word of a new text each word of an old one is, by numbers from 1; words that are gone are left out."""
    before, after = ([_plain(one) for one in text] for text in (old, new))
    if before == after or max(len(before), len(after)) > MOST_WORDS:
        pairs = zip(range(len(before)), range(len(after)), strict=False)
        return {i + 1: j + 1 for i, j in pairs if before[i] == after[j]}
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    return {block.a + n + 1: block.b + n + 1 for block in blocks for n in range(block.size)}


def _plain(word: str) -> str:
    return "".join(letter for letter in word.casefold() if letter.isalnum()) or word


class Matcher:
    """Finds phones of an older state of a line in a newer one."""

    def __init__(self, old_words: Sequence[str], old_duration_s: float, new: Alignment, *, is_same_sound: bool) -> None:
        """Compares their words, once."""
        self._new = new
        self._anchors = anchors(new)
        self._old_words = tuple(old_words)
        self._has_words = bool(new.words)
        self._is_same_text = self._old_words == tuple(word.text for word in new.words)
        self._is_same = is_same_sound and self._is_same_text
        self._scale = 1.0 if is_same_sound or not old_duration_s else new.duration_s / old_duration_s

    @cached_property
    def _words(self) -> dict[int, int]:
        return words(self._old_words, [word.text for word in self._new.words])

    @cached_property
    def _by_word(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for index, anchor in enumerate(self._anchors):
            found.setdefault(anchor.word, []).append(index)
        return found

    def word(self, number: int) -> int | None:
        """The number of an old word in the new text, or None where it is gone."""
        if self._is_same_text:
            return number if 0 < number <= len(self._old_words) else None
        return self._words.get(number)

    def phone(self, old: Anchor) -> int | None:
        """The index of an old phone among the new ones, or None where nothing like it stands there.

        Where its word has more or fewer of its symbol than before, nobody knows which of them it was: None, too.
        """
        known = by_place(self._new).get((old.word, old.phone)) if self._is_same else None
        if known is not None and self._anchors[known] == old:  # as of every edit that was made of this state
            return known
        if not (old.word and self._has_words):
            return self._by_time(old)
        there = self._by_word.get(self._words.get(old.word, 0), [])
        same = [n for n, index in enumerate(there, 1) if self._is_alike(index, old)]
        if old.twins:
            return there[same[old.twin - 1] - 1] if len(same) == old.twins else None
        return there[min(same, key=lambda n: abs(n - old.phone)) - 1] if same else None

    def anchor(self, index: int) -> Anchor:
        """Where a new phone stands."""
        return self._anchors[index]

    def neighbour(self, index: int, by: int) -> Anchor | None:
        """The new phone before or after another one; None where there is none."""
        return self._anchors[index + by] if 0 <= index + by < len(self._anchors) else None

    def _by_time(self, old: Anchor) -> int | None:
        middle_s = self._scale * (old.from_s + old.to_s) / 2
        away = [
            (abs((one.from_s + one.to_s) / 2 - middle_s), index)
            for index, one in enumerate(self._anchors)
            if self._is_alike(index, old)
        ]
        nearest = min(away, default=(NEAR_S, 0))
        return nearest[1] if nearest[0] < NEAR_S else None

    def _is_alike(self, index: int, old: Anchor) -> bool:
        return alphabet.base(self._anchors[index].symbol) == alphabet.base(old.symbol)
