"""What a face is to do, from sound in a mood or from a take, and what the texture hears of it.

Knows the trained network, sound and takes; does not know pictures.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facetake.bundle import Models, VisemeClassifier
from facetake.emotion import EmotionTrack
from facetake.face.model import FaceModel
from facetake.portrait.clips import over_time
from facetake.portrait.performance import from_take
from facetake.portrait.read import hearing
from facetake.portrait.read.parameters import predict
from facetake.portrait.read.trained import Trained
from facetake.take import Take

F32 = NDArray[np.float32]


@dataclass(frozen=True)
class Line:
    """One line: expression (T, E) and phonemes (2 T, K)."""

    expression: F32
    phonemes: F32


def from_sound(path: Path, rate: Fraction, emotion: EmotionTrack, trained: Trained, models: Models) -> Line:
    """The line in a sound file in a mood. AudioError when it cannot be read."""
    features = hearing.cepstra(path, rate)
    label = over_time(emotion, np.arange(len(features)) / float(rate))
    return Line(predict(trained.predictor, features, label), hearing.phonemes(path, rate, models))


def with_sound(take: Take, path: Path, rate: Fraction, model: FaceModel, models: Models) -> Line:
    """The line of a take that was made for a sound file; where the sound is shorter, its last phoneme is held."""
    expression, heard = from_take(take, rate, model), hearing.phonemes(path, rate, models)
    places = np.arange(2 * len(expression)).clip(0, len(heard) - 1)
    return Line(expression, heard[places])


def without_sound(take: Take, rate: Fraction, model: FaceModel, classifier: VisemeClassifier) -> Line:
    """The line of a take alone: phonemes are read from its lips."""
    return Line(from_take(take, rate, model), hearing.seen_phonemes(take, rate, classifier))
