"""The landmark picture."""

from __future__ import annotations

import numpy as np
import pytest

from facetake.portrait.landmark_translation.image.sketch import LINES, draw


def _points(side: int = 64) -> np.ndarray:
    """Every part on a height of its own, from left to right."""
    points = np.zeros((68, 2))
    for row, (places, _) in enumerate(LINES.values()):
        own = list(dict.fromkeys(places))
        points[own] = np.stack([np.linspace(10, side - 10, len(own)), np.full(len(own), 4.5 + 6 * row)], axis=1)
    return points


def test_each_part_has_its_line_and_colour() -> None:
    """Every part is seen where its points lie, in its own colour, and nothing is seen elsewhere."""
    picture = draw(_points(), 64)
    for row, (_, colour) in enumerate(LINES.values()):
        np.testing.assert_array_equal(picture[4 + 6 * row, 12:52], np.broadcast_to(colour, (40, 3)))
        assert not picture[1 + 6 * row].any()
    assert len({colour for _, colour in LINES.values()}) == len(LINES)


def test_lines_run_through_pixel_centres_at_a_half() -> None:
    """A line of one pixel along the centres of a row covers that row alone; moved by half a pixel, two rows alike."""
    points = _points()
    assert not draw(points, 64)[[3, 5]].any()
    moved = draw(points + (0.0, 0.5), 64)
    np.testing.assert_allclose(moved[4, 12:52], moved[5, 12:52])
    assert moved[4, 20].max() == pytest.approx(75, abs=1)


def test_what_lies_outside_is_cut_off() -> None:
    """Points beyond the picture cost their lines, not the picture; a half-seen line keeps its place."""
    points = _points()
    assert not draw(points + 1000.0, 64).any()
    whole = draw(points, 64)
    half = draw(points - (30.0, 0.0), 64)
    np.testing.assert_array_equal(half[:, :20], whole[:, 30:50])


def test_points_that_are_none_are_refused() -> None:
    """Other shapes and values that are no numbers are a programmer's mistake."""
    with pytest.raises(ValueError, match="68 finite points"):
        draw(np.zeros((67, 2)), 64)
    with pytest.raises(ValueError, match="68 finite points"):
        draw(np.full((68, 2), np.nan), 64)
