"""Draws the face model as a capture placed and lit it, and marks its lower face (AudioDVP 3.1.2 and 3.3).

As in the paper, colours are computed per vertex and run linearly over a triangle; they are the actor's own, so that
what the renderer starts from is near to the picture. `DrawableActor` is all that the rest of AudioDVP asks of an actor;
tests bring their own. Knows the actor's folder and the face model; does not know sound or networks.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from facetake.arrays import F32, U8, Mask
from facetake.face.model import FaceModel
from facetake.portrait.capture.actor import CapturedActor, read_actor
from facetake.portrait.capture.posed_face import Placed, reopen
from facetake.portrait.video.compositing import expanded
from facetake.render.picture import drawn, seen_faces
from facetake.rig import ARKIT_NAMES


class DrawableActor(Protocol):
    """An actor whose face can be drawn with any expression in any of its video's frames."""

    @property
    def n_frames(self) -> int:
        """Number of frames, T."""

    @property
    def rate(self) -> Fraction:
        """Frames per second."""

    @property
    def size(self) -> int:
        """Side of the square pictures in pixels."""

    @property
    def expression(self) -> F32:
        """(T, E) as captured."""

    @property
    def sound(self) -> Path | None:
        """The clip's sound."""

    def frames(self, first: int, last: int) -> U8:
        """The video's pictures (n, H, W, 3), RGB."""

    def draw(self, expression: F32, frame: int) -> U8:
        """The face model (H, W, 3) on black with an expression (E,), posed and lit as in one frame."""

    def mask(self, frame: int) -> Mask:
        """The widened lower-face mask (H, W) of one frame."""


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


class Performer(Placed):
    """An actor's folder and its face model as a `DrawableActor`: its face with any expression, in any of its frames."""

    def __init__(self, actor: CapturedActor, model: FaceModel) -> None:
        """Fits the model to the actor. PortraitError when the fit is not of that model."""
        super().__init__(actor, model)
        self._is_lower = model.topology.triangles("lower_face")

    def draw(self, expression: F32, frame: int) -> U8:
        """The face model (H, W, 3) on black with an expression (E,), posed and lit as in one frame."""
        space = self.placed(expression[None], frame)[0]
        colour = self.actor.fit.colour
        light = self.actor.light_at(frame)
        return drawn(space, self.model.faces, colour, light, self.actor.camera)

    def mask(self, frame: int) -> Mask:
        """The widened lower-face mask (H, W): mouth at rest, and the frame's own expression with the jaw dropped."""
        wide = self._opened[frame]
        both = self.placed(np.stack([np.zeros_like(wide), wide]), frame)
        closed, dropped = (seen_faces(each, self.model.faces, self.actor.camera) for each in both)
        return lower_face(closed, dropped, self._is_lower)

    @cached_property
    def _opened(self) -> F32:
        return opened(self.expression, self.model)


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
