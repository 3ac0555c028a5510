"""Marks and keys as a hand sets them: where there is room, what they say, and what is refused."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from facetake import edits, events, rig
from facetake.edits import KeyedCurve, LineEdits, keyed, keying, marks
from facetake.errors import ConfigError, FacetakeError

JAW = "CTRL_C_jaw.translateY"
LONG_S = 6.0


def with_key(known: LineEdits, at_s: float, value: float, mode: keying.Mode = "replace") -> LineEdits:
    """One more key of the jaw, which is at 0.2 without."""
    return keying.put(known, JAW, mode, at_s, value, lambda _: 0.2, LONG_S)


@pytest.mark.parametrize("kind", events.KINDS)
def test_every_kind_of_event_is_marked_with_its_amount(kind: str) -> None:
    """As the command line writes it, and read again from the file it is the same."""
    known, place = marks.add(LineEdits(), "events", f"{kind}:0.4", 1.0, LONG_S)
    assert (known.events[place].kind, known.events[place].amount) == (kind, 0.4)
    assert marks.text(known, "events", place) == f"{kind}:0.4"
    assert edits.parse(edits.text_of(known), "here") == known


def test_events_end_where_the_next_one_begins_and_no_later_than_the_line() -> None:
    """Bursts give way to each other, a whisper lies over a laugh; what has no room is refused and told."""
    known, _ = marks.add(LineEdits(), "events", "laugh", 2.0, LONG_S)
    known, place = marks.add(known, "events", "cough", 1.8, LONG_S)
    assert marks.span(known, "events", place, LONG_S) == (1.8, 2.0)
    known, place = marks.add(known, "events", "whisper", 1.9, LONG_S, 2.5)
    assert marks.span(known, "events", place, LONG_S) == (1.9, 2.5)
    known, place = marks.add(known, "events", "sigh", 59.0, LONG_S)
    assert marks.span(known, "events", place, LONG_S) == (5.92, 6.0)
    with pytest.raises(ConfigError, match="no room for gasp at 2.00 s"):
        marks.add(known, "events", "gasp", 2.0, 2.6)
    with pytest.raises(ConfigError, match="would lie over"):
        marks.retype(known, "events", 1, "laugh", LONG_S)
    with pytest.raises(ConfigError, match="no room"):
        marks.add(LineEdits(), "events", "laugh", 0.0, 0.05)


def test_a_mark_is_dragged_as_far_as_there_is_room() -> None:
    """Its ends, and all of it; cues stay in order."""
    known, _ = marks.add(LineEdits(), "events", "laugh", 1.0, LONG_S)
    known, _ = marks.add(known, "events", "cough", 3.0, LONG_S)
    longer, place = marks.move(known, "events", 0, "end", 5.0, LONG_S)
    assert marks.span(longer, "events", place, LONG_S) == (1.0, 3.0)
    moved, place = marks.move(known, "events", 0, "whole", 2.9, LONG_S)
    assert marks.span(moved, "events", place, LONG_S) == pytest.approx((2.4, 3.0))
    short, place = marks.move(known, "events", 0, "start", 5.0, LONG_S)
    assert marks.span(short, "events", place, LONG_S) == pytest.approx((1.6 - events.SHORTEST_S, 1.6))
    cues, _ = marks.add(LineEdits(), "gaze", "camera", 1.0, LONG_S)
    cues, _ = marks.add(cues, "gaze", "away", 2.0, LONG_S)
    cues, place = marks.move(cues, "gaze", 0, "start", 4.0, LONG_S)
    assert place == 0 and marks.span(cues, "gaze", 0, LONG_S)[0] == pytest.approx(2.0 - marks.APART_S, abs=1e-4)


@pytest.mark.parametrize(
    ("kind", "said", "told"),
    [
        ("events", "burp", "no event 'burp'"),
        ("events", "laugh:lots", "a number from 0 to 1"),
        ("events", "laugh:7", "it is 7"),
        ("emotion", "happyy", "unknown emotion"),
        ("gaze", "somewhere", "is no target"),
        ("locks", "hat", "hat"),
    ],
)
def test_what_no_mark_can_say_is_refused(kind: marks.Kind, said: str, told: str) -> None:
    """In one sentence, as a new mark and in place of another."""
    known, _ = marks.add(
        LineEdits(), kind, {"events": "laugh", "emotion": "sad", "gaze": "free", "locks": "brow"}[kind], 1.0, LONG_S
    )
    with pytest.raises(FacetakeError, match=told):
        marks.add(known, kind, said, 3.0, LONG_S)
    with pytest.raises(FacetakeError, match=told):
        marks.retype(known, kind, 0, said, LONG_S)


def test_a_key_eases_in_and_out_and_leaves_all_else() -> None:
    """The first one comes with two ends where the curve is; a second one near it joins, one far away stands alone."""
    known = with_key(LineEdits(), 2.0, 0.7)
    (one,) = known.curves
    assert one.times_s == (1.8, 2.0, 2.2) and one.values == (0.2, 0.7, 0.2)
    joined = with_key(known, 2.3, 0.5)
    assert [(key.at_s, key.value) for key in keying.keys(joined, JAW, "replace")] == [
        (1.8, 0.2),
        (2.0, 0.7),
        (2.2, 0.2),
        (2.3, 0.5),
        (2.5, 0.2),
    ]
    apart = with_key(known, 4.0, 0.1)
    assert [curve.times_s[0] for curve in apart.curves] == [1.8, 3.8]
    added = with_key(known, 2.0, 0.3, "offset")
    assert len(added.curves) == 2 and added.curves[0].values == (0.0, 0.3, 0.0)


def test_keys_stay_in_order_and_in_range() -> None:
    """A key is dragged as far as its neighbours, of its stretch and of the next one, and its control's range."""
    known = with_key(with_key(LineEdits(), 2.0, 0.7), 3.0, 0.4)
    there = keying.keys(known, JAW, "replace")
    moved = keying.move(known, there[2], 9.0, 5.0, LONG_S)
    found = keying.keys(moved, JAW, "replace")
    assert found[2].at_s == pytest.approx(there[3].at_s - keying.APART_S, abs=1e-4)
    assert found[2].value == float(rig.MAXIMUM[rig.NAMES.index(JAW)])
    assert keying.limits(JAW, "offset") == (-1.0, 1.0)
    gone = keying.remove(known, there[1])
    assert [curve.times_s[0] for curve in gone.curves] == [2.8]  # nothing is left but its ends
    assert keying.at(known, JAW, "replace", 2.1) in (1, 2) and keying.at(LineEdits(), JAW, "replace", 1.0) == -1


