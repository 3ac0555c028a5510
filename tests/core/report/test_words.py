"""Where the words of a text are laid among the visemes that were heard."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facetake.report import words
from facetake.visemes import VISEMES

HEARD = [("sil", 0.0, 0.3), ("p", 0.3, 0.4), ("a", 0.4, 0.55), ("p", 0.55, 0.65), ("a", 0.65, 0.8), ("sil", 0.8, 1.0)]
HEARD += [("t", 1.0, 1.1), ("O", 1.1, 1.3), ("f", 1.3, 1.4), ("i", 1.4, 1.6), ("sil", 1.6, 2.0)]


def test_words_stand_where_they_are_heard() -> None:
    """Consonants that are seen, vowels and a pause put two words to their places; marks and capitals change nothing."""
    assert words.place("Papa, Tovi!", HEARD) == [("Papa,", 0.3, 0.8), ("Tovi!", 1.0, 1.6)]
    assert words.place("PÄPÁ tovi", HEARD) == [("PÄPÁ", 0.3, 0.8), ("tovi", 1.0, 1.6)]


@pytest.mark.parametrize("text", ["", "  ", "...", "!? -"])
def test_what_has_no_letters_is_not_laid_out(text: str) -> None:
    """There is nothing to show."""
    assert words.place(text, HEARD) == [] and words.place("Papa", []) == []


def test_letters_of_no_viseme_are_laid_out_by_length() -> None:
    """Words of another script come in their order, within the speech."""
    found = words.place("привет мир", HEARD)
    assert [one[0] for one in found] == ["привет", "мир"] and 0.0 <= found[0][1] <= found[1][1] <= 2.0


TRACKS = st.lists(st.tuples(st.sampled_from(VISEMES), st.floats(0.0, 0.5)), min_size=1, max_size=30)


@given(st.text(max_size=60), TRACKS)
def test_any_text_over_any_track(text: str, steps: list[tuple[str, float]]) -> None:
    """Words come in the order of the text and of time, each once, and none ends before it begins."""
    heard = []
    at = 0.0
    for name, length in steps:
        heard.append((name, at, at + length))
        at += length
    found = words.place(text, heard)
    left = iter(text.split())
    assert all(any(word == one for one in left) for word, _, _ in found)
    assert all(begin <= end for _, begin, end in found)
    assert all(one[1] <= other[1] for one, other in pairwise(found))


def test_a_text_that_is_too_long_is_left_out() -> None:
    """Ten thousand letters cost nothing."""
    begun = time.perf_counter()
    assert words.place("a" * 10_000, HEARD) == [] and time.perf_counter() - begun < 1.0
