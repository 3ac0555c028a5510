"""Bends a photograph so that its landmarks lie where they are to be, its edges where they were.

Not of the paper, whose networks must move hair and background themselves, which takes hundreds of speakers to learn.
Between landmarks the photograph follows a smoothing spline (thin plate). Knows pictures and points; does not know
faces or networks.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from facetake.arrays import F32, U8
from facetake.portrait.training.devices import as_pictures, as_tensor

GRID = 48  # places a side at which the spline is worked out; between them the movement is linear
EDGE = 6  # still points along each edge
STIFFNESS = 1e-4
"""How little points that lie in one place and should go to two, such as shut lips that part, may tear the picture."""


class Movable:
    """A photograph with landmarks."""

    def __init__(self, picture: U8, points: F32) -> None:
        """picture: (H, H, 3), square; points: (68, 2) in its pixels, pixel centres at +0.5."""
        self.size = len(picture)
        self._picture = as_tensor(picture)[None]
        self._points = points / np.float32(self.size)
        self._still = _edge()
        place = (np.arange(GRID) + 0.5) / GRID
        self._grid = np.stack(np.meshgrid(place, place), axis=-1).reshape(-1, 2)

    def moved(self, points: F32) -> U8:
        """The picture (H, H, 3) with its landmarks at points (68, 2)."""
        from scipy.interpolate import RBFInterpolator

        wanted = np.concatenate([points / self.size, self._still])
        away = np.concatenate([self._points - points / self.size, np.zeros_like(self._still)])
        spline = RBFInterpolator(wanted, away, kernel="thin_plate_spline", smoothing=STIFFNESS)
        source = (self._grid + spline(self._grid)).reshape(1, GRID, GRID, 2)
        grid = torch.from_numpy(2.0 * source - 1.0).float().permute(0, 3, 1, 2)
        fine = F.interpolate(grid, (self.size, self.size), mode="bilinear", align_corners=False)
        looked = F.grid_sample(  # bilinear pictures are soft: of a photograph's sharpness 0.6 was left
            self._picture, fine.permute(0, 2, 3, 1), mode="bicubic", padding_mode="border", align_corners=False
        )
        return as_pictures(looked[0])


def _edge() -> NDArray[np.float64]:
    along = np.linspace(0.0, 1.0, EDGE)
    rows = [
        np.stack(pair, axis=1)
        for end in (0.0, 1.0)
        for pair in ((along, np.full(EDGE, end)), (np.full(EDGE - 2, end), along[1:-1]))
    ]
    return np.concatenate(rows)
