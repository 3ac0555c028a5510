"""Whether moods can be told from 68 points alone, and whether lips keep their timing: what a made line is measured by.

The one who tells is no network of the system's: a softmax regression on how points differ from the face at rest, over
moments that belong to other lines. Knows points as arrays, in distances between the eyes; does not know sound.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from facetake.arrays import F32
from facetake.emotion import EMOTIONS
from facetake.networks.optimization import minimize
from facetake.portrait.landmark_translation.motion.dataset import LandmarkMotionExample
from facetake.portrait.landmark_translation.motion.emotions import EmotionEdgeModel, put_in
from facetake.portrait.landmark_translation.motion.neutral import aperture

STRONG = 0.75  # moments in less of a mood than that are no examples of it
STIFF = 1e-3  # what a slope of 1 costs, by choice: without it slopes grow without end where moods can be told apart
ROUNDS = 100  # of L-BFGS, by choice


@dataclass(frozen=True)
class Told:
    """How well moods are told, and how lips keep up.

    Attributes:
        confusion: (7, 7) share of frames of the mood asked for (row) that are told to be in each (column).
        accuracy: mean of its diagonal; chance is 1/7.
        given: as `accuracy`, of moments of the lessons themselves, which the one who tells has not seen either.
        aperture: (7,) least correlation over lines of the lips' opening in a mood with that without, per mood.
    """

    confusion: F32
    accuracy: float
    given: float
    aperture: F32


class Teller:
    """Tells the mood of points."""

    def __init__(self, lessons: list[LandmarkMotionExample]) -> None:
        """Learns from lessons."""
        seen, moods = _examples(lessons)
        self._mean = seen.mean(dim=0)
        self._spread = seen.std(dim=0) + 1e-3
        self._slope = torch.zeros(seen.shape[1], len(EMOTIONS), requires_grad=True)
        self._bias = torch.zeros(len(EMOTIONS), requires_grad=True)
        scaled = (seen - self._mean) / self._spread
        minimize(
            [self._slope, self._bias],
            lambda: F.cross_entropy(scaled @ self._slope + self._bias, moods) + STIFF * self._slope.square().sum(),
            ROUNDS,
        )

    def tell(self, points: F32, still: F32) -> NDArray[np.int64]:
        """Places in `EMOTIONS` (T,) of points (T, 68, 3) of a face at rest (68, 3)."""
        seen = torch.from_numpy(points - still).flatten(1)
        with torch.inference_mode():
            scores = (seen - self._mean) / self._spread @ self._slope + self._bias
        return np.asarray(scores.argmax(dim=1).numpy())


def _examples(lessons: list[LandmarkMotionExample]) -> tuple[Tensor, Tensor]:
    """Differences from rest (N, 204) and moods (N,) of moments that are plainly in one."""
    seen = torch.from_numpy(np.concatenate([lesson.moody - lesson.still for lesson in lessons])).flatten(1)
    moods = torch.from_numpy(np.concatenate([lesson.moods for lesson in lessons]))
    plain = moods.amax(dim=1) >= STRONG
    return seen[plain], moods.argmax(dim=1)[plain]


def told(
    moods: EmotionEdgeModel, lessons: list[LandmarkMotionExample], others: list[LandmarkMotionExample], every: int = 1
) -> Told:
    """Puts lines of some lessons in every mood, and has one who learnt from other lessons tell which.

    Args:
        moods: trained networks.
        lessons: whose lines without a mood are put in moods; neither the networks nor the teller learnt from them.
        others: what the teller learns from.
        every: of the frames, one in so many is used.
    """
    teller = Teller(others)
    confusion = np.zeros((len(EMOTIONS),) * 2)
    opening = np.ones(len(EMOTIONS))
    for lesson in lessons:
        spoken = lesson.spoken[::every]
        for mood in range(len(EMOTIONS)):
            made = put_in(moods, spoken, lesson.still, np.tile(np.eye(7, dtype=np.float32)[mood], (len(spoken), 1)))
            np.add.at(confusion[mood], teller.tell(made, lesson.still), 1.0)
            opening[mood] = min(opening[mood], _follows(made, spoken))
    shares = confusion / confusion.sum(axis=1, keepdims=True)
    return Told(
        shares.astype(np.float32), float(shares.diagonal().mean()), _given(teller, lessons), opening.astype(np.float32)
    )


def _given(teller: Teller, lessons: list[LandmarkMotionExample]) -> float:
    """Mean share over moods of the lessons' own moments that are told rightly."""
    rows = [(teller.tell(lesson.moody, lesson.still), lesson.moods) for lesson in lessons]
    found, moods = (np.concatenate(column) for column in zip(*rows, strict=True))
    plain = moods.max(axis=1) >= STRONG
    label = moods.argmax(axis=1)
    return float(np.mean([(found == k)[plain & (label == k)].mean() for k in np.unique(label[plain])]))


def _follows(made: F32, spoken: F32) -> float:
    """Correlation of the lips' opening."""
    first, second = (aperture(torch.from_numpy(points)).numpy() for points in (made, spoken))
    return float(np.corrcoef(first, second)[0, 1])
