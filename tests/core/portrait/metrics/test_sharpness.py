"""CPBD and its pieces on pictures whose edges are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from facetake.portrait.metrics.sharpness import Sharpness, cpbd, edge_widths, edges

U8 = np.ndarray


def stripes(sigma_px: float, light: float = 200.0) -> U8:
    """Upright stripes (128, 128, 3), blurred."""
    row = np.where(np.arange(128) // 16 % 2, light, 30.0)
    soft = ndimage.gaussian_filter1d(row, sigma_px) if sigma_px else row
    return np.asarray(np.rint(np.broadcast_to(soft[None, :, None], (128, 128, 3))), np.uint8)


def test_sharp_edges_are_sharp_and_wide_ones_are_not() -> None:
    """CPBD is 1 for hard stripes, 0 for soft ones, and falls in between as blur grows."""
    scores = [cpbd(stripes(sigma)) for sigma in (0.0, 0.5, 1.0, 3.0)]
    assert scores[0] == 1.0 and scores[-1] == 0.0
    assert scores == sorted(scores, reverse=True)


def test_a_flat_picture_has_no_edges() -> None:
    """Without edges nothing is sharp, and nothing fails, however small the picture."""
    assert cpbd(np.full((128, 96, 3), 90, np.uint8)) == 0.0
    assert cpbd(np.full((20, 20, 3), 90, np.uint8)) == 0.0


@pytest.mark.parametrize("width", [1, 3, 6])
def test_the_width_of_a_ramp_is_its_length(width: int) -> None:
    """Light that rises over so many pixels is an edge of that width, whichever way it runs."""
    row = np.clip(np.arange(64) - 30, 0, width) * (180.0 / width)
    for grey in (np.tile(row, (64, 1)), np.tile(row[::-1], (64, 1))):
        widths = edge_widths(np.ascontiguousarray(grey))
        assert set(np.unique(widths[widths > 0])) == {float(width)}


def test_canny_finds_the_outline_of_a_disc() -> None:
    """All edges of a disc lie on its radius, one pixel or two wide, and go all the way round."""
    y, x = np.mgrid[:96, :96] - 48.0
    found = edges(120.0 * (np.hypot(x, y) < 30))
    assert np.abs(np.hypot(x, y)[found] - 30.0).max() < 2.0
    assert len(np.unique(np.rint(np.degrees(np.arctan2(y, x)[found]) / 10.0) % 36)) == 36


def test_blur_depends_on_contrast() -> None:
    """The same width that is seen at a strong contrast is not at a weak one."""
    assert cpbd(stripes(0.5, light=60.0)) > cpbd(stripes(0.5, light=230.0))


def test_the_measure_tells_made_from_real() -> None:
    """Means over frames are told for both, under names of their own."""
    measure = Sharpness()
    for frame in range(2):
        measure.update(frame, stripes(3.0), stripes(0.0))
    assert measure.compute() == {"cpbd": 0.0, "cpbd_real": 1.0}
