"""Learns from one clip what its actor's face does with a sound, and predicts with it (AudioDVP 3.2).

Audio2Expression is the paper's way; where there are seconds of video and not minutes,
`facetake.portrait.lip_regression` stands in for it. `Scaled` is a former way. Knows features and coefficients as
arrays; does not know sound files or pictures.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from facetake.arrays import F32, I64, Mask
from facetake.networks.optimization import BETAS, step
from facetake.portrait.audio_features import SMALLEST_SPREAD
from facetake.portrait.audiodvp.settings import ExpressionTraining
from facetake.portrait.lip_regression import Ridge, regress
from facetake.portrait.training.trainer import Trainer, ignore

KERNEL = 3  # Table 1; convolutions run along the features, and the frames of a window are channels
CHANNELS = (5, 3, 1)  # Table 1
MOST_GAIN = 3.0  # what the take hardly moves is not blown up


class Audio2Expression(nn.Module):
    """Three convolutions along the features, the frames of the window being channels, and one linear layer.

    Table 1 has no activation between them. With 256 features and 64 coefficients its layers give 5 x 254, 3 x 252,
    1 x 250 and 64 numbers.
    """

    def __init__(self, n_features: int, n_expression: int, radius: int) -> None:
        """Builds the network for `n_features` numbers a frame, `n_expression` coefficients out."""
        super().__init__()
        lost = len(CHANNELS) * (KERNEL - 1)
        if n_features <= lost or n_expression < 1 or radius < 0:
            raise ValueError(f"Audio2Expression needs more than {lost} features, not {n_features}")
        widths = (2 * radius + 1, *CHANNELS)
        self.convolutions = nn.ModuleList(nn.Conv1d(a, b, KERNEL) for a, b in zip(widths, widths[1:], strict=False))
        self.last = nn.Linear(n_features - lost, n_expression)

    def forward(self, windows: Tensor) -> Tensor:
        """Maps windows (B, 2 radius + 1, n_features) to coefficients (B, n_expression)."""
        for layer in self.convolutions:
            windows = layer(windows)
        out: Tensor = self.last(windows[:, 0])
        return out


def stacked(frames: Tensor, radius: int) -> Tensor:
    """Each frame with its neighbours: (T, ...) to (T, 2 radius + 1, ...).

    out[t, k] = frames[t + k - radius], and zeros where there is no such frame (AudioDVP 3.2).
    """
    nothing = frames.new_zeros((radius, *frames.shape[1:]))
    padded = torch.cat([nothing, frames, nothing])
    return torch.stack([padded[k : k + len(frames)] for k in range(2 * radius + 1)], dim=1)


class ExpressionPredictor(nn.Module):
    """Audio2Expression with the scale of its features, so that a file of weights is all that prediction needs."""

    mean: Tensor
    spread: Tensor

    def __init__(self, n_features: int, n_expression: int, radius: int) -> None:
        """Builds an untrained one."""
        super().__init__()
        self.radius = radius
        self.net = Audio2Expression(n_features, n_expression, radius)
        self.register_buffer("mean", torch.zeros(n_features))
        self.register_buffer("spread", torch.ones(n_features))

    def forward(self, windows: Tensor) -> Tensor:
        """Maps windows (B, 2 radius + 1, n_features) to coefficients (B, n_expression)."""
        out: Tensor = self.net(windows)
        return out

    def windows(self, features: F32) -> Tensor:
        """Scaled features (T, n_features) as windows (T, 2 radius + 1, n_features); zeros past either end."""
        return stacked((torch.from_numpy(features) - self.mean) / self.spread, self.radius)


class Scaled(nn.Module):
    """Brings an expression to the mean and spread, and into the range, that an actor was seen with."""

    gain: Tensor
    offset: Tensor
    low: Tensor
    high: Tensor

    def __init__(self, n_expression: int) -> None:
        """Builds one that changes nothing within 0..1."""
        super().__init__()
        for name, value in (("gain", 1.0), ("offset", 0.0), ("low", 0.0), ("high", 1.0)):
            self.register_buffer(name, torch.full((n_expression,), value))

    def forward(self, expression: Tensor) -> Tensor:
        """Maps expression (T, E) of somebody to that of the actor (T, E)."""
        return (expression * self.gain + self.offset).clamp(self.low, self.high)

    def windows(self, features: F32) -> Tensor:
        """The expression itself: no neighbours are looked at."""
        return torch.from_numpy(features)


Predictor = ExpressionPredictor | Scaled | Ridge


def untrained(n_features: int, n_expression: int, radius: int, training: ExpressionTraining) -> Predictor:
    """What a training fills. ValueError for expressions of another model than the actor's."""
    if training.way == "network":
        return ExpressionPredictor(n_features, n_expression, radius)
    if training.way == "ridge":
        return Ridge(n_features, n_expression)
    if n_features != n_expression:
        raise ValueError(f"an expression of {n_features} numbers cannot be scaled to one of {n_expression}")
    return Scaled(n_expression)


