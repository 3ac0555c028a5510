"""Measuring sound frame by frame while it passes by on its way elsewhere, in blocks of any size. Knows no files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

import numpy as np

from facetake.audio.units import FRAME_RATE_HZ, SAMPLE_RATE_HZ, Blocks, Floats


class PassingFrames(ABC):
    """What is measured of each frame of 1/60 s, in a window about where it begins."""

    def __init__(self, n_frames: int, window: int) -> None:
        """Makes room for `n_frames` frames, and windows of `window` samples."""
        self._n_frames = n_frames
        self._width = window
        self._done = 0

    def listening(self, blocks: Blocks) -> Iterator[Floats]:
        """Passes blocks through unchanged, and measures them."""
        kept = np.zeros(self._width // 2, np.float32)
        begin = -(self._width // 2)
        for block in blocks:
            kept = np.concatenate([kept, block])
            self._advance(kept, begin)
            skip = max(0, min(len(kept), self._start(self._done) - begin))
            kept = kept[skip:]
            begin = begin + skip
            yield block
        self._advance(np.pad(kept, (0, 2 * self._width)), begin)

    @abstractmethod
    def _measure(self, frames: slice, windows: Floats) -> None:
        """Measures the windows (T, S) of some frames, each once and in order."""

    def _start(self, frame: int) -> int:
        return round(frame * SAMPLE_RATE_HZ / FRAME_RATE_HZ) - self._width // 2

    def _advance(self, samples: Floats, begin: int) -> None:
        """Measures every frame whose window lies within `samples`, which start at sample `begin`."""
        last = min(self._n_frames, (begin + len(samples) - self._width // 2) * FRAME_RATE_HZ // SAMPLE_RATE_HZ)
        if last <= self._done:
            return
        frames = np.arange(self._done, last)
        starts = np.round(frames * (SAMPLE_RATE_HZ / FRAME_RATE_HZ)).astype(int) - self._width // 2 - begin
        self._measure(slice(self._done, last), samples[starts[:, None] + np.arange(self._width)])
        self._done = last
