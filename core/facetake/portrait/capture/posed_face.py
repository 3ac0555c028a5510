"""A captured face as its video places it: any expression, posed as in any frame.

Knows the actor's folder and the face model; does not know sound, networks or what is drawn.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from facetake.arrays import F32, U8
from facetake.errors import PortraitError
from facetake.face.model import FaceModel
from facetake.portrait.capture import pose
from facetake.portrait.capture.actor import CapturedActor

INNER_LIPS = np.array([13, 14])  # MediaPipe's numbers of these points: middle of the upper and the lower inner lip
OUTER_LIPS = np.array([0, 17])  # for models whose landmarks do not have those


class Placed:
    """An actor's folder and its face model."""

    def __init__(self, actor: CapturedActor, model: FaceModel) -> None:
        """Fits the model to the actor. PortraitError when the fit is not of that model."""
        fit = actor.fit
        found = len(fit.identity), fit.expression.shape[1], len(fit.colour)
        if found != (model.identity_size, model.expression_size, len(model.topology.parts["skin"])):
            raise PortraitError(f"{actor.folder}: the fit is not of the face model {model.name}; capture it again")
        self.actor = actor
        self.model = model
        self._identity = torch.from_numpy(fit.identity)[None]
        self._rotation = pose.matrices(fit.rotation)

    @property
    def origin(self) -> str:
        """What was captured, with what: hashes of the video and of the face model."""
        return f"{self.actor.about.source_sha256} {self.actor.about.face_sha256}"

    @property
    def n_frames(self) -> int:
        """Number of frames, T."""
        return self.actor.n_frames

    @property
    def rate(self) -> Fraction:
        """Frames per second."""
        return self.actor.rate

    @property
    def size(self) -> int:
        """Side of the pictures in pixels."""
        return self.actor.about.size

    @property
    def expression(self) -> F32:
        """(T, E) as captured."""
        return self.actor.fit.expression

    @property
    def sound(self) -> Path | None:
        """The clip's sound."""
        return self.actor.sound

    def frames(self, first: int, last: int) -> U8:
        """The video's pictures (n, H, W, 3)."""
        return self.actor.frames(first, last)

    def aperture(self, expression: F32) -> F32:
        """How far the lips of the model are apart (T,) in metres, for expressions (T, E): the inner ones if known."""
        marks = self.model.topology.landmarks
        rows = torch.from_numpy(next(r for r in (marks.rows(INNER_LIPS), marks.rows(OUTER_LIPS)) if len(r) == 2))
        with torch.no_grad():
            apart = [self.model.landmarks(self._vertices(row[None]))[:, rows] for row in torch.from_numpy(expression)]
        lips = torch.cat(apart) if apart else torch.zeros(0, 2, 3)
        return np.asarray((lips[:, 1] - lips[:, 0]).norm(dim=1).numpy())

    @torch.no_grad()
    def placed(self, expression: F32, frame: int) -> F32:
        """Vertices (B, V, 3) of expressions (B, E) in the camera's space, where the head is in one frame."""
        vertices = self._vertices(torch.from_numpy(expression)).numpy()
        return np.asarray(vertices @ self._rotation[frame].T + self.actor.fit.translation[frame], np.float32)

    def _vertices(self, expression: Tensor) -> Tensor:
        return self.model.vertices(self._identity, expression)
