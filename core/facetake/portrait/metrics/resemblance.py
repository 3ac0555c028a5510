"""What stands in for ArcFace where its file is missing: how colour and texture are spread over a face, by hand.

It tells one person in one light from another, and hardly an open mouth from a shut one, which is what a loss and a
comparison of made pictures with real ones need; whether two photographs show the same person it does not know. Its
numbers compare with nothing but themselves. Knows pictures as tensors; does not know faces.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from facetake.networks.iresnet import SIDE
from facetake.portrait.metrics.style import drawn_filters

CELLS = 4
"""Cells a side, each with the mean of its colours and of what filters see in it."""
FILTERS = 24  # by choice, not measured: fewer see less of a face's texture
TAPS = 7  # likewise
SEED = 11  # any: measures agree as long as it stays
LOUDNESS = 4.0  # brings texture to the size of colour
SIZE = 10.0  # brings descriptions to the size of ArcFace's, so that a loss weighs alike


class Resemblance(nn.Module):
    """Describes faces, in the place of an `IResNet`."""

    filters: Tensor

    def __init__(self) -> None:
        """Draws the filters."""
        super().__init__()
        self.register_buffer("filters", drawn_filters(FILTERS, TAPS, SEED), persistent=False)

    def forward(self, faces: Tensor) -> Tensor:
        """Descriptions (B, D) of pictures (B, 3, 112, 112) in -1..1."""
        if faces.shape[-1] != SIDE:
            raise ValueError(f"faces of {SIDE} pixels a side are wanted, not {tuple(faces.shape[-2:])}")
        colours = F.adaptive_avg_pool2d(faces, CELLS)
        texture = LOUDNESS * F.adaptive_avg_pool2d(F.conv2d(faces, self.filters, stride=2).abs(), CELLS).log1p()
        flat = torch.cat([colours, texture - texture.mean(dim=1, keepdim=True)], dim=1)
        return SIZE * (flat - flat.mean(dim=(2, 3), keepdim=True) * 0.5).flatten(1)
