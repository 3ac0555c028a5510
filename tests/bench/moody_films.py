"""An actor with moods whose truth is known: takes of real recordings in each mood, played by the default face, filmed.

What the film shows and the fit does not say is what a real mouth does: the tongue that comes with some sounds. So the
inside of the mouth belongs to the sound and not to the face model's coefficients alone, as in a real video.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import cycle
from pathlib import Path

import numpy as np
import torch

from facetake import audio
from facetake.face.drive import from_take
from facetake.generate import GenerateOptions, generate
from facetake.inference import Models
from facetake.portrait.audio_features import at_rate
from facetake.portrait.capture.actor import ActorMetadata, CapturedActor, Fit, write_actor, write_sound
from facetake.portrait.capture.clip_list import ActorClip
from facetake.portrait.capture.posed_face import OpenedFaceModel, Placed
from facetake.render.camera import portrait
from facetake.render.harmonics import ambient
from facetake.render.picture import drawn
from facetake.rig import ARKIT_NAMES
from facetake.visemes import VISEMES

RATE = Fraction(25)  # so near that the face fills the picture, as a capture crops it
SECONDS = 4.0
DEPTH = 0.5
MOODS = ("happy", "sad", "angry", "surprise")
LEVELS = (1.0 / 3.0, 2.0 / 3.0, 1.0)
CLIPS = (("neutral", 1.0), *((mood, level) for mood in MOODS for level in LEVELS))
TONGUE = {"T": 0.5, "t": 0.35, "s": 0.2, "r": 0.25, "S": 0.2}
"""How far the tongue comes out in each viseme; the fit leaves it out."""
OUT = ARKIT_NAMES.index("tongueOut")


def film(
    sounds: list[Path],
    out: Path,
    face: OpenedFaceModel,
    models: Models,
    size: int,
    moods: Sequence[tuple[str, float]] = CLIPS,
) -> list[ActorClip]:
    """Writes an actor's folder for each of `moods`, the sounds in turn; those that are there are kept.

    With fewer sounds than moods each is spoken in several, so that only the label tells moods apart.
    """
    clips = []
    for (mood, level), sound in zip(moods, cycle(sounds), strict=False):
        folder = out / mood / f"{100 * level:.0f}" / "clip"
        if not folder.is_dir():
            folder.parent.mkdir(parents=True, exist_ok=True)
            _film(folder, sound, mood, level, face, models, size)
        clips.append(ActorClip(folder, mood, level))
    return clips


def _film(folder: Path, sound: Path, mood: str, level: float, face: OpenedFaceModel, models: Models, size: int) -> None:
    samples = audio.read(sound)[: round(SECONDS * audio.SAMPLE_RATE_HZ)]
    heard = folder.with_suffix(".wav")
    write_sound(heard, samples, audio.SAMPLE_RATE_HZ)
    made = generate(heard, GenerateOptions(f"{mood}:{level}"), models)
    expression = from_take(made.take, RATE, face.model)
    expression[:, OUT] = 0.0
    number = len(expression)
    fit = _fit(expression, made.take.head, face, number)
    about = ActorMetadata(
        face.name,
        face.sha256,
        f"{mood}.mp4",
        f"{mood} {level}",
        (0.0, 0.0, float(size)),
        size,
        RATE,
        number,
        portrait((size, size), 25.0).focal,
    )
    shown = expression.copy()
    weights = np.array([TONGUE.get(viseme, 0.0) for viseme in VISEMES], np.float32)
    shown[:, OUT] = at_rate(made.visemes @ weights[:, None], Fraction(60), RATE, number)[:, 0]
    placed = Placed(CapturedActor(folder, about, fit), face.model)
    ground = np.random.default_rng(2).integers(60, 120, (size // 16, size // 16, 3), dtype=np.uint8)
    ground = ground.repeat(16, 0).repeat(16, 1)
    pictures = (
        drawn(placed.placed(row[None], t)[0], face.model.faces, fit.colour, fit.light[0], placed.actor.camera, ground)
        for t, row in enumerate(shown)
    )
    write_actor(folder, about, fit, pictures, (samples, audio.SAMPLE_RATE_HZ))
    heard.unlink()


def _fit(expression: np.ndarray, head: np.ndarray | None, face: OpenedFaceModel, number: int) -> Fit:
    """The truth of one clip but for the tongue; the take's own head motion, with a slow sway, moves the head."""
    model = face.model
    dice = np.random.default_rng(7)
    albedo = (0.6 * dice.normal(size=model.albedo_size)).astype(np.float32)
    identity = (0.6 * dice.normal(size=model.identity_size)).astype(np.float32)
    t = np.arange(number, dtype=np.float32) / float(RATE)
    turn = np.stack([0.05 * np.sin(1.3 * t), 0.1 * np.sin(0.9 * t), 0.03 * np.cos(t)], axis=1).astype(np.float32)
    if head is not None:
        turn[:, :2] += np.radians(at_rate(head[:, 1::-1], Fraction(60), RATE, number))
    place = np.stack([0.004 * np.sin(t), 0.003 * np.cos(t), np.full(number, DEPTH)], axis=1).astype(np.float32)
    light = ambient().numpy().copy()
    light[1], light[3] = -0.1, 0.12  # from above and one side
    with torch.no_grad():
        colour = model.albedo(torch.from_numpy(albedo)[None])[0].numpy()
    return Fit(np.zeros((number, 478, 2), np.float32), identity, albedo, colour, light[None], expression, turn, place)
