"""Whisper's encoder (Radford et al. 2022, MIT) as an audio encoder: waveform in, one feature vector a curve frame out.

680,000 hours of speech of many languages and microphones are in its weights. Only the lower layers are kept, since the
upper ones turn sound into words. `whisper_weights` reads the published files; nothing here knows of files.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from facetake.audio import FRAME_RATE_HZ, SAMPLE_RATE_HZ
from facetake.networks.encoder import Heard
from facetake.networks.lip_readout import LipReadout

Prepare = Callable[[Tensor], Tensor]
WINDOW_SAMPLES = 400  # 25 ms
HOP_SAMPLES = 160  # 100 log-mel rows a second
ROWS_PER_STATE = 2  # the second convolution halves the rate: 50 states a second
STATE_RATE_HZ = SAMPLE_RATE_HZ // HOP_SAMPLES // ROWS_PER_STATE
N_MELS = 80  # of every size up to large-v2
HEAD_WIDTH = 64  # of every published size
LONGEST_STATES = 1500  # 30 s, the length Whisper was trained on
FLOOR = 1e-10  # power
RANGE = 8.0  # decades below the loudest that are kept
VOICE_STATE = 2  # of the kept layers' states, the one that tells best how a voice sounds; the last where fewer are kept


@dataclass(frozen=True)
class WhisperSize:
    """Shape of the encoder and where its pretrained weights are.

    Attributes:
        files: Whisper's weights: one folder as transformers writes it, or the parts of a CTranslate2 model file in
            order; empty builds the shapes with random weights, to be filled from a checkpoint.
        width: channels: 384 in tiny, 512 in base.
        layers: lowest attention layers that are kept.
        inner: channels of the readout.
        memory: units of the readout's bidirectional GRU, a direction.
        dropout: in the readout.
        lips: readouts of the lips, which `lip_teacher` fits and exporting adds; 0 for none.
        lip_inner: channels of each.
    """

    files: tuple[Path, ...] = ()
    width: int = 512
    layers: int = 3
    inner: int = 192
    memory: int = 128
    dropout: float = 0.2
    lips: int = 0
    lip_inner: int = 96


class WhisperLogMel(nn.Module):
    """Log-mel energies as Whisper takes them, by a gather and two matrix products.

    Row i is centred on sample 160 i. What lies more than eight decades below the loudest value of the clip is raised to
    that floor. Whisper's clips last 30 s; in shorter ones the floor follows the clip.
    """

    dft: Tensor
    filters: Tensor

    def __init__(self) -> None:
        """Fixes the window, the Fourier matrix and the filters as buffers that are not trained."""
        super().__init__()
        time = torch.arange(WINDOW_SAMPLES, dtype=torch.float64)
        angle = 2.0 * math.pi / WINDOW_SAMPLES * time[:, None] * torch.arange(WINDOW_SAMPLES // 2 + 1)
        window = (0.5 - 0.5 * torch.cos(2.0 * math.pi * time / WINDOW_SAMPLES))[:, None]
        self.register_buffer("dft", torch.cat([angle.cos(), angle.sin()], dim=1).mul(window).float(), persistent=False)
        self.register_buffer("filters", slaney_filters(), persistent=False)

    def forward(self, audio: Tensor, n_rows: int) -> Tensor:
        """Maps audio (B, S) to (B, n_rows, 80) log-mel rows; silence follows the end of the sound."""
        padded = nn.functional.pad(audio, (WINDOW_SAMPLES // 2, 2 * WINDOW_SAMPLES))
        starts = torch.arange(n_rows, device=audio.device) * HOP_SAMPLES
        last = padded.shape[1] - WINDOW_SAMPLES
        samples = starts.clamp(max=last)[:, None] + torch.arange(WINDOW_SAMPLES, device=audio.device)
        spectrum = padded[:, samples] @ self.dft  # (B, n_rows, 402)
        n_bins = WINDOW_SAMPLES // 2 + 1
        power = spectrum[..., :n_bins].square() + spectrum[..., n_bins:].square()
        log_mel = (power @ self.filters).clamp(min=FLOOR).log10()
        floor = log_mel.amax(dim=(1, 2), keepdim=True) - RANGE
        return (torch.maximum(log_mel, floor) + 4.0) / 4.0


def slaney_filters() -> Tensor:
    """(201, 80) triangular filters on Slaney's mel scale, of equal area, as `librosa.filters.mel` makes them."""
    step_hz = 200.0 / 3.0  # linear below 1 kHz, logarithmic above
    corner_hz = 1000.0
    log_step = math.log(6.4) / 27.0
    corner = corner_hz / step_hz
    top = corner + math.log(SAMPLE_RATE_HZ / 2 / corner_hz) / log_step
    mels = torch.linspace(0.0, top, N_MELS + 2, dtype=torch.float64)
    edges = torch.where(mels < corner, mels * step_hz, corner_hz * ((mels - corner) * log_step).exp())
    bins = torch.arange(WINDOW_SAMPLES // 2 + 1, dtype=torch.float64) * SAMPLE_RATE_HZ / WINDOW_SAMPLES
    rising = (bins[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins[:, None]) / (edges[2:] - edges[1:-1])
    return (torch.minimum(rising, falling).clamp(min=0.0) * (2.0 / (edges[2:] - edges[:-2]))).float()


class AttentionLayer(nn.Module):
    """Self-attention and a feed-forward net, each normalised first and added."""

    def __init__(self, width: int) -> None:
        """Builds one layer of `width` channels with heads of 64."""
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.attention_out = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)
        self.first = nn.Linear(width, 4 * width)
        self.second = nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, N, width) to (B, N, width)."""
        parts = self.query_key_value(self.attention_norm(x)).unflatten(-1, (3, -1, HEAD_WIDTH))
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)
        attended = nn.functional.scaled_dot_product_attention(query, key, value)
        x = x + self.attention_out(attended.transpose(1, 2).flatten(2))
        output: Tensor = x + self.second(nn.functional.gelu(self.first(self.norm(x))))
        return output


class WhisperLayers(nn.Module):
    """Whisper's two convolutions and its lowest attention layers."""

    positions: Tensor

    def __init__(self, width: int, layers: int) -> None:
        """Builds the shapes with random weights."""
        super().__init__()
        self.first = nn.Conv1d(N_MELS, width, 3, padding=1)
        self.second = nn.Conv1d(width, width, 3, stride=ROWS_PER_STATE, padding=1)
        self.layers = nn.ModuleList([AttentionLayer(width) for _ in range(layers)])
        self.register_buffer("positions", sinusoids(width), persistent=False)

    def forward(self, log_mel: Tensor) -> list[Tensor]:
        """Maps rows (B, 2N, 80) to the input of the first layer and the output of each, (B, N, width) each.

        After 30 s the positions begin again.
        """
        x = nn.functional.gelu(self.first(log_mel.transpose(1, 2)))
        x = nn.functional.gelu(self.second(x)).transpose(1, 2)
        place = torch.arange(x.shape[1], device=x.device) % LONGEST_STATES
        states = [x + self.positions[place]]
        for layer in self.layers:
            states.append(layer(states[-1]))
        return states


