"""A made-up actor with the default face model, filmed by the differentiable renderer, in a folder of its own."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import torch

from facetake.face.anny import Anny, load
from facetake.portrait.capture.actor import ActorMetadata, CapturedActor, Fit, write_actor
from facetake.portrait.capture.posed_face import open_face
from facetake.portrait.landmark_translation.still.mesh import model_points
from facetake.render.camera import portrait
from facetake.render.harmonics import ambient, to_srgb
from facetake.render.perspective import place, project
from facetake.render.picture import draw

RATE = Fraction(25)
ACTED = {"jawOpen": 0.6, "mouthSmileLeft": 0.7, "mouthSmileRight": 0.7, "browInnerUp": 0.7}


def truth(model: Anny, number: int) -> Fit:
    """What is true of the actor: it turns its head and acts one thing after another."""
    t = np.linspace(0.0, 2.0 * np.pi, number, endpoint=False, dtype=np.float32)
    random = np.random.default_rng(5)
    expression = np.zeros((number, model.expression_size), np.float32)
    for order, (name, most) in enumerate(ACTED.items()):
        expression[:, model.expression_names.index(name)] = most * np.clip(np.sin(t + order), 0.0, 1.0)
    return Fit(
        landmarks=np.zeros((number, 478, 2), np.float32),
        identity=random.normal(scale=0.6, size=model.identity_size).astype(np.float32),
        albedo=random.normal(scale=0.5, size=model.albedo_size).astype(np.float32),
        colour=np.zeros((len(model.rest), 3), np.float32),
        light=ambient().numpy()[None].copy(),
        expression=expression,
        rotation=np.stack([0.1 * np.sin(2 * t), 0.2 * np.sin(t), 0.08 * np.cos(t)], axis=1),
        translation=np.stack([0.008 * np.sin(t), 0.005 * np.cos(t), 0.9 + 0.03 * np.sin(t)], axis=1),
    )


def anny_actor(folder: Path, number: int, size: int, sound: np.ndarray | None = None) -> CapturedActor:
    """Writes the folder; its fit holds the true landmarks and nothing else: all coefficients are zero."""
    model = load()
    face = open_face()
    camera = portrait((size, size), 25.0)
    true = truth(model, number)
    as_tensor = torch.from_numpy
    with torch.inference_mode():
        vertices = model.vertices(as_tensor(true.identity[None]), as_tensor(true.expression))
        space = place(vertices, as_tensor(true.rotation), as_tensor(true.translation))
        albedo = model.albedo(as_tensor(true.albedo[None]))
        drawn = draw(space, model.faces, albedo, as_tensor(true.light), camera).image(0.1)
        pictures = (to_srgb(drawn) * 255.0).round().byte().numpy()
        points = project(model.landmarks(space), camera)[..., :2].numpy()
    true.landmarks[:] = points.mean(axis=1)[:, None]
    true.landmarks[:, model.topology.landmarks.mediapipe_index] = points
    names = ("identity", "albedo", "colour", "light", "expression", "rotation", "translation")
    nothing = {name: np.zeros_like(getattr(true, name)) for name in names}
    box = (0.0, 0.0, float(size))
    about = ActorMetadata(face.name, face.sha256, "made_up.mp4", "0" * 64, box, size, RATE, number, camera.focal)
    told = None if sound is None else (sound, 16_000)
    return write_actor(folder, about, Fit(true.landmarks, **nothing), pictures, told)


def outlined(points: np.ndarray, size: int) -> np.ndarray:
    """Landmarks (T, 478, 2) of an actor with the face's outline in its place, as MediaPipe has it."""
    model = load()
    true = truth(model, len(points))
    numbers, where = model_points(model, true.expression, true.identity)
    turned = (torch.from_numpy(some) for some in (where, true.rotation, true.translation))
    whole = points.copy()
    whole[:, numbers] = project(place(*turned), portrait((size, size), 25.0))[..., :2].numpy()
    return whole
