"""A user's VGG opened, and the style loss that is made of it (Johnson et al. 2016; READ Avatars equation 3).

Knows files of weights and tensors; does not know what is learnt with it. What stands in for it where there is no file
is `facetake.portrait.metrics.style.Style`.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from facetake import pretrained
from facetake.errors import ModelError
from facetake.networks.vgg import Vgg, depth_of

STYLE_LAYERS = ("relu1_2", "relu2_2", "relu3_3", "relu4_3")
"""Whose Gram matrices Johnson et al. compare."""


def open_vgg(path: Path, last: str) -> Vgg:
    """A user's VGG-16 or VGG-19 up to a layer, held fixed.

    Args:
        path: as `weights.resolve("vgg")` finds it.
        last: the deepest layer that will be asked for.

    Raises:
        ModelError: the file is damaged or of another network.
    """
    tensors = pretrained.load_tensors(path)
    depth = depth_of(list(tensors))
    if depth is None:
        raise ModelError(f"{path} is of another network: VGG-16's and VGG-19's layers are missing in it")
    network = Vgg(depth, last)
    pretrained.fill(network, tensors, path, network.unused)
    return network.eval().requires_grad_(False)


class VggStyle(nn.Module):
    """How unlike the textures of two pictures are: the squared differences of Gram matrices at four layers, summed."""

    def __init__(self, network: Vgg) -> None:
        """Takes a network that reaches the last of `STYLE_LAYERS`."""
        super().__init__()
        self.network = network

    def forward(self, made: Tensor, real: Tensor) -> Tensor:
        """The loss, a number, of pictures (B, 3, H, W) in -1..1; the mean over the pictures."""
        ours = self._grams(made)
        with torch.no_grad():
            theirs = self._grams(real)
        squares = [(a - b).square().sum(dim=(1, 2)).mean() for a, b in zip(ours, theirs, strict=True)]
        return torch.stack(squares).sum()

    def _grams(self, pictures: Tensor) -> list[Tensor]:
        found = self.network(0.5 * (pictures + 1.0), STYLE_LAYERS)
        return [gram(found[name]) for name in STYLE_LAYERS]


def gram(features: Tensor) -> Tensor:
    """How channels answer together, (B, C, C), of features (B, C, H, W), over C H W as in Johnson et al."""
    flat = features.flatten(2)
    return flat @ flat.transpose(1, 2) / (flat.shape[1] * flat.shape[2])
