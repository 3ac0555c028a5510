"""EmoFace: audio and emotion to control curves (EmoFace 3.1), with a second head for phones and visemes.

Knows nothing of training, files or post-processing. Emotion is a weight vector a frame, (T, K); a one-hot row is the
paper's label, since weights times the embedding table is then the table's row.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from facetake import rig
from facetake.emotion import EMOTIONS
from facetake.networks.encoder import Encoder, MelEncoder, MelSize, Prepare, Wav2Vec2Encoder
from facetake.networks.whisper import WhisperEncoder, WhisperSize
from facetake.visemes import VISEMES

LEAK = 0.2  # slope of the leaky ReLU in the emotion encoder (EmoFace 4.2)


@dataclass(frozen=True)
class EmoFaceSize:
    """Shape of the network. The defaults are the paper's (EmoFace 4.2).

    Attributes:
        encoder: audio encoder.
        wav2vec2: folder of the wav2vec 2.0 model, for that encoder.
        pretrained: start wav2vec 2.0 from its weights (False: Table 4, "wo weight initialize").
        mel: size of the `mel` encoder.
        whisper: size and weights of the `whisper` encoder.
        decoder: what turns content and emotion into curves (Table 4).
        width: dimension of content and emotion codes.
        layers: layers of the decoder.
        heads: attention heads of the transformer decoder.
        feedforward: hidden units of a transformer layer.
        positional: add sine and cosine positions to the content code (equations 1 and 2).
        dropout: of the decoder.
    """

    encoder: Literal["wav2vec2", "mel", "whisper"] = "wav2vec2"
    wav2vec2: Path | None = None
    pretrained: bool = True
    mel: MelSize = field(default_factory=MelSize)
    whisper: WhisperSize = field(default_factory=WhisperSize)
    decoder: Literal["transformer", "lstm", "fc"] = "transformer"
    width: int = 512
    layers: int = 10
    heads: int = 8
    feedforward: int = 2048
    positional: bool = True
    dropout: float = 0.1


class EmotionEncoder(nn.Module):
    """An embedding and two fully connected layers (EmoFace 3.1.2)."""

    def __init__(self, width: int) -> None:
        """Builds codes of `width` dimensions."""
        super().__init__()
        self.embedding = nn.Linear(len(EMOTIONS), width, bias=False)
        self.first = nn.Linear(width, width)
        self.second = nn.Linear(width, width)

    def forward(self, emotion: Tensor) -> Tensor:
        """Maps weights (B, T, K) to codes (B, T, width)."""
        code: Tensor = self.second(nn.functional.leaky_relu(self.first(self.embedding(emotion)), LEAK))
        return code


class PositionalEncoding(nn.Module):
    """Adds sine and cosine positions, for sequences of any length (EmoFace equations 1 and 2)."""

    frequency: Tensor

    def __init__(self, width: int) -> None:
        """Fixes the `width` / 2 frequencies."""
        super().__init__()
        exponent = torch.arange(0, width, 2, dtype=torch.float32) / width
        self.register_buffer("frequency", torch.exp(-math.log(10_000.0) * exponent), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, T, width) to the same shape with positions added."""
        position = torch.arange(x.shape[1], device=x.device, dtype=torch.float32)
        angle = position[:, None] * self.frequency
        return x + torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1)


def make_decoder(size: EmoFaceSize) -> nn.Module:
    """The sequence model between codes and controls: (B, T, width) -> (B, T, width) (EmoFace 3.1.3 and Table 4)."""
    if size.decoder == "transformer":
        layers = [TransformerLayer(size) for _ in range(size.layers)]
        return nn.Sequential(*layers, nn.LayerNorm(size.width))
    if size.decoder == "lstm":
        return Lstm(size.width, size.layers, size.dropout)
    return nn.Sequential(
        *(nn.Sequential(nn.Linear(size.width, size.width), nn.LeakyReLU(LEAK)) for _ in range(size.layers))
    )


