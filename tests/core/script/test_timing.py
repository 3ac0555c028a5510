"""Words and phones in time."""

from __future__ import annotations

import pytest

from facetake.script import Alignment, Phone, Word
from facetake.visemes import VISEMES

HELLO = Alignment(
    1.0,
    (Phone("HH", 0.1, 0.2), Phone("EH0", 0.2, 0.3), Phone("M", 0.5, 0.6)),
    (Word("he", 0.1, 0.3), Word("m", 0.4, 0.6)),
)


def test_a_word_holds_the_phones_whose_middle_it_covers() -> None:
    """The second word's phone begins later than the word and is still its own."""
    assert [one.symbol for one in HELLO.phones_of(HELLO.words[0])] == ["HH", "EH0"]
    assert [one.symbol for one in HELLO.phones_of(HELLO.words[1])] == ["M"]


def test_a_stretch_has_all_that_is_in_it() -> None:
    """Cut at its ends, and none of what only touches it, as looking at every phone gives."""
    for start_s, end_s in ((0.0, 1.0), (0.15, 0.55), (0.2, 0.3), (0.3, 0.5), (0.6, 1.0)):
        cut = HELLO.cut(start_s, end_s)
        inside = [one for one in HELLO.phones if one.end_s > start_s and one.start_s < end_s]
        assert [one.symbol for one in cut.phones] == [one.symbol for one in inside]
        assert [one.start_s for one in cut.phones] == [max(one.start_s, start_s) - start_s for one in inside]
        assert cut.duration_s == end_s - start_s


def test_what_is_patched_is_looked_at() -> None:
    """Other phones at some places; one over its neighbour, or silence, is refused."""
    phones = (*HELLO.phones[:1], Phone("B", 0.2, 0.4), *HELLO.phones[2:])
    made = HELLO.patched(phones, HELLO.words, [(1, 2)], [])
    assert made == Alignment(1.0, phones, HELLO.words) and HELLO.phones[1].symbol == "EH0"
    for wrong in (Phone("B", 0.15, 0.4), Phone("B", 0.3, 0.55), Phone("SIL", 0.2, 0.3)):
        with pytest.raises(ValueError, match="lies over|silence"):
            HELLO.patched((*HELLO.phones[:1], wrong, *HELLO.phones[2:]), HELLO.words, [(1, 2)], [])


def test_every_frame_shows_one_viseme_and_gaps_are_silent() -> None:
    """At ten frames a second each frame is the phone at its own instant."""
    shown = HELLO.visemes(10, rate=10.0)
    assert (shown.sum(axis=1) == 1).all()
    assert [VISEMES[one] for one in shown.argmax(axis=1)] == ["sil", "k", "E", "sil", "sil", "p", *["sil"] * 4]


@pytest.mark.parametrize(
    ("phones", "words"),
    [
        ((Phone("SIL", 0.0, 0.1),), ()),
        ((Phone("XX", 0.0, 0.1),), ()),
        ((Phone("M", 0.2, 0.1),), ()),
        ((Phone("M", 0.0, 0.2), Phone("P", 0.1, 0.3)), ()),
        ((Phone("M", 0.9, 1.1),), ()),
        ((), (Word("a", 0.0, 0.2), Word("b", 0.1, 0.3))),
    ],
)
def test_what_no_line_can_be_is_refused(phones: tuple[Phone, ...], words: tuple[Word, ...]) -> None:
    """Silence as a phone, unknown symbols, and times out of order or outside."""
    with pytest.raises(ValueError, match="silence|unknown|neighbour"):
        Alignment(1.0, phones, words)
