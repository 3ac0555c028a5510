"""What is heard and a face at rest to displacements of its 68 landmarks (Landmark translation 3.1).

An LSTM over the features of the sound; a perceptron joins what it remembers to the landmarks at rest. Knows tensors;
does not know where features come from.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

LEAK = 0.2  # the paper does not say; as in MakeItTalk's network of the same task (Zhou et al. 2020)
SCALE = 0.1
"""Displacements are so small, in distances between the eyes, that the network works in tenths."""


@dataclass(frozen=True)
class MotionSize:
    """Shape of the network. The paper has 256 in the LSTM and leaves the rest to a supplement.

    Attributes:
        hidden: numbers each LSTM remembers.
        layers: LSTMs, one over another.
        wide, narrow: of the perceptron.
        both_ways: it also hears what comes next. The paper does not say; without it lips cannot be early.
    """

    hidden: int = 256
    layers: int = 3
    wide: int = 512
    narrow: int = 256
    both_ways: bool = False


class LandmarkMotion(nn.Module):
    """lstm_neu and the perceptron after it."""

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
