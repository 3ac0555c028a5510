"""Tests of facetake.portrait.metrics.lips: measures that are known for mouths that are made."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facetake.portrait.metrics.lips import aperture, flicker, follow, landmark_distance

T = 60
OPENING: Any = (0.3 + 0.2 * np.sin(np.arange(T) * 0.4)).astype(np.float32)


def mouths(opening: Any) -> Any:
    """Landmarks (T, 478, 2) of a mouth that opens so far, with eyes 100 pixels apart."""
    points: Any = np.zeros((len(opening), 478, 2), np.float32)
    points[:, 33, 0], points[:, 263, 0] = -50.0, 50.0
    for upper, lower in ((13, 14), (82, 87), (312, 317)):
        points[:, upper, 1], points[:, lower, 1] = -50.0 * opening, 50.0 * opening
    return points


def test_aperture_is_a_share_of_the_face() -> None:
    """The opening is measured against the eyes' distance, at any size of the picture."""
    assert np.allclose(aperture(mouths(OPENING)), OPENING, atol=1e-5)
    assert np.allclose(aperture(3.0 * mouths(OPENING)), OPENING, atol=1e-5)


@pytest.mark.parametrize("lag", [-4, 0, 3])
def test_lag_is_found(lag: int) -> None:
    """A mouth that comes late by some frames is found to do so, and correlates fully there."""
    noise: Any = np.random.default_rng(0).normal(size=T + 20).astype(np.float32)
    found = follow(noise[10 - lag : 10 - lag + T], noise[10 : 10 + T])
    assert found.lag_frames == lag
    assert found.best == pytest.approx(1.0, abs=1e-5)
    assert (found.correlation > 0.99) is (lag == 0)


def test_a_mouth_that_never_moves_correlates_with_nothing() -> None:
    """A constant opening gives 0 and no division by nothing; other lengths are a mistake."""
    assert follow(OPENING * 0, OPENING).correlation == 0.0
    with pytest.raises(ValueError, match="cannot be compared"):
        follow(OPENING[:-1], OPENING)


def test_landmark_distance_ignores_where_the_head_is() -> None:
    """A moved head has the same mouth; six of forty points that are 10 pixels off cost what they must."""
    here = mouths(OPENING)
    assert landmark_distance(here + 7.0, here) == pytest.approx(0.0, abs=1e-6)
    assert landmark_distance(mouths(OPENING + 0.2), here) == pytest.approx(6 * 10 / 40 / 100, rel=1e-3)


def test_flicker_tells_a_jump_from_a_movement() -> None:
    """Steady brightening is no flicker, a frame that jumps is, and only inside the mask."""
    steady: Any = np.broadcast_to(np.arange(6, dtype=np.uint8)[:, None, None, None] * 5, (6, 8, 8, 3)).copy()
    assert flicker(steady) == 0.0
    steady[3, :4] += 40
    inside: Any = np.zeros((8, 8), bool)
    inside[:4] = True
    assert flicker(steady, inside) == pytest.approx((40 + 80 + 40) / 4)
    assert flicker(steady, ~inside) == 0.0
    assert flicker(steady[:2]) == 0.0
