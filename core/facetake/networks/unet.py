"""A U-Net from pictures to pictures, as conditional adversarial networks use it (AudioDVP 3.3, Deep Video Portraits).

It says in one of three ways what is to become of a picture that it was given (`Output`), as other networks do. Knows
tensors in [-1, 1]; does not know faces, masks or losses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

LEAK = 0.2  # Isola et al. 2017
MOST_DOWNS = 16  # a picture of 65,536 pixels
WIDEST = 8  # times the width of the first layer
WITH_DROPOUT = 5  # this many blocks at the outside go without
START_SPREAD = 0.02  # AudioDVP 3.3: weights begin as N(0, 0.02^2)
Norm = Literal["batch", "group"]
Output = Literal["anew", "added", "blended"]
"""The network's picture, what it adds to the given one, or its picture where a mask of its own says so."""
N_OUT: dict[Output, int] = {"anew": 3, "added": 3, "blended": 4}
"""Channels that the network must have."""


@dataclass(frozen=True)
class UNetSize:
    """Shape of the generator. The defaults are AudioDVP's for pictures of 256 pixels.

    Attributes:
        downs: halvings; the picture's side must be a multiple of 2 ** downs.
        width: channels of the first layer; they double until eight times that.
        refine: two more convolutions before every upsampling one, as in the released code.
        dropout: in the inner blocks of the decoder.
        norm: "batch" is the paper's; "group" does not depend on what else is in a batch, so small batches train well
            and a picture looks the same whenever it is made.
    """

    downs: int = 8
    width: int = 64
    refine: bool = True
    dropout: float = 0.5
    norm: Norm = "batch"

    def __post_init__(self) -> None:
        """Refuses shapes that cannot be built (ValueError)."""
        if not 2 <= self.downs <= MOST_DOWNS or self.width < 1 or not 0.0 <= self.dropout < 1.0:
            raise ValueError(f"a U-Net needs 2 to {MOST_DOWNS} halvings, 1 channel and dropout in 0..1, not {self}")


def normed(kind: Norm, channels: int) -> nn.Module:
    """The layer that normalises `channels`."""
    if kind == "batch":
        return nn.BatchNorm2d(channels)
    return nn.GroupNorm(next(groups for groups in (8, 4, 2, 1) if channels % groups == 0), channels)


class UNet(nn.Module):
    """Halves the picture `downs` times and doubles it again, each level handing its picture across."""

    def __init__(self, n_in: int, n_out: int, size: UNetSize) -> None:
        """Builds the network for `n_in` channels in and `n_out` out."""
        super().__init__()
        self.side = 2**size.downs
        widths = [size.width * min(2**level, WIDEST) for level in range(size.downs)]
        self.down = nn.ModuleList(
            _down(n_in if level == 0 else widths[level - 1], widths[level], size, level) for level in range(size.downs)
        )
        self.up = nn.ModuleList(
            _up(widths, level, n_out if level == 0 else widths[level - 1], size) for level in range(size.downs)
        )
        self.apply(start)

    def forward(self, picture: Tensor) -> Tensor:
        """Maps (B, n_in, H, W) in [-1, 1] to (B, n_out, H, W) in [-1, 1]; H and W are multiples of 2 ** downs."""
        if picture.shape[-1] % self.side or picture.shape[-2] % self.side:
            raise ValueError(f"sides {tuple(picture.shape[-2:])} must be multiples of {self.side}")
        across = []
        for layer in self.down:
            picture = layer(picture)
            across.append(picture)
        for level in reversed(range(len(self.up))):
            picture = self.up[level](picture)
            if level:
                picture = torch.cat([across[level - 1], picture], dim=1)
        return picture.tanh()


def _down(n_in: int, n_out: int, size: UNetSize, level: int) -> nn.Sequential:
    """One halving; the first takes the picture as it is, the innermost is too small for its statistics."""
    layers: list[nn.Module] = [] if level == 0 else [nn.LeakyReLU(LEAK)]
    layers.append(nn.Conv2d(n_in, n_out, 4, stride=2, padding=1))
    if 0 < level < size.downs - 1:
        layers.append(normed(size.norm, n_out))
    return nn.Sequential(*layers)


def _up(widths: list[int], level: int, n_out: int, size: UNetSize) -> nn.Sequential:
    """One doubling; the outermost ends in the picture, without a norm."""
    innermost = level == size.downs - 1
    channels = widths[level] * (1 if innermost else 2)
    layers: list[nn.Module] = [nn.ReLU()]
    for _ in range(2 if size.refine else 0):
        layers.append(nn.Conv2d(channels, channels, 3, padding=1))
        if not innermost:  # a single pixel of a single picture has no variance: batch norm would refuse it
            layers.append(normed(size.norm, channels))
        layers.append(nn.ReLU())
    layers.append(nn.ConvTranspose2d(channels, n_out, 4, stride=2, padding=1))
    if level:
        layers.append(normed(size.norm, n_out))
    if WITH_DROPOUT <= level + 1 < size.downs and size.dropout:
        layers.append(nn.Dropout(size.dropout))
    return nn.Sequential(*layers)


def start(layer: nn.Module) -> None:
    """Sets a layer's weights as the paper starts them: N(0, 0.02^2) around 0, around 1 for a norm's scale."""
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(layer.weight, 0.0, START_SPREAD)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    elif isinstance(layer, nn.BatchNorm2d | nn.GroupNorm):
        nn.init.normal_(layer.weight, 1.0, START_SPREAD)
        nn.init.zeros_(layer.bias)


def put(out: Output, given: Tensor, said: Tensor) -> Tensor:
    """Pictures (..., 3, H, W) from those given and what was said (..., N_OUT[out], H, W), both in -1..1."""
    if out == "anew":
        return said
    if out == "added":
        return (given + said).clamp(-1.0, 1.0)
    colour = said[..., :3, :, :]
    mask = 0.5 * (1.0 + said[..., 3:, :, :])
    return given + mask * (colour - given)
