"""What a face is to do, from sound in a mood or from a take, and what the texture hears of it.

Knows the trained network, sound and takes; does not know pictures.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from facetake.arrays import F32
from facetake.emotion import EmotionTrack
from facetake.face.model import FaceModel
from facetake.inference import VisemeClassifier
from facetake.portrait.capture.clip_list import over_time
from facetake.portrait.capture.performance import from_take
from facetake.portrait.read_avatars import audio_features
from facetake.portrait.read_avatars.audio_to_parameters import predict
from facetake.portrait.read_avatars.checkpoint import TrainedReadAvatars
from facetake.portrait.read_avatars.phoneme_extractor import PhonemeExtractor
from facetake.take import Take


@dataclass(frozen=True)
class DrivenExpression:
    """One line: expression (T, E) and phonemes (2 T, K)."""

    expression: F32
    phonemes: F32


def from_sound(
    path: Path, rate: Fraction, emotion: EmotionTrack, trained: TrainedReadAvatars, ear: PhonemeExtractor
) -> DrivenExpression:
    """The line in a sound file in a mood. AudioError when it cannot be read."""
    features = audio_features.cepstra(path, rate)
    label = over_time(emotion, np.arange(len(features)) / float(rate))
    return DrivenExpression(predict(trained.predictor, features, label), ear.hear(path, rate))


def with_sound(take: Take, path: Path, rate: Fraction, model: FaceModel, ear: PhonemeExtractor) -> DrivenExpression:
    """The line of a take that was made for a sound file; where the sound is shorter, its last phoneme is held."""
    expression = from_take(take, rate, model)
    heard = ear.hear(path, rate)
    places = np.arange(2 * len(expression)).clip(0, len(heard) - 1)
    return DrivenExpression(expression, heard[places])


def without_sound(take: Take, rate: Fraction, model: FaceModel, classifier: VisemeClassifier) -> DrivenExpression:
    """The line of a take alone: visemes are read from its lips; phonemes of a user's network cannot be."""
    return DrivenExpression(from_take(take, rate, model), audio_features.seen_phonemes(take, rate, classifier))
