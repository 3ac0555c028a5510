"""A made-up actor for the tests: the preview head, speaking with known weights before a pattern."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facetake.face.head import PARTS, load
from facetake.portrait.audiodvp import proxy
from facetake.render.camera import Camera

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
RATE = Fraction(25)


@dataclass(frozen=True)
class SyntheticActor:
    """A `Subject` whose pictures are the drawing itself with detail that the drawing lacks.

    size: side of the pictures; weights: (T, 52) ARKit; sound: a WAV, or none.
    """

    size: int
    weights: F32
    sound: Path | None = None
    rate: Fraction = RATE

    @property
    def n_frames(self) -> int:
        """T."""
        return len(self.weights)

    @property
    def expression(self) -> F32:
        """(T, 52)."""
        return self.weights

    @cached_property
    def _head(self):  # type: ignore[no-untyped-def]
        return load()

    @cached_property
    def _colours(self) -> F32:
        table = {"skin": (0.75, 0.55, 0.45), "body": (0.75, 0.55, 0.45), "cavity": (0.3, 0.08, 0.08),
                 "socket": (0.6, 0.4, 0.35), "eye": (0.9, 0.9, 0.9), "teeth": (0.9, 0.88, 0.8),
                 "tongue": (0.7, 0.35, 0.35)}  # fmt: skip
        colours = np.zeros((len(self._head.rest), 3), np.float32)
        for number, name in enumerate(PARTS):
            colours[self._head.faces[self._head.part == number].ravel()] = table[name]
        return colours

    @cached_property
    def is_lower(self) -> NDArray[np.bool_]:
        """(F,) the faces below the nose."""
        nose = 0.02
        low = self._head.rest[:, 1] > nose
        kinds = [PARTS.index(name) for name in ("skin", "cavity", "teeth", "tongue")]
        return np.asarray(low[self._head.faces].any(axis=1) & np.isin(self._head.part, kinds))

    def _drawing(self, weights: F32, frame: int) -> proxy.Drawing:
        sway = 4.0 * np.sin(frame / 9.0)
        vertices = self._head.deform(weights[None], np.array([[sway, 0.0, 0.0]], np.float32))[0]
        half = self.size / 2.0
        camera = Camera(self.size * 1.6, (half, half), (self.size, self.size))
        return proxy.drawn(vertices + np.array([0.0, 0.0, 0.55], np.float32), self._head.faces, camera)

    def closed(self, frame: int) -> proxy.Drawing:
        """The head at rest."""
        return self._drawing(np.zeros_like(self.weights[0]), frame)

    def draw(self, expression: F32, frame: int) -> U8:
        """The plain head."""
        return proxy.coloured(self._drawing(expression, frame), self._head.faces, self._colours)

    def mask(self, frame: int) -> NDArray[np.bool_]:
        """Around its mouth and jaw."""
        opened = self.weights[frame].copy()
        opened[self._head.names.index("jawOpen")] = 1.0
        return proxy.lower_face(self.closed(frame), self._drawing(opened, frame), self.is_lower)

    def frames(self, first: int, last: int) -> U8:
        """The head with freckles and a shading that the drawing does not have, before a pattern."""
        return np.stack([self._picture(frame) for frame in range(first, last)])

    def _picture(self, frame: int) -> U8:
        drawing = self._drawing(self.weights[frame], frame)
        shaded = self._colours * (0.6 + 0.4 * np.sin(200.0 * self._head.rest[:, :1]))
        face = proxy.coloured(drawing, self._head.faces, np.asarray(shaded, np.float32))
        y, x = np.mgrid[: self.size, : self.size]
        ground = np.stack([(x * 7 + y * 3) % 256, (x * 2 + y * 5) % 256, (x + y) % 256], axis=-1).astype(np.uint8)
        return np.where((drawing.ids >= 0)[..., None], face, ground)


def talking(n_frames: int, names: tuple[str, ...]) -> F32:
    """Weights (T, 52) of a mouth that opens and rounds."""
    weights = np.zeros((n_frames, len(names)), np.float32)
    time = np.arange(n_frames)
    weights[:, names.index("jawOpen")] = 0.35 * (1.0 - np.cos(time / 2.1)) / 2.0
    weights[:, names.index("mouthPucker")] = 0.5 * (1.0 - np.cos(time / 3.7)) / 2.0
    return weights
