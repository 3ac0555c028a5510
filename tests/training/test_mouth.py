"""Teeth and a tongue as shapes of their own, before they come into a head."""

from __future__ import annotations

import numpy as np
import pytest

from facetake.arrays import F64, I64
from facetake_training.head_baking import mouth

REACH_M = (0.027, 0.045)
"""Half the width and the depth of an arch that all crowns find room on."""
AROUND = mouth.AROUND + 1  # vertices of a row of the tongue, whose first stands again for the chart's seam


def areas_m2(points: F64, faces: I64) -> F64:
    """Of triangles (F,)."""
    first, second, third = (points[faces[:, corner]] for corner in range(3))
    return np.asarray(0.5 * np.linalg.norm(np.cross(second - first, third - first), axis=1))


@pytest.mark.parametrize("arch", [mouth.UPPER, mouth.LOWER], ids=["upper", "lower"])
def test_crowns_are_as_wide_and_stand_where_the_arch_says(arch: mouth.Arch) -> None:
    """Both sides are one another's mirror, edges lie as far below the lips as told, and no triangle is empty."""
    points, faces, chart = mouth._arch(arch, 0.02, -0.01, REACH_M)
    grid = points.reshape(len(mouth.PROFILE), -1, 3)
    along = mouth._along(arch)[0]
    edge = [up for up, _, _ in mouth.PROFILE].index(0.0)

    assert np.allclose(grid, grid[:, ::-1] * (-1.0, 1.0, 1.0), atol=1e-12)
    assert np.ptp(along) == pytest.approx(2 * sum(arch.widths))
    lowest = (arch.side * grid[edge, :, 1]).max() * arch.side
    assert lowest == pytest.approx(0.02 + arch.edge_below_lips / 1000.0, abs=2e-4)
    assert areas_m2(points, faces).min() > 1e-11
    assert chart.min() >= 0.0 and chart.max() <= 1.0


def test_a_tongue_is_whole_and_rounds_off_at_its_tip() -> None:
    """It is as long, as wide and as thick as told, its outline closes, and its tip is its narrowest row."""
    points, faces, _ = mouth._tongue(0.02, -0.01)
    rows = points.reshape(mouth.ALONG, AROUND, 3)
    widths = np.ptp(rows[..., 0], axis=1)

    assert np.allclose(rows[:, 0], rows[:, -1])
    assert np.ptp(points[:, 2]) == pytest.approx(mouth.LENGTH_MM / 1000.0)
    assert widths.max() == pytest.approx(2.0 * mouth.HALF_WIDTH_MM / 1000.0, rel=0.01)
    assert widths.argmin() == 0 and widths[0] < 0.1 * widths.max()
    assert points[:, 1].min() == pytest.approx(0.02 + (mouth.TIP_BELOW_LIPS_MM - mouth.RISE_MM) / 1000.0, abs=1e-3)
    assert faces.max() == len(points) - 1


def test_a_tongue_is_put_out_at_its_tip_and_stays_at_its_root() -> None:
    """`tongueOut` takes the tip forward by what is told, bends over the teeth, hangs, and leaves the root alone."""
    points = mouth._tongue(0.0, 0.0)[0]
    moved = mouth._put_out(points)
    rows = moved.reshape(mouth.ALONG, AROUND, 3)

    assert np.allclose(rows[0, :, 2], -mouth.OUT_MM / 1000.0) and np.allclose(rows[-1], 0.0, atol=1e-9)
    assert (rows[0, :, 1] > 0.0).all() and rows[:, :, 1].min() < -0.008 and not moved[:, 0].any()


def test_a_raised_tip_bends_the_front_of_the_tongue_alone() -> None:
    """`tongueTipUp` lifts the tip by what is told, draws it back, and leaves all behind the middle where it is."""
    points = mouth._tongue(0.0, 0.0)[0]
    moved = mouth._tip_raised(points)
    rows = moved.reshape(mouth.ALONG, AROUND, 3)
    is_behind = (points[:, 2].max() - points[:, 2]) < mouth.TIP_FROM * np.ptp(points[:, 2])

    assert np.allclose(rows[0, :, 1], -mouth.TIP_RISE_MM / 1000.0, atol=1e-3)
    assert np.allclose(rows[0, :, 2], mouth.TIP_BACK_MM / 1000.0) and not moved[is_behind].any()
    assert (np.diff(rows[:, 0, 1]) >= 0.0).all() and not moved[:, 0].any()
