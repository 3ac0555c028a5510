"""68 points as lengths of edges and the angles at which triangles meet along them (Landmark translation 3.2, eq. 1).

Differentiable; knows points in space and nothing of faces but how the points are joined. The way back is `edge_solver`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor

from facetake.arrays import F32, I64
from facetake.face.ibug import IBUG_68

TRIANGLES = np.array(
    """
    0 1 36   0 2 1   0 36 17   1 2 41   1 41 36   2 3 41   3 4 31   3 31 41   4 5 48   4 48 31   5 6 48   6 7 59
    6 59 48   7 8 58   7 58 59   8 9 56   8 56 57   8 57 58   9 10 55   9 55 56   10 11 54   10 54 55   11 12 54
    12 13 35   12 35 54   13 14 46   13 46 35   14 15 46   14 16 15   15 16 45   15 45 46   16 26 45   17 36 37
    17 37 18   18 37 19   19 20 24   19 37 20   20 21 22   20 22 23   20 23 24   20 37 38   20 38 21   21 27 22
    21 38 39   21 39 27   22 27 42   22 42 43   22 43 23   23 43 44   23 44 24   24 44 25   25 44 26   26 44 45
    27 28 42   27 39 28   28 29 42   28 39 29   29 30 35   29 31 30   29 35 47   29 39 40   29 40 31   29 47 42
    30 31 32   30 32 33   30 33 34   30 34 35   31 40 41   31 48 49   31 49 50   31 50 32   32 50 33   33 50 51
    33 51 52   33 52 34   34 52 35   35 46 47   35 52 53   35 53 54   36 41 37   37 41 38   38 40 39   38 41 40
    42 47 43   43 46 44   43 47 46   44 46 45   48 59 60   48 60 49   49 60 61   49 61 50   50 61 51   51 61 62
    51 62 63   51 63 52   52 63 53   53 63 64   53 64 54   54 64 55   55 64 65   55 65 56   56 65 66   56 66 57
    57 66 58   58 66 67   58 67 59   59 67 60   60 67 61   61 67 62   62 65 63   62 66 65   62 67 66   63 65 64
    """.split(),
    dtype=np.int64,
).reshape(-1, 3)
"""(N, 3) points of each triangle, in turn so that its normal looks at the viewer.

Delaunay triangles of the default model's points as seen from the front, its lips apart so that the mouth has an inside.
They are written down because points that mirror each other lie on one circle, where rounding would choose; networks
that were trained on one choice must not meet another.
"""


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


def in_units(points: F32, still: F32) -> tuple[F32, F32]:
    """Points (T, 68, 3) and the face at rest (68, 3) in distances between its eyes, from its middle."""
    unit = np.linalg.norm(still[EYE_CORNERS[0]] - still[EYE_CORNERS[1]])
    middle = still.mean(axis=0)
    return np.asarray((points - middle) / unit, np.float32), np.asarray((still - middle) / unit, np.float32)


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
