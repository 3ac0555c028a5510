"""Faces cut out and placed as other people's networks were trained to see them.

Knows landmarks in MediaPipe's numbering and pictures; does not know networks.
"""

from __future__ import annotations

import numpy as np

from facetake.arrays import F32, U8
from facetake.errors import PortraitError

EYES = ((33, 133), (362, 263))
"""Corners of the eye that is left in the picture, and of the other."""
NOSE_TIP = 1  # MediaPipe's number
MOUTH_CORNERS = (61, 291)  # likewise
FIVE_POINTS = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]], np.float32
)
"""Where ArcFace wants both eyes, the tip of the nose and the corners of the mouth in its 112 pixels."""
LIPS_SCALE = 0.4
"""How far SyncNet's square reaches beyond the face, in half its height: to both sides, and twice as far below."""
AROUND = 0.1
"""How far a face's own square reaches beyond it, in half its side."""
SMALLEST = 1e-4
"""Below this size a face has shrunk to a point."""
GREY = 110.0
"""What SyncNet's pictures show where the video ends."""


def five_points(landmarks: F32) -> F32:
    """Eyes, nose tip and mouth corners (5, 2) of landmarks (N, 2), pixel centres at +0.5."""
    eyes = [landmarks[list(corners)].mean(axis=0) for corners in EYES]
    return np.stack([*eyes, landmarks[NOSE_TIP], *landmarks[list(MOUTH_CORNERS)]]).astype(np.float32)


def similarity(points: F32, wanted: F32) -> F32:
    """The turn, size and shift (2, 3) that bring points (N, 2) closest to others (N, 2), in least squares.

    Raises:
        PortraitError: the points lie in one place.
    """
    from skimage.transform import SimilarityTransform

    found = SimilarityTransform.from_estimate(points.astype(np.float64), wanted.astype(np.float64))
    if not found or found.scale < SMALLEST:
        raise PortraitError("the actor's landmarks lie in one place; capture the actor again")
    return np.asarray(found.params[:2], np.float32)


def warped(picture: U8, matrix: F32, side: int, outside: float = 0.0) -> F32:
    """A square (side, side, 3) in 0..255 of a picture (H, W, 3).

    matrix: (2, 3) takes pixels of the picture to those of the square; outside: what is shown beyond the picture.
    """
    from skimage.transform import warp

    centre = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5], [0.0, 0.0, 1.0]])  # scikit-image counts from pixel centres
    forward = np.concatenate([matrix, [[0.0, 0.0, 1.0]]]).astype(np.float64)
    back = np.linalg.inv(centre) @ np.linalg.inv(forward) @ centre
    shown = warp(picture.astype(np.float32), back, output_shape=(side, side), order=1, cval=outside)
    return np.asarray(shown, np.float32)


def face_square(picture: U8, landmarks: F32, side: int) -> F32:
    """A face (side, side, 3) as ArcFace wants it, of a picture (H, W, 3) and its landmarks (N, 2)."""
    wanted = (FIVE_POINTS + 0.5) * (side / 112.0)  # the published places count from pixel centres
    return warped(picture, similarity(five_points(landmarks), wanted), side)


def boxes(landmarks: F32) -> F32:
    """Middle and half the longer side (T, 3) of the faces with landmarks (T, N, 2), calmed over 13 frames."""
    from scipy.signal import medfilt

    low = landmarks.min(axis=1)
    high = landmarks.max(axis=1)
    rows = np.concatenate([(low + high) / 2.0, (high - low).max(axis=1, keepdims=True) / 2.0], axis=1)
    padded = np.pad(rows, ((6, 6), (0, 0)), mode="edge")
    return np.stack([medfilt(column, 13)[6:-6] for column in padded.T.astype(np.float64)], axis=1).astype(np.float32)


def box_square(picture: U8, box: F32, side: int) -> F32:
    """A face (side, side, 3) with a little around it, of a picture (H, W, 3) and a row of `boxes`.

    Raises:
        PortraitError: the box has no size.
    """
    x, y, half = (float(value) for value in box)
    _check_size(half)
    reach = half * (1.0 + AROUND)
    scale = side / (2.0 * reach)
    left = x - reach
    top = y - reach
    return warped(picture, np.array([[scale, 0, -left * scale], [0, scale, -top * scale]], np.float32), side)


def lips_square(picture: U8, box: F32, side: int) -> F32:
    """A face (side, side, 3) as SyncNet wants it, of a picture (H, W, 3) and a row of `boxes`.

    Raises:
        PortraitError: the box has no size.
    """
    x, y, half = (float(value) for value in box)
    _check_size(half)
    scale = side / (2.0 * half * (1.0 + LIPS_SCALE))
    left = x - half * (1.0 + LIPS_SCALE)
    top = y - half
    return warped(picture, np.array([[scale, 0, -left * scale], [0, scale, -top * scale]], np.float32), side, GREY)


def _check_size(half: float) -> None:
    if half <= 0.0:
        raise PortraitError("the actor's landmarks lie in one place; capture the actor again")
