"""Gated recurrent units whose states are pictures (ConvGRU: Ballas et al. 2015; Landmark translation 3.4).

The form of the cell is that of the original, with convolutions in place of products. Knows tensors; does not know what
the pictures show.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


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
