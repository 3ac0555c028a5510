"""The losses of the picture networks that need a network of their own: identity and perception (3.4).

The paper asks ArcFace and a VGG, whose weights only users can bring; without them `Resemblance` and `Style` are
asked in their place. Knows tensors and files of weights; does not know how the pictures were made.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch.nn.functional as F
from torch import Tensor, nn

from facetake import pretrained
from facetake.arrays import I64
from facetake.networks.iresnet import SIDE
from facetake.networks.vgg import Vgg
from facetake.portrait.landmark_translation.image import parts
from facetake.portrait.metrics.identity import arcface
from facetake.portrait.metrics.perceptual import open_vgg
from facetake.portrait.metrics.resemblance import Resemblance
from facetake.portrait.metrics.style import Style

CONTENT = "relu3_3"
"""The layer whose features Johnson et al. compare."""
CANVAS = 2 * SIDE
"""Pixels a side that the paper lays a part on, before it keeps the largest of each four."""


@dataclass(frozen=True)
class Judges:
    """The networks that are asked.

    identity: pictures (B, 3, 112, 112) in -1..1 to (B, D); perceptual: two pictures (B, 3, H, W) to a number; told:
    what stands in for what, for people.
    """

    identity: nn.Module
    perceptual: nn.Module
    told: tuple[str, ...] = ()


def judges(folder: Path | None = None) -> Judges:
    """The user's networks where their files are found, else what stands in for them.

    Args:
        folder: where networks are looked for first (`facetake.pretrained`).

    Raises:
        ModelError: a file is there and cannot be used, or the folder is none.
    """
    told = []
    identity: nn.Module = Resemblance()
    try:
        identity = arcface(pretrained.resolve("arcface", folder))
    except pretrained.WeightsMissingError:
        told.append("the identity loss compares colour and texture by hand: ArcFace's file is missing")
    perceptual: nn.Module = Style()
    try:
        perceptual = Perceptual(open_vgg(pretrained.resolve("vgg", folder), CONTENT))
    except pretrained.WeightsMissingError:
        told.append("the perceptual loss is that of pyramids and fixed filters: a VGG's file is missing")
    for network in (identity, perceptual):
        network.eval().requires_grad_(False)
    return Judges(identity, perceptual, tuple(told))


class Perceptual(nn.Module):
    """How unlike the contents of two pictures are: the squared difference of a VGG's features (Johnson et al. 2016)."""

    def __init__(self, network: Vgg) -> None:
        """Takes a network that reaches `CONTENT`."""
        super().__init__()
        self.network = network

    def forward(self, made: Tensor, real: Tensor) -> Tensor:
        """The loss, a number, of pictures (B, 3, H, W) in -1..1."""
        ours, theirs = (self.network(0.5 * (picture + 1.0), (CONTENT,))[CONTENT] for picture in (made, real))
        return F.mse_loss(ours, theirs)


def identity_of(network: nn.Module, pictures: Tensor, at: I64 | None = None, side: int = 0) -> Tensor:
    """Descriptions (B, D) of pictures or of parts, as the paper shows them to ArcFace.

    Args:
        network: as in `Judges`.
        pictures: (B, 3, H, W) whole ones, or parts, in -1..1.
        at: (2,) where the part lies on average in pictures of `side` pixels: it is laid there on nothing.
        side: of those pictures.
    """
    lit = 0.5 * (pictures + 1.0)
    if at is not None:
        lit = parts.placed(lit, np.broadcast_to(at, (len(lit), 2)), side)
    large = F.interpolate(lit, (CANVAS, CANVAS), mode="bilinear", align_corners=False)
    found: Tensor = network(2.0 * F.max_pool2d(large, 2) - 1.0)
    return found
