"""Frames in which something is before the mouth, such as a hand: the colours there are not those of the clip.

Landmarks do not tell, because a tracker says where a mouth would be behind the hand. Knows pictures and landmarks; does
not know face models.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import Final

import numpy as np

from facetake.arrays import F32, U8, Mask

LIPS: Final = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
AROUND: Final = (164, 167, 165, 92, 186, 57, 43, 106, 182, 83, 18, 313, 406, 335, 273, 287, 410, 322, 391, 393)
ABOVE: Final = (10, 151, 9, 8, 109, 338, 67, 297, 108, 337, 69, 299, 195, 5, 4, 50, 280, 101, 330)
"""MediaPipe's numbers of the lips' outline, of a ring around it, and of forehead, nose and cheekbones."""
CHANGED: Final = 25.0
TIMES: Final = 2.5
"""Levels of 255 by which half of the points around the mouth must differ from what they are in most frames, and times
what is usual of the clip. Two real clips come to 16 levels at the most, 7 and 8 as a rule; painted hands in the colour
of the skin to 37 and more, black boxes to 140."""
DARKEST: Final = 8.0  # level: below, shares of brightness are noise
MARGIN: Final = 2  # frames before and after, in which a hand comes and goes


def covered(pictures: Iterable[U8], points: F32) -> Mask:
    """In which frames (T,) the mouth is not seen.

    Args:
        pictures: RGB (H, W, 3) of T frames.
        points: (T, N, 2) landmarks in their pixels, MediaPipe's.
    """
    places = np.array([*LIPS, *AROUND, *ABOVE])
    rows = [_colours(picture, each) for picture, each in zip(pictures, points[:, places], strict=True)]
    colours = np.stack(rows)
    mouth = len(LIPS) + len(AROUND)
    above = colours[:, mouth:]
    usual_above = np.median(above, axis=0)
    light = np.median(above / np.maximum(usual_above, DARKEST), axis=(1, 2))
    seen = colours[:, :mouth] / np.maximum(light, 0.1)[:, None, None]
    away = np.median(np.abs(seen - np.median(seen, axis=0)).mean(axis=2), axis=1)
    found = (away > CHANGED) & (away > TIMES * np.median(away))
    return np.convolve(found, np.ones(2 * MARGIN + 1))[MARGIN : len(found) + MARGIN] > 0.5


def _colours(picture: U8, points: F32) -> F32:
    """Mean colours (P, 3) of the nine pixels around points (P, 2)."""
    x, y = np.floor(points).astype(np.int64).T
    height, width = picture.shape[:2]
    near = [
        picture[(y + dy).clip(0, height - 1), (x + dx).clip(0, width - 1)].astype(np.float32)
        for dy, dx in product((-1, 0, 1), repeat=2)
    ]
    return np.asarray(np.mean(near, axis=0), np.float32)
