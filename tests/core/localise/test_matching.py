"""Which phrases belong together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facetake.localise.fitting import fit, sentences
from facetake.localise.matching import Match, match
from facetake.phrases import Phrase, Phrases


def phrases(*spans: tuple[float, float]) -> tuple[Phrase, ...]:
    """Phrases of a line."""
    return tuple(Phrase(*span) for span in spans)


TALK = phrases((0.5, 2.0), (2.6, 4.6), (5.4, 6.2))


def test_the_same_phrases_are_paired_one_by_one() -> None:
    """A line matches itself, and a slower reading of itself."""
    slower = tuple(Phrase(1.3 * one.start_s, 1.3 * one.end_s) for one in TALK)
    each = tuple(Match((n, n + 1), (n, n + 1)) for n in range(3))

    assert match(TALK, TALK) == match(TALK, slower) == each


def test_a_phrase_that_pauses_in_the_other_language_is_one_group() -> None:
    """Two phrases that are together as long as one of the take belong to it."""
    line = phrases((0.5, 2.0), (2.6, 3.4), (3.8, 4.6), (5.4, 6.2))

    assert match(TALK, line) == (Match((0, 1), (0, 1)), Match((1, 2), (1, 3)), Match((2, 3), (3, 4)))


def test_a_phrase_that_fits_nothing_stays_alone() -> None:
    """A sentence that the other language adds has no partner, and its neighbours keep theirs."""
    line = phrases((0.5, 2.0), (2.6, 4.6), (5.4, 6.2), (9.0, 15.0))

    found = match(TALK, line)
    assert found[:3] == tuple(Match((n, n + 1), (n, n + 1)) for n in range(3))
    assert not found[3].is_whole and found[3].line == (3, 4)


@given(
    st.lists(st.tuples(st.floats(0.2, 4.0), st.floats(0.3, 2.0)), max_size=7),
    st.lists(st.tuples(st.floats(0.2, 4.0), st.floats(0.3, 2.0)), max_size=7),
)
def test_every_phrase_stands_once_and_time_runs_on(
    one: list[tuple[float, float]], other: list[tuple[float, float]]
) -> None:
    """Whatever is matched, no phrase is lost or doubled, and within a piece of the map time never runs back."""
    take, line = (laid(lengths) for lengths in (one, other))
    found = match(take.found, line.found)

    for side, count in ((0, len(take.found)), (1, len(line.found))):
        rows = [row for pair in found for row in range(*pair[side])]
        assert rows == list(range(count))
    time_map, fits = fit(take, line, found)
    assert list(time_map.jumps_s) == sorted(time_map.jumps_s)
    for piece in time_map.pieces:
        assert (piece.line_s[1:] > piece.line_s[:-1]).all() and (piece.take_s[1:] > piece.take_s[:-1]).all()
    assert all("\n" not in sentence for sentence in sentences(fits, take, line))


def laid(lengths: list[tuple[float, float]]) -> Phrases:
    """Phrases of some lengths with some pauses before them."""
    at = 0.0
    found = []
    for length, pause in lengths:
        found.append(Phrase(at + pause, at + pause + length))
        at = found[-1].end_s
    return Phrases(tuple(found), at + 0.5)


def test_what_did_not_fit_is_told() -> None:
    """A stretch beyond what looks acted, another pause, and phrases without partner are told with their times."""
    line = Phrases(phrases((0.2, 3.6), (3.9, 5.9), (9.6, 10.4)), 11.0)
    time_map, fits = fit(Phrases(TALK, 6.5), line, match(TALK, line.found))

    told = " ".join(sentences(fits, Phrases(TALK, 6.5), line))
    assert "1 phrase stretched beyond 0.6 to 1.6: at 0.20 s (2.27 times)" in told
    assert "1 pause of another length, bridged: before 9.60 s (0.80 s became 3.70 s)" in told
    assert len(time_map.pieces) == 2 and 5.9 < time_map.jumps_s[0] < 9.6


@pytest.mark.parametrize(("n_take", "n_line"), [(2, 300), (300, 2), (0, 200), (200, 0), (300, 290)])
def test_any_two_numbers_of_phrases_are_matched(n_take: int, n_line: int) -> None:
    """However many more phrases one of both has, each stands once."""
    found = match(*(laid([(1.0 + n % 3, 0.4) for n in range(count)]).found for count in (n_take, n_line)))

    assert [row for one in found for row in range(*one.take)] == list(range(n_take))
    assert [row for one in found for row in range(*one.line)] == list(range(n_line))
