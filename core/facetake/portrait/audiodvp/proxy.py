"""Draws the face model as a capture placed and lit it, and marks its lower face (AudioDVP 3.1.2 and 3.3).

As in the paper, colours are computed per vertex and run linearly over a triangle; they are the actor's own, so that
what the renderer starts from is near to the picture. Knows the actor's folder and the face model; does not know sound
or networks.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from facetake.errors import PortraitError
from facetake.face.model import FaceModel
from facetake.portrait import pose
from facetake.portrait.actor import Actor, read_actor
from facetake.portrait.composite import expanded
from facetake.portrait.drawing import drawn, seen_faces
from facetake.portrait.faces import reopen
from facetake.rig import ARKIT_NAMES

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
Mask = NDArray[np.bool_]
INNER_LIPS = np.array([13, 14])  # MediaPipe's numbers of these points: middle of the upper and the lower inner lip
OUTER_LIPS = np.array([0, 17])  # for models whose landmarks do not have those


def lower_face(closed: NDArray[np.int32], opened: NDArray[np.int32], is_lower: Mask) -> Mask:
    """The widened mask (H, W): where triangles marked in `is_lower` (F,) show, with a closed mouth and an open one.

    closed, opened: triangles (H, W) that pixels show, -1 for none.
    """
    return expanded(*(_seen(ids, is_lower) for ids in (closed, opened)))


def _seen(ids: NDArray[np.int32], is_lower: Mask) -> Mask:
    """Where marked triangles show; what they surround, such as teeth, counts too."""
    from scipy import ndimage

    seen: Mask = ndimage.binary_fill_holes((ids >= 0) & is_lower[ids])
    return seen


class Performer:
    """An actor's folder and its face model, as a `Subject`: its face with any expression, in any of its frames."""

    def __init__(self, actor: Actor, model: FaceModel) -> None:
        """Fits the model to the actor. PortraitError when the fit is not of that model."""
        fit = actor.fit
        found = len(fit.identity), fit.expression.shape[1], len(fit.colour)
        if found != (model.identity_size, model.expression_size, len(model.topology.parts["skin"])):
            raise PortraitError(f"{actor.folder}: the fit is not of the face model {model.name}; capture it again")
        self._actor, self.model = actor, model
        self._identity = torch.from_numpy(fit.identity)[None]
        self._is_lower = model.topology.triangles("lower_face")
        self._rotation = pose.matrices(fit.rotation)

    @property
    def origin(self) -> str:
        """What was captured, with what: hashes of the video and of the face model."""
        return f"{self._actor.about.source_sha256} {self._actor.about.face_sha256}"

    @property
    def n_frames(self) -> int:
        """Number of frames, T."""
        return self._actor.n_frames

    @property
    def rate(self) -> Fraction:
        """Frames per second."""
        return self._actor.rate

    @property
    def size(self) -> int:
        """Side of the pictures in pixels."""
        return self._actor.about.size

    @property
    def expression(self) -> F32:
        """(T, E) as captured."""
        return self._actor.fit.expression

    @property
    def sound(self) -> Path | None:
        """The clip's sound."""
        return self._actor.sound

    def frames(self, first: int, last: int) -> U8:
        """The video's pictures (n, H, W, 3)."""
        return self._actor.frames(first, last)

    def draw(self, expression: F32, frame: int) -> U8:
        """The face model (H, W, 3) on black with an expression (E,), posed and lit as in one frame."""
        space = self._placed(expression[None], frame)[0]
        colour, light = self._actor.fit.colour, self._actor.light_at(frame)
        return drawn(space, self.model.faces, colour, light, self._actor.camera)

    def mask(self, frame: int) -> Mask:
        """The widened lower-face mask (H, W): mouth at rest, and the frame's own expression with the jaw dropped."""
        wide = self._opened[frame]
        both = self._placed(np.stack([np.zeros_like(wide), wide]), frame)
        closed, dropped = (seen_faces(each, self.model.faces, self._actor.camera) for each in both)
        return lower_face(closed, dropped, self._is_lower)

    def aperture(self, expression: F32) -> F32:
        """How far the lips of the model are apart (T,) in metres, for expressions (T, E): the inner ones if known."""
        marks = self.model.topology.landmarks
        rows = torch.from_numpy(next(r for r in (marks.rows(INNER_LIPS), marks.rows(OUTER_LIPS)) if len(r) == 2))
        with torch.no_grad():
            apart = [self.model.landmarks(self._vertices(row[None]))[:, rows] for row in torch.from_numpy(expression)]
        lips = torch.cat(apart) if apart else torch.zeros(0, 2, 3)
        return np.asarray((lips[:, 1] - lips[:, 0]).norm(dim=1).numpy())

    @cached_property
    def _opened(self) -> F32:
        return opened(self.expression, self.model)

    def _vertices(self, expression: Tensor) -> Tensor:
        return self.model.vertices(self._identity, expression)

    @torch.no_grad()
    def _placed(self, expression: F32, frame: int) -> F32:
        """Vertices (B, V, 3) of expressions (B, E) in the camera's space, where the head is in one frame."""
        vertices = self._vertices(torch.from_numpy(expression)).numpy()
        return np.asarray(vertices @ self._rotation[frame].T + self._actor.fit.translation[frame], np.float32)


@torch.no_grad()
def opened(expression: F32, model: FaceModel) -> F32:
    """Expressions (T, E) with the mouth fully open, all else kept: ARKit's `jawOpen` at 1 and `mouthClose` at 0.

    AudioDVP (figure 4) sets the first coefficient of its own model to -8 for this.
    """
    own = torch.from_numpy(expression)
    change = -model.to_arkit(own)
    jaw, close = (ARKIT_NAMES.index(name) for name in ("jawOpen", "mouthClose"))
    change[:, jaw] += 1.0
    change[:, [k for k in range(len(ARKIT_NAMES)) if k not in (jaw, close)]] = 0.0
    return np.asarray((own + model.from_arkit(change)).numpy(), np.float32)


def open_performer(folder: Path) -> Performer:
    """The performer of an actor's folder.

    Raises:
        PortraitError: the folder cannot be used, or its face model is another one now.
        ModelError: the face model's file is gone.
    """
    actor = read_actor(folder)
    return Performer(actor, reopen(actor.about.face, actor.about.face_sha256, str(folder)).model)
