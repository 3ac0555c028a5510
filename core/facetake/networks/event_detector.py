"""The network from what an ear heard, and levels of bands, to events that are not speech, frame by frame.

Knows no sound and no labels.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

REACH = 5  # frames that a layer sees, so many apart:
APART = (1, 3, 6, 10)  # together 40 frames to either side: the pause that a breath lies in, and the words beside it
WIDTH = 40  # channels, by choice: some hundred examples teach no more
GROUPS = 4  # of channels that look about together, likewise: a third of the weights
DROPPED = 0.3  # of the channels in training, likewise
FURTHEST = 6.0  # spreads from the mean: what is further off is of no recording that was learnt from


class EventDetector(nn.Module):
    """From an ear's features, and levels of bands behind them, to a score of each kind of event.

    Attributes:
        usual, spread: (D,) mean and standard deviation of the features that it learnt from.
    """

    usual: Tensor
    spread: Tensor

    def __init__(self, n_features: int, n_kinds: int) -> None:
        """Makes an untrained network for `n_features` channels, those of the bands among them."""
        super().__init__()
        self.register_buffer("usual", torch.zeros(n_features))
        self.register_buffer("spread", torch.ones(n_features))
        self.narrow = nn.Conv1d(n_features, WIDTH, 1)
        self.drop = nn.Dropout(DROPPED)
        self.around = nn.ModuleList(
            nn.Conv1d(WIDTH, WIDTH, REACH, padding=REACH // 2 * apart, dilation=apart, groups=GROUPS) for apart in APART
        )
        self.mixed = nn.ModuleList(nn.Conv1d(WIDTH, WIDTH, 1) for _ in APART)
        self.out = nn.Conv1d(WIDTH, n_kinds, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Maps features (B, T, D) to scores (B, T, K), above 0 where an event is more likely than not."""
        told = ((features - self.usual) / self.spread).clamp(-FURTHEST, FURTHEST).transpose(1, 2)
        heard = self.drop(torch.relu(self.narrow(told)))
        for around, mixed in zip(self.around, self.mixed, strict=True):
            heard = heard + self.drop(mixed(torch.relu(around(heard))))
        scores: Tensor = self.out(torch.relu(heard)).transpose(1, 2)
        return scores


class EventProbabilities(nn.Module):
    """What ships: the probability of each kind of event."""

    def __init__(self, network: EventDetector) -> None:
        """Wraps a trained network."""
        super().__init__()
        self.network = network

    def forward(self, features: Tensor) -> Tensor:
        """Maps features (B, T, D) to probabilities (B, T, K)."""
        shares: Tensor = self.network(features).sigmoid()
        return shares
