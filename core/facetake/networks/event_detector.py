"""The network from what an ear heard, and levels of bands, to events that are not speech, frame by frame.

Knows no sound and no labels.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

REACH = 9  # frames that each of two layers sees at once: together 0.28 s, a short breath
WIDTH = 32  # channels, by choice: some hundred examples teach no more
DROPPED = 0.3  # of the channels in training, likewise


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
        self.around = nn.Conv1d(WIDTH, WIDTH, REACH, padding=REACH // 2)
        self.out = nn.Conv1d(WIDTH, n_kinds, REACH, padding=REACH // 2)

    def forward(self, features: Tensor) -> Tensor:
        """Maps features (B, T, D) to scores (B, T, K), above 0 where an event is more likely than not."""
        heard = ((features - self.usual) / self.spread).transpose(1, 2)
        narrow = self.drop(torch.relu(self.narrow(heard)))
        scores: Tensor = self.out(torch.relu(self.around(narrow))).transpose(1, 2)
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
