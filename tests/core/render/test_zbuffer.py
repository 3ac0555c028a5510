"""Tests of facetake.render.zbuffer against a slow rasteriser that tries every pixel with every triangle."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from facetake.arrays import F32, I32
from facetake.render.zbuffer import NOTHING, face_ids


def slow_ids(screen: F32, faces: I32, height: int, width: int) -> tuple[I32, NDArray[np.bool_]]:
    """The ids by brute force in float64, and the pixels so close to an edge or a tie that either answer is right."""
    ids = np.full((height, width), NOTHING, np.int32)
    doubt = np.zeros((height, width), bool)
    for y in range(height):
        for x in range(width):
            best = 0.0
            for f, corners in enumerate(screen[faces].astype(np.float64)):
                (ax, ay, az), (bx, by, bz), (cx, cy, cz) = corners
                area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
                px = x + 0.5
                py = y + 0.5
                wa = ((bx - px) * (cy - py) - (by - py) * (cx - px)) / area
                wb = ((cx - px) * (ay - py) - (cy - py) * (ax - px)) / area
                weights = np.array([wa, wb, 1.0 - wa - wb])
                near = float(weights @ (1.0 / np.array([az, bz, cz])))
                doubt[y, x] |= bool(abs(weights.min()) < 1e-4)
                if weights.min() >= 0.0:
                    doubt[y, x] |= bool(abs(near - best) < 1e-5)
                    if near > best:
                        best, ids[y, x] = near, f
    return ids, doubt


@pytest.mark.parametrize("seed", range(4))
def test_agrees_with_brute_force_on_random_triangles(seed: int) -> None:
    """Random overlapping triangles, some partly outside the picture, give the ids that trying everything gives."""
    rng = np.random.default_rng(seed)
    corners = np.concatenate([rng.uniform(-8, 40, (36, 2)), rng.uniform(0.5, 4.0, (36, 1))], axis=1)
    screen = corners.astype(np.float32)
    faces = np.arange(36, dtype=np.int32).reshape(12, 3)
    expected, doubt = slow_ids(screen, faces, 30, 34)
    found = face_ids(screen, faces, 30, 34)
    assert doubt.mean() < 0.2
    np.testing.assert_array_equal(found[~doubt], expected[~doubt])
    assert len(np.unique(found)) > 4


def test_the_nearer_of_two_triangles_wins_whatever_their_order() -> None:
    """Depth decides, not the order in the list."""
    square = np.array([[0, 0], [8, 0], [0, 8]], np.float32)
    near = np.c_[square, np.full(3, 1.0)]
    far = np.c_[square, np.full(3, 2.0)]
    screen = np.concatenate([far, near]).astype(np.float32)
    faces = np.array([[0, 1, 2], [3, 4, 5]], np.int32)
    assert face_ids(screen, faces, 8, 8)[1, 1] == 1
    assert face_ids(screen, faces[::-1], 8, 8)[1, 1] == 0


def test_triangles_behind_the_camera_or_without_area_are_left_out() -> None:
    """A corner at depth zero or less, or three corners on a line, draw nothing."""
    screen = np.array([[0, 0, -1], [8, 0, 1], [0, 8, 1], [1, 1, 1], [2, 2, 1], [3, 3, 1]], np.float32)
    faces = np.array([[0, 1, 2], [3, 4, 5]], np.int32)
    assert (face_ids(screen, faces, 8, 8) == NOTHING).all()


def test_one_sided_leaves_out_triangles_seen_from_behind() -> None:
    """Turning a triangle round hides it only when asked to."""
    screen = np.array([[0, 0, 1], [0, 8, 1], [8, 0, 1]], np.float32)
    front = np.array([[0, 1, 2]], np.int32)
    back = np.array([[0, 2, 1]], np.int32)
    assert face_ids(screen, front, 8, 8, one_sided=True)[1, 1] == 0
    assert face_ids(screen, back, 8, 8, one_sided=True)[1, 1] == NOTHING
    assert face_ids(screen, back, 8, 8)[1, 1] == 0
