"""Learns Audio2Expression from one clip, and predicts with it (AudioDVP 3.2).

Knows features and coefficients as arrays; does not know sound files or pictures.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from facetake.networks.audio2expression import Audio2Expression, stacked
from facetake.portrait.audiodvp.settings import ExpressionTraining

F32 = NDArray[np.float32]
BETAS = (0.5, 0.999)
SMALLEST_SPREAD = 1e-3


class Predictor(nn.Module):
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


def learn(
    features: F32, expression: F32, radius: int, training: ExpressionTraining, seed: int,
    progress: Callable[[float], None] | None = None,
) -> Predictor:  # fmt: skip
    """Fits a predictor to one clip by mean squared error (AudioDVP equation 5).

    Args:
        features: (T, F).
        expression: (T, E) as captured.
        radius: N_w.
        training: epochs and the like.
        seed: of weights and order.
        progress: told the share done, 0..1.
    """
    order = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = Predictor(features.shape[1], expression.shape[1], radius)
    network.mean.copy_(torch.from_numpy(features.mean(axis=0)))
    network.spread.copy_(torch.from_numpy(np.maximum(features.std(axis=0), SMALLEST_SPREAD)))
    wanted = torch.from_numpy(expression)
    with torch.no_grad():
        network.net.last.bias.copy_(wanted.mean(dim=0))
    windows = network.windows(features)
    adam = torch.optim.AdamW(network.parameters(), training.rate, BETAS, weight_decay=training.decay)
    for epoch in range(training.epochs):
        for rows in torch.split(torch.randperm(len(windows), generator=order), training.batch):
            loss = nn.functional.mse_loss(network(windows[rows]), wanted[rows])
            adam.zero_grad()
            torch.autograd.backward(loss)
            adam.step()
        if progress:
            progress((epoch + 1) / training.epochs)
    return network.eval()


def predict(network: Predictor, features: F32) -> F32:
    """Expression (T, E) float32 for features (T, F)."""
    with torch.inference_mode():
        return np.asarray(network(network.windows(features)).numpy(), np.float32)
