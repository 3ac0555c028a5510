"""How unlike two pictures are, and how a discriminator's verdicts become losses (READ Avatars equation 3, LSGAN).

The paper's style term needs a VGG, which only users can bring (`facetake.portrait.perceptual`). What stands in for it
needs no weights: the absolute difference of Laplacian pyramids, which is about edges at all sizes, and that of the Gram
matrices of filters drawn from a fixed seed, which is about texture wherever it lies (random filters do nearly as well
as learnt ones for texture: Ustyuzhaninov et al. 2017). Knows tensors; does not know what is learnt.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from facetake import weights
from facetake.audio import hash_of
from facetake.portrait.perceptual import STYLE_LAYERS, VggStyle, open_vgg
from facetake.portrait.read.settings import StyleBy

LEVELS = 3
SMALLEST = 16  # pixels of a side below which no level is made
FILTERS, TAPS, SEED = 32, 5, 20
GRAM = 10.0  # brings the Gram matrices' part to the size of the pyramid's


class Style(nn.Module):
    """The stand-in for the paper's VGG style loss."""

    filters: Tensor

    def __init__(self) -> None:
        """Draws the filters: without a mean, so that flat colour says nothing to them."""
        super().__init__()
        drawn = torch.randn(FILTERS, 3, TAPS, TAPS, generator=torch.Generator().manual_seed(SEED))
        drawn = drawn - drawn.mean(dim=(2, 3), keepdim=True)
        self.register_buffer("filters", drawn / drawn.flatten(1).norm(dim=1)[:, None, None, None], persistent=False)

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
            made, real = small, small_real
        return total

    def _gram(self, picture: Tensor) -> Tensor:
        """How filters answer together, (B, FILTERS, FILTERS), over the whole picture."""
        answers = F.conv2d(picture, self.filters, padding=TAPS // 2).relu().flatten(2)
        return answers @ answers.transpose(1, 2) / answers.shape[2]


def _large(picture: Tensor) -> Tensor:
    return F.interpolate(picture, scale_factor=2.0, mode="bilinear", align_corners=False)


FILTERED: Final = "filters"


@dataclass(frozen=True)
class StyleLoss:
    """The style loss of a training.

    Attributes:
        network: maps made and real pictures (B, 3, H, W) in -1..1 to a number.
        name: "filters", or "vgg" and the hash of its file, as the training's folder has it.
        told: which it is and why, for a person.
    """

    network: nn.Module
    name: str
    told: str


def style_loss(by: StyleBy, folder: Path | None = None) -> StyleLoss:
    """The style loss that is asked for.

    Args:
        by: "vgg" takes the user's file, "found" does where there is one, "filters" takes what stands in for it.
        folder: where networks are looked for first (`facetake.weights`).

    Raises:
        WeightsMissingError: there is no file and there must be one.
        ModelError: the file cannot be used, or the folder is none.
    """
    why = "as the settings have it"
    if by != FILTERED:
        try:
            path = weights.resolve("vgg", folder)
            network = VggStyle(open_vgg(path, STYLE_LAYERS[-1]))
            return StyleLoss(network, f"vgg {hash_of(path)}", f"the style loss is VGG's, of {path}")
        except weights.WeightsMissingError as error:
            if by == "vgg":
                raise
            why = f"not VGG's: {error}"
    return StyleLoss(Style(), FILTERED, f"the style loss is that of pyramids and fixed filters, {why}")


def judged(verdict: Tensor, *, real: bool) -> Tensor:
    """Least squares between verdicts and "all real" or "none real" (LSGAN)."""
    return F.mse_loss(verdict, torch.ones_like(verdict) if real else torch.zeros_like(verdict))
