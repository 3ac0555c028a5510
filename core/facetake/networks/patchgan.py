"""A discriminator that judges patches of a picture, not the whole (PatchGAN; AudioDVP 3.3).

Knows tensors; does not know what the pictures show or how the verdicts become a loss.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from facetake.networks.unet import LEAK, WIDEST, Norm, normed, start


@dataclass(frozen=True)
class PatchSize:
    """Shape of the discriminator. The defaults judge patches of 70 x 70 pixels, as AudioDVP's does.

    Attributes:
        width: channels of the first layer; they double from layer to layer until eight times that.
        layers: halvings; 3 see 70 pixels, 2 see 34.
        norm: as in `UNetSize`.
    """

    width: int = 64
    layers: int = 3
    norm: Norm = "batch"


class PatchGAN(nn.Module):
    """Says of each patch whether it is real, given the picture it was made from."""

    def __init__(self, n_in: int, size: PatchSize) -> None:
        """Builds the network for `n_in` channels: condition and picture together."""
        super().__init__()
        widths = [size.width * min(2**level, WIDEST) for level in range(size.layers + 1)]
        layers: list[nn.Module] = [nn.Conv2d(n_in, widths[0], 4, stride=2, padding=1), nn.LeakyReLU(LEAK)]
        for level in range(1, size.layers + 1):
            stride = 2 if level < size.layers else 1
            layers += [nn.Conv2d(widths[level - 1], widths[level], 4, stride=stride, padding=1)]
            layers += [normed(size.norm, widths[level]), nn.LeakyReLU(LEAK)]
        self.net = nn.Sequential(*layers, nn.Conv2d(widths[-1], 1, 4, padding=1))
        self.apply(start)

    def forward(self, pictures: Tensor) -> Tensor:
        """Maps (B, n_in, H, W) to logits (B, 1, h, w), positive where a patch looks real."""
        verdict: Tensor = self.net(pictures)
        return verdict
