"""FACTS: the restyler, its discriminator and the viseme classifier, which share one architecture (FACTS 3.1, 3.2.4).

An encoder of residual layers works on each frame, a bidirectional GRU brings in time, a decoder of residual layers
leads to the wanted outputs. Knows nothing of losses, files or what the styles mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from facetake import rig
from facetake.visemes import VISEMES

LEAK = 0.2  # FACTS does not say; as in EmoFace 4.2


@dataclass(frozen=True)
class SequenceNetSize:
    """Shape of one network. Hidden size and dropout are the paper's (FACTS 4.2); it gives no numbers of layers.

    Attributes:
        hidden: dimension of the hidden layers, and of the GRU in each direction.
        blocks: residual layers of the encoder and of the decoder.
        layers: layers of the GRU.
        dropout: after each layer but the GRU.
    """

    hidden: int = 256
    blocks: int = 2
    layers: int = 2
    dropout: float = 0.4


class Residual(nn.Module):
    """One fully connected layer, added to its input."""

    def __init__(self, size: SequenceNetSize) -> None:
        """Keeps the hidden size."""
        super().__init__()
        self.layer = nn.Linear(size.hidden, size.hidden)
        self.dropout = nn.Dropout(size.dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, T, hidden) to the same shape."""
        output: Tensor = x + self.dropout(nn.functional.leaky_relu(self.layer(x), LEAK))
        return output


class SequenceNet(nn.Module):
    """Encoder, bidirectional GRU, decoder (FACTS 3.1, figure 2)."""

    def __init__(self, n_in: int, n_out: int, size: SequenceNetSize, skip: bool = False) -> None:
        """Builds the network; `skip` adds the first hidden layer to the last, to conserve content."""
        super().__init__()
        self.skip = skip
        self.first = nn.Linear(n_in, size.hidden)
        self.dropout = nn.Dropout(size.dropout)
        self.encoder = nn.Sequential(*(Residual(size) for _ in range(size.blocks)))
        self.gru = nn.GRU(size.hidden, size.hidden, size.layers, batch_first=True, bidirectional=True)
        self.both = nn.Linear(2 * size.hidden, size.hidden)
        self.decoder = nn.Sequential(*(Residual(size) for _ in range(size.blocks)))
        self.last = nn.Linear(size.hidden, n_out)

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, T, n_in) to (B, T, n_out)."""
        first = self.dropout(nn.functional.leaky_relu(self.first(x), LEAK))
        hidden = self.decoder(self.both(self.gru(self.encoder(first))[0]))
        output: Tensor = self.last(hidden + first if self.skip else hidden)
        return output


class RestylerNetwork(nn.Module):
    """The generator: curves and a style code to curves of that style (FACTS 3.1)."""

    def __init__(self, n_styles: int, size: SequenceNetSize, as_change: bool = False) -> None:
        """Builds the network; with `as_change` it gives what to add to the curves; the paper's gives them whole."""
        super().__init__()
        self.as_change = as_change
        self.net = SequenceNet(rig.N_CONTROLS + n_styles, rig.N_CONTROLS, size, skip=True)

    def forward(self, curves: Tensor, style: Tensor) -> Tensor:
        """Maps curves (B, T, 174) and codes (B, T, K), present styles 1, to curves (B, T, 174), not yet clamped."""
        out: Tensor = self.net(torch.cat([curves, style], dim=-1))
        return curves + out if self.as_change else out


class Discriminator(nn.Module):
    """Per frame, how real curves look and of which style they are (FACTS 3.1)."""

    def __init__(self, groups: tuple[int, ...], size: SequenceNetSize) -> None:
        """`groups` are the numbers of styles that exclude each other, such as emotions, then actors."""
        super().__init__()
        self.groups = groups
        self.net = SequenceNet(rig.N_CONTROLS, 1 + sum(groups), size)

    def forward(self, curves: Tensor) -> tuple[Tensor, Tensor]:
        """Maps curves (B, T, 174) to a critic's score (B, T) and style log-probabilities (B, T, K)."""
        out = self.net(curves)
        return out[..., 0], grouped_log_softmax(out[..., 1:], self.groups)


class VisemeClassifierNetwork(nn.Module):
    """Curves to visemes, whoever speaks in whatever mood (FACTS 3.2.4); a second head tells the style."""

    def __init__(self, groups: tuple[int, ...], size: SequenceNetSize) -> None:
        """`groups` as for the discriminator."""
        super().__init__()
        self.groups = groups
        self.net = SequenceNet(rig.N_CONTROLS, len(VISEMES) + sum(groups), size)

    def forward(self, curves: Tensor) -> tuple[Tensor, Tensor]:
        """Maps curves (B, T, 174) to log-probabilities of visemes (B, T, 16) and styles (B, T, K)."""
        out = self.net(curves)
        n_visemes = len(VISEMES)
        return out[..., :n_visemes].log_softmax(dim=-1), grouped_log_softmax(out[..., n_visemes:], self.groups)


def grouped_log_softmax(logits: Tensor, groups: tuple[int, ...]) -> Tensor:
    """Log-probabilities (..., K) in which the styles of each group sum to 1."""
    return torch.cat([part.log_softmax(dim=-1) for part in torch.split(logits, list(groups), dim=-1)], dim=-1)
