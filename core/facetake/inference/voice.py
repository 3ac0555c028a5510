"""How a voice sounds over time, kept as sums over half seconds, so that an hour needs little memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facetake.arrays import F32
from facetake.audio import FRAME_RATE_HZ

BLOCK_FRAMES = FRAME_RATE_HZ // 2  # half a second, of which `emotion_recognition` makes its windows
BLOCK_S = BLOCK_FRAMES / FRAME_RATE_HZ


@dataclass(frozen=True)
class VoiceFeatures:
    """What an ear tells of how a voice sounds, of every half second; the last may be shorter.

    Attributes:
        counts: (B,) frames in each.
        sums: (B, W) of each channel over them.
        squares: (B, W) sums of their squares.
    """

    counts: NDArray[np.int64]
    sums: F32
    squares: F32

    def statistics(self, blocks: NDArray[np.int64]) -> F32:
        """(2 W,) mean and standard deviation of each channel over some half seconds, given by their numbers."""
        count = int(self.counts[blocks].sum())
        mean = self.sums[blocks].sum(axis=0, dtype=np.float64) / count
        square = self.squares[blocks].sum(axis=0, dtype=np.float64) / count
        return np.concatenate([mean, np.sqrt(np.maximum(square - mean**2, 0.0))]).astype(np.float32)


class VoiceSums:
    """Sums up frames as they come."""

    def __init__(self, n_frames: int, width: int) -> None:
        """Makes room for `n_frames` frames (60 a second) of `width` channels."""
        count = -(-n_frames // BLOCK_FRAMES)
        sums, squares = np.zeros((2, count, width), np.float32)
        self.voice = VoiceFeatures(np.zeros(count, np.int64), sums, squares)
        self._done = 0

    def add(self, frames: F32) -> None:
        """Adds the next frames (t, W)."""
        first = 0
        while first < len(frames):
            block = self._done // BLOCK_FRAMES
            some = frames[first : first + (block + 1) * BLOCK_FRAMES - self._done]
            self.voice.counts[block] += len(some)
            self.voice.sums[block] += some.sum(axis=0)
            self.voice.squares[block] += np.square(some).sum(axis=0)
            self._done += len(some)
            first += len(some)
