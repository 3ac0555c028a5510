"""68 points as lengths of edges and the angles at which triangles meet along them (Landmark translation 3.2, eq. 1).

Differentiable; knows points in space and nothing of faces but how the points are joined. The way back is `settling`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor

from facetake.arrays import I64
from facetake.face.ibug import IBUG_68
from facetake.portrait.landmark_translation.motion.triangles import TRIANGLES

N_POINTS = len(IBUG_68)
EYE_CORNERS = (36, 45)
"""Outer corners of the eyes: their distance is the unit of lengths."""
SMALLEST = 1e-9
"""Twice an area, squared, below which a triangle has no direction."""


@dataclass(frozen=True)
class Joints:
    """How the points are joined.

    Attributes:
        ends: (E, 2) the points of each edge.
        wings: (D, 4) both ends of an edge between two triangles, and the third point of either, the first on the left
            of the edge.
        hinges: (D,) which edge that is.
        around: (E, 4) edges that share a triangle with each; an edge on the border has itself in places left over.
    """

    ends: I64
    wings: I64
    hinges: I64
    around: I64

    @property
    def n_edges(self) -> int:
        """Number of edges, E."""
        return len(self.ends)


@cache
def joints() -> Joints:
    """The edges of `TRIANGLES`, in order of their points."""
    third = {(int(a), int(b)): int(c) for row in TRIANGLES for a, b, c in (row, np.roll(row, -1), np.roll(row, -2))}
    ends = sorted({(min(pair), max(pair)) for pair in third})
    number = {pair: row for row, pair in enumerate(ends)}
    both = [pair for pair in ends if pair in third and pair[::-1] in third]
    wings = [(a, b, third[a, b], third[b, a]) for a, b in both]
    around = []
    for row, (a, b) in enumerate(ends):
        tips = [third[pair] for pair in ((a, b), (b, a)) if pair in third]
        found = [number[min(x, tip), max(x, tip)] for tip in tips for x in (a, b)]
        around.append((found + [row] * 4)[:4])
    return Joints(np.array(ends), np.array(wings), np.array([number[pair] for pair in both]), np.array(around))


def eye_distance(points: Tensor) -> Tensor:
    """Distance (...) between the outer corners of the eyes of points (..., 68, 3)."""
    left, right = (points[..., corner, :] for corner in EYE_CORNERS)
    distance: Tensor = torch.linalg.vector_norm(left - right, dim=-1)
    return distance


def edges_of(points: Tensor, unit: Tensor | float = 1.0) -> Tensor:
    """Lengths and angles (..., E, 2) of points (..., 68, 3).

    Args:
        points: in any space.
        unit: what counts as a length of 1: of a person, the distance between the eyes at rest.

    Returns:
        Lengths, not negative, and angles in -pi..pi, 0 where both triangles lie in one plane and at the border.
    """
    known = joints()
    first, second = (points[..., known.ends[:, k], :] for k in (0, 1))
    lengths = torch.linalg.vector_norm(second - first, dim=-1) / unit
    angles = lengths.new_zeros(lengths.shape).index_copy(-1, torch.from_numpy(known.hinges), bends(points))
    return torch.stack([lengths, angles], dim=-1)


def bends(points: Tensor) -> Tensor:
    """Angles (..., D) in -pi..pi at the edges between two triangles, of points (..., 68, 3)."""
    a, b, c, d = (points[..., joints().wings[:, k], :] for k in range(4))
    edge = b - a
    left = torch.linalg.cross(edge, c - a)
    right = torch.linalg.cross(a - b, d - b)
    along = edge / torch.linalg.vector_norm(edge, dim=-1, keepdim=True).clamp(min=SMALLEST)
    sine = (torch.linalg.cross(left, right) * along).sum(dim=-1)
    return torch.atan2(sine, (left * right).sum(dim=-1))


def wrapped(angles: Tensor) -> Tensor:
    """Angles brought to -pi..pi."""
    return torch.atan2(angles.sin(), angles.cos())
