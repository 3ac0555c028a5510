"""Audio2Expression: a window of audio features to a face model's expression (AudioDVP 3.2, Table 1).

Knows tensors; does not know where the features come from or what the coefficients move.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

RADIUS = 3  # frames to either side (AudioDVP 3.2)
KERNEL = 3  # Table 1; convolutions run along the features, and the frames of a window are channels
CHANNELS = (5, 3, 1)  # Table 1


class Audio2Expression(nn.Module):
    """Three convolutions along the features, the frames of the window being channels, and one linear layer.

    Table 1 has no activation between them. With 256 features and 64 coefficients its layers give 5 x 254, 3 x 252,
    1 x 250 and 64 numbers.
    """

    def __init__(self, n_features: int, n_expression: int, radius: int = RADIUS) -> None:
        """Builds the network for `n_features` numbers a frame, `n_expression` coefficients out."""
        super().__init__()
        lost = len(CHANNELS) * (KERNEL - 1)
        if n_features <= lost or n_expression < 1 or radius < 0:
            raise ValueError(f"Audio2Expression needs more than {lost} features, not {n_features}")
        widths = (2 * radius + 1, *CHANNELS)
        self.convolutions = nn.ModuleList(nn.Conv1d(a, b, KERNEL) for a, b in zip(widths, widths[1:], strict=False))
        self.last = nn.Linear(n_features - lost, n_expression)

    def forward(self, windows: Tensor) -> Tensor:
        """Maps windows (B, 2 radius + 1, n_features) to coefficients (B, n_expression)."""
        for layer in self.convolutions:
            windows = layer(windows)
        out: Tensor = self.last(windows[:, 0])
        return out


def stacked(frames: Tensor, radius: int = RADIUS) -> Tensor:
    """Each frame with its neighbours: (T, ...) to (T, 2 radius + 1, ...).

    out[t, k] = frames[t + k - radius], and zeros where there is no such frame (AudioDVP 3.2).
    """
    nothing = frames.new_zeros((radius, *frames.shape[1:]))
    padded = torch.cat([nothing, frames, nothing])
    return torch.stack([padded[k : k + len(frames)] for k in range(2 * radius + 1)], dim=1)
