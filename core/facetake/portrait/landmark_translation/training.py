"""Trains the landmark system on one captured actor or several: sound to landmarks, then landmarks to pictures.

Reads like the story of the training; how each part is done is in the module it comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import torch

from facetake.emotion import EMOTIONS
from facetake.errors import PortraitError
from facetake.face.marks import Marks
from facetake.inference import Models
from facetake.portrait.audio_features import at_rate
from facetake.portrait.landmark_translation.checkpoint import LandmarkTranslationMetadata, begin
from facetake.portrait.landmark_translation.image.losses import Judges
from facetake.portrait.landmark_translation.image.training import Log, learn_pictures
from facetake.portrait.landmark_translation.motion.dataset import LandmarkMotionExample, heard, lessons_of, n_features
from facetake.portrait.landmark_translation.motion.edges import in_units
from facetake.portrait.landmark_translation.motion.training import learn_motion
from facetake.portrait.landmark_translation.settings import LandmarkTranslationSettings, Way
from facetake.portrait.landmark_translation.subject import Captured
from facetake.portrait.training.devices import CPU
from facetake.portrait.training.trainer import FEWEST_FRAMES, ignore

Report = Callable[[str, float], None]


def train(
    actors: Sequence[tuple[Captured, int | None]],
    sounds: Sequence[Path],
    settings: LandmarkTranslationSettings,
    models: Models,
    judges: Judges,
    folder: Path,
    report: Report = ignore,
    log: Log = ignore,
    device: torch.device = CPU,
) -> None:
    """Trains; called again on the same folder it goes on.

    Args:
        actors: each with how many of its first frames to learn from, None for all.
        sounds: more speech, of anybody, for what landmarks do with sound.
        settings: all numbers.
        models: the shipped networks, which hear the sound.
        judges: what the identity and the perceptual loss ask.
        folder: new, or one that the same training was stopped in.
        report: told the stage ("lessons", "neutral", "moods", "plates", "parts", "whole") and the share of it done.
        log: told the losses of the picture networks.
        device: where the picture networks learn; those from sound to landmarks, which are small, learn on the CPU.

    Raises:
        PortraitError: too few frames, no speech, or the folder holds something else.
        AudioError: a sound cannot be read.
    """
    counts = tuple(_count(captured, most) for captured, most in actors)
    rate = actors[0][0].actor.rate
    origins = tuple(captured.origin for captured, _ in actors)
    people = [captured for captured, _ in actors]
    way = settings.motion.neutral.way
    begin(folder, LandmarkTranslationMetadata(origins, counts, rate, n_features(way, people[0].model), settings))
    spoken = [path for captured in people if (path := captured.actor.sound)]
    lessons = lessons_of(
        [*spoken, *sounds],
        rate,
        settings.motion.lessons,
        way,
        Marks(people[0].model),
        models,
        settings.seed,
        folder / "lessons",
        lambda share: report("lessons", share),
    )
    own = [
        own_lesson(captured, count, rate, way, models)
        for captured, count in zip(people, counts, strict=True)
        if captured.actor.sound
    ]
    learn_motion([*own, *lessons], settings.motion, settings.seed, folder, report)
    clips = [(captured.filmed, count) for captured, count in zip(people, counts, strict=True)]
    learn_pictures(clips, settings.pictures, settings.seed, folder, judges, report, log, device)


def _count(captured: Captured, most: int | None) -> int:
    count = captured.actor.n_frames if most is None else min(most, captured.actor.n_frames)
    if count < FEWEST_FRAMES:
        raise PortraitError(
            f"{captured.actor.folder}: there are {count} frames to learn from, {FEWEST_FRAMES} are needed at least"
        )
    return count


def own_lesson(captured: Captured, n_frames: int, rate: Fraction, way: Way, models: Models) -> LandmarkMotionExample:
    """What an actor with sound was seen to do with it, in its first frames, at `rate`; without moments in moods."""
    assert captured.actor.sound is not None
    seen, still = in_units(captured.points[:n_frames], captured.person.still)
    features = heard(captured.actor.sound, rate, way, captured.model, models)
    count = min(len(features), int(n_frames / captured.actor.rate * rate))
    points = at_rate(seen.reshape(n_frames, -1), captured.actor.rate, rate, count).reshape(count, *still.shape)
    nothing = np.zeros((0, *still.shape), np.float32)
    return LandmarkMotionExample(features[:count], still, points, nothing, np.zeros((0, len(EMOTIONS)), np.float32))
