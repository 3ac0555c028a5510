"""Learns what an actor's face does with a sound in a mood, against a discriminator, and predicts it (READ 3.2).

The paper generates the head's pose as well; here pose stays the video's, because the picture is laid into that video.
Where there is less film than a network needs, `facetake.portrait.lip_regression` stands in for it.
Knows features, labels and coefficients as arrays; does not know sound files or pictures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from facetake.arrays import F32, Mask
from facetake.emotion import EmotionTrack
from facetake.networks.optimization import BETAS, gan_step, least_squares
from facetake.portrait.capture.clip_list import LABELS
from facetake.portrait.lip_regression import Ridge, regress
from facetake.portrait.read_avatars.settings import ParameterSize, ParameterTraining
from facetake.portrait.training import training_dir
from facetake.portrait.training.trainer import Trainer, batches, ignore
from facetake.portrait.training.training_dir import Kept

LEAK = 0.2  # READ does not say; as in other networks beside a discriminator (Isola et al. 2017)
SMALLEST_SPREAD = 0.02  # a coefficient that hardly moves does not count for more than that
GENERATOR = "generator"
CRITIC = "critic"
SLACK = 0.1  # of the range a coefficient was seen in, by which a prediction may leave it


@dataclass(frozen=True)
class SpokenClip:
    """One clip: features (T, F), labels (T, LABELS), parameters (T, E), and (T,) whether those are known."""

    features: F32
    label: F32
    parameters: F32
    learnable: Mask


class _OverTime(nn.Module):
    """A fully connected layer, an LSTM and a fully connected decoder."""

    def __init__(self, n_in: int, n_out: int, layers: int, size: ParameterSize, *, both_ways: bool) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(n_in, size.width), nn.LeakyReLU(LEAK))
        self.lstm = nn.LSTM(size.width, size.width, layers, batch_first=True, bidirectional=both_ways)
        found = size.width * (2 if both_ways else 1)
        self.decoder = nn.Sequential(nn.Linear(found, size.middle), nn.LeakyReLU(LEAK), nn.Linear(size.middle, n_out))

    def forward(self, rows: Tensor) -> Tensor:
        """Maps (B, T, n_in) to (B, T, n_out)."""
        out: Tensor = self.decoder(self.lstm(self.encoder(rows))[0])
        return out


class ParameterGenerator(nn.Module):
    """What a face does with a sound in a mood."""

    def __init__(self, n_features: int, n_label: int, n_parameters: int, size: ParameterSize) -> None:
        """Builds the generator."""
        super().__init__()
        self.net = _OverTime(n_features + n_label, n_parameters, size.layers, size, both_ways=size.both_ways)

    def forward(self, features: Tensor, label: Tensor) -> Tensor:
        """Maps features (B, T, n_features) and labels (B, T, n_label) to parameters (B, T, n_parameters)."""
        out: Tensor = self.net(torch.cat([features, label], dim=2))
        return out


class ParameterCritic(nn.Module):
    """Whether parameters are real ones for this sound and mood."""

    def __init__(self, n_features: int, n_label: int, n_parameters: int, size: ParameterSize) -> None:
        """Builds the discriminator."""
        super().__init__()
        self.net = _OverTime(n_parameters + n_features + n_label, 1, size.judging, size, both_ways=False)

    def forward(self, parameters: Tensor, features: Tensor, label: Tensor) -> Tensor:
        """Verdicts (B,), 1 for real: the mean over time of one a frame."""
        verdict: Tensor = self.net(torch.cat([parameters, features, label], dim=2)).mean(dim=(1, 2))
        return verdict


class ParameterPredictor(nn.Module):
    """The generator with the scales of what goes in and out, so that a file of weights is all that prediction needs."""

    feature_mean: Tensor
    feature_spread: Tensor
    mean: Tensor
    spread: Tensor
    low: Tensor
    high: Tensor

    def __init__(self, n_features: int, n_parameters: int, size: ParameterSize) -> None:
        """Builds an untrained one."""
        super().__init__()
        self.net = ParameterGenerator(n_features, LABELS, n_parameters, size)
        for name, count in (("feature_mean", n_features), ("mean", n_parameters), ("low", n_parameters)):
            self.register_buffer(name, torch.zeros(count))
        for name, count in (("feature_spread", n_features), ("spread", n_parameters), ("high", n_parameters)):
            self.register_buffer(name, torch.ones(count))

    def measure(self, clips: list[SpokenClip]) -> None:
        """Takes the scales of what is learnt from."""
        features = np.concatenate([clip.features for clip in clips])
        parameters = np.concatenate([clip.parameters for clip in clips])
        low = parameters.min(axis=0)
        high = parameters.max(axis=0)
        found = {
            "feature_mean": features.mean(axis=0),
            "feature_spread": np.maximum(features.std(axis=0), 1e-3),
            "mean": parameters.mean(axis=0),
            "spread": np.maximum(parameters.std(axis=0), SMALLEST_SPREAD),
            "low": low - SLACK * (high - low),
            "high": high + SLACK * (high - low),
        }
        for name, value in found.items():
            self.get_buffer(name).copy_(torch.from_numpy(value))

    def heard(self, features: Tensor) -> Tensor:
        """Features as the networks see them."""
        return (features - self.feature_mean) / self.feature_spread

    def scaled(self, parameters: Tensor) -> Tensor:
        """Parameters as the networks see them."""
        return (parameters - self.mean) / self.spread

    def forward(self, features: Tensor, label: Tensor) -> Tensor:
        """Maps features (B, T, F) and labels (B, T, LABELS) to parameters (B, T, E), within the range once seen."""
        made = self.net(self.heard(features), label) * self.spread + self.mean
        return torch.minimum(torch.maximum(made, self.low), self.high)


def over_time(track: EmotionTrack, times_s: NDArray[np.floating]) -> F32:
    """The label (T, LABELS) of an emotion track at instants (T,) in seconds."""
    return track.sample(times_s)[:, 1:]


Predictor = ParameterPredictor | Ridge


def untrained(n_features: int, n_parameters: int, how: ParameterTraining) -> Predictor:
    """What a training fills."""
    if how.way == "ridge":
        return Ridge(n_features, n_parameters, LABELS)
    return ParameterPredictor(n_features, n_parameters, how.size)


def predict(predictor: Predictor, features: F32, label: F32) -> F32:
    """Parameters (T, E) float32 for features (T, F) and labels (T, LABELS)."""
    with torch.inference_mode():
        if isinstance(predictor, Ridge):
            return np.asarray(predictor(predictor.windows(features, label)).numpy(), np.float32)
        made = predictor(torch.from_numpy(features)[None], torch.from_numpy(label)[None])
    return np.asarray(made[0].numpy(), np.float32)


def learn(
    clips: list[SpokenClip],
    how: ParameterTraining,
    seed: int,
    progress: Callable[[float], None] = ignore,
    folder: Path | None = None,
) -> Predictor:
    """Trains the generator on clips (READ Avatars equation 1), or regresses.

    Args:
        clips: what is learnt from.
        how: all numbers.
        seed: of weights and order.
        progress: told the share done, 0..1.
        folder: where it is kept what has been learnt so far, and gone on with; the result is the same to the bit. Who
            has put the result elsewhere calls `forget`.
    """
    if how.way == "ridge":
        heard, wanted, labels = ([getattr(c, name) for c in clips] for name in ("features", "parameters", "label"))
        known = [c.learnable for c in clips]
        return regress(heard, wanted, labels, known)
    networks = _Networks(clips, how, seed)
    kept = (
        Kept(GENERATOR, networks.predictor, networks.adam),
        Kept(CRITIC, networks.critic, networks.critic_adam),
    )
    trainer = Trainer.of(folder, kept, how, seed, shows=False)
    trainer.run(networks.epoch, progress=progress)
    return networks.predictor.eval()


def forget(folder: Path) -> None:
    """Takes away what was kept while learning."""
    training_dir.forget(folder, GENERATOR)


class _Networks:
    """Generator, discriminator, their optimizers and the windows of the clips; one call trains one epoch."""

    def __init__(self, clips: list[SpokenClip], how: ParameterTraining, seed: int) -> None:
        n_features = clips[0].features.shape[1]
        n_parameters = clips[0].parameters.shape[1]
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.predictor = ParameterPredictor(n_features, n_parameters, how.size)
            self.critic = ParameterCritic(n_features, LABELS, n_parameters, how.size)
        self.predictor.measure(clips)
        self.how = how
        self.seed = seed
        self.rows = _windows(self.predictor, clips, how)
        self.adam = torch.optim.Adam(self.predictor.parameters(), how.rate, BETAS)
        self.critic_adam = torch.optim.Adam(self.critic.parameters(), how.rate, BETAS)

    def epoch(self, number: int) -> None:
        rng = np.random.default_rng([self.seed, number])
        for chosen in batches(len(self.rows[0]), self.how.batch, rng):
            features, label, real = (part[torch.from_numpy(chosen)] for part in self.rows)
            self._step(features, label, real)

    def _step(self, features: Tensor, label: Tensor, real: Tensor) -> None:
        made = self.predictor.net(features, label)
        gan_step(
            (lambda: self._critic_loss(features, label, real, made.detach())) if self.how.gan else None,
            self.critic_adam,
            lambda: self._generator_loss(features, label, real, made),
            self.adam,
        )

    def _critic_loss(self, features: Tensor, label: Tensor, real: Tensor, made: Tensor) -> Tensor:
        """The discriminator's loss, half as strong as the generator's, so that it does not run ahead."""
        return 0.5 * (
            least_squares(self.critic(real, features, label), real=True)
            + least_squares(self.critic(made, features, label), real=False)
        )

    def _generator_loss(self, features: Tensor, label: Tensor, real: Tensor, made: Tensor) -> Tensor:
        loss = F.l1_loss(made, real)
        loss = loss + self.how.velocity * F.l1_loss(made.diff(dim=1), real.diff(dim=1))
        if self.how.gan:
            loss = loss + self.how.gan * least_squares(self.critic(made, features, label), real=True)
        return loss


def _windows(
    predictor: ParameterPredictor, clips: list[SpokenClip], how: ParameterTraining
) -> tuple[Tensor, Tensor, Tensor]:
    """Features, labels and parameters (N, window, ...) as the networks see them; no window is of two clips."""
    length = min(how.window, *(len(clip.features) for clip in clips))
    parts: list[list[Tensor]] = [[], [], []]
    for clip in clips:
        rows = (
            predictor.heard(torch.from_numpy(clip.features)),
            torch.from_numpy(clip.label),
            predictor.scaled(torch.from_numpy(clip.parameters)),
        )
        last = len(clip.features) - length
        starts = sorted({*range(0, last, how.stride), last})
        for part, row in zip(parts, rows, strict=True):
            part += [row[first : first + length] for first in starts]
    features, label, parameters = (torch.stack(part) for part in parts)
    return features, label, parameters
