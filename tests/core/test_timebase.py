"""Rates, times and grids: exact, within bounds, and without an overflow whatever comes in."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facetake import timebase
from facetake.errors import TakeError
from facetake.timebase import (
    MOST_DENOMINATOR,
    NTSC_RATES,
    STANDARD_RATES,
    n_frames,
    parse_rate,
    parse_time,
    positions,
    recognise,
)

FILM = Fraction(24000, 1001)
TELEVISION = Fraction(30000, 1001)
LONG_TEXT = "9" * 5000
RATES = st.one_of(
    st.sampled_from(STANDARD_RATES),
    st.fractions(1, 1000, max_denominator=1001),
    st.fractions(1, 1000, max_denominator=MOST_DENOMINATOR),
)


@pytest.mark.parametrize(
    ("written", "rate"),
    [
        ("60", Fraction(60)),
        (" 24 ", Fraction(24)),
        (25, Fraction(25)),
        ("25.0", Fraction(25)),
        ("12.5", Fraction(25, 2)),
        ("24000/1001", FILM),
        ("2400000000000/100100000000", FILM),
        ("2997/100", Fraction(2997, 100)),
        ("23.97", FILM),
        ("23.976", FILM),
        ("23.976023976023978", FILM),
        (24000 / 1001, FILM),
        ("23.98", FILM),
        ("11988011988011989/500000000000000", FILM),
        ("29.97", TELEVISION),
        ("29.97002997002997", TELEVISION),
        ("47.95", Fraction(48000, 1001)),
        ("59.94", Fraction(60000, 1001)),
        ("59.94005994005994", Fraction(60000, 1001)),
        ("119.88", Fraction(120000, 1001)),
        ("33.333333333333336", Fraction(100, 3)),
        ("24.999999999999996", Fraction(25)),
        ("1", Fraction(1)),
        ("1000", Fraction(1000)),
    ],
)
def test_rates_are_read_exactly(written: object, rate: Fraction) -> None:
    """Whole and fractional rates give themselves, and decimals of television rates the exact fraction they round."""
    assert parse_rate(written) == rate


@pytest.mark.parametrize(
    "written",
    [
        "",
        "fast",
        "0",
        "-25",
        "1/0",
        "1e9",
        "1e999999999",
        "1e-999999999",
        "nan",
        "inf",
        "60fps",
        "60/",
        "/60",
        "6 0",
        "1/1000",
        "1001",
        "0.5",
        "60000001/1000000",
        LONG_TEXT,
        f"1/{LONG_TEXT}",
        "٦٠",
        "60,0",
        "1_0",
        None,
        True,
        [60],
        float("nan"),
        float("inf"),
        10**30,
        pytest.param(10**5000, id="endless"),
        -60,
    ],
)
def test_what_is_no_rate_is_refused(written: object) -> None:
    """Anything else is answered at once, in one short sentence that says what a rate looks like."""
    with pytest.raises(TakeError, match="such as 60 or 24000/1001") as caught:
        parse_rate(written)
    assert len(str(caught.value)) < 200


@given(RATES)
def test_a_rate_is_read_back_from_its_fraction(rate: Fraction) -> None:
    """What a take's rate is written as gives the same rate, whatever it is."""
    assert parse_rate(str(rate)) == rate


@given(RATES)
def test_a_rate_is_shown_as_people_write_it(rate: Fraction) -> None:
    """What is shown of a rate is read back as that rate."""
    assert parse_rate(timebase.written(rate)) == rate


def test_television_rates_are_shown_in_decimals() -> None:
    """Nobody writes 24000/1001, and 12.5 is no fraction; what no short decimal is stays one."""
    rates = [Fraction(60), Fraction(24000, 1001), Fraction(30000, 1001), Fraction(25, 2), Fraction(100, 3)]
    assert [timebase.written(rate) for rate in rates] == ["60", "23.976", "29.97", "12.5", "100/3"]


@given(st.sampled_from(STANDARD_RATES), st.integers(3, 17))
def test_a_standard_rate_is_read_back_from_its_decimals(rate: Fraction, digits: int) -> None:
    """Three decimals or more of a standard rate, as programs print it, stand for that rate."""
    assert parse_rate(f"{float(rate):.{digits}f}") == rate


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("0", 0), ("-3/2", Fraction(-3, 2)), ("1001/24000", Fraction(1001, 24000)), (0.25, Fraction(1, 4)), (7, 7)],
)
def test_times_are_read_exactly(written: object, seconds: Fraction) -> None:
    """Whole seconds, fractions and decimals, before and after zero."""
    assert parse_time(written) == seconds


