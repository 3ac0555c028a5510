"""The audio emotion encoder of landmark translation 3.2: log-mel spectrogram, six-layer 2D CNN, one score an emotion.

The features live inside the network, so that a host needs a waveform and nothing else. The 2048-point Fourier
transform is done in two steps of 32 and 64 points (Cooley and Tukey): as one matrix it would weigh 17 MB in the
exported file. What ships reads the ear of the line instead (`voice_emotion`). Knows nothing of files or training.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from facetake.emotion import EMOTIONS
from facetake.networks.logmel import mel_filters

WINDOW = 2048  # landmark translation 3.2
HOP = 512  # landmark translation 3.2
N_MELS = 128  # landmark translation 3.2
COARSE = 32  # one of the two steps of the Fourier transform
FINE = 64  # the other: COARSE * FINE = WINDOW
LOW_HZ = 40.0  # below is rumble, no voice
HIGH_HZ = 7900.0  # just below half of 16 kHz, where converters' filters already cut
SILENCE = 1e-9  # power; keeps the logarithm finite on digital silence
QUIETEST = -10.0  # natural-log units below the clip's mean: 43 dB; what is fainter is the room's
SCALE = 4.0  # of the logarithm, so that inputs are of the order of 1


@dataclass(frozen=True)
class VoiceSize:
    """Shape of the network; the defaults are the paper's window, mel bands and six layers.

    Attributes:
        channels: of the six convolutions (the paper leaves them to its supplement).
        dropout: before the last layer.
        centred: each mel band's mean over the clip is removed, and with it the microphone and the voice's colour.
    """

    channels: tuple[int, ...] = (32, 64, 128, 256, 256, 512)
    dropout: float = 0.0
    centred: bool = False


class EmotionMel(nn.Module):
    """Log-mel energies (128 bands, window 2048, hop 512) relative to the clip's mean power."""

    window: Tensor
    coarse: Tensor
    twiddle: Tensor
    fine: Tensor
    filters: Tensor

    def __init__(self) -> None:
        """Fixes window, transform and filters as buffers that are not trained."""
        super().__init__()
        place = torch.arange(WINDOW, dtype=torch.float64)
        hann = 0.5 - 0.5 * torch.cos(2.0 * math.pi * place / WINDOW)
        self.register_buffer("window", hann.float(), persistent=False)
        self.register_buffer("coarse", _turns(COARSE, COARSE, COARSE), persistent=False)
        self.register_buffer("twiddle", _turns(COARSE, FINE, WINDOW), persistent=False)
        self.register_buffer("fine", _turns(FINE, FINE // 2, FINE), persistent=False)
        self.register_buffer("filters", mel_filters(N_MELS, LOW_HZ, HIGH_HZ, WINDOW)[: WINDOW // 2], persistent=False)

    def forward(self, audio: Tensor) -> Tensor:
        """Maps audio (B, S) at 16 kHz to (B, 128, S // 512 + 1)."""
        padded = nn.functional.pad(audio, (WINDOW // 2, WINDOW))
        starts = torch.arange(audio.shape[1] // HOP + 1, device=audio.device) * HOP
        frames = padded[:, starts[:, None] + torch.arange(WINDOW, device=audio.device)] * self.window
        mel = self._power(frames) @ self.filters
        mean = mel.mean(dim=(1, 2), keepdim=True)
        level = (mel + SILENCE).log() - (mean + SILENCE).log()
        found: Tensor = level.clamp(min=QUIETEST).transpose(1, 2) / SCALE
        return found

    def _power(self, frames: Tensor) -> Tensor:
        """Power (B, F, 1024) of windows (B, F, 2048), Nyquist's left out."""
        grid = frames.reshape(*frames.shape[:2], COARSE, FINE)
        real = self.coarse[0] @ grid
        imaginary = self.coarse[1] @ grid
        turned = (
            real * self.twiddle[0] - imaginary * self.twiddle[1],
            real * self.twiddle[1] + imaginary * self.twiddle[0],
        )
        real = turned[0] @ self.fine[0] - turned[1] @ self.fine[1]
        imaginary = turned[0] @ self.fine[1] + turned[1] @ self.fine[0]
        power: Tensor = (real.square() + imaginary.square()).transpose(2, 3).flatten(2)
        return power


def _turns(rows: int, columns: int, whole: int) -> Tensor:
    """(2, rows, columns) cosine and negative sine of row * column / whole turns."""
    angle = torch.arange(rows, dtype=torch.float64)[:, None] * torch.arange(columns, dtype=torch.float64)
    angle = 2.0 * math.pi / whole * angle
    return torch.stack([angle.cos(), -angle.sin()]).float()


class AudioEmotionNetwork(nn.Module):
    """From a waveform to one score an emotion; their sigmoids are the paper's s in [0, 1]^c."""

    def __init__(self, size: VoiceSize) -> None:
        """Makes an untrained network."""
        super().__init__()
        self.features = EmotionMel()
        self.centred = size.centred
        widths = (1, *size.channels)
        self.layers = nn.Sequential(*(_layer(a, b) for a, b in zip(widths, widths[1:], strict=False)))
        self.dropout = nn.Dropout(size.dropout)
        self.out = nn.Linear(widths[-1], len(EMOTIONS))

    def forward(self, audio: Tensor) -> Tensor:
        """Maps audio (B, S), mono at 16 kHz, to scores (B, 7) in the order of `EMOTIONS`, before the sigmoid."""
        return self.scores(self.features(audio))

    def scores(self, features: Tensor) -> Tensor:
        """Maps features (B, 128, F), as `EmotionMel` gives them, to scores (B, 7)."""
        if self.centred:
            features = features - features.mean(dim=2, keepdim=True)
        found: Tensor = self.out(self.dropout(self.layers(features[:, None]).mean(dim=(2, 3))))
        return found


def _layer(before: int, after: int) -> nn.Sequential:
    """Halves both axes."""
    return nn.Sequential(nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU())