def test_keys_of_a_line_of_a_tenth_of_a_second() -> None:
    """They fit; a line without length is refused."""
    known = keying.put(LineEdits(), JAW, "replace", 0.05, 0.5, lambda _: 0.0, 0.1)
    assert known.curves[0].times_s == (0.0, 0.05, 0.1)
    with pytest.raises(ConfigError, match="too short for keys"):
        keying.put(LineEdits(), JAW, "replace", 0.0, 0.5, lambda _: 0.0, 0.0)


def test_keys_are_written_where_they_are_and_nowhere_else() -> None:
    """The rows that are told are those that change, whatever the rate and the start of a take."""
    curve = KeyedCurve(JAW, "replace", (0.5, 0.6, 0.7), (0.2, 0.9, 0.2))
    column = rig.NAMES.index(JAW)
    values = np.zeros((60, rig.N_CONTROLS), np.float32)
    ((first, last),) = keyed.write(values, [curve], Fraction(30))
    times_s = np.arange(60) / 30
    inside = (times_s >= 0.5 - keyed.EDGE_S) & (times_s <= 0.7 + keyed.EDGE_S)
    assert np.array_equal(np.flatnonzero(inside), np.arange(first, last))
    assert (
        np.array_equal(np.flatnonzero(values[:, column]), np.arange(first, last))
        and values.sum() == values[:, column].sum()
    )
    assert keyed.write(values, [KeyedCurve(JAW, "offset", (9.0,), (0.5,))], Fraction(30)) == []
