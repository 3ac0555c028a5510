"""The residual network of ArcFace (Deng et al. 2019): an aligned face to 512 numbers that say whose it is.

The layers are those of insightface's arcface_torch files (`backbone.pth`), with their names, at any of their depths.
Knows tensors; does not know how a face is aligned.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from torch import Tensor, nn

SIDE = 112  # pixels of an aligned face, as published weights were trained with
EMBEDDING = 512  # numbers that a face becomes (Deng et al. 2019)
WIDTHS = (64, 128, 256, 512)  # channels of the four stages, as in published weights
DEPTHS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 14, 3), 100: (3, 13, 30, 3)}
"""Residual blocks in each of the four stages, by the names that the depths go by."""


class Block(nn.Module):
    """A residual block that is normalised before it begins."""

    def __init__(self, n_in: int, n_out: int, stride: int) -> None:
        """stride: 2 in the first block of a stage, which halves the picture."""
        super().__init__()
        self.bn1 = nn.BatchNorm2d(n_in)
        self.conv1 = nn.Conv2d(n_in, n_out, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(n_out)
        self.prelu = nn.PReLU(n_out)
        self.conv2 = nn.Conv2d(n_out, n_out, 3, stride, padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(n_out)
        self.downsample: nn.Module | None = None
        if stride != 1 or n_in != n_out:
            self.downsample = nn.Sequential(nn.Conv2d(n_in, n_out, 1, stride, bias=False), nn.BatchNorm2d(n_out))

    def forward(self, x: Tensor) -> Tensor:
        """(B, n_in, H, W) to (B, n_out, H / stride, W / stride)."""
        made: Tensor = self.bn3(self.conv2(self.prelu(self.bn2(self.conv1(self.bn1(x))))))
        return made + (x if self.downsample is None else self.downsample(x))


class IResNet(nn.Module):
    """A face to its embedding."""

    def __init__(self, depths: tuple[int, ...]) -> None:
        """depths: residual blocks in each of the four stages, such as one of `DEPTHS`."""
        super().__init__()
        self.conv1 = nn.Conv2d(3, WIDTHS[0], 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(WIDTHS[0])
        self.prelu = nn.PReLU(WIDTHS[0])
        ins = (WIDTHS[0], *WIDTHS[:-1])
        self.layer1, self.layer2, self.layer3, self.layer4 = (
            nn.Sequential(Block(n_in, n_out, 2), *(Block(n_out, n_out, 1) for _ in range(depth - 1)))
            for n_in, n_out, depth in zip(ins, WIDTHS, depths, strict=True)
        )
        self.bn2 = nn.BatchNorm2d(WIDTHS[-1])
        self.fc = nn.Linear(WIDTHS[-1] * (SIDE // 16) ** 2, EMBEDDING)
        self.features = nn.BatchNorm1d(EMBEDDING)

    def forward(self, faces: Tensor) -> Tensor:
        """Embeddings (B, 512) of aligned faces (B, 3, 112, 112), RGB in -1..1. Their length means nothing."""
        x = self.prelu(self.bn1(self.conv1(faces)))
        x = self.bn2(self.layer4(self.layer3(self.layer2(self.layer1(x)))))
        embedding: Tensor = self.features(self.fc(x.flatten(1)))
        return embedding


def depths_of(names: Iterable[str]) -> tuple[int, ...]:
    """How many blocks each stage has in a file with tensors of these names; zeros where there is no such stage."""
    counts = [0, 0, 0, 0]
    for name in names:
        if found := re.match(r"layer([1-4])\.(\d+)\.", name):
            stage = int(found[1]) - 1
            counts[stage] = max(counts[stage], int(found[2]) + 1)
    return tuple(counts)
