"""The emotion in how a voice sounds: one linear layer on what an ear tells of it.

Knows nothing of ears, files or training.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from facetake.emotion import EMOTIONS


class VoiceEmotion(nn.Module):
    """From mean and standard deviation of a voice's channels to one score an emotion.

    Attributes:
        usual: (2 n_voice,) the mean of what it learnt from.
    """

    usual: Tensor

    def __init__(self, n_voice: int) -> None:
        """Makes an untrained network for an ear with `n_voice` channels."""
        super().__init__()
        self.register_buffer("usual", torch.zeros(2 * n_voice))
        self.out = nn.Linear(2 * n_voice, len(EMOTIONS))

    def forward(self, voice: Tensor) -> Tensor:
        """Maps statistics (B, 2 n_voice) to scores (B, 7) in the order of `EMOTIONS`."""
        scores: Tensor = self.out(voice - self.usual)
        return scores


class CalibratedEmotion(nn.Module):
    """What ships: probabilities of which the greatest says how often it is right."""

    temperature: Tensor

    def __init__(self, network: VoiceEmotion, temperature: float) -> None:
        """Wraps a trained network with the temperature fitted on voices it did not learn from."""
        super().__init__()
        self.network = network
        self.register_buffer("temperature", torch.tensor(temperature))

    def forward(self, voice: Tensor) -> Tensor:
        """Maps statistics (B, 2 n_voice) to probabilities (B, 7) that add up to 1."""
        shares: Tensor = (self.network(voice) / self.temperature).softmax(dim=-1)
        return shares
