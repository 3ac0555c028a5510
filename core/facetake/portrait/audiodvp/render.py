"""Renders a line: what the face does, from sound at the video's rate, and the actor's video doing it (AudioDVP 3.3).

Knows networks, masks and the order of the target's frames; does not know video files or how anything is learnt.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facetake import audio
from facetake.arrays import F32, U8
from facetake.face.model import FaceModel
from facetake.inference import Models
from facetake.portrait import lip_regression
from facetake.portrait.audio_features import hear
from facetake.portrait.audiodvp.checkpoint import TrainedAudioDvp
from facetake.portrait.audiodvp.expression import predict
from facetake.portrait.audiodvp.proxy import DrawableActor
from facetake.portrait.audiodvp.renderer import masked, rendered
from facetake.portrait.audiodvp.settings import Features
from facetake.portrait.video.compositing import blended, softened
from facetake.portrait.video.playback import BLOCK, at_random


def heard(path: Path, rate: Fraction, kind: Features, model: FaceModel, models: Models) -> F32:
    """Features (T, F) of a sound file, T frames at `rate`. AudioError when it cannot be read."""
    if kind == "take_lips":
        return lip_regression.heard(path, rate, model, models)
    if kind == "take":
        return lip_regression.neutral_expression(path, rate, model, models)[1]
    return hear(audio.read(path), rate, kind, models)


def from_sound(path: Path, rate: Fraction, trained: TrainedAudioDvp, model: FaceModel, models: Models) -> F32:
    """Expression (T, E) for a sound file, T frames at `rate`. AudioError when it cannot be read."""
    return predict(trained.predictor, heard(path, rate, trained.about.settings.features, model, models))


def perform(
    subject: DrawableActor,
    trained: TrainedAudioDvp,
    expression: F32,
    frames: NDArray[np.int64],
    *,
    neural: bool = True,
    first: int = 0,
) -> Iterator[U8]:
    """Yields pictures (H, W, 3) of the actor with another expression, in constant memory.

    Args:
        subject: the actor.
        trained: networks.
        expression: (T, E), one row a picture.
        frames: (T,) the target's frame behind each: its head pose, light and everything but the lower face.
        neural: through the renderer; without it the drawing itself is laid over the video (Table 3's ablation).
        first: the picture to begin with; those from there on are as if one had begun at 0.
    """
    if len(expression) != len(frames):
        raise ValueError(f"{len(expression)} expressions for {len(frames)} frames")
    region = trained.about.region
    picture_of = at_random(subject)
    mask_of = lru_cache(2 * BLOCK)(subject.mask)
    how = trained.about.settings
    lead = max(0, first - how.radius)  # whose neighbours before them are not seen, but those of `first` are
    expression, frames = expression[lead:], frames[lead:]
    drawn = (
        masked(subject.draw(row, int(t)), mask_of(int(t)), region) for row, t in zip(expression, frames, strict=True)
    )
    squares = rendered(trained.generator, drawn, how.radius, how.ends) if neural else drawn
    for t, square in islice(zip(frames, squares, strict=True), first - lead, None):
        picture = region.put(square, subject.size)
        yield blended(picture_of(int(t)), picture, softened(mask_of(int(t))))
