"""One square crop that holds still over a whole clip, so that a background stays a background.

AudioDVP takes twice the height of the mean face box; so does this, but never cuts a face and stays in the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facetake.arrays import F32, U8
from facetake.render.video import require_av

HEIGHTS = 1.9  # of the mean box of the landmarks, which ends at the hairline
ABOVE = 0.46  # share of the side above the middle of the face: more of it is below, for the neck
MARGIN = 1.08  # around the box of all landmarks of all frames


@dataclass(frozen=True)
class Crop:
    """A square of the upright video and the size it is brought to, in whole pixels."""

    left: int
    top: int
    side: int
    size: int

    def points(self, points: F32) -> F32:
        """Points (..., 2) of the video in pixels of the crop."""
        scale = np.float32(self.size / self.side)
        return ((points - np.array([self.left, self.top], np.float32)) * scale).astype(np.float32)

    def picture(self, picture: U8) -> U8:
        """The crop (size, size, 3) of an upright RGB picture, averaged over areas where it shrinks."""
        piece = picture[self.top : self.top + self.side, self.left : self.left + self.side]
        if self.side == self.size:
            return piece.copy()
        frame = require_av().VideoFrame.from_ndarray(np.ascontiguousarray(piece), format="rgb24")
        way = "AREA" if self.side > self.size else "BICUBIC"
        small = frame.reformat(self.size, self.size, format="rgb24", interpolation=way)
        result: U8 = small.to_ndarray()
        return result


def stable_crop(track: F32, width: int, height: int, size: int) -> Crop:
    """The crop for a face's track (T, N, 2) in a picture of `width` x `height` pixels, brought to `size`."""
    low = track.min(axis=1)
    high = track.max(axis=1)
    tall = float((high[:, 1] - low[:, 1]).mean())
    needed = float((high.max(axis=0) - low.min(axis=0)).max()) * MARGIN
    side = min(max(round(max(HEIGHTS * tall, needed)), 2), width, height)
    x, y = (high.max(axis=0) + low.min(axis=0)) / 2.0
    left = round(float(x) - side / 2.0)
    top = round(float(y) - ABOVE * side)
    return Crop(int(np.clip(left, 0, width - side)), int(np.clip(top, 0, height - side)), side, size)
