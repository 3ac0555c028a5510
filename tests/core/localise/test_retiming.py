"""Curves in another timing."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from facetake import rig
from facetake.localise.retiming import Piece, TimeMap, eased, find_blinks, find_events, rigid
from facetake.motion import eyes
from facetake.take import Take

RATE = 60


@pytest.fixture(scope="module")
def take() -> Take:
    """Twenty seconds of a face that blinks and looks about."""
    values = np.tile(rig.NEUTRAL, (20 * RATE, 1))
    eyes.blink(values, 3, out=values)
    eyes.gaze(values, 3, out=values)
    return Take(values, Fraction(RATE))


def stretched(factor: float, take: Take) -> tuple[TimeMap, np.ndarray]:
    """A map that makes a take some times longer, and the instants of the line."""
    end_s = float(take.duration_s)
    return TimeMap((Piece(np.array([0.0, factor * end_s]), np.array([0.0, end_s])),)), np.arange(
        round(factor * take.n_frames)
    ) / RATE


def test_the_same_timing_changes_nothing(take: Take) -> None:
    """A map of time onto itself gives every curve back, to rounding."""
    time_map, times_s = stretched(1.0, take)

    for retimed in (eased, rigid):
        assert np.abs(retimed(take, take.values, time_map, times_s) - take.values).max() < 1e-4


@pytest.mark.parametrize("factor", [0.6, 1.6])
def test_blinks_keep_their_own_duration(take: Take, factor: float) -> None:
    """However a line is stretched, there are as many blinks, each as long as it was, where its place has gone."""
    time_map, times_s = stretched(factor, take)
    made = Take(rigid(take, take.values, time_map, times_s), Fraction(RATE))

    before, after = find_blinks(take), find_blinks(made)
    assert len(after) == len(before) >= 8
    for one, other in zip(before, after, strict=True):
        assert other[1] - other[0] == pytest.approx(one[1] - one[0], abs=2.1 / RATE)
        assert sum(other) == pytest.approx(factor * sum(one), abs=0.15)


def test_eyes_jump_as_fast_as_they_did(take: Take) -> None:
    """A dart that takes three frames takes no five in a slower line."""
    time_map, times_s = stretched(1.6, take)
    side = rig.columns("C_eye.X")[0]

    fast = [
        np.abs(np.diff(values[:, side])).max() for values in (take.values, rigid(take, take.values, time_map, times_s))
    ]
    assert fast[1] > 0.8 * fast[0]
    assert len(find_events(take)) > 20


def test_one_piece_passes_into_the_next(take: Take) -> None:
    """Where the map jumps, a curve passes over, without a step larger than a dart's share of it."""
    brow = np.linspace(0.0, 1.0, take.n_frames, dtype=np.float32)[:, None]
    pieces = (Piece(np.array([0.0, 3.0]), np.array([0.0, 3.0])), Piece(np.array([5.0, 8.0]), np.array([15.0, 18.0])))
    times_s = np.arange(8 * RATE) / RATE
    made = eased(take, brow, TimeMap(pieces, (4.0,)), times_s)[:, 0]

    assert made[2 * RATE] == pytest.approx(0.1, abs=1e-3) and made[6 * RATE] == pytest.approx(0.8, abs=1e-3)
    assert np.abs(np.diff(made)).max() < 0.06


def test_before_its_beginning_a_take_is_shown_backwards(take: Take) -> None:
    """A longer silence before the first phrase shows movement, no frozen face."""
    brow = np.linspace(0.0, 1.0, take.n_frames, dtype=np.float32)[:, None]
    late = TimeMap((Piece(np.array([5.0, 6.0]), np.array([1.0, 2.0])),))
    made = eased(take, brow, late, np.arange(6 * RATE) / RATE)[:, 0]

    assert np.diff(made[:RATE]).max() < 0.0 and made.min() >= 0.0
