"""Audio encoders behind one interface: waveform in, one feature vector a curve frame out.

`mel` is small and trained from scratch; `wav2vec2` is the paper's (EmoFace 3.1.1), loaded from the user's own folder;
`whisper` is in a file of its own.
Neither knows of emotion or curves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from torch import Tensor, nn

from facetake.errors import ModelError
from facetake.networks.checkpoint import unmap
from facetake.networks.logmel import N_MELS, LogMel

Prepare = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class MelSize:
    """Size of the `mel` encoder.

    Attributes:
        width: channels of the convolutions.
        blocks: gated convolution blocks, each seeing 15 frames (0.25 s).
        memory: units of the bidirectional GRU, a direction.
        dropout: in the blocks and before the GRU.
    """

    width: int = 208
    blocks: int = 4
    memory: int = 128
    dropout: float = 0.1


class Heard(NamedTuple):
    """What an encoder tells of a line.

    Attributes:
        features: (B, T, n_features).
        voice: (B, T, n_voice), what tells how the voice sounds.
        lips: (B, T, 2) opening and rounding of the lips, each in the scale of its own spread; None where the encoder
            does not read them.
    """

    features: Tensor
    voice: Tensor
    lips: Tensor | None = None


class Encoder(Protocol):
    """What the rest of the network asks of an encoder."""

    n_features: int
    n_voice: int

    def __call__(self, audio: Tensor, n_frames: int, prepare: Prepare | None = None) -> Tensor:
        """Maps audio (B, S) to features (B, T, n_features); `prepare` changes log-mel features on the way."""
        ...

    def hear(self, audio: Tensor, n_frames: int) -> Heard:
        """Maps audio (B, S) to all that the encoder tells of it."""
        ...


class GatedBlock(nn.Module):
    """Residual gated depthwise convolution over time."""

    def __init__(self, width: int, dropout: float, reach: int = 15) -> None:
        """Builds a block of `width` channels that sees `reach` frames."""
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.gate = nn.Linear(width, 2 * width)
        self.mix = nn.Conv1d(width, width, reach, padding=reach // 2, groups=width)
        self.out = nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, T, width) to (B, T, width)."""
        gated = nn.functional.glu(self.gate(self.norm(x)), dim=-1)
        mixed = nn.functional.silu(self.mix(gated.transpose(1, 2)).transpose(1, 2))
        output: Tensor = x + self.dropout(self.out(mixed))
        return output


class MelEncoder(nn.Module):
    """Log-mel, two convolutions (120 to 60 a second), gated blocks and a bidirectional GRU."""

    def __init__(self, size: MelSize) -> None:
        """Builds the encoder; `n_features` is twice the GRU's memory."""
        super().__init__()
        self.n_features = self.n_voice = 2 * size.memory
        self.log_mel = LogMel()
        self.first = nn.Conv1d(N_MELS, size.width, 5, padding=2)
        self.second = nn.Conv1d(size.width, size.width, 5, stride=2, padding=2)
        self.blocks = nn.ModuleList([GatedBlock(size.width, size.dropout) for _ in range(size.blocks)])
        self.dropout = nn.Dropout(size.dropout)
        self.memory = nn.GRU(size.width, size.memory, batch_first=True, bidirectional=True)

    def forward(self, audio: Tensor, n_frames: int, prepare: Prepare | None = None) -> Tensor:
        """Maps audio (B, S) to (B, T, 2 memory); `prepare` masks or warps the log-mel features (B, 2T, N_MELS)."""
        features = self.log_mel(audio, n_frames)
        if prepare is not None:
            features = prepare(features)
        x = nn.functional.gelu(self.first(features.transpose(1, 2)))
        x = nn.functional.gelu(self.second(x)).transpose(1, 2)  # (B, T, width)
        for block in self.blocks:
            x = block(x)
        output: Tensor = self.memory(self.dropout(x))[0]
        return output

    def hear(self, audio: Tensor, n_frames: int) -> Heard:
        """Maps audio (B, S) to features (B, T, 2 memory), which are all it knows of the voice."""
        features = self(audio, n_frames)
        return Heard(features, features)


class Wav2Vec2Encoder(nn.Module):
    """wav2vec 2.0 with its feature extractor frozen and its latents brought from 50 to 60 a second.

    The interpolation stands between the extractor and the context network, and no attention mask is passed (EmoFace
    3.1.1).
    """

    def __init__(self, folder: Path, *, pretrained: bool = True) -> None:
        """Loads the network from a local folder as `save_pretrained` writes it; never downloads.

        Args:
            folder: holds config.json and, if `pretrained`, model.safetensors.
            pretrained: False builds the same shapes with random weights (Table 4, "wo weight initialize").

        Raises:
            ModelError: the folder is missing or is not a wav2vec 2.0 model.
        """
        super().__init__()
        self.model: Any = _wav2vec2(folder, pretrained=pretrained)
        self.n_features = self.n_voice = int(self.model.config.hidden_size)
        for weight in self.model.feature_extractor.parameters():
            weight.requires_grad_(False)

    def forward(self, audio: Tensor, n_frames: int, prepare: Prepare | None = None) -> Tensor:  # noqa: ARG002  no mel here
        """Maps audio (B, S) to (B, T, hidden)."""
        scaled = (audio - audio.mean(dim=1, keepdim=True)) / (audio.var(dim=1, keepdim=True) + 1e-7).sqrt()
        latents = self.model.feature_extractor(scaled)  # (B, F, 50 a second)
        latents = nn.functional.interpolate(latents, size=n_frames, mode="linear", align_corners=True)
        hidden, _ = self.model.feature_projection(latents.transpose(1, 2))
        output: Tensor = self.model.encoder(hidden)[0]
        return output

    def hear(self, audio: Tensor, n_frames: int) -> Heard:
        """Maps audio (B, S) to features (B, T, hidden), which are all it knows of the voice."""
        features = self(audio, n_frames)
        return Heard(features, features)


def _wav2vec2(folder: Path, *, pretrained: bool) -> Any:
    try:
        from transformers import Wav2Vec2Config, Wav2Vec2Model
    except ImportError as error:
        raise ModelError('wav2vec2 needs transformers: pip install "facetake[train]"') from error
    if not (folder / "config.json").is_file():
        raise ModelError(
            f"no wav2vec2 model in {folder}: put wav2vec2-base-960h's config.json and model.safetensors there"
        )
    try:
        if pretrained:
            network = Wav2Vec2Model.from_pretrained(folder, local_files_only=True, use_safetensors=True)
            unmap(network)
            return network
        return Wav2Vec2Model(Wav2Vec2Config.from_pretrained(folder, local_files_only=True))
    except (OSError, ValueError, RuntimeError) as error:
        raise ModelError(f"cannot load the wav2vec2 model in {folder}: {error}") from error
