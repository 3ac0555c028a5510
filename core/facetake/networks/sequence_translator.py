"""Encoder, ConvGRU and decoder: pictures that are roughly right to ones that hold together over time.

The "global translation" of Landmark translation 3.4. Knows tensors in [-1, 1]; does not know faces or landmarks.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from facetake.networks.convgru import ConvGRU
from facetake.networks.output import N_OUT, Output, put
from facetake.networks.unet import LEAK, Norm, normed, start


@dataclass(frozen=True)
class SequenceTranslatorSize:
    """Shape of the network. The paper says three layers each; their widths are Facetake's.

    Attributes:
        widths: channels of the encoder's layers, each of which halves the picture.
        hidden: channels of the ConvGRU's states.
        layers: of the ConvGRU; 0 leaves it out (Table 3: "w/o convGRU").
        out: what becomes of what the last layer says; the paper's makes a picture "anew".
        norm: as in `facetake.networks.unet.UNetSize`.
    """

    widths: tuple[int, ...] = (64, 128, 256)
    hidden: int = 256
    layers: int = 3
    out: Output = "anew"
    norm: Norm = "group"

    def __post_init__(self) -> None:
        """Refuses shapes that cannot be built (ValueError)."""
        if not self.widths or min(*self.widths, self.hidden) < 1 or self.layers < 0:
            raise ValueError(f"an encoder needs a layer, and layers need channels, not {self}")


class SequenceTranslator(nn.Module):
    """Makes a sequence of pictures whole and steady."""

    def __init__(self, size: SequenceTranslatorSize) -> None:
        """Builds the network for pictures with sides that are multiples of 2 ** (number of widths)."""
        super().__init__()
        widths = (3, *size.widths)
        self.encoder = nn.Sequential(*(_down(*pair, size.norm) for pair in zip(widths[:-1], widths[1:], strict=True)))
        self.encoder.apply(start)
        self.memory = ConvGRU(widths[-1], size.hidden, size.layers)
        out = (self.memory.n_out, *reversed(widths[1:-1]))
        ups = [_up(n_in, n_out, size.norm) for n_in, n_out in zip(out[:-1], out[1:], strict=True)]
        self.decoder = nn.Sequential(*ups, nn.ConvTranspose2d(out[-1], N_OUT[size.out], 4, stride=2, padding=1))
        self.decoder.apply(start)
        self.out = size.out

    def forward(self, pictures: Tensor, states: list[Tensor] | None = None) -> tuple[Tensor, list[Tensor]]:
        """Translates a sequence.

        Args:
            pictures: (B, T, 3, H, W) in -1..1.
            states: as `ConvGRU` left them after the frame before; nothing before the first.

        Returns:
            Pictures (B, T, 3, H, W) in -1..1, and the states after the last.
        """
        count = pictures.shape[:2]
        features = self.encoder(pictures.flatten(0, 1)).unflatten(0, count)
        remembered, states = self.memory(features, states)
        made = self.decoder(remembered.flatten(0, 1)).unflatten(0, count).tanh()
        return put(self.out, pictures, made), states


def _down(n_in: int, n_out: int, norm: Norm) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(n_in, n_out, 4, stride=2, padding=1), normed(norm, n_out), nn.LeakyReLU(LEAK))


def _up(n_in: int, n_out: int, norm: Norm) -> nn.Sequential:
    return nn.Sequential(nn.ConvTranspose2d(n_in, n_out, 4, stride=2, padding=1), normed(norm, n_out), nn.ReLU())
