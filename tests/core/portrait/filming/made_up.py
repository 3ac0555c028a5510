"""A made-up actor: the default face model with known shape, colours, pose, expression, light and background, filmed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from films import film

from facetake.arrays import F32
from facetake.face.model import FaceModel
from facetake.portrait.capture.fitting import FaceMotion
from facetake.portrait.capture.linearized_model import Linearised, linearised
from facetake.render.camera import Camera, placed, portrait, rotation_matrices
from facetake.render.harmonics import N_BANDS
from facetake.render.picture import drawn

SIZE = 256
ACTED = {
    "jawOpen": 0.6,
    "mouthSmileLeft": 0.6,
    "mouthSmileRight": 0.6,
    "browInnerUp": 0.7,
    "mouthPucker": 0.6,
    "eyeBlinkLeft": 0.9,
    "eyeBlinkRight": 0.9,
    "browDownLeft": 0.5,
    "mouthUpperUpLeft": 0.5,
    "eyeLookOutLeft": 0.5,
    "eyeLookInRight": 0.5,
}
"""The most that the actor does of each action, one beginning after another."""


@dataclass(frozen=True)
class Filmed:
    """A video and its tracks, and what is true of them: motion, landmarks (T, N, 2) in pixels, and who it is."""

    video: Path
    tracks: Path
    motion: FaceMotion
    marks: F32
    identity: F32
    face: Linearised


def camera(size: int = SIZE) -> Camera:
    """The camera that a capture takes for granted."""
    return portrait((size, size), 25.0)


def motion(face: Linearised, number: int) -> FaceMotion:
    """A head that turns and nods and acts one thing after another, as far as its model knows them."""
    t = np.linspace(0, 2 * np.pi, number, endpoint=False)
    turn = np.stack([0.15 * np.sin(2 * t), 0.25 * np.sin(t), 0.1 * np.cos(t)], axis=1).astype(np.float32)
    place = np.stack([0.008 * np.sin(t), 0.005 * np.cos(t), 0.75 + 0.02 * np.sin(t)], axis=1).astype(np.float32)
    expression = np.zeros((number, len(face.moves)), np.float32)
    names = face.model.expression_names
    for order, (name, most) in enumerate(ACTED.items()):
        if name in names:
            expression[:, names.index(name)] = most * np.clip(np.sin(t * 1.5 + order), 0, 1)
    return FaceMotion(rotation_matrices(turn), place, expression)


def light() -> F32:
    """Warm light from above and the left of the picture (9, 3)."""
    bands = np.zeros((N_BANDS, 3), np.float32)
    bands[0], bands[1], bands[2], bands[3] = (0.65, 0.6, 0.55), -0.06, 0.12, 0.07
    return bands


def filmed(
    folder: Path,
    model: FaceModel,
    number: int = 8,
    noise_px: float = 0.7,
    size: int = SIZE,
    says: F32 | None = None,
    sound: F32 | None = None,
    sound_s: float = 0.0,
) -> Filmed:
    """Writes a video and tracks of an actor of some shape and colour.

    The actor does `says` (T, E) in place of one action after another, over `sound` at 48 kHz from `sound_s` on.
    """
    face = linearised(model)
    random = np.random.default_rng(1)
    identity = (0.7 * random.normal(size=model.identity_size)).astype(np.float32)
    colour = face.albedo((0.6 * random.normal(size=model.albedo_size)).astype(np.float32))
    truth = motion(face, number)
    truth = truth if says is None else replace(truth, expression=says)
    back = random.integers(30, 90, (size // 16, size // 16, 3), dtype=np.uint8).repeat(16, 0).repeat(16, 1)
    space = placed(face.vertices(identity, truth.expression), truth.rotation, truth.translation)
    pictures = np.stack([drawn(one, model.faces, colour, light(), camera(size), back) for one in space])
    marks = camera(size).project(face.at_points(space))[..., :2]
    noisy = marks + random.normal(scale=noise_px * size / 256, size=marks.shape)
    points = np.zeros((number, 1, 478, 2), np.float32)
    points[:] = noisy.mean(axis=1)[:, None, None]
    points[:, 0, face.points] = noisy
    np.savez(folder / "tracks.npz", points=points)
    video = film(folder / "made_up.mp4", pictures, sound=sound, sound_s=sound_s)
    return Filmed(video, folder / "tracks.npz", truth, marks, identity, face)
