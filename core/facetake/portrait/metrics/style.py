"""How unlike the texture of two pictures is, without anybody's weights: what stands in for a VGG's style loss.

It is the absolute difference of Laplacian pyramids, which is about edges at all sizes, and that of the Gram matrices of
filters drawn from a fixed seed, which is about texture wherever it lies (random filters do nearly as well as learnt
ones for texture: Ustyuzhaninov et al. 2017). Knows tensors; does not know what is learnt.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LEVELS = 3  # of the pyramid, by choice: each sees edges twice as broad
SMALLEST = 16  # pixels of a side below which no level is made
FILTERS = 32  # by choice, not measured: fewer see less of a texture
TAPS = 5  # likewise
SEED = 20  # any: losses agree as long as it stays
GRAM = 10.0  # brings the Gram matrices' part to the size of the pyramid's


def drawn_filters(count: int, taps: int, seed: int) -> Tensor:
    """Filters (count, 3, taps, taps) of length 1, drawn from a seed: without a mean, so that flat colour is silent."""
    drawn = torch.randn(count, 3, taps, taps, generator=torch.Generator().manual_seed(seed))
    drawn = drawn - drawn.mean(dim=(2, 3), keepdim=True)
    unit: Tensor = drawn / drawn.flatten(1).norm(dim=1)[:, None, None, None]
    return unit


class Style(nn.Module):
    """The stand-in for the paper's VGG style loss."""

    filters: Tensor

    def __init__(self) -> None:
        """Draws the filters."""
        super().__init__()
        self.register_buffer("filters", drawn_filters(FILTERS, TAPS, SEED), persistent=False)

    def forward(self, made: Tensor, real: Tensor) -> Tensor:
        """The loss, a number, of pictures (B, 3, H, W) in -1..1."""
        total = made.new_zeros(())
        for level in range(LEVELS):
            total = total + GRAM * (self._gram(made) - self._gram(real)).abs().mean()
            if level + 1 == LEVELS or min(made.shape[-2:]) < 2 * SMALLEST:
                break
            small, small_real = (F.avg_pool2d(picture, 2) for picture in (made, real))
            edges = (made - _large(small)) - (real - _large(small_real))
            total = total + edges.abs().mean()
            made = small
            real = small_real
        return total

    def _gram(self, picture: Tensor) -> Tensor:
        """How filters answer together, (B, FILTERS, FILTERS), over the whole picture."""
        answers = F.conv2d(picture, self.filters, padding=TAPS // 2).relu().flatten(2)
        return answers @ answers.transpose(1, 2) / answers.shape[2]


def _large(picture: Tensor) -> Tensor:
    return F.interpolate(picture, scale_factor=2.0, mode="bilinear", align_corners=False)
