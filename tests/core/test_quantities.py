"""Numbers from outside."""

from __future__ import annotations

import pytest

from facetake.errors import ConfigError
from facetake.files.quantities import MOST_WHOLE, number, shown, whole

ENDLESS = pytest.param(10**5000, id="endless")  # which Python refuses to print


@pytest.mark.parametrize(("given", "found"), [("7", 7), (" +7 ", 7), (0, 0), (str(MOST_WHOLE), MOST_WHOLE)])
def test_whole_numbers_are_read(given: object, found: int) -> None:
    """Text and numbers alike, up to what 64 bits hold."""
    assert whole(given, "seed", 0) == found


@pytest.mark.parametrize(
    "given", ["", "-1", -1, "x", "1.5", 1.5, True, None, "٣", "1_0", 2**63, "9" * 5000, ENDLESS, float("nan"), [1]]
)
def test_what_is_no_whole_number_is_refused(given: object) -> None:
    """Anything else is one short sentence, with the bounds, and no long number is ever computed or printed."""
    with pytest.raises(ConfigError, match=r"seed is .*, not a whole number of 0 or more") as caught:
        whole(given, "seed", 0)
    assert len(str(caught.value)) < 120


@pytest.mark.parametrize(("given", "found"), [("0.5", 0.5), (".5", 0.5), ("5e-1", 0.5), (0.5, 0.5), (1, 1.0)])
def test_numbers_are_read(given: object, found: float) -> None:
    """Decimals in the usual spellings, and numbers as they are."""
    assert number(given, "weight", 0.0, 1.0) == found


@pytest.mark.parametrize(
    "given", ["", "nan", "inf", "1e999999999", "1.1", -0.1, float("nan"), float("inf"), 10**400, True, None, "9" * 5000]
)
def test_what_is_no_number_is_refused(given: object) -> None:
    """Not a number, infinite, out of bounds or no number at all: one short sentence."""
    with pytest.raises(ConfigError, match="weight is .*, not a number from 0 to 1") as caught:
        number(given, "weight", 0.0, 1.0)
    assert len(str(caught.value)) < 120


def test_without_bounds_a_number_is_finite() -> None:
    """Where nobody sets bounds, what cannot be computed with is refused all the same."""
    assert number(1e200, "it") == 1e200
    for wrong in (float("inf"), float("nan"), 10**400):
        with pytest.raises(ConfigError, match="not a number that can be used here"):
            number(wrong, "it")


@pytest.mark.parametrize("value", [ENDLESS, "x" * 5000, [1] * 5000])
def test_whatever_it_is_a_message_shows_it_shortly(value: object) -> None:
    """Even a number that Python refuses to print."""
    assert len(shown(value)) < 60
