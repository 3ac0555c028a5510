"""An actor's folder of noise: whole in every file, small, and of a face that nobody has."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from facetake.portrait.capture.actor import ActorMetadata, CapturedActor, Fit, write_actor


def noise_actor(
    folder: Path, n_frames: int = 4, size: int = 16, rate: Fraction = Fraction(25), *, with_sound: bool = False
) -> tuple[CapturedActor, np.ndarray]:
    """Writes the folder; the actor, and its pictures (T, H, W, 3)."""
    dice = np.random.default_rng(0)
    shapes = {
        "landmarks": (n_frames, 5, 2),
        "identity": (4,),
        "albedo": (3,),
        "colour": (9, 3),
        "light": (1, 9, 3),
        "expression": (n_frames, 6),
        "rotation": (n_frames, 3),
        "translation": (n_frames, 3),
    }
    fit = Fit(**{name: dice.normal(size=shape).astype(np.float32) for name, shape in shapes.items()})
    about = ActorMetadata("noise", "1" * 64, "a.mp4", "0" * 64, (1.5, 2.0, 64.0), size, rate, n_frames, 100.0)
    pictures = dice.integers(0, 256, (n_frames, size, size, 3), dtype=np.uint8)
    sound = (dice.normal(scale=0.1, size=4000).astype(np.float32), 16_000) if with_sound else None
    return write_actor(folder, about, fit, pictures, sound), pictures
