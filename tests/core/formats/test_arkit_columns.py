"""ARKit's shapes as columns."""

from __future__ import annotations

import numpy as np
import pytest

from facetake import rig
from facetake.errors import TakeError
from facetake.formats import arkit_columns


def test_shapes_are_known_by_any_capitals() -> None:
    """Apple's, Epic's and shouted names mean the same shape."""
    assert {arkit_columns.shape_of(name) for name in ("jawOpen", "JawOpen", "JAWOPEN")} == {"jawOpen"}
    assert arkit_columns.shape_of("jaw") is None
    assert all(arkit_columns.shape_of(arkit_columns.pascal(name)) == name for name in rig.ARKIT_NAMES)


def test_missing_shapes_rest_and_tongue_shapes_are_passed_over() -> None:
    """Early Audio2Face lacks shapes, the newest has more for the tongue; both can be read."""
    places, passed_over = arkit_columns.places_of(["tongueTipUp", "jawOpen"])
    assert places == {"jawOpen": 1} and passed_over == ["tongueTipUp"]
    weights = np.array([[0.9, 0.5]], dtype=np.float32)
    shapes = rig.to_arkit(arkit_columns.controls(weights, places))[0]
    assert shapes[rig.ARKIT_NAMES.index("jawOpen")] == pytest.approx(0.5, abs=1e-6)
    assert np.count_nonzero(shapes) == 1


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["jawOpen", "smirk"], "'smirk'"),
        (["jawOpen", "JawOpen"], "both jawOpen"),
        (["tongueTipUp"], "none of"),
        ([], "none"),
    ],
)
def test_names_that_cannot_be_are_refused(names: list[str], said: str) -> None:
    """Unknown, repeated and no shapes are TakeErrors."""
    with pytest.raises(TakeError, match=said):
        arkit_columns.places_of(names)


@pytest.mark.parametrize("weight", [50.0, -3.0, np.inf, np.nan])
def test_what_is_no_weight_is_refused(weight: float) -> None:
    """Percentages, and what is no number, are named with shape and frame."""
    with pytest.raises(TakeError, match="frame 1, jawOpen"):
        arkit_columns.controls(np.array([[0.0], [weight]]), {"jawOpen": 0})


def test_overshoot_is_clamped() -> None:
    """A weight slightly beyond 1 is 1."""
    places = {"jawOpen": 0}
    over, one = (arkit_columns.controls(np.array([[weight]]), places) for weight in (1.05, 1.0))
    np.testing.assert_array_equal(over, one)
