"""What the lossless formats say about a take."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from facetake import rig
from facetake.errors import TakeError
from facetake.formats import exact
from facetake.take import Take


@pytest.mark.parametrize("value", [np.nan, np.inf, {1, 2}])
def test_an_origin_that_json_cannot_say_is_refused(value: object) -> None:
    """A take whose origin holds NaN or a thing of Python's is not written, and the sentence says why."""
    take = Take(np.tile(rig.NEUTRAL, (1, 1)), Fraction(60), origin={"seed": value})
    with pytest.raises(TakeError, match="the take's origin cannot be written"):
        exact.origin_text(take)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", '{"a": NaN}', '{"a": 1e400}', '{"a": ' + "9" * 30 + "}", "[" * 9999]
)
def test_an_origin_that_is_none_is_refused(text: str) -> None:
    """No JSON, no object, NaN and numbers without bounds are each one sentence."""
    with pytest.raises(TakeError, match="the origin"):
        exact.origin(text)


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
