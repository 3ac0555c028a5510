"""The square around a mouth that the painter sees, and what it is told there.

Shared by the painter's training and by whatever is painted, so that both see the same. Knows pictures and points; does
not know networks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.ndimage import uniform_filter

from facetake.arrays import F32
from facetake.portrait.landmark_translation.still.mesh import INNER_LIPS, OUTER_LIPS, FaceMesh, filled

SIDE_PX: Final = 80  # of the square, as the painter sees it: a face in a picture of 256 pixels has some 60 there
SIDE: Final = 0.9  # of the square, in distances of the outer corners of the eyes: a mouth wide open and its lips
BELOW: Final = 0.5  # its middle lies so far below the nose, in distances from between the eyes to the nose
AROUND: Final = 1.15  # times the lips: as far as the painter may reach
SOFT_PX: Final = 7  # over which its reach ends
EDGE_PX: Final = 3  # of a photograph's lips that shine into its mouth
TEETH: Final = (0.6, 0.95)
"""Shares of the height of a photograph's open mouth between which what it shows there gives way: what is above stands
still in the head, and what is below goes with the jaw. By eye."""
HOLE: Final = np.array([34.0, 14.0, 14.0], np.float32)  # a mouth before it is painted: dark, red from the skin around
EYES: Final = (33, 263)  # MediaPipe's numbers: the outer corners
NOSE: Final = 2  # likewise: where it meets the lip


@dataclass(frozen=True)
class MouthSquare:
    """A square in a picture.

    Attributes:
        left, top: its corner in pixels of the picture.
        side: its side in pixels of the picture.
    """

    left: float
    top: float
    side: float

    def points(self, points: F32) -> F32:
        """Points (..., 2) of the picture in pixels of the painter's square."""
        corner = np.array([self.left, self.top], np.float32)
        return np.asarray((points - corner) * np.float32(SIDE_PX / self.side), np.float32)

    @property
    def places(self) -> F32:
        """(SIDE_PX, SIDE_PX, 2) where the square's pixels are in the picture."""
        along = (np.arange(SIDE_PX, dtype=np.float32) + 0.5) * np.float32(self.side / SIDE_PX)
        return np.stack(np.meshgrid(along + np.float32(self.left), along + np.float32(self.top)), axis=-1)


def mouth_square(points: F32, mesh: FaceMesh) -> MouthSquare:
    """The square of a face's points (N, 2), which follow the head and not the lips."""
    right, left = points[mesh.rows(np.array(EYES))]
    eyes = 0.5 * (right + left)
    nose = points[mesh.rows(np.array([NOSE]))[0]]
    side = SIDE * float(np.linalg.norm(right - left))
    x, y = nose + BELOW * (nose - eyes) - 0.5 * side
    return MouthSquare(float(x), float(y), side)


@dataclass(frozen=True)
class MouthShape:
    """Lips in the square, each (SIDE_PX, SIDE_PX) in 0..1.

    Attributes:
        inside: between the lips.
        lips: within their outer edge.
        reach: how far what is painted shows.
    """

    inside: F32
    lips: F32
    reach: F32


def mouth_shape(points: F32, mesh: FaceMesh) -> MouthShape:
    """Lips of a face's points (N, 2) in pixels of the square."""
    size = (SIDE_PX, SIDE_PX)
    outer = points[mesh.rows(OUTER_LIPS)]
    middle = outer.mean(axis=0)
    reach = filled(middle + np.float32(AROUND) * (outer - middle), size, 1)
    for _ in range(2):
        reach = uniform_filter(reach, SOFT_PX)
    inside = filled(points[mesh.rows(INNER_LIPS)], size)
    return MouthShape(inside, filled(outer, size), np.maximum(reach, inside))


def hollow(moved: F32, shape: MouthShape) -> F32:
    """A moved picture's square (SIDE_PX, SIDE_PX, 3) in 0..255 with nothing in its mouth."""
    share = shape.inside[..., None]
    return np.asarray(moved * (1.0 - share) + HOLE * share, np.float32)


def told(given: F32, shape: MouthShape, photograph: F32, before: MouthShape) -> F32:
    """What the painter is told, (11, SIDE_PX, SIDE_PX) in -1..1.

    The moved picture, the photograph, the inside of the mouth in both, the lips, and x and y.

    Args:
        given: the moved picture's square, `hollow`.
        shape: its lips.
        photograph: the photograph's own square, (SIDE_PX, SIDE_PX, 3) in 0..255.
        before: its lips.
    """
    along = (np.arange(SIDE_PX, dtype=np.float32) + 0.5) * np.float32(2.0 / SIDE_PX) - 1.0
    x, y = np.meshgrid(along, along)
    pictures = [np.moveaxis(some, -1, 0) / np.float32(127.5) - 1.0 for some in (given, photograph)]
    masks = np.stack([shape.inside, before.inside, shape.lips]) * 2.0 - 1.0
    return np.concatenate([*pictures, masks, x[None], y[None]]).astype(np.float32)


def own_share(before: MouthShape) -> F32:
    """How much of what a photograph shows in its open mouth may show (SIDE_PX, SIDE_PX), 0..1: its upper teeth.

    They stand still in the head, as the square does. Nothing of the lips is among it.
    """
    within = np.clip(2.0 * uniform_filter(before.inside, EDGE_PX) - 1.0, 0.0, 1.0)
    depth = np.cumsum(within, axis=0) / np.maximum(within.sum(axis=0), 1e-6)
    above = np.clip((TEETH[1] - depth) / (TEETH[1] - TEETH[0]), 0.0, 1.0)
    return np.asarray(within * above, np.float32)