def sinusoids(width: int) -> Tensor:
    """(1500, width) Whisper's positions: sines in the first half of the channels, cosines in the second."""
    half = width // 2
    speed = torch.exp(-math.log(10_000.0) / (half - 1) * torch.arange(half, dtype=torch.float64))
    angle = torch.arange(LONGEST_STATES, dtype=torch.float64)[:, None] * speed
    return torch.cat([angle.sin(), angle.cos()], dim=1).float()


class WhisperEncoder(nn.Module):
    """Whisper's lower layers, a learnt mix of them, and a small recurrent readout at the curves' rate."""

    def __init__(self, size: WhisperSize) -> None:
        """Builds the encoder and loads the pretrained weights that `size` names.

        Raises:
            ModelError: the files are not Whisper's, damaged, or of another size.
        """
        super().__init__()
        self.n_features = 2 * size.memory
        self.n_voice = size.width
        self.voice_state = min(VOICE_STATE, size.layers)
        self.log_mel = WhisperLogMel()
        self.pretrained = WhisperLayers(size.width, size.layers)
        if size.files:
            from facetake.networks.whisper_weights import load_into

            load_into(self.pretrained, size.files)
        self.shares = nn.Parameter(torch.zeros(size.layers + 1))
        # Some channels are a hundred times larger than others: each is brought to its own scale
        self.scales = nn.ModuleList([nn.BatchNorm1d(size.width, affine=False) for _ in range(size.layers + 1)])
        self.inner = nn.Linear(size.width, size.inner)
        self.dropout = nn.Dropout(size.dropout)
        self.memory = nn.GRU(size.inner, size.memory, batch_first=True, bidirectional=True)
        self.lips = nn.ModuleList([LipReadout(size.layers + 1, size.width, size.lip_inner) for _ in range(size.lips)])

    def forward(self, audio: Tensor, n_frames: int, prepare: Prepare | None = None) -> Tensor:
        """Maps audio (B, S) to (B, T, 2 memory); `prepare` masks or warps the log-mel features (B, 2N, 80)."""
        return self._read(self._scaled(self._states(audio, n_frames, prepare)), n_frames)

    def hear(self, audio: Tensor, n_frames: int) -> Heard:
        """Maps audio (B, S) to features (B, T, 2 memory), a state that tells the voice (B, T, width), and the lips."""
        states = self._states(audio, n_frames, None)
        scaled = self._scaled(states)
        voice = at_frames(scaled[self.voice_state].transpose(1, 2), n_frames)
        return Heard(self._read(scaled, n_frames), voice, self._lips(states, n_frames))

    def _lips(self, states: list[Tensor], n_frames: int) -> Tensor | None:
        """What the readouts say together, (B, T, 2)."""
        if not self.lips:
            return None
        layers = torch.stack(states, dim=1)
        tracks = torch.stack([readout(layers) for readout in self.lips]).mean(dim=0)
        return at_frames(tracks, n_frames)

    def _states(self, audio: Tensor, n_frames: int, prepare: Prepare | None) -> list[Tensor]:
        """Whisper's own states (B, N, width)."""
        n_states = n_frames * STATE_RATE_HZ // FRAME_RATE_HZ + 2
        log_mel = self.log_mel(audio, ROWS_PER_STATE * n_states)
        if prepare is not None:
            log_mel = prepare(log_mel)
        states: list[Tensor] = self.pretrained(log_mel)
        return states

    def _scaled(self, states: list[Tensor]) -> list[Tensor]:
        """The states as (B, width, N), each channel brought to its own scale."""
        return [scale(state.transpose(1, 2)) for scale, state in zip(self.scales, states, strict=True)]

    def _read(self, states: list[Tensor], n_frames: int) -> Tensor:
        shares = self.shares.softmax(dim=0)
        mixed = torch.einsum("l,lbdn->bnd", shares, torch.stack(states)) * len(states) ** 0.5
        read = self.dropout(nn.functional.gelu(self.inner(self.dropout(mixed))))
        output: Tensor = self.memory(self.dropout(at_frames(read, n_frames)))[0]
        return output


def at_frames(states: Tensor, n_frames: int) -> Tensor:
    """States (B, N, D), 50 a second, at the instants of `n_frames` curve frames, linearly between neighbours."""
    place = torch.arange(n_frames, device=states.device) * STATE_RATE_HZ
    low = place // FRAME_RATE_HZ
    share = ((place - low * FRAME_RATE_HZ).to(states.dtype) / FRAME_RATE_HZ)[:, None]
    return states[:, low] * (1.0 - share) + states[:, low + 1] * share
