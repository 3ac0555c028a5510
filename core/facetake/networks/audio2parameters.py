"""Audio and emotion over time to face parameters, and the judge of both together (READ Avatars 3.2).

Each is a fully connected layer, an LSTM and a fully connected decoder. Knows tensors; does not know what is heard or
what the parameters move.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

LEAK = 0.2  # READ does not say; as in other networks beside a discriminator (Isola et al. 2017)


@dataclass(frozen=True)
class ParameterSize:
    """Shape of generator and discriminator. READ Avatars leaves it to a supplement.

    Attributes:
        width: of the encoder, and of the LSTMs.
        layers: LSTMs of the generator, one over another.
        judging: LSTMs of the discriminator.
        middle: numbers in the decoder.
        both_ways: the generator also hears what comes next. The paper does not say; without it lips cannot be early.
    """

    width: int = 256
    layers: int = 3
    judging: int = 2
    middle: int = 128
    both_ways: bool = False


class _OverTime(nn.Module):
    """Encoder, LSTM, decoder."""

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
