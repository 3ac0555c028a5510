"""Masks and blending."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from facetake.arrays import U8
from facetake.portrait.video.compositing import Region, around, blended, expanded, softened


def _square(first: int, last: int, size: int = 256) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    mask = np.zeros((size, size), np.bool_)
    mask[first:last, first:last] = True
    return mask


def test_the_mask_is_the_union_grown_by_four_pixels() -> None:
    """Closed and open mouth together, grown by the paper's four dilations with a square of three."""
    both = expanded(_square(100, 110), _square(105, 150))

    slow = np.zeros_like(both)
    for y, x in np.argwhere(_square(100, 110) | _square(105, 150)):
        slow[y - 4 : y + 5, x - 4 : x + 5] = True
    assert np.array_equal(both, slow)


def test_a_softened_mask_never_shows_what_lies_outside() -> None:
    """The weight is 0 outside the mask, 1 deep inside, and falls off on the way."""
    mask = _square(60, 200)
    weight = softened(mask)

    assert weight[~mask].max() == 0.0
    assert weight[130, 130] == pytest.approx(1.0)
    edge = weight[130, 60:80]
    assert np.all(np.diff(edge) >= 0.0) and len(np.unique(edge)) >= 5


def test_the_widths_scale_with_the_picture() -> None:
    """A picture twice the size has its mask grown by twice the pixels."""
    small = expanded(_square(100, 110), _square(100, 110))
    large = _square(200, 220, 512)
    grown = expanded(large, large)

    assert np.array_equal(grown[::2, ::2], small)


def test_a_network_sees_the_pictures_own_pixels_where_it_can() -> None:
    """A small mask gets a square of as many pixels as the network has, a large one a larger one."""
    assert around(_square(100, 130)[None], 64).side == 64
    assert around(_square(60, 200)[None], 64).side > 140
    assert around(_square(100, 130)[None], 512).side == 256


@pytest.mark.parametrize("side", [200, 300])
def test_pictures_keep_their_sharpness_in_another_size(side: int) -> None:
    """The slope of fine noise lives through a square of other pixels and back, which bilinear resizing halves."""
    picture = _noise(256)
    region = Region(0, 0, 256, side)
    back = region.put(region.cut(picture), 256)
    assert _slope(back) > 0.8 * _slope(picture)


def _noise(side: int) -> U8:
    """A picture (side, side, 3) of noise as fine as a lens leaves it."""
    rough = np.random.default_rng(4).normal(size=(side, side))
    soft = gaussian_filter(rough, 1.0)
    grey = np.clip(127.5 + 60.0 * soft / soft.std(), 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def _slope(picture: U8) -> float:
    return float(np.abs(np.diff(picture[..., 0].astype(float), axis=1)).mean())


def test_blending_mixes_by_weight() -> None:
    """Weight 0 keeps the frame, 1 takes the picture, a quarter is a quarter of the way."""
    frame = np.full((1, 3, 3), 100, np.uint8)
    picture = np.full((1, 3, 3), 200, np.uint8)

    mixed = blended(frame, picture, np.array([[0.0, 0.25, 1.0]], np.float32))

    assert mixed[0, :, 0].tolist() == [100, 125, 200]


def test_blending_refuses_shapes_that_differ() -> None:
    """A weight of another size is a mistake of the caller."""
    with pytest.raises(ValueError, match="cannot blend"):
        blended(np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2, 3), np.uint8), np.zeros((3, 2), np.float32))
