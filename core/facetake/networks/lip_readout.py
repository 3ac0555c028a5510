"""How open and how rounded the lips are, read from the states of a pretrained encoder. Faces alone teach it."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class LipReadout(nn.Module):
    """A mix of an encoder's states and a small bidirectional GRU: states to opening and rounding."""

    mean: Tensor
    spread: Tensor
    scale: Tensor

    def __init__(self, states: int, width: int, hidden: int, dropout: float = 0.4) -> None:
        """Builds a readout of `states` states of `width` channels."""
        super().__init__()
        self.shares = nn.Parameter(torch.zeros(states))
        self.inner = nn.Linear(width, hidden)
        self.dropout = nn.Dropout(dropout)
        self.memory = nn.GRU(hidden, hidden // 2, batch_first=True, bidirectional=True)
        self.out = nn.Linear(hidden, 2)
        self.register_buffer("mean", torch.zeros(states, 1, width))
        self.register_buffer("spread", torch.ones(states, 1, width))
        self.register_buffer("scale", torch.ones(2))  # of the outputs over the faces, so that readouts can be added

    def forward(self, states: Tensor) -> Tensor:
        """Maps states (B, L, N, D) to opening and rounding (B, N, 2)."""
        scaled = (states - self.mean) / self.spread
        mixed = torch.einsum("l,blnd->bnd", self.shares.softmax(dim=0), scaled) * len(self.shares) ** 0.5
        read_out = self.dropout(nn.functional.gelu(self.inner(self.dropout(mixed))))
        track: Tensor = self.out(self.dropout(self.memory(read_out)[0]))
        return track / self.scale
