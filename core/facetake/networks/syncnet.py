"""SyncNet (Chung and Zisserman 2016): lips and sound as points that lie close where they belong together.

The layers are those of the file `syncnet_v2.model`, with its names. Knows tensors; does not know videos or scores.
"""

from __future__ import annotations

from torch import Tensor, nn

FRAMES = 5
SIDE = 224
RATE_FPS = 25
"""A window of lips: five pictures of 224 pixels at 25 frames a second."""
STEPS = 20
CEPSTRA = 13
STEPS_PER_FRAME = 4
"""The same window of sound: 20 rows of 13 cepstral coefficients, one every 10 ms."""
HIDDEN = 512  # as in the published weights
EMBEDDING = 1024  # likewise


class SyncNet(nn.Module):
    """Two towers into one space of 1024 numbers."""

    def __init__(self) -> None:
        """Builds the network with random weights."""
        super().__init__()
        self.netcnnaud = nn.Sequential(
            *_flat(1, 64, 3, 1),
            nn.MaxPool2d(1, 1),
            *_flat(64, 192, 3, 1),
            nn.MaxPool2d(3, (1, 2)),
            *_flat(192, 384, 3, 1),
            *_flat(384, 256, 3, 1),
            *_flat(256, 256, 3, 1),
            nn.MaxPool2d(3, 2),
            *_flat(256, HIDDEN, (5, 4), 0),
        )
        self.netcnnlip = nn.Sequential(
            *_deep(3, 96, (FRAMES, 7, 7), 2, 0),
            nn.MaxPool3d((1, 3, 3), (1, 2, 2)),
            *_deep(96, 256, (1, 5, 5), 2, 1),
            nn.MaxPool3d((1, 3, 3), (1, 2, 2), (0, 1, 1)),
            *_deep(256, 256, (1, 3, 3), 1, 1),
            *_deep(256, 256, (1, 3, 3), 1, 1),
            *_deep(256, 256, (1, 3, 3), 1, 1),
            nn.MaxPool3d((1, 3, 3), (1, 2, 2)),
            *_deep(256, HIDDEN, (1, 6, 6), 1, 0),
        )
        self.netfcaud = _head()
        self.netfclip = _head()

    def sound(self, cepstra: Tensor) -> Tensor:
        """Points (B, 1024) of windows of sound (B, 1, 13, 20)."""
        point: Tensor = self.netfcaud(self.netcnnaud(cepstra).flatten(1))
        return point

    def lips(self, pictures: Tensor) -> Tensor:
        """Points (B, 1024) of windows of pictures (B, 3, 5, 224, 224): blue, green, red in 0..255."""
        point: Tensor = self.netfclip(self.netcnnlip(pictures).flatten(1))
        return point


def _flat(n_in: int, n_out: int, kernel: int | tuple[int, int], padding: int) -> tuple[nn.Module, ...]:
    return nn.Conv2d(n_in, n_out, kernel, padding=padding), nn.BatchNorm2d(n_out), nn.ReLU(inplace=True)


def _deep(n_in: int, n_out: int, kernel: tuple[int, int, int], stride: int, padding: int) -> tuple[nn.Module, ...]:
    """Convolution over time, height and width; stride and padding are in height and width alone."""
    conv = nn.Conv3d(n_in, n_out, kernel, (1, stride, stride), (0, padding, padding))
    return conv, nn.BatchNorm3d(n_out), nn.ReLU(inplace=True)


def _head() -> nn.Sequential:
    return nn.Sequential(nn.Linear(HIDDEN, HIDDEN), nn.BatchNorm1d(HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, EMBEDDING))
