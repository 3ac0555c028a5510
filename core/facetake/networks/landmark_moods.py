"""Edges of a talking face to those of one in a mood, and what judges them (Landmark translation 3.2).

Layers over a graph of edges: each edge hears its neighbours. The paper has the networks in a supplement. Knows tensors
and a graph; does not know what edges join.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class MoodSize:
    """Shape of generator and discriminators.

    Attributes:
        width: numbers an edge in every layer.
        layers: how often edges hear their neighbours.
        place: numbers learnt for each edge, by which layers shared by all edges know a lip from a brow.
    """

    width: int = 128
    layers: int = 4
    place: int = 16


class _Trunk(nn.Module):
    """Layers over the graph."""

    around: Tensor

    def __init__(self, n_in: int, around: Tensor, size: MoodSize) -> None:
        super().__init__()
        self.register_buffer("around", around, persistent=False)
        self.place = nn.Parameter(0.3 * torch.randn(len(around), size.place))
        self.enter = nn.Linear(n_in + size.place, size.width)
        self.own = nn.ModuleList(nn.Linear(size.width, size.width) for _ in range(size.layers))
        self.heard = nn.ModuleList(nn.Linear(size.width, size.width, bias=False) for _ in range(size.layers))
        self.norms = nn.ModuleList(nn.LayerNorm(size.width) for _ in range(size.layers))

    def forward(self, edges: Tensor) -> Tensor:
        """Maps (B, E, n_in) to (B, E, width)."""
        hidden: Tensor = self.enter(torch.cat([edges, self.place.expand(len(edges), -1, -1)], dim=2))
        for own, heard, norm in zip(self.own, self.heard, self.norms, strict=True):
            near = heard(hidden)[:, self.around].mean(dim=2)
            hidden = hidden + torch.relu(norm(own(hidden) + near))
        return hidden


class MoodGenerator(nn.Module):
    """G: edges and a mood to what the mood changes about them."""

    def __init__(self, n_moods: int, around: Tensor, size: MoodSize) -> None:
        """Builds a generator that changes nothing yet. around (E, 4): each edge's neighbours."""
        super().__init__()
        self.trunk = _Trunk(2 + n_moods, around, size)
        self.leave = nn.Linear(size.width, 2)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def forward(self, edges: Tensor, mood: Tensor) -> Tensor:
        """Maps edges (B, E, 2) and moods (B, n_moods) to changes (B, E, 2)."""
        asked = mood[:, None].expand(-1, edges.shape[1], -1)
        changed: Tensor = self.leave(self.trunk(torch.cat([edges, asked], dim=2)))
        return changed


class MoodCritic(nn.Module):
    """D_src and D_cls over one trunk, as in StarGAN: whether edges are a real face's, and in which mood it is."""

    def __init__(self, n_moods: int, around: Tensor, size: MoodSize) -> None:
        """Builds both."""
        super().__init__()
        self.trunk = _Trunk(2, around, size)
        self.source = nn.Linear(size.width, 1)
        self.mood = nn.Linear(size.width, n_moods)

    def forward(self, edges: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (B,), above 0 for real, and moods (B, n_moods) that sum to 1, of edges (B, E, 2)."""
        seen = self.trunk(edges).mean(dim=1)
        return self.source(seen)[:, 0], self.mood(seen).softmax(dim=1)