class TransformerLayer(nn.Module):
    """Self-attention and a feed-forward net, each normalised first and added.

    Written out because torch's own layer fixes the sequence length when it is exported.
    """

    def __init__(self, size: EmoFaceSize) -> None:
        """Builds one layer of `size.width` with `size.heads` heads."""
        super().__init__()
        self.heads = size.heads
        self.norm = nn.LayerNorm(size.width)
        self.query_key_value = nn.Linear(size.width, 3 * size.width)
        self.out = nn.Linear(size.width, size.width)
        self.feedforward = nn.Sequential(
            nn.LayerNorm(size.width),
            nn.Linear(size.width, size.feedforward),
            nn.GELU(),
            nn.Dropout(size.dropout),
            nn.Linear(size.feedforward, size.width),
        )
        self.dropout = nn.Dropout(size.dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, T, width) to (B, T, width)."""
        parts = self.query_key_value(self.norm(x)).unflatten(-1, (3, self.heads, -1))  # (B, T, 3, heads, D)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)
        attended = nn.functional.scaled_dot_product_attention(query, key, value)
        x = x + self.dropout(self.out(attended.transpose(1, 2).flatten(2)))
        output: Tensor = x + self.dropout(self.feedforward(x))
        return output


class Lstm(nn.Module):
    """Bidirectional LSTM layers that keep the width."""

    def __init__(self, width: int, layers: int, dropout: float) -> None:
        """Builds `layers` layers of `width` / 2 units a direction."""
        super().__init__()
        between = dropout if layers > 1 else 0.0
        self.lstm = nn.LSTM(width, width // 2, layers, batch_first=True, bidirectional=True, dropout=between)

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, T, width) to (B, T, width)."""
        output: Tensor = self.lstm(x)[0]
        return output


def make_encoder(size: EmoFaceSize) -> Encoder:
    """The audio encoder that `size` asks for.

    Raises:
        ValueError: wav2vec2 without a folder.
        ModelError: the folder or the files hold no such model.
    """
    if size.encoder == "mel":
        return MelEncoder(size.mel)
    if size.encoder == "whisper":
        return WhisperEncoder(size.whisper)
    if size.wav2vec2 is None:
        raise ValueError("encoder 'wav2vec2' needs the folder of the model in 'wav2vec2'")
    return Wav2Vec2Encoder(size.wav2vec2, pretrained=size.pretrained)


class EmoFace(nn.Module):
    """Audio and emotion to curves and visemes.

    The phone head reads the encoder alone; its probabilities are given to the decoder beside the features, so that
    what the
    encoder knows of a phone reaches the lips undiluted.
    """

    viseme_of_phone: Tensor

    def __init__(self, size: EmoFaceSize, phone_visemes: tuple[int, ...]) -> None:
        """Builds the network.

        Args:
            size: shape of the network.
            phone_visemes: for each class of the phone head, the index of its viseme; `range(16)` predicts visemes
                directly.
        """
        super().__init__()
        self.encoder = make_encoder(size)
        self.phones = nn.Linear(self.encoder.n_features, len(phone_visemes))
        self.content = nn.Linear(self.encoder.n_features + len(phone_visemes), size.width)
        self.positional = PositionalEncoding(size.width) if size.positional else nn.Identity()
        self.emotion = EmotionEncoder(size.width)
        self.decoder = make_decoder(size)
        self.controls = nn.Linear(size.width, rig.N_CONTROLS)
        table = nn.functional.one_hot(torch.tensor(phone_visemes), len(VISEMES)).float()
        self.register_buffer("viseme_of_phone", table, persistent=False)

    def forward(
        self, audio: Tensor, emotion: Tensor, prepare: Prepare | None = None, with_curves: bool = True
    ) -> tuple[Tensor, Tensor]:
        """Predicts curves and phones.

        Args:
            audio: (B, S) mono at 16 kHz in [-1, 1].
            emotion: (B, T, 7) weights with T = round(S * 60 / 16000).
            prepare: changes log-mel features on the way, in training.
            with_curves: False leaves out the decoder, half of the work, and gives no curves (B, T, 0).

        Returns:
            curves (B, T, 174), not yet clamped to the controls' ranges; phone log-probabilities (B, T, P).
        """
        features = self.encoder(audio, emotion.shape[1], prepare)
        curves = self.perform(features, emotion) if with_curves else features[..., :0]
        return curves, self.heard_phones(features)

    def heard_phones(self, features: Tensor) -> Tensor:
        """Phone log-probabilities (B, T, P) in the encoder's features (B, T, D)."""
        phones: Tensor = self.phones(features).log_softmax(dim=-1)
        return phones

    def perform(self, features: Tensor, emotion: Tensor) -> Tensor:
        """Curves (B, T, 174), not yet clamped, from the encoder's features (B, T, D) and emotion (B, T, 7)."""
        content = self.content(torch.cat([features, self.heard_phones(features).exp()], dim=-1))
        code = self.positional(content) + self.emotion(emotion)
        curves: Tensor = self.controls(self.decoder(code))
        return curves

    def visemes(self, phones: Tensor) -> Tensor:
        """Sums phone log-probabilities (B, T, P) into viseme log-probabilities (B, T, 16)."""
        return (phones.exp() @ self.viseme_of_phone).clamp(min=1e-8).log()
