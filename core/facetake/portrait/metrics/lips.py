"""How well lips in a video follow those of another: landmark distance, aperture, lag; and how much a picture flickers.

All from landmarks or pixels, without any network. Knows MediaPipe's numbering; does not know where points come from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facetake.arrays import F32

INNER = ((13, 14), (82, 87), (312, 317))  # upper and lower points of the inner lips
EYE_CORNERS = (33, 263)  # MediaPipe's numbers: the outer ones
MOUTH = np.array(
    """
    61 146 91 181 84 17 314 405 321 375 291 185 40 39 37 0 267 269 270 409
    78 95 88 178 87 14 317 402 318 324 308 191 80 81 82 13 312 311 310 415
    """.split(),
    dtype=np.int64,
)
"""MediaPipe's points along the outer and the inner edge of the lips."""
LATE_MOST_S = 0.3  # by which a recording is looked for to be late
LAG_MOST = 5  # frames either way: more would find likeness by chance in a clip of a second or two


@dataclass(frozen=True)
class Aperture:
    """How one mouth's opening follows another's.

    Attributes:
        correlation: of the openings as they are, -1..1; 0 where one of them never moves.
        lag_frames: shift at which they agree best: above 0 where the first is late.
        best: correlation at that shift.
    """

    correlation: float
    lag_frames: int
    best: float


def eye_distance(points: F32) -> F32:
    """Distance (T,) between the outer corners of the eyes of landmarks (T, N, 2)."""
    left, right = (points[:, index] for index in EYE_CORNERS)
    return np.asarray(np.linalg.norm(left - right, axis=1), np.float32)


def aperture(points: F32) -> F32:
    """Opening (T,) between the inner lips of landmarks (T, N, 2), a share of the distance between the eyes."""
    gaps = [np.linalg.norm(points[:, upper] - points[:, lower], axis=1) for upper, lower in INNER]
    return np.asarray(np.mean(gaps, axis=0) / eye_distance(points), np.float32)


def landmark_distance(first: F32, second: F32) -> float:
    """Mean distance of the mouths' landmarks (LMD), a share of the distance between the second's eyes.

    Args:
        first: (T, N, 2) landmarks.
        second: (T, N, 2), likewise. Each frame's mouth is laid on the other's middle first, so that where the head is
            does not count.
    """
    mouths = [points[:, MOUTH] - points[:, MOUTH].mean(axis=1, keepdims=True) for points in (first, second)]
    away = np.linalg.norm(mouths[0] - mouths[1], axis=2).mean(axis=1)
    return float((away / eye_distance(second)).mean())


def follow(first: F32, second: F32, most: int = LAG_MOST) -> Aperture:
    """How the opening (T,) of one mouth follows that of another, looked for up to `most` frames either way.

    ValueError where they are of different length.
    """
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError(f"openings of shapes {first.shape} and {second.shape} cannot be compared")
    most = min(most, len(first) // 2)
    shifts = range(-most, most + 1)
    scores = [
        _correlation(first[max(0, s) : len(first) + min(0, s)], second[max(0, -s) : len(second) - max(0, s)])
        for s in shifts
    ]
    best = int(np.argmax(scores))
    return Aperture(_correlation(first, second), shifts[best], scores[best])


def in_step(rows: F32, late: int) -> F32:
    """What lips do (T, ...) brought forward by so many frames, the ends held."""
    return rows[np.clip(np.arange(len(rows)) + late, 0, len(rows) - 1)]


def _correlation(first: F32, second: F32) -> float:
    a = first - first.mean()
    b = second - second.mean()
    scale = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum() / scale) if scale > 1e-12 else 0.0


def flicker(pictures: NDArray[np.uint8], mask: NDArray[np.bool_] | None = None) -> float:
    """Mean |second difference over time| of pictures (T, H, W, 3), in levels of 255, inside a mask (H, W) if given.

    Steady movement hardly counts, what jumps there and back does. 0 for fewer than three pictures.
    """
    if len(pictures) < 3:
        return 0.0
    change = np.abs(np.diff(pictures.astype(np.float32), n=2, axis=0)).mean(axis=3)
    return float(change.mean() if mask is None else change[:, mask].mean())
