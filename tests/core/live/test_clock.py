"""When frames are due."""

from __future__ import annotations

import random

import pytest

from facetake.live import FollowingClock, SteadyClock

LONG_S = 600


def test_a_steady_clock_adds_nothing_up() -> None:
    """An instant after ten minutes is due exactly ten minutes after the first."""
    assert SteadyClock(50.0).due_s(LONG_S) == 650.0


def test_a_following_clock_ends_with_its_sound() -> None:
    """A card that is 100 millionths fast and reports with 5 ms of jitter is followed within 20 ms to the end."""
    clock = FollowingClock()
    dice = random.Random(1)
    block_s, speed = 0.02, 1.0001
    worst_s = 0.0
    for number in range(round(LONG_S / block_s)):
        instant_s = number * block_s
        heard_s = 50.0 + instant_s / speed
        clock.report(instant_s, heard_s + dice.uniform(-0.005, 0.005))
        worst_s = max(worst_s, abs(clock.due_s(instant_s) - heard_s))
    assert worst_s < 0.02
    assert abs(SteadyClock(50.0).due_s(LONG_S) - (50.0 + LONG_S / speed)) > 0.05, "following would not be needed"


def test_a_following_clock_is_smooth() -> None:
    """One report that is 50 ms off moves it by a millisecond or so, not by 50."""
    clock = FollowingClock()
    for number in range(500):
        clock.report(number * 0.02, 50.0 + number * 0.02)
    clock.report(10.0, 60.05)
    assert abs(clock.due_s(10.0) - 60.0) < 0.0015


def test_a_card_that_throws_sound_away_is_not_followed() -> None:
    """One that takes a second of sound each millisecond lets a take run a tenth too fast at most."""
    clock = FollowingClock()
    for number in range(60_000):
        clock.report(float(number), 50.0 + number / 1000)
    assert clock.due_s(66.0) == pytest.approx(50.0 + 60.0, abs=0.1)