@pytest.mark.parametrize(
    "written", ["", "1e999999999", "1/0", "soon", "9" * 30, float("nan"), float("inf"), None, True]
)
def test_what_is_no_time_is_refused(written: object) -> None:
    """Anything else, and times months away, is one sentence."""
    with pytest.raises(TakeError, match="is no time"):
        parse_time(written)


@pytest.mark.parametrize(
    ("measured", "rate"), [(23.976, FILM), (29.97, TELEVISION), (60, 60), (72.5, Fraction(145, 2))]
)
def test_measured_rates_are_recognised(measured: float, rate: Fraction) -> None:
    """A rate that was rounded is the standard one beside it, and any other the fraction it is."""
    assert recognise(measured) == rate


@pytest.mark.parametrize("measured", [0.0, -1.0, 0.2, 1e7, float("nan"), float("inf")])
def test_what_is_measured_out_of_bounds_is_refused(measured: float) -> None:
    """Rates that are none, or in no sensible unit, are TakeErrors."""
    with pytest.raises(TakeError, match="between 1 and 1000"):
        recognise(measured)


@pytest.mark.parametrize(
    ("duration", "rate", "count"), [("1", "60", 60), ("1/1000", "24", 1), ("0", "24", 1), ("7/8", "24", 21)]
)
def test_the_law_of_frame_counts(duration: str, rate: str, count: int) -> None:
    """A length has round(duration * rate) frames and at least one."""
    assert n_frames(Fraction(duration), Fraction(rate)) == count


def _obvious(frame: int, step: Fraction, available: int) -> tuple[int, float]:
    """Where one frame lies, by a fraction for each."""
    place = frame * step
    below = place.numerator // place.denominator
    return (available - 1, 0.0) if below >= available - 1 else (below, float(place - below))


@given(st.integers(1, 3000), RATES, RATES)
def test_places_agree_with_fractions(available: int, old: Fraction, new: Fraction) -> None:
    """The blockwise places are those of an exact fraction for every frame."""
    count = min(n_frames(available / old, new), 4000)
    below, share = positions(count, old / new, available)
    slow = [_obvious(i, old / new, available) for i in range(count)]
    assert below.tolist() == [place for place, _ in slow]
    np.testing.assert_allclose(share, [part for _, part in slow], rtol=0, atol=1e-15)


@given(st.integers(1, 300), RATES, RATES, st.fractions(-400, 400, max_denominator=1000))
def test_places_from_a_beginning_agree_with_fractions(
    available: int, old: Fraction, new: Fraction, first: Fraction
) -> None:
    """A grid that begins before, within or after the old one lies where exact fractions say, and holds its ends."""
    below, share = positions(700, old / new, available, first)
    for i in range(700):
        place, part = _obvious(1, max(first + i * old / new, Fraction(0)), available)
        assert below[i] == place and abs(share[i] - part) < 1e-15


LONG = [
    *product(NTSC_RATES[:2], (Fraction(60), Fraction(99991, 99989), Fraction(99999999, 100000))),
    (Fraction(99999999, 100000), Fraction(99999989, 99999)),
    (Fraction(100003, 100000), Fraction(99999999, 100000)),
]


@pytest.mark.parametrize(("old", "new"), LONG)
def test_three_hours_do_not_overflow(old: Fraction, new: Fraction) -> None:
    """At the worst rates that may come in, ten million frames of three hours lie where fractions say."""
    count = n_frames(Fraction(10_800), new)
    available = n_frames(Fraction(10_800), old)
    below, share = positions(count, old / new, available)
    looked = {*range(4000, 4200), *range(count - 200, count), *range(0, count, 99_971)} & set(range(count))
    for frame in looked:
        place, part = _obvious(frame, old / new, available)
        assert below[frame] == place
        assert abs(share[frame] - part) < 1e-15
    assert bool((np.diff(below) >= 0).all())


@pytest.mark.parametrize("step", [Fraction(0), Fraction(-1), Fraction(1, 2**63)])
def test_a_step_that_is_none_is_a_mistake(step: Fraction) -> None:
    """A grid that stands still or goes back, or one too fine to be counted, is refused."""
    with pytest.raises(ValueError, match="a step of"):
        positions(5, step, 5)
