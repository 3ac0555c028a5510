"""What a face is to do, from sound or from a take, at the video's rate.

Knows the trained network and takes; does not know pictures.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facetake import rig
from facetake.bundle import Models
from facetake.errors import PortraitError
from facetake.portrait.audiodvp.expression import predict
from facetake.portrait.audiodvp.hearing import hear
from facetake.portrait.audiodvp.trained import Trained
from facetake.take import Take, resample

F32 = NDArray[np.float32]


def from_sound(path: Path, rate: Fraction, trained: Trained, models: Models) -> F32:
    """Expression (T, E) for a sound file, T frames at `rate`. AudioError when it cannot be read."""
    return predict(trained.predictor, hear(path, rate, trained.about.settings.features, models))


def from_take(take: Take, rate: Fraction, names: tuple[str, ...]) -> F32:
    """Expression (T, E) that shows a take on a face model whose coefficients are ARKit weights.

    Args:
        take: any take; its head turn is left to the video.
        rate: frames per second of the video.
        names: of the model's coefficients; those that ARKit does not know stay 0.

    Raises:
        PortraitError: none of the coefficients is an ARKit weight.
    """
    order = {name: column for column, name in enumerate(rig.arkit.ARKIT_NAMES)}
    known = [index for index, name in enumerate(names) if name in order]
    if not known:
        raise PortraitError("this face model's coefficients are no ARKit weights; drive it with --audio")
    weights = rig.arkit.to_arkit(resample(take, rate).values)
    expression = np.zeros((len(weights), len(names)), np.float32)
    expression[:, known] = weights[:, [order[names[index]] for index in known]]
    return expression
