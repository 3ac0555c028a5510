"""Encoder, ConvGRU and decoder: pictures that are roughly right to ones that hold together over time.

The "global translation" of Landmark translation 3.4. Its gated recurrent units have pictures for states (ConvGRU:
Ballas et al. 2015); the form of the cell is that of the original, with convolutions in place of products. Knows tensors
in [-1, 1]; does not know faces or landmarks.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from facetake.networks.unet import LEAK, N_OUT, Norm, Output, normed, put, start


class ConvGRUCell(nn.Module):
    """One layer: looks at a picture of features and at what it remembers."""

    def __init__(self, n_in: int, hidden: int, kernel: int) -> None:
        """Orthogonal weights and no biases to begin with, so that nothing grows or dies over many frames."""
        super().__init__()
        self.hidden = hidden
        self.gates = nn.Conv2d(n_in + hidden, 2 * hidden, kernel, padding=kernel // 2)
        self.candidate = nn.Conv2d(n_in + hidden, hidden, kernel, padding=kernel // 2)
        for layer in (self.gates, self.candidate):
            nn.init.orthogonal_(layer.weight)
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)

    def forward(self, features: Tensor, state: Tensor) -> Tensor:
        """The new state (B, hidden, H, W) for features (B, n_in, H, W) and the state before."""
        update, reset = self.gates(torch.cat([features, state], dim=1)).sigmoid().chunk(2, dim=1)
        new = self.candidate(torch.cat([features, reset * state], dim=1)).tanh()
        after: Tensor = state + update * (new - state)
        return after


class ConvGRU(nn.Module):
    """Layers of cells, each reading the one below; without any it hands its input on."""

    def __init__(self, n_in: int, hidden: int, layers: int, kernel: int = 3) -> None:
        """Builds `layers` cells of `hidden` channels over `n_in`."""
        super().__init__()
        widths = [n_in, *[hidden] * layers]
        self.cells = nn.ModuleList(ConvGRUCell(below, hidden, kernel) for below in widths[:-1])
        self.n_out = widths[-1]

    def forward(self, features: Tensor, states: list[Tensor] | None = None) -> tuple[Tensor, list[Tensor]]:
        """Reads a sequence.

        Args:
            features: (B, T, n_in, H, W).
            states: what the frame before left in each layer, (B, hidden, H, W) each; nothing before the first.

        Returns:
            The top layer's states (B, T, n_out, H, W), and what the last frame leaves in each layer.
        """
        if states is None:
            shape = (len(features), self.n_out, *features.shape[-2:])
            states = [features.new_zeros(shape) for _ in self.cells]
        frames = []
        for frame in features.unbind(dim=1):
            below = frame
            left = []
            for cell, state in zip(self.cells, states, strict=True):
                below = cell(below, state)
                left.append(below)
            states = left
            frames.append(below)
        return torch.stack(frames, dim=1), states


@dataclass(frozen=True)
class SequenceTranslatorSize:
    """Shape of the network. The paper says three layers each; their widths are Facetake's.

    Attributes:
        widths: channels of the encoder's layers, each of which halves the picture.
        hidden: channels of the ConvGRU's states.
        layers: of the ConvGRU; 0 leaves it out (Table 3: "w/o convGRU").
        out: what becomes of what the last layer says; the paper's makes a picture "anew".
        norm: as in `facetake.networks.unet.UNetSize`.
    """

    widths: tuple[int, ...] = (64, 128, 256)
    hidden: int = 256
    layers: int = 3
    out: Output = "anew"
    norm: Norm = "group"

    def __post_init__(self) -> None:
        """Refuses shapes that cannot be built (ValueError)."""
        if not self.widths or min(*self.widths, self.hidden) < 1 or self.layers < 0:
            raise ValueError(f"an encoder needs a layer, and layers need channels, not {self}")


class SequenceTranslator(nn.Module):
    """Makes a sequence of pictures whole and steady."""

    def __init__(self, size: SequenceTranslatorSize) -> None:
        """Builds the network for pictures with sides that are multiples of 2 ** (number of widths)."""
        super().__init__()
        widths = (3, *size.widths)
        self.encoder = nn.Sequential(*(_down(*pair, size.norm) for pair in zip(widths[:-1], widths[1:], strict=True)))
        self.encoder.apply(start)
        self.memory = ConvGRU(widths[-1], size.hidden, size.layers)
        out = (self.memory.n_out, *reversed(widths[1:-1]))
        ups = [_up(n_in, n_out, size.norm) for n_in, n_out in zip(out[:-1], out[1:], strict=True)]
        self.decoder = nn.Sequential(*ups, nn.ConvTranspose2d(out[-1], N_OUT[size.out], 4, stride=2, padding=1))
        self.decoder.apply(start)
        self.out = size.out

    def forward(self, pictures: Tensor, states: list[Tensor] | None = None) -> tuple[Tensor, list[Tensor]]:
        """Translates a sequence.

        Args:
            pictures: (B, T, 3, H, W) in -1..1.
            states: as `ConvGRU` left them after the frame before; nothing before the first.

        Returns:
            Pictures (B, T, 3, H, W) in -1..1, and the states after the last.
        """
        count = pictures.shape[:2]
        features = self.encoder(pictures.flatten(0, 1)).unflatten(0, count)
        remembered, states = self.memory(features, states)
        made = self.decoder(remembered.flatten(0, 1)).unflatten(0, count).tanh()
        return put(self.out, pictures, made), states


def _down(n_in: int, n_out: int, norm: Norm) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(n_in, n_out, 4, stride=2, padding=1), normed(norm, n_out), nn.LeakyReLU(LEAK))


def _up(n_in: int, n_out: int, norm: Norm) -> nn.Sequential:
    return nn.Sequential(nn.ConvTranspose2d(n_in, n_out, 4, stride=2, padding=1), normed(norm, n_out), nn.ReLU())
