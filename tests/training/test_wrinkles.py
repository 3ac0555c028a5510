"""Where skin folds, on a flat sheet in front of the face."""

from __future__ import annotations

import numpy as np

from facetake.face.head import FOLDS
from facetake_training.head_baking import wrinkles
from facetake_training.head_baking.atlas import Texels
from facetake_training.head_baking.mesh import SKIN


def sheet() -> Texels:
    """A sheet of 160 x 160 mm of skin, half a millimetre a texel, whose middle is the face's."""
    rows, columns = (axis.ravel() for axis in np.mgrid[0:320, 0:320])
    position = np.stack([(columns - 160) / 2000.0, (rows - 180) / 2000.0, np.full(len(rows), -0.1)], axis=1)
    none = np.zeros_like(position)
    return Texels((rows, columns), position, none, none[:, :2], np.full(len(rows), SKIN))


def test_kinds_stand_in_the_order_in_which_they_are_driven() -> None:
    """The drawn kinds are those that `Head.wrinkles_of` knows."""
    assert [name for name, _ in wrinkles.KINDS] == list(FOLDS)


def test_lines_are_cut_out_and_the_same_on_both_sides() -> None:
    """The relief is no larger than its lines, mirrored at the middle, and each kind is somewhere whole."""
    relief, (left, top) = wrinkles.relief(sheet())
    height, width, kinds = relief.shape
    assert kinds == 4 and height < 320 and width < 320
    assert (relief.max(axis=(0, 1)) > 150).all()
    middle = 160 - left
    side = min(middle, width - 1 - middle)
    left_half, right_half = relief[:, middle - side : middle], relief[:, middle + 1 : middle + 1 + side]
    assert np.abs(left_half[:, ::-1].astype(int) - right_half).max() <= 1
    brow_up = np.flatnonzero(relief[:, middle, 0] > 100) + top
    assert brow_up.max() < 180 - 2 * 50  # all of them above the brows


def test_a_line_is_deepest_in_its_middle_and_runs_out() -> None:
    """Across it depth falls off by its width, along it towards its ends."""
    line = (((10.0, 0.0), (30.0, 0.0)), 1.0, 0.8)
    places = np.array([[20.0, 0.0], [20.0, 1.0], [20.0, 6.0], [10.2, 0.0]])
    middle, beside, away, end = wrinkles._crease(places, line)
    assert middle > 0.7 > 0.4 > beside > 0.2 and away == 0.0 and end < 0.5 * middle


def test_a_line_that_crosses_the_middle_is_whole_there() -> None:
    """No ridge of smooth skin parts its halves, and it runs out at its other end."""
    line = (((0.0, 0.0), (14.0, -0.6), (30.0, -2.5)), 1.5, 1.0)
    middle, beside, end = wrinkles._crease(np.array([[0.0, 0.0], [7.0, -0.3], [29.8, -2.5]]), line)
    assert middle > 0.95 and beside > 0.95 and end < 0.4
