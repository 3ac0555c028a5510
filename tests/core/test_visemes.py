"""Viseme tracks."""

from __future__ import annotations

import csv
import json
from fractions import Fraction

import numpy as np
import pytest

from facetake import visemes


def track(names: list[str]) -> np.ndarray:
    """(T, 16) probabilities, all on one viseme a frame."""
    return np.eye(16)[[visemes.VISEMES.index(name) for name in names]]


def test_runs_become_contiguous_segments() -> None:
    """Frames of one viseme become one stretch, with times from the frame rate and the start."""
    found = visemes.segments(track(["sil"] * 3 + ["p"] * 4 + ["a"] * 5), Fraction(30), Fraction(1))

    assert [s.viseme for s in found] == ["sil", "p", "a"]
    assert [s.end_s for s in found] == pytest.approx([1.1, 1.1 + 4 / 30, 1.4])
    assert [s.start_s for s in found] == pytest.approx([1.0, 1.1, 1.1 + 4 / 30])


def test_a_single_frame_joins_what_went_before() -> None:
    """A flicker of one frame is no viseme."""
    assert [s.viseme for s in visemes.segments(track(["a", "a", "p", "a", "a"]), Fraction(60))] == ["a"]


def test_both_texts_say_the_same() -> None:
    """CSV and JSON carry the same track."""
    found = visemes.segments(track(["sil"] * 3 + ["O"] * 4), Fraction(60))
    rows = list(csv.DictReader(visemes.as_csv(found).splitlines()))
    objects = json.loads(visemes.as_json(found))

    assert [row["viseme"] for row in rows] == [item["viseme"] for item in objects] == ["sil", "O"]
    assert [float(row["end_s"]) for row in rows] == pytest.approx([item["end_s"] for item in objects], abs=1e-4)


def test_a_wrong_shape_is_refused() -> None:
    """Misuse is a ValueError with the shape."""
    with pytest.raises(ValueError, match=r"\(3, 5\)"):
        visemes.segments(np.zeros((3, 5)), Fraction(60))


def spoken(order: str, frames: int = 6) -> np.ndarray:
    """Probabilities of visemes that last `frames` each."""
    rows = [0.7 * np.eye(16)[visemes.VISEMES.index(viseme)] + 0.3 / 16 for viseme in order.split()]
    return np.repeat(np.array(rows), frames, axis=0)


@pytest.mark.parametrize("late", [-9, -1, 0, 4, 12])
def test_lips_are_found_late_or_early(late: int) -> None:
    """The lag is what the lips were moved by, in milliseconds, late positive; at that lag they agree."""
    heard = spoken("sil sil sil a p t i k f O r s sil sil sil")
    found = visemes.synchrony(heard, np.roll(heard, late, axis=0), Fraction(60))

    assert found.lag_ms == pytest.approx(1000 * late / 60)
    assert found.agreement == 1.0 and found.missed == ()


def test_what_is_not_seen_is_named() -> None:
    """A closure that the lips leave out lowers the agreement and is named with its time."""
    heard = spoken("sil a p t i k sil")
    seen = spoken("sil a a t i k sil")
    found = visemes.synchrony(heard, seen, Fraction(60))

    assert found.agreement == pytest.approx(0.8) and found.lag_ms == 0
    assert [(s.viseme, round(s.start_s, 3)) for s in found.missed] == [("p", 0.2)]
    assert visemes.synchrony(spoken("sil"), spoken("sil"), Fraction(60)).agreement == 1.0


@pytest.mark.parametrize("seed", range(40))
def test_a_track_that_changed_in_places_is_cut_again_there_only(seed: int) -> None:
    """Segments are those of the whole track, whatever changed and however brief it is."""
    chance = np.random.default_rng(seed)
    rate = Fraction(60)

    def made(count: int) -> list[str]:
        names: list[str] = []
        while len(names) < count:
            names += [str(chance.choice(["sil", "p", "a"]))] * int(chance.choice([1, 1, 2, 3, 6]))
        return names[:count]

    def rows(names: list[str]) -> list[visemes.Track]:
        return [(one.viseme, one.start_s, one.end_s) for one in visemes.segments(track(names), rate)]

    for _ in range(50):
        old = made(int(chance.integers(1, 80)))
        new, changed, first = list(old), [], 0
        for _ in range(int(chance.integers(0, 4))):
            first = int(chance.integers(first, len(old) + 1))
            last = int(chance.integers(first, len(old) + 1))
            if last > first:
                new[first:last] = made(last - first)
                changed.append((first, last))
            first = last
        assert visemes.segments_again(rows(old), track(new), changed, rate) == rows(new)
