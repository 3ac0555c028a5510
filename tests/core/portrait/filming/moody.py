"""A made-up actor in several moods: the default face model speaking noise, happy or angry as much as is asked."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import torch

from facetake.portrait.capture.actor import ActorMetadata, CapturedActor, Fit, write_actor
from facetake.portrait.capture.posed_face import Placed, open_face
from facetake.render.harmonics import ambient
from facetake.render.picture import drawn
from facetake.rig import ARKIT_NAMES

RATE = Fraction(25)
SIZE = 64
SHOWN = {"happy": ("mouthSmileLeft", "mouthSmileRight"), "angry": ("browDownLeft", "browDownRight")}


def moody(folder: Path, emotion: str, intensity: float, number: int = 16, stretch: float = 0.0) -> CapturedActor:
    """Writes an actor's folder: a mouth that opens with its sound's loudness; stretch: another person's first shape."""
    face = open_face()
    model = face.model
    dice = np.random.default_rng([number, len(emotion), round(100 * intensity)])
    loud = (0.5 - 0.5 * np.cos(np.arange(number) / 1.7)).astype(np.float32)
    expression = np.zeros((number, model.expression_size), np.float32)
    expression[:, ARKIT_NAMES.index("jawOpen")] = 0.6 * loud
    for name in SHOWN.get(emotion, ()):
        expression[:, ARKIT_NAMES.index(name)] = 0.8 * intensity
    identity = np.zeros(model.identity_size, np.float32)
    identity[0] = stretch
    angles = np.linspace(0.0, 2.0 * np.pi, 478)
    ring = SIZE / 2 + 0.3 * SIZE * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    fit = Fit(
        landmarks=np.tile(ring, (number, 1, 1)).astype(np.float32),
        identity=identity,
        albedo=np.zeros(model.albedo_size, np.float32),
        colour=model.albedo(torch.zeros(1, model.albedo_size))[0].numpy(),
        light=ambient().numpy()[None],
        expression=expression,
        rotation=np.zeros((number, 3), np.float32),
        translation=np.tile(np.array([0.0, 0.0, 0.55], np.float32), (number, 1)),
    )
    about = ActorMetadata(
        face.name, face.sha256, "made.mp4", f"{emotion}{intensity}", (0.0, 0.0, 64.0), SIZE, RATE, number, 1.6 * SIZE
    )
    placed = Placed(CapturedActor(folder, about, fit), model)
    ground = np.full((SIZE, SIZE, 3), 90, np.uint8)
    pictures = [
        drawn(placed.placed(row[None], frame)[0], model.faces, fit.colour, fit.light[0], placed.actor.camera, ground)
        for frame, row in enumerate(expression)
    ]
    voice = 0.3 * np.repeat(loud, 640) * dice.normal(size=640 * number)
    return write_actor(folder, about, fit, pictures, (voice.astype(np.float32), 16_000))
