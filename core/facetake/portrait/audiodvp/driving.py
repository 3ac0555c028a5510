"""What a face is to do, from sound, at the video's rate.

Knows the trained network; does not know pictures.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from facetake.arrays import F32
from facetake.face.model import FaceModel
from facetake.generate import GenerateOptions, generate
from facetake.inference import Models
from facetake.portrait.audio_features import hear
from facetake.portrait.audiodvp.checkpoint import TrainedAudioDvp
from facetake.portrait.audiodvp.expression import predict
from facetake.portrait.audiodvp.settings import Features
from facetake.portrait.capture.performance import from_take


def heard(path: Path, rate: Fraction, kind: Features, model: FaceModel, models: Models) -> F32:
    """Features (T, F) of a sound file, T frames at `rate`. AudioError when it cannot be read."""
    if kind != "take":
        return hear(path, rate, kind, models)
    return from_take(generate(path, GenerateOptions(blink=False, gaze=False, head=False), models).take, rate, model)


def from_sound(path: Path, rate: Fraction, trained: TrainedAudioDvp, model: FaceModel, models: Models) -> F32:
    """Expression (T, E) for a sound file, T frames at `rate`. AudioError when it cannot be read."""
    return predict(trained.predictor, heard(path, rate, trained.about.settings.features, model, models))
