"""Inception v3 as the Frechet inception distance uses it: pictures to 2048 numbers, the average before the classifier.

The layers are those of Szegedy et al. 2015 (arXiv 1512.00567), named as the file `pt_inception-2015-12-05-6726825d.pth`
names them, with the habits of the TensorFlow graph that FID was defined with: averages leave the padding out, and the
last block takes a maximum where the paper takes an average. Knows tensors; does not know what is compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SIDE = 299  # pixels that the published weights were trained with (Szegedy et al. 2015)
UNUSED = ("fc.", "AuxLogits.")
"""What the file has besides: the classifier."""
Kernel = int | tuple[int, int]
Step = str | tuple[str, ...]
"""One step of a branch: a layer's name, several layers side by side, or a pooling."""


class ConvLayer(NamedTuple):
    """A convolution with its normalisation: channels in and out, kernel, stride; padded to keep the size if asked."""

    n_in: int
    n_out: int
    kernel: Kernel = 1
    stride: int = 1
    keeps: bool = True


class Conv(nn.Module):
    """Convolution, batch normalisation, ReLU."""

    def __init__(self, layer: ConvLayer) -> None:
        """Builds one layer."""
        super().__init__()
        high, wide = (layer.kernel,) * 2 if isinstance(layer.kernel, int) else layer.kernel
        padding = (high // 2, wide // 2) if layer.keeps else (0, 0)
        self.conv = nn.Conv2d(layer.n_in, layer.n_out, (high, wide), layer.stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(layer.n_out, eps=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        """(B, n_in, H, W) to (B, n_out, h, w)."""
        return F.relu(self.bn(self.conv(x)))


def _mean(x: Tensor) -> Tensor:
    return F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)


def _most(x: Tensor) -> Tensor:
    return F.max_pool2d(x, 3, stride=1, padding=1)


def _halved(x: Tensor) -> Tensor:
    return F.max_pool2d(x, 3, stride=2)


POOLS = {"mean": _mean, "most": _most, "halved": _halved}


class Mixed(nn.Module):
    """Branches side by side, their channels one after another."""

    def __init__(self, layers: Mapping[str, ConvLayer], branches: tuple[tuple[Step, ...], ...]) -> None:
        """Builds the layers; branches: the steps of each."""
        super().__init__()
        for name, layer in layers.items():
            self.add_module(name, Conv(layer))
        self._branches = branches

    def forward(self, x: Tensor) -> Tensor:
        """(B, n_in, H, W) to (B, sum of the branches, h, w)."""
        return torch.cat([self._branch(steps, x) for steps in self._branches], dim=1)

    def _branch(self, steps: tuple[Step, ...], x: Tensor) -> Tensor:
        for step in steps:
            if isinstance(step, tuple):
                x = torch.cat([self.get_submodule(name)(x) for name in step], dim=1)
            else:
                x = POOLS[step](x) if step in POOLS else self.get_submodule(step)(x)
        return x


def _block_a(n_in: int, pooled: int) -> Mixed:
    """35 x 35: 64 + 64 + 96 + pooled channels."""
    layers = {
        "branch1x1": ConvLayer(n_in, 64),
        "branch5x5_1": ConvLayer(n_in, 48),
        "branch5x5_2": ConvLayer(48, 64, 5),
        "branch3x3dbl_1": ConvLayer(n_in, 64),
        "branch3x3dbl_2": ConvLayer(64, 96, 3),
        "branch3x3dbl_3": ConvLayer(96, 96, 3),
        "branch_pool": ConvLayer(n_in, pooled),
    }
    return Mixed(layers, (("branch1x1",), ("branch5x5_1", "branch5x5_2"), _double3, ("mean", "branch_pool")))


_double3 = ("branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3")


def _block_b() -> Mixed:
    """From 35 x 35 to 17 x 17: 384 + 96 + 288 channels."""
    layers = {
        "branch3x3": ConvLayer(288, 384, 3, 2, keeps=False),
        "branch3x3dbl_1": ConvLayer(288, 64),
        "branch3x3dbl_2": ConvLayer(64, 96, 3),
        "branch3x3dbl_3": ConvLayer(96, 96, 3, 2, keeps=False),
    }
    return Mixed(layers, (("branch3x3",), _double3, ("halved",)))


def _block_c(wide: int) -> Mixed:
    """17 x 17: 4 times 192 channels, through `wide` of them."""
    row = (1, 7)
    column = (7, 1)
    layers = {
        "branch1x1": ConvLayer(768, 192),
        "branch7x7_1": ConvLayer(768, wide),
        "branch7x7_2": ConvLayer(wide, wide, row),
        "branch7x7_3": ConvLayer(wide, 192, column),
        "branch7x7dbl_1": ConvLayer(768, wide),
        "branch7x7dbl_2": ConvLayer(wide, wide, column),
        "branch7x7dbl_3": ConvLayer(wide, wide, row),
        "branch7x7dbl_4": ConvLayer(wide, wide, column),
        "branch7x7dbl_5": ConvLayer(wide, 192, row),
        "branch_pool": ConvLayer(768, 192),
    }
    single = tuple(f"branch7x7_{n}" for n in (1, 2, 3))
    double = tuple(f"branch7x7dbl_{n}" for n in (1, 2, 3, 4, 5))
    return Mixed(layers, (("branch1x1",), single, double, ("mean", "branch_pool")))


def _block_d() -> Mixed:
    """From 17 x 17 to 8 x 8: 320 + 192 + 768 channels."""
    layers = {
        "branch3x3_1": ConvLayer(768, 192),
        "branch3x3_2": ConvLayer(192, 320, 3, 2, keeps=False),
        "branch7x7x3_1": ConvLayer(768, 192),
        "branch7x7x3_2": ConvLayer(192, 192, (1, 7)),
        "branch7x7x3_3": ConvLayer(192, 192, (7, 1)),
        "branch7x7x3_4": ConvLayer(192, 192, 3, 2, keeps=False),
    }
    return Mixed(layers, (("branch3x3_1", "branch3x3_2"), tuple(f"branch7x7x3_{n}" for n in (1, 2, 3, 4)), ("halved",)))


def _block_e(n_in: int, pool: str) -> Mixed:
    """8 x 8: 320 + 768 + 768 + 192 channels."""
    row = (1, 3)
    column = (3, 1)
    layers = {
        "branch1x1": ConvLayer(n_in, 320),
        "branch3x3_1": ConvLayer(n_in, 384),
        "branch3x3_2a": ConvLayer(384, 384, row),
        "branch3x3_2b": ConvLayer(384, 384, column),
        "branch3x3dbl_1": ConvLayer(n_in, 448),
        "branch3x3dbl_2": ConvLayer(448, 384, 3),
        "branch3x3dbl_3a": ConvLayer(384, 384, row),
        "branch3x3dbl_3b": ConvLayer(384, 384, column),
        "branch_pool": ConvLayer(n_in, 192),
    }
    split = (("branch3x3_2a", "branch3x3_2b"), ("branch3x3dbl_3a", "branch3x3dbl_3b"))
    double = ("branch3x3dbl_1", "branch3x3dbl_2", split[1])
    return Mixed(layers, (("branch1x1",), ("branch3x3_1", split[0]), double, (pool, "branch_pool")))


class Inception(nn.Module):
    """Inception v3 up to its last average."""

    def __init__(self) -> None:
        """Builds the network with random weights."""
        super().__init__()
        self.Conv2d_1a_3x3 = Conv(ConvLayer(3, 32, 3, 2, keeps=False))
        self.Conv2d_2a_3x3 = Conv(ConvLayer(32, 32, 3, keeps=False))
        self.Conv2d_2b_3x3 = Conv(ConvLayer(32, 64, 3))
        self.Conv2d_3b_1x1 = Conv(ConvLayer(64, 80))
        self.Conv2d_4a_3x3 = Conv(ConvLayer(80, 192, 3, keeps=False))
        self.Mixed_5b = _block_a(192, 32)
        self.Mixed_5c = _block_a(256, 64)
        self.Mixed_5d = _block_a(288, 64)
        self.Mixed_6a = _block_b()
        self.Mixed_6b, self.Mixed_6c, self.Mixed_6d, self.Mixed_6e = (_block_c(wide) for wide in (128, 160, 160, 192))
        self.Mixed_7a = _block_d()
        self.Mixed_7b = _block_e(1280, "mean")
        self.Mixed_7c = _block_e(2048, "most")

    def forward(self, pictures: Tensor) -> Tensor:
        """Features (B, 2048) of pictures (B, 3, H, W), RGB 0..1, which are brought to 299 x 299 and to -1..1."""
        x = F.interpolate(pictures, (SIDE, SIDE), mode="bilinear", align_corners=False) * 2.0 - 1.0
        x = _halved(self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x))))
        x = _halved(self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(x)))
        x = self.Mixed_5d(self.Mixed_5c(self.Mixed_5b(x)))
        x = self.Mixed_6e(self.Mixed_6d(self.Mixed_6c(self.Mixed_6b(self.Mixed_6a(x)))))
        x = self.Mixed_7c(self.Mixed_7b(self.Mixed_7a(x)))
        features: Tensor = x.mean(dim=(2, 3))
        return features
