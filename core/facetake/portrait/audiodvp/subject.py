"""What AudioDVP asks of an actor. Knows no face model and no file.

`proxy.Performer` is the one kind there is; tests bring their own.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Protocol

from facetake.arrays import F32, U8, Mask


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
