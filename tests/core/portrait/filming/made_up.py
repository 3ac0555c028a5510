"""A made-up actor: the baked head with known pose, expression, light and background, filmed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from films import film

from facetake.portrait import pose
from facetake.portrait.fitting import Motion
from facetake.portrait.head_face import head_face
from facetake.portrait.linear_face import LinearFace
from facetake.portrait.overlay import render
from facetake.portrait.photometry import BANDS
from facetake.render.camera import Camera, portrait

SIZE = 256
ACTED = {"jawOpen": 0.5, "mouthSmileLeft": 0.6, "mouthSmileRight": 0.6, "browInnerUp": 0.7, "mouthPucker": 0.5,
         "eyeBlinkLeft": 0.8, "eyeBlinkRight": 0.8}  # fmt: skip


def camera(size: int = SIZE) -> Camera:
    """The camera that a capture takes for granted."""
    return portrait((size, size), 25.0)


def motion(face: LinearFace, number: int) -> Motion:
    """A head that turns and nods and acts one thing after another."""
    t = np.linspace(0, 2 * np.pi, number, endpoint=False)
    turn = np.stack([0.15 * np.sin(2 * t), 0.25 * np.sin(t), 0.1 * np.cos(t)], axis=1).astype(np.float32)
    place = np.stack([0.008 * np.sin(t), 0.005 * np.cos(t), 0.75 + 0.02 * np.sin(t)], axis=1).astype(np.float32)
    expression = np.zeros((number, len(face.moves)), np.float32)
    for order, (name, most) in enumerate(ACTED.items()):
        expression[:, face.expression_names.index(name)] = most * np.clip(np.sin(t * 1.5 + order), 0, 1)
    return Motion(pose.matrices(turn), place, expression)


def light() -> np.ndarray:
    """Warm light from above and the left of the picture (9, 3)."""
    bands = np.zeros((BANDS, 3), np.float32)
    bands[0], bands[1], bands[2], bands[3] = (0.55, 0.5, 0.45), 0.06, -0.12, 0.07
    return bands


def filmed(folder: Path, number: int = 8, noise_px: float = 0.5, size: int = SIZE, shape: float = 0.7) -> tuple[
    Path, Path, Motion, np.ndarray, LinearFace
]:  # fmt: skip
    """Writes a video and tracks of an actor with some shape; with them the true motion and landmarks (T, N, 2)."""
    face = head_face()
    random = np.random.default_rng(1)
    identity = (shape * random.normal(size=len(face.shapes))).astype(np.float32)
    colour = face.albedo((0.6 * random.normal(size=len(face.colours))).astype(np.float32)).clip(0.02, 1)
    truth = motion(face, number)
    back = random.integers(30, 90, (size // 16, size // 16, 3), dtype=np.uint8).repeat(16, 0).repeat(16, 1)
    space = pose.placed(face.vertices(identity, truth.expression), truth.rotation, truth.translation)
    pictures = np.stack([render(face, camera(size), colour, light(), one, back) for one in space])
    marks = camera(size).project(face.at_points(space))[..., :2]
    noisy = marks + random.normal(scale=noise_px * size / 256, size=marks.shape)
    points = np.full((number, 1, 478, 2), 0.0, np.float32)
    points[:] = noisy.mean(axis=1)[:, None, None]
    points[:, 0, face.points] = noisy
    np.savez(folder / "tracks.npz", points=points)
    return film(folder / "made_up.mp4", pictures), folder / "tracks.npz", truth, marks, replace(face)
