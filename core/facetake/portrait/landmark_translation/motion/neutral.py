"""Learns what 68 points do with a sound, whoever's they are, and predicts it (Landmark translation 3.1).

Where there is less film than a network needs, `facetake.portrait.lip_regression` stands in for it. Knows features and
points as arrays, in distances between the eyes; does not know sound files or moods.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import torch
from torch import Tensor, nn

from facetake.arrays import F32
from facetake.face.ibug import INNER_LIPS, MOUTH
from facetake.networks.optimization import step
from facetake.portrait.audio_features import SMALLEST_SPREAD
from facetake.portrait.landmark_translation.motion.dataset import LandmarkMotionExample
from facetake.portrait.landmark_translation.motion.edges import N_POINTS, joints
from facetake.portrait.landmark_translation.settings import MotionSize, NeutralTraining
from facetake.portrait.lip_regression import Ridge, regress
from facetake.portrait.training.trainer import batches

LEAK = 0.2  # the paper does not say; as in MakeItTalk's network of the same task (Zhou et al. 2020)
SCALE = 0.1
"""Displacements are so small, in distances between the eyes, that the network works in tenths."""


class LandmarkMotion(nn.Module):
    """lstm_neu over the features of the sound; a perceptron joins what it remembers to the landmarks at rest."""

    def __init__(self, n_features: int, n_points: int, size: MotionSize) -> None:
        """Builds the network for `n_features` numbers a frame and `n_points` landmarks."""
        super().__init__()
        self.lstm = nn.LSTM(n_features, size.hidden, size.layers, batch_first=True, bidirectional=size.both_ways)
        heard = size.hidden * (2 if size.both_ways else 1)
        self.decoder = nn.Sequential(
            nn.Linear(heard + 3 * n_points, size.wide),
            nn.LeakyReLU(LEAK),
            nn.Linear(size.wide, size.narrow),
            nn.LeakyReLU(LEAK),
            nn.Linear(size.narrow, 3 * n_points),
        )

    def forward(self, features: Tensor, still: Tensor) -> Tensor:
        """Displacements (B, T, N, 3) for features (B, T, n_features) and faces at rest (B, N, 3), in one unit."""
        hidden = self.lstm(features)[0]
        whom = still.flatten(1)[:, None].expand(-1, hidden.shape[1], -1)
        moved = self.decoder(torch.cat([hidden, whom], dim=2))
        displaced: Tensor = SCALE * moved.unflatten(2, still.shape[1:])
        return displaced


class NetworkSpeaker(nn.Module):
    """The network with the scale of its features, so that a file of weights is all that prediction needs."""

    mean: Tensor
    spread: Tensor

    def __init__(self, n_features: int, how: NeutralTraining) -> None:
        """Builds an untrained one."""
        super().__init__()
        self.net = LandmarkMotion(n_features, N_POINTS, how.size)
        self.register_buffer("mean", torch.zeros(n_features))
        self.register_buffer("spread", torch.ones(n_features))

    def measure(self, lessons: list[LandmarkMotionExample]) -> None:
        """Takes the scale of what is learnt from."""
        features = np.concatenate([lesson.features for lesson in lessons])
        self.mean.copy_(torch.from_numpy(features.mean(axis=0)))
        self.spread.copy_(torch.from_numpy(np.maximum(features.std(axis=0), SMALLEST_SPREAD)))

    def forward(self, features: Tensor, still: Tensor) -> Tensor:
        """Displacements (B, T, 68, 3) for features (B, T, F) and faces at rest (B, 68, 3)."""
        moved: Tensor = self.net((features - self.mean) / self.spread, still)
        return moved


Speaker = NetworkSpeaker | Ridge


def untrained(n_features: int, how: NeutralTraining) -> Speaker:
    """What a training fills."""
    return Ridge(n_features, N_POINTS * 3) if how.way == "ridge" else NetworkSpeaker(n_features, how)


def regressed(lessons: Sequence[LandmarkMotionExample]) -> Ridge:
    """Displacements regressed from lessons."""
    moved = [(lesson.spoken - lesson.still).reshape(len(lesson.spoken), -1) for lesson in lessons]
    return regress([lesson.features for lesson in lessons], moved)


def speak(speaker: Speaker, features: F32, still: F32) -> F32:
    """Points (T, 68, 3) of a face (68, 3) that says what is heard in features (T, F)."""
    with torch.inference_mode():
        if isinstance(speaker, Ridge):
            return np.asarray(still + speaker(speaker.windows(features)).numpy().reshape(-1, *still.shape), np.float32)
        moved = speaker(torch.from_numpy(features)[None], torch.from_numpy(still)[None])[0]
    return np.asarray(still + moved.numpy(), np.float32)


def aperture(points: Tensor) -> Tensor:
    """Opening (...) between the inner lips of points (..., 68, 3)."""
    gaps = [torch.linalg.vector_norm(points[..., a, :] - points[..., b, :], dim=-1) for a, b in INNER_LIPS]
    return torch.stack(gaps).mean(dim=0)


class NeutralTrainer:
    """The network, its optimizer, and the windows of the lessons."""

    def __init__(self, lessons: list[LandmarkMotionExample], how: NeutralTraining, seed: int) -> None:
        """Builds what is to be trained."""
        self.how = how
        self.seed = seed
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.speaker = NetworkSpeaker(lessons[0].features.shape[1], how)
        self.speaker.measure(lessons)
        self.adam = torch.optim.Adam(self.speaker.parameters(), how.rate)
        self._features, self._still, self._wanted = _windows(lessons, how)

    def epoch(self, number: int) -> float:
        """One pass; the mean loss, in tenths of the distance between the eyes."""
        self.speaker.train()
        rng = np.random.default_rng([self.seed, number])
        chosen = batches(len(self._features), self.how.batch, rng)
        losses = [step(self._loss(torch.from_numpy(rows)), self.adam) for rows in chosen]
        self.speaker.eval()
        return float(np.mean(losses))

    def _loss(self, rows: Tensor) -> Tensor:
        still = self._still[rows]
        wanted = self._wanted[rows]
        away = (self.speaker(self._features[rows], still) - wanted) / SCALE
        weight = torch.ones_like(away[..., :1])
        shut = (1.0 - aperture(still[:, None] + wanted) / self.how.closed).clamp(0.0, 1.0)
        weight[:, :, MOUTH] += self.how.lips * shut[:, :, None, None]
        uneven = away - torch.einsum("nm,btmk->btnk", _neighbours(), away)
        losses = [(weight * away.abs()).mean(), uneven.abs().mean(), away.diff(dim=1).abs().mean()]
        return torch.stack(losses) @ torch.tensor([1.0, self.how.laplacian, self.how.velocity])


@cache
@torch.inference_mode(False)  # kept for later calls, which may be of a training
def _neighbours() -> Tensor:
    """(68, 68) what takes points to the means of those that they are joined to."""
    joined = torch.zeros(N_POINTS, N_POINTS)
    ends = torch.from_numpy(joints().ends)
    joined[ends[:, 0], ends[:, 1]] = joined[ends[:, 1], ends[:, 0]] = 1.0
    return joined / joined.sum(dim=1, keepdim=True)


def _windows(lessons: list[LandmarkMotionExample], how: NeutralTraining) -> tuple[Tensor, Tensor, Tensor]:
    """Features (N, W, F), faces at rest (N, 68, 3) and displacements (N, W, 68, 3); no window is of two lessons."""
    length = min(how.window, *(len(lesson.features) for lesson in lessons))
    rows: list[tuple[Tensor, Tensor, Tensor]] = []
    for lesson in lessons:
        moved = torch.from_numpy(lesson.spoken - lesson.still)
        features = torch.from_numpy(lesson.features)
        still = torch.from_numpy(lesson.still)
        last = len(features) - length
        for first in sorted({*range(0, last, how.stride), last}):
            rows.append((features[first : first + length], still, moved[first : first + length]))
    features, still, moved = (torch.stack(part) for part in zip(*rows, strict=True))
    return features, still, moved
