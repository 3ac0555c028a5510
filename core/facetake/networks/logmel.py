"""Log-mel features as a torch module, so that they live inside the exported graph.

Knows nothing of files or of what reads the features. Everything is a gather and two matrix products: each operator has
an exact ONNX counterpart, so training and inference cannot drift apart.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from facetake.audio import FRAME_RATE_HZ, SAMPLE_RATE_HZ

FEATURES_PER_FRAME = 2  # 120 features a second: p, b, m closures of 40 ms span five of them
WINDOW_SAMPLES = 400  # 25 ms
N_BINS = WINDOW_SAMPLES // 2 + 1  # from 0 to half of the sample rate
N_MELS = 80  # as Whisper and most speech networks
SILENCE_FLOOR = 1e-6  # power; keeps the logarithm finite on digital silence
MIN_SPREAD = 1.2  # natural-log units; noise alone spreads less, and so is not blown up into speech


def mel_filters(
    n_mels: int = N_MELS, low_hz: float = 60.0, high_hz: float = 7600.0, window: int = WINDOW_SAMPLES
) -> Tensor:
    """Triangular filters on the HTK mel scale.

    Args:
        n_mels: number of filters.
        low_hz: where the first begins.
        high_hz: where the last ends.
        window: samples of the Fourier transform.

    Returns:
        (window / 2 + 1, n_mels) float32 weights, each column of sum 1.
    """
    low, high = (2595.0 * math.log10(1.0 + hz / 700.0) for hz in (low_hz, high_hz))
    edges = 700.0 * (10.0 ** (torch.linspace(low, high, n_mels + 2, dtype=torch.float64) / 2595.0) - 1.0)
    bins = torch.arange(window // 2 + 1, dtype=torch.float64) * SAMPLE_RATE_HZ / window
    rising = (bins[:, None] - edges[None, :-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[None, 2:] - bins[:, None]) / (edges[2:] - edges[1:-1])
    filters = torch.minimum(rising, falling).clamp(min=0.0)
    return (filters / filters.sum(dim=0, keepdim=True).clamp(min=1e-3)).float()


class LogMel(nn.Module):
    """Normalised log-mel energies at exactly 120 features a second.

    Feature i is centred on sample round(i * 16000 / 120). Each mel band has its mean over the clip removed, and the
    whole is
    divided by its spread, but never by less than `MIN_SPREAD`, so that steady noise stays flat.
    """

    dft: Tensor
    filters: Tensor

    def __init__(self, n_mels: int = N_MELS) -> None:
        """Fixes the window, the Fourier matrix and the filters as buffers that are not trained."""
        super().__init__()
        time = torch.arange(WINDOW_SAMPLES, dtype=torch.float64)
        angle = 2.0 * math.pi / WINDOW_SAMPLES * time[:, None] * torch.arange(N_BINS, dtype=torch.float64)
        window = (0.5 - 0.5 * torch.cos(2.0 * math.pi * time / WINDOW_SAMPLES))[:, None]
        self.register_buffer("dft", torch.cat([angle.cos(), angle.sin()], dim=1).mul(window).float(), persistent=False)
        self.register_buffer("filters", mel_filters(n_mels), persistent=False)

    def forward(self, audio: Tensor, n_frames: int) -> Tensor:
        """Computes features for `n_frames` curve frames.

        Args:
            audio: (B, S) mono at 16 kHz in [-1, 1].
            n_frames: T, the number of 60 fps frames; round(S * 60 / 16000) for a whole clip.

        Returns:
            (B, 2T, n_mels) float32.
        """
        padded = nn.functional.pad(audio, (WINDOW_SAMPLES // 2, 2 * WINDOW_SAMPLES))
        hop = SAMPLE_RATE_HZ / (FRAME_RATE_HZ * FEATURES_PER_FRAME)
        count = torch.arange(FEATURES_PER_FRAME * n_frames, device=audio.device)
        starts = (count.float() * hop + 0.5).floor().long()
        last = padded.shape[1] - WINDOW_SAMPLES
        samples = starts.clamp(max=last)[:, None] + torch.arange(WINDOW_SAMPLES, device=audio.device)
        spectrum = padded[:, samples] @ self.dft  # (B, 2T, 2 N_BINS)
        power = spectrum[..., :N_BINS].square() + spectrum[..., N_BINS:].square()
        log_mel = (power @ self.filters + SILENCE_FLOOR).log()
        centred = log_mel - log_mel.mean(dim=1, keepdim=True)
        spread = centred.square().mean(dim=(1, 2), keepdim=True).sqrt()
        return centred / spread.clamp(min=MIN_SPREAD)
