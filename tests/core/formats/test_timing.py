"""Rates and starts from columns of times."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from facetake.errors import TakeError
from facetake.formats.timing import rate_of, start_of
from facetake.timebase import STANDARD_RATES


@pytest.mark.parametrize("rate", STANDARD_RATES)
@pytest.mark.parametrize("decimals", [4, 6, 9, 17])
def test_rates_in_use_are_exact_from_rounded_times(rate: Fraction, decimals: int) -> None:
    """Every known rate is found from two seconds of times, however they were rounded."""
    frames = np.arange(round(2 * rate))
    assert rate_of(np.round(frames / float(rate) + 1.5, decimals)) == rate


@pytest.mark.parametrize("rate", [Fraction(24000, 1001), Fraction(60), Fraction(25)])
def test_two_frames_are_enough(rate: Fraction) -> None:
    """The rate is exact from two frames with nine decimals."""
    assert rate_of(np.round(np.array([0.0, 1 / float(rate)]), 9)) == rate


def test_times_in_milliseconds_are_enough() -> None:
    """Sixty frames of times rounded to milliseconds are 60 frames a second."""
    assert rate_of(np.round(np.arange(60) / 60, 3)) == 60


def test_an_unusual_rate_is_a_fraction() -> None:
    """A rate nobody uses comes back as itself."""
    assert rate_of(np.arange(100) / 72.5) == Fraction(145, 2)


def test_one_frame_has_the_default_rate() -> None:
    """A single time says nothing, so 60 is taken."""
    assert rate_of(np.array([3.0])) == 60


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ([0.0, 0.0, 0.0], "do not increase"),
        ([2.0, 1.0, 0.0], "do not increase"),
        ([0.0, 0.1, 0.2, 0.4, 0.5], "frame 3 is"),
        ([0.0, 1e300], "seconds"),
        ([0.0, 1e-7], "between 1 and 1000"),
        ([0.0, 5.0], "between 1 and 1000"),
    ],
)
def test_bad_times_are_refused(times: list[float], said: str) -> None:
    """Times that stand still, go back, skip or are in no sensible unit are TakeErrors."""
    with pytest.raises(TakeError, match=said):
        rate_of(np.array(times))


def test_starts_lie_on_the_frame_grid() -> None:
    """A start near a frame is that frame's exact time; any other is its own decimal."""
    assert start_of(0.333333, Fraction(60)) == Fraction(1, 3)
    assert start_of(1.2345, Fraction(24)) == Fraction(12345, 10000)
