"""Where skin folds: brow lines, frown lines, lines on the nose, and those of a smile, each a relief over the atlas.

Knows where features lie on the resting head (metres, head space); does not know meshes or lights.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from facetake.arrays import F64
from facetake.face.head import ATLAS
from facetake_training.head_baking.atlas import Texels
from facetake_training.head_baking.mesh import SKIN

Line = tuple[tuple[tuple[float, float], ...], float, float]
"""Corners (across, down) in millimetres from the middle of the face, width in millimetres, and depth 0..1."""

KINDS: tuple[tuple[str, tuple[Line, ...]], ...] = (
    (
        "brow up",
        (
            (((0, -57.0), (14, -57.6), (30, -59.5), (42, -58.5)), 1.5, 0.85),
            (((0, -64.5), (14, -65.2), (30, -67.0), (40, -66.0)), 1.6, 1.0),
            (((0, -72.0), (14, -72.4), (28, -73.5), (36, -72.5)), 1.5, 0.75),
        ),
    ),
    (
        "brow down",
        (
            (((5.6, -58.0), (6.4, -50.0), (5.6, -43.0), (4.2, -37.0)), 1.35, 1.0),
            (((10.2, -53.0), (10.6, -48.0), (9.8, -43.5)), 1.1, 0.55),
            (((0, -33.0), (4.5, -32.4), (8.0, -30.6)), 1.2, 0.7),
        ),
    ),
    (
        "nose",
        (
            (((2.5, -27.5), (7.0, -25.0), (10.5, -20.0)), 1.0, 0.75),
            (((3.0, -22.0), (8.0, -18.5), (11.5, -13.0)), 1.0, 0.8),
            (((0, -31.5), (5.0, -30.6), (9.0, -28.0)), 1.2, 0.8),
            (((17.0, 8.0), (19.5, 14.0), (23.0, 21.0), (26.0, 29.0)), 1.8, 0.9),
        ),
    ),
    (
        "smile",
        (
            (((17.5, 11.0), (21.5, 18.0), (27.0, 27.0), (31.5, 37.0), (33.5, 45.0)), 2.0, 1.0),
            (((47.0, -21.0), (53.0, -25.5), (59.0, -28.0)), 0.9, 0.8),
            (((48.0, -17.5), (54.0, -18.0), (61.0, -17.5)), 0.9, 0.9),
            (((47.0, -13.5), (53.0, -10.5), (58.5, -6.5)), 0.9, 0.75),
            (((20.0, -9.5), (28.0, -6.0), (37.0, -6.8), (44.0, -10.5)), 1.1, 0.6),
        ),
    ),
)
"""By eye, on the first head."""
FRONT_M = -0.040  # what is further back is not face


def relief(texels: Texels) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """Depths (H, W, 4) uint8 of the kinds, and the texel (x, y) of the atlas that their first is."""
    skin = (texels.part == SKIN) & (texels.position[:, 2] < FRONT_M)
    places = 1000.0 * np.stack([np.abs(texels.position[skin, 0]), texels.position[skin, 1]], axis=1)
    image = np.zeros((ATLAS, ATLAS, 4))
    where = tuple(axis[skin] for axis in texels.where)
    for kind, (_, lines) in enumerate(KINDS):
        depth = np.zeros(len(places))
        for line in lines:
            depth = np.maximum(depth, _crease(places, line))
        image[where[0], where[1], kind] = depth
    image = ndimage.gaussian_filter(image, (0.7, 0.7, 0.0))
    rows, columns = np.nonzero(image.max(axis=2) > 0.01)
    top, left = max(rows.min() - 2, 0), max(columns.min() - 2, 0)
    cut = image[top : rows.max() + 3, left : columns.max() + 3]
    return np.asarray(np.rint(255.0 * np.clip(cut, 0.0, 1.0)), np.uint8), (int(left), int(top))


def _crease(places: F64, line: Line) -> F64:
    """Depth (N,) of a crease at places (N, 2) in millimetres: whole along the middle of its line, none at its ends."""
    corners, width, depth = line
    at = np.array(corners)
    crosses = at[0, 0] == 0.0
    if crosses:  # its other half, too, or rounding its corners would draw both halves back from the middle
        at = np.concatenate([at[:0:-1] * (-1.0, 1.0), at])
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(at, axis=0), axis=1))])
    fine = np.linspace(0.0, length[-1], 120 if crosses else 60)
    points = np.stack([np.interp(fine, length, at[:, axis]) for axis in (0, 1)], axis=1)
    points = ndimage.gaussian_filter1d(points, 4.0, axis=0, mode="nearest")
    share = fine / length[-1]
    fade = (1.0 - np.abs(2.0 * share - 1.0)) / 0.35 if crosses else np.minimum(share / 0.25, (1.0 - share) / 0.35)
    fade = np.sqrt(np.clip(fade, 0.0, 1.0))
    distances, numbers = cKDTree(points).query(places, distance_upper_bound=3.0 * width)
    away, nearest = np.asarray(distances), np.asarray(numbers)
    near = np.isfinite(away)
    found = np.zeros(len(places))
    found[near] = depth * fade[nearest[near]] * np.exp(-((away[near] / width) ** 2))
    return found
