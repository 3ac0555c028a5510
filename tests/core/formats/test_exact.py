"""What the lossless formats say about a take."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from facetake import rig
from facetake.errors import TakeError
from facetake.formats import exact


@pytest.mark.parametrize("text", ["60", "24000/1001", "-1/3", "0"])
def test_fractions_are_exact(text: str) -> None:
    """A whole number or a fraction is read as it is."""
    assert exact.fraction(text, "the start") == Fraction(text)


@pytest.mark.parametrize("text", ["", "60.0", "1/0", "1e999999999", "1/-2", "a", "1" * 30, " 60", "٣"])
def test_other_texts_are_no_fractions(text: str) -> None:
    """Everything else is refused, at once even where Python would compute for hours."""
    with pytest.raises(TakeError, match="the start is"):
        exact.fraction(text, "the start")


@pytest.mark.parametrize("text", ["0", "-60"])
def test_a_rate_is_above_zero(text: str) -> None:
    """No take runs backwards or stands."""
    with pytest.raises(TakeError, match="above zero"):
        exact.rate(text)


def test_other_kinds_and_versions_are_refused() -> None:
    """A file that says it is something else is not read as a take."""
    exact.check_kind(exact.FORMAT, exact.VERSION)
    with pytest.raises(TakeError, match="'rhubarb'"):
        exact.check_kind("rhubarb", 1)
    with pytest.raises(TakeError, match="version 2"):
        exact.check_kind(exact.FORMAT, 2)


def test_controls_are_put_in_order() -> None:
    """Names in another order give the positions to take them from."""
    names = list(reversed(rig.NAMES))
    order = exact.control_order(names)
    values = np.arange(rig.N_CONTROLS, dtype=np.float32)[None]
    assert [names[place] for place in order] == list(rig.NAMES)
    np.testing.assert_array_equal(exact.ordered(values, order), values[:, ::-1])


def test_a_large_array_in_order_is_not_copied() -> None:
    """The usual order keeps the array itself."""
    values = np.zeros((2, 3), dtype=np.float32)
    assert exact.ordered(values, [0, 1, 2]) is values
