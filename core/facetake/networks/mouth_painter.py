"""The network that paints the inside of a mouth into a moved photograph.

Knows tensors in [-1, 1]; `facetake.portrait.landmark_translation.still.mouth` says what its channels are.
"""

from __future__ import annotations

from torch import Tensor, nn

from facetake.networks.unet import UNet, UNetSize

N_IN = 11
N_GIVEN = 3
"""Channels in, of which the first are the picture that is painted into."""


class MouthPainterNetwork(nn.Module):
    """A U-Net that says a colour and how much of it shows, at each pixel."""

    def __init__(self, size: UNetSize) -> None:
        """Builds the network."""
        super().__init__()
        self.net = UNet(N_IN, 4, size)

    def said(self, told: Tensor) -> Tensor:
        """What the network says, (B, 4, H, W): colour, and how much of it in -1..1."""
        said: Tensor = self.net(told)
        return said

    @staticmethod
    def put(given: Tensor, said: Tensor, reach: Tensor) -> Tensor:
        """Lays what was said over a picture (B, 3, H, W), no further than `reach` (B, 1, H, W) in 0..1."""
        share = reach * 0.5 * (1.0 + said[:, 3:])
        return given + share * (said[:, :3] - given)

    def forward(self, told: Tensor, reach: Tensor) -> Tensor:
        """Paints: (B, N_IN, H, W) and (B, 1, H, W) to (B, 3, H, W)."""
        return self.put(told[:, :N_GIVEN], self.said(told), reach)
