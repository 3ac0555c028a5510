"""Regresses what one actor's face does on what the ear reads of the lips and on a generated take.

Stands in for the papers' networks from sound to expression where there are seconds of video and not minutes: a network
that is trained on six seconds predicts others worse than a take does that knows nothing of the actor, and a ridge
regression on the lips that the ear reads better than either. Any of the systems may learn so; what is regressed are
coefficients of a face model or displacements of points.

Knows sound files, takes and numbers; does not know pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from facetake import audio, mouth
from facetake.arrays import F32, F64, Mask
from facetake.audio import FRAME_RATE_HZ
from facetake.face.drive import from_take
from facetake.generate import GenerateOptions, generate
from facetake.portrait.audio_features import SMALLEST_SPREAD, at_rate, n_curves

if TYPE_CHECKING:
    from facetake.face.model import FaceModel
    from facetake.inference import Ear, Models
    from facetake.take import Take

N_LIPS = 2  # the last of the features: opening and rounding of the lips
LIPS_REACH = 4  # frames to either side whose lips are looked at; 2 and 6 were no better on the clips below
TAKE_WEIGHT = 0.3
"""Of the take's expression beside the lips, whose weight is 1: on 20 s of an actor of whom 40 s were learnt r of the
opening is 0.802; 0.788 without the take, 0.795 with a weight of 1. With the ear's 256 features beside them 0.815, but
0.68 in place of 0.84 where six seconds are learnt."""


def heard(path: Path, rate: Fraction, model: FaceModel, models: Models) -> F32:
    """What is regressed on: a neutral take's expression, then opening and rounding of the lips, (T, E + N_LIPS).

    Args:
        path: the sound file.
        rate: of the T rows.
        model: whose expression.
        models: the shipped networks.

    Raises:
        AudioError: the sound cannot be read.
    """
    take, expression = neutral_expression(path, rate, model, models)
    return np.concatenate([expression, _lips(path, take, rate, models.ear, len(expression))], axis=1)


def neutral_expression(path: Path, rate: Fraction, model: FaceModel, models: Models) -> tuple[Take, F32]:
    """The neutral take of a sound, and its expression (T, E) at a rate; without blinks, which no sound tells of."""
    take = generate(path, GenerateOptions(blink=False, gaze=False, head=False), models).take
    return take, from_take(take, rate, model)


def _lips(path: Path, take: Take, rate: Fraction, ear: Ear, n_frames: int) -> F32:
    """Opening and rounding of the lips (n_frames, 2) in a sound file, each in a scale of its own.

    As the ear reads them; where it does not, those of the take that was generated for the sound.
    """
    sound = audio.read(path)
    found = ear.hear([sound], n_curves(sound)).lips if ear.reads_lips else None
    if found is None:
        found = np.stack([mouth.aperture(take.values), mouth.pucker(take.values)], axis=1)
        return at_rate(found, take.rate, rate, n_frames)
    return at_rate(found, Fraction(FRAME_RATE_HZ), rate, n_frames)


class Ridge(nn.Module):
    """A ridge regression on a take's expression, on labels that hold for long, and on the lips around each frame."""

    mean: Tensor
    spread: Tensor
    weights: Tensor
    offset: Tensor
    low: Tensor
    high: Tensor

    def __init__(self, n_features: int, n_out: int, n_labels: int = 0) -> None:
        """Builds one that always says 0.

        Args:
            n_features: numbers a row of `heard`.
            n_out: numbers that are regressed.
            n_labels: numbers a row of labels, 0 without.
        """
        super().__init__()
        self.n_take = n_features - N_LIPS
        self.n_labels = n_labels
        n_in = self.n_take + n_labels + N_LIPS * (2 * LIPS_REACH + 1)
        self.register_buffer("mean", torch.zeros(n_in))
        self.register_buffer("spread", torch.ones(n_in))
        self.register_buffer("weights", torch.zeros(n_in, n_out))
        for name in ("offset", "low", "high"):
            self.register_buffer(name, torch.zeros(n_out))

    def forward(self, windows: Tensor) -> Tensor:
        """Maps rows (T, n_in) of `windows` to (T, n_out), within the range that was learnt from."""
        made = ((windows - self.mean) / self.spread) @ self.weights + self.offset
        return made.clamp(self.low, self.high)

    def windows(self, features: F32, labels: F32 | None = None) -> Tensor:
        """Rows (T, n_in) of features (T, n_features) and labels (T, n_labels); past the ends lips are held."""
        take, lips = features[:, :-N_LIPS], features[:, -N_LIPS:]
        rows = np.arange(len(lips))[:, None] + np.arange(-LIPS_REACH, LIPS_REACH + 1)
        near = lips[rows.clip(0, len(lips) - 1)].reshape(len(lips), -1)
        return torch.from_numpy(np.concatenate([take, *([] if labels is None else [labels]), near], axis=1))


def regress(
    features: Sequence[F32],
    wanted: Sequence[F32],
    labels: Sequence[F32] | None = None,
    learnable: Sequence[Mask] | None = None,
) -> Ridge:
    """Least squares with every weight held small, those of the take smaller than those of the lips.

    Args:
        features: (T, F) of each clip, as `heard` has them.
        wanted: (T, N) of each clip.
        labels: (T, L) of each clip; None without.
        learnable: (T,) of each clip: frames whose `wanted` is known; None: all.
    """
    n_labels = 0 if labels is None else labels[0].shape[1]
    found = Ridge(features[0].shape[1], wanted[0].shape[1], n_labels)
    told = [None] * len(features) if labels is None else labels
    known = [np.ones(len(each), np.bool_) for each in features] if learnable is None else learnable
    clips = zip(features, told, known, strict=True)
    rows = np.concatenate([found.windows(heard, label).numpy()[these] for heard, label, these in clips]).astype(float)
    target = np.concatenate([each[these] for each, these in zip(wanted, known, strict=True)]).astype(float)
    mean, spread = rows.mean(axis=0), (rows.std(axis=0) + SMALLEST_SPREAD) * _counts(found, rows.shape[1])
    inputs = (rows - mean) / spread
    offset = target.mean(axis=0)
    weights = np.linalg.solve(inputs.T @ inputs + np.eye(len(mean)), inputs.T @ (target - offset))
    learnt = {
        "mean": mean,
        "spread": spread,
        "weights": weights,
        "offset": offset,
        "low": target.min(axis=0),
        "high": target.max(axis=0),
    }
    for name, values in learnt.items():
        found.get_buffer(name).copy_(torch.from_numpy(values))
    return found.eval()


def _counts(found: Ridge, n_in: int) -> F64:
    """(n_in,) by how much each input is made smaller, so that groups of many do not outweigh groups of few."""
    n_near = n_in - found.n_take - found.n_labels
    return np.concatenate(
        [
            np.full(found.n_take, found.n_take**0.5 / TAKE_WEIGHT),
            np.full(found.n_labels, found.n_labels**0.5),
            np.full(n_near, n_near**0.5),
        ]
    )