def learn(
    features: F32,
    expression: F32,
    radius: int,
    training: ExpressionTraining,
    seed: int,
    progress: Callable[[float], None] = ignore,
    learnable: Mask | None = None,
) -> Predictor:
    """Fits what predicts expression to one clip.

    Args:
        features: (T, F).
        expression: (T, E) as captured.
        radius: N_w.
        training: which way, epochs and the like.
        seed: of weights and order.
        progress: told the share done, 0..1.
        learnable: frames (T,) whose expression is known; None: all.
    """
    rows = np.arange(len(expression)) if learnable is None else np.flatnonzero(learnable)
    if training.way == "scaled":
        return _scaled(features[rows], expression[rows])
    if training.way == "ridge":
        return regress([features], [expression], learnable=None if learnable is None else [learnable])
    return _learnt(features, expression[rows], rows, radius, training, seed, progress)


def _scaled(features: F32, expression: F32) -> Scaled:
    """Mean and spread of both sides, a coefficient each; one that the take leaves still stays at the actor's mean."""
    found = Scaled(expression.shape[1])
    moves = features.std(axis=0) > SMALLEST_SPREAD
    gain = np.where(moves, np.minimum(expression.std(axis=0) / np.maximum(features.std(axis=0), 1e-9), MOST_GAIN), 0.0)
    offset = expression.mean(axis=0) - gain * features.mean(axis=0)
    for buffer, values in (
        (found.gain, gain),
        (found.offset, offset),
        (found.low, expression.min(axis=0)),
        (found.high, expression.max(axis=0)),
    ):
        buffer.copy_(torch.from_numpy(values))
    return found.eval()


def _learnt(
    features: F32,
    expression: F32,
    frames: I64,
    radius: int,
    training: ExpressionTraining,
    seed: int,
    progress: Callable[[float], None],
) -> ExpressionPredictor:
    """Audio2Expression by mean squared error (AudioDVP equation 5)."""
    order = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = ExpressionPredictor(features.shape[1], expression.shape[1], radius)
    network.mean.copy_(torch.from_numpy(features.mean(axis=0)))
    network.spread.copy_(torch.from_numpy(np.maximum(features.std(axis=0), SMALLEST_SPREAD)))
    wanted = torch.from_numpy(expression)
    with torch.no_grad():
        network.net.last.bias.copy_(wanted.mean(dim=0))
    windows = network.windows(features)[frames]
    adam = torch.optim.AdamW(network.parameters(), training.rate, BETAS, weight_decay=training.decay)

    def epoch(_: int) -> None:
        for rows in torch.split(torch.randperm(len(windows), generator=order), training.batch):
            step(nn.functional.mse_loss(network(windows[rows]), wanted[rows]), adam)

    # a minute's work, so nothing is kept to go on from
    Trainer(folder=None, kept=(), epochs=training.epochs, seed=seed).run(epoch, progress=progress)
    return network.eval()


def predict(network: Predictor, features: F32) -> F32:
    """Expression (T, E) float32 for features (T, F)."""
    with torch.inference_mode():
        return np.asarray(network(network.windows(features)).numpy(), np.float32)
