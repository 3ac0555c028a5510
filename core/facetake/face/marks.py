"""The 68 points of the iBUG mark-up on a face model, for any identity and expression.

Knows face models and where their landmarks lie. The default model's own landmarks lack the jaw, whose outline wanders
as a head turns; here it is where pictures from the front show it (`bake_jaw`).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from facetake.errors import ModelError
from facetake.face.ibug import IBUG_68, JAW
from facetake.face.model import FaceModel

JAW_FILE = Path(__file__).with_name("anny_jaw.npz")
AT_ONCE = 64
"""Frames whose vertices are computed together: more only fill memory."""


class Marks:
    """The 68 points of one face model."""

    def __init__(self, model: FaceModel) -> None:
        """Finds the points on the mesh. ModelError for a model that has not all of them."""
        place = {int(index): row for row, index in enumerate(model.topology.landmarks.mediapipe_index)}
        rows = np.array([place.get(int(index), -1) for index in IBUG_68])
        face = model.topology.landmarks.face[rows]
        bary = model.topology.landmarks.bary[rows].copy()
        if model.name == "anny":
            with np.load(JAW_FILE, allow_pickle=False) as file:
                face[JAW], bary[JAW] = file["face"], file["bary"]
        elif (rows < 0).any():
            raise ModelError(f"the face model {model.name} has not all 68 landmarks; use anny, bfm or ict")
        self.model = model
        self._corners = torch.from_numpy(model.topology.faces[face])
        self._bary = torch.from_numpy(bary)[..., None]

    def at(self, vertices: Tensor) -> Tensor:
        """Points (B, 68, 3) on vertices (B, V, 3), in any space."""
        return (vertices[:, self._corners] * self._bary).sum(dim=2)

    @torch.no_grad()
    def of(self, identity: Tensor, expression: Tensor) -> Tensor:
        """Points (T, 68, 3) in metres, in the face's own space, of identity (I,) and expression (T, E)."""
        parts = [self.at(self.model.vertices(identity[None], rows)) for rows in torch.split(expression, AT_ONCE)]
        return torch.cat(parts) if parts else torch.zeros(0, len(IBUG_68), 3)
