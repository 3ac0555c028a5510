"""The network that paints the inside of a mouth into a photograph that moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from facetake.arrays import F32
from facetake.inference.verified import MODEL_VERSION, SHIPPED, opened

NAME: Final = "mouth_painter"
N_OUT: Final = 4  # channels: a colour, and how much of it shows


@dataclass(frozen=True)
class MouthPainter:
    """The network.

    Attributes:
        run: maps what it is told (1, N, H, H) to what it says (1, 4, H, H): colour, and how much of it shows, in -1..1.
        sha256: of the model file.
    """

    run: Callable[[F32], F32]
    sha256: str

    def paint(self, told: F32) -> F32:
        """What the network says (4, H, H) of one mouth that it is told of (N, H, H)."""
        said: F32 = self.run(told[None])[0]
        return said


def open_mouth_painter(folder: Path = SHIPPED, threads: int = 2) -> MouthPainter:
    """Opens the network of a folder, by default the shipped one.

    Raises:
        ModelError: it is missing, altered, damaged or of another version.
    """
    model = opened(folder, NAME, mouth_painter_metadata(), threads)

    def run(told: F32) -> F32:
        return model.run({"told": told}, said=(len(told), N_OUT, *told.shape[2:]))[0]

    return MouthPainter(run, model.sha256)


def mouth_painter_metadata() -> dict[str, str]:
    """The names that a model of this version carries."""
    return {"facetake_model": NAME, "facetake_version": str(MODEL_VERSION)}
