"""What a face is to do, from sound or from a take, at the video's rate.

Knows the trained network and takes; does not know pictures.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from facetake.bundle import Models
from facetake.face.drive import expression_of
from facetake.face.model import FaceModel
from facetake.portrait.audiodvp.expression import predict
from facetake.portrait.audiodvp.hearing import hear
from facetake.portrait.audiodvp.trained import Trained
from facetake.take import Take, resample

F32 = NDArray[np.float32]


def from_sound(path: Path, rate: Fraction, trained: Trained, models: Models) -> F32:
    """Expression (T, E) for a sound file, T frames at `rate`. AudioError when it cannot be read."""
    return predict(trained.predictor, hear(path, rate, trained.about.settings.features, models))


def from_take(take: Take, rate: Fraction, model: FaceModel) -> F32:
    """Expression (T, E) that shows a take on a face model, T frames at `rate`; the head's turn is left to the video."""
    with torch.no_grad():
        return np.asarray(expression_of(resample(take, rate), model).numpy(), np.float32)
