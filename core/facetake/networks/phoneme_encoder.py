"""A window of phoneme probabilities to one vector, by convolutions over time (READ Avatars 3.3).

Knows tensors; does not know which phonemes they are.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

LEAK = 0.02  # as in Neural Voice Puppetry's audio network (Thies et al. 2020)


@dataclass(frozen=True)
class PhonemeEncoderSize:
    """Shape of the encoder. READ Avatars leaves it to a supplement; the defaults follow Neural Voice Puppetry's.

    Attributes:
        widths: channels after each convolution; each halves the window.
        middle: numbers in the layer between the convolutions and the vector.
        out: numbers in the vector (N_a).
    """

    widths: tuple[int, ...] = (32, 32, 64, 64)
    middle: int = 128
    out: int = 64


class PhonemeEncoder(nn.Module):
    """Halves the window with every convolution until little is left, then two linear layers and a tanh."""

    def __init__(self, n_phonemes: int, rows: int, size: PhonemeEncoderSize) -> None:
        """Builds the encoder for windows of `rows` times `n_phonemes` probabilities."""
        super().__init__()
        widths = [n_phonemes, *size.widths]
        layers: list[nn.Module] = []
        for a, b in zip(widths, widths[1:], strict=False):
            layers += [nn.Conv1d(a, b, 3, stride=2, padding=1), nn.LeakyReLU(LEAK)]
            rows = (rows + 1) // 2
        self.convolutions = nn.Sequential(*layers)
        self.last = nn.Sequential(
            nn.Linear(widths[-1] * rows, size.middle), nn.LeakyReLU(LEAK), nn.Linear(size.middle, size.out), nn.Tanh()
        )
        self.apply(_start)

    def forward(self, windows: Tensor) -> Tensor:
        """Maps (B, rows, n_phonemes) to (B, out) in -1..1."""
        out: Tensor = self.last(self.convolutions(windows.transpose(1, 2)).flatten(1))
        return out


def _start(layer: nn.Module) -> None:
    """Weights that keep the spread of what comes in (He et al. 2015): with smaller ones all sounds begin as one."""
    if isinstance(layer, nn.Conv1d | nn.Linear):
        nn.init.kaiming_normal_(layer.weight, LEAK)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
