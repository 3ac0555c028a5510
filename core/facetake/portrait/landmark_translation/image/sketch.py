"""The landmark picture: 68 points as lines, one colour a part, as the video networks read it (Landmarks 3.3).

Knows pixels and iBUG's numbering; does not know faces in space.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facetake.arrays import F32, F64, U8

LINES: dict[str, tuple[tuple[int, ...], tuple[int, int, int]]] = {
    "jaw": (tuple(range(17)), (150, 150, 150)),
    "right_brow": (tuple(range(17, 22)), (255, 170, 0)),
    "left_brow": (tuple(range(22, 27)), (255, 255, 0)),
    "bridge": (tuple(range(27, 31)), (0, 200, 0)),
    "nostrils": (tuple(range(31, 36)), (0, 255, 150)),
    "right_eye": ((*range(36, 42), 36), (0, 150, 255)),
    "left_eye": ((*range(42, 48), 42), (80, 80, 255)),
    "outer_lips": ((*range(48, 60), 48), (255, 0, 80)),
    "inner_lips": ((*range(60, 68), 60), (255, 0, 255)),
}
"""Points that each part's line runs through, in order, and its colour; a line that closes ends where it began."""
WIDTH = 1.5 / 256.0
"""Width of the lines as a share of the side: 1.5 pixels at the paper's 256."""
NARROWEST_PX = 1.0  # thinner lines break up in small pictures


def draw(points: NDArray[np.floating], side: int) -> U8:
    """The landmark picture.

    Args:
        points: (68, 2) pixels of the square picture, x right and y down, pixel centres at +0.5; what lies outside is
            cut off.
        side: of the picture in pixels.

    Returns:
        (side, side, 3) uint8 RGB: antialiased lines on black; a later part of `LINES` lies over an earlier one.

    Raises:
        ValueError: points of another shape, or that are no numbers.
    """
    if points.shape != (68, 2) or not np.isfinite(points).all():
        raise ValueError(f"68 finite points (68, 2) are wanted, not {points.shape}")
    half = max(NARROWEST_PX, WIDTH * side) / 2.0
    picture = np.zeros((side, side, 3), np.float32)
    for places, colour in LINES.values():
        corners = np.asarray(points, np.float64)[list(places)]
        left, top, right, bottom = _box(corners, half, side)
        cover = np.zeros((bottom - top, right - left), np.float32)
        for begin, end in zip(corners[:-1] - (left, top), corners[1:] - (left, top), strict=True):
            _stroke(cover, begin, end, half)
        part = picture[top:bottom, left:right]
        part += cover[..., None] * (np.asarray(colour, np.float32) - part)
    return np.asarray(picture.round(), np.uint8)


def _box(corners: F64, half: float, side: int) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the pixels that a line through corners can reach; no less than nothing."""
    low = np.clip(np.floor(corners.min(axis=0) - half - 0.5), 0, side).astype(int)
    high = np.clip(np.ceil(corners.max(axis=0) + half + 0.5), 0, side).astype(int)
    return int(low[0]), int(low[1]), int(max(low[0], high[0])), int(max(low[1], high[1]))


def _stroke(cover: F32, begin: F64, end: F64, half: float) -> None:
    """Covers, in place, a line with round ends: whole half a pixel within its edge, nothing half a pixel past it."""
    reach = half + 0.5
    room = np.array(cover.shape[::-1])
    low = np.clip(np.floor(np.minimum(begin, end) - reach), 0, room).astype(int)
    high = np.clip(np.ceil(np.maximum(begin, end) + reach), 0, room).astype(int)
    if (low >= high).any():
        return
    x = np.arange(low[0], high[0]) + 0.5 - begin[0]
    y = (np.arange(low[1], high[1]) + 0.5 - begin[1])[:, None]
    along = end - begin
    share = np.clip((x * along[0] + y * along[1]) / max(float(along @ along), 1e-12), 0.0, 1.0)
    distance = np.hypot(x - share * along[0], y - share * along[1])
    box = cover[low[1] : high[1], low[0] : high[0]]
    np.maximum(box, np.clip(reach - distance, 0.0, 1.0), out=box)
