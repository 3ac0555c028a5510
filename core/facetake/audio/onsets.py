"""The rhythm of what is said: loudness and onsets of sound that passes by. Knows no files."""

from __future__ import annotations

from typing import Final

import numpy as np

from facetake.audio.passing import PassingFrames
from facetake.audio.units import Floats

WINDOW: Final = 400  # 25 ms, for energy and onsets


class Rhythm(PassingFrames):
    """Level and onset strength of speech, gathered while its blocks pass by on their way elsewhere.

    Onset strength is the rise of the log spectrum from one frame to the next, summed over frequency (spectral flux),
    as the head motion of landmark translation 3.3 asks for. The paper takes librosa's; the sums here are the same, and
    by hand, for every take needs them, of sound in blocks, in a program that starts fast.
    """

    def __init__(self, n_frames: int) -> None:
        """Makes room for `n_frames` frames of 1/60 s."""
        super().__init__(n_frames, WINDOW)
        self._energy = np.full(n_frames, 1e-10, np.float32)
        self._flux = np.zeros(n_frames, np.float32)
        self._window = np.hanning(WINDOW).astype(np.float32)
        self._before = np.zeros(WINDOW // 2 + 1, np.float32)

    def _measure(self, frames: slice, windows: Floats) -> None:
        self._energy[frames] = np.square(windows).mean(axis=1) + 1e-10
        level = np.log(np.abs(np.fft.rfft(windows * self._window)).astype(np.float32) + 1e-2)
        before = np.concatenate([self._before[None], level[:-1]])
        self._flux[frames] = np.maximum(level - before, 0.0).mean(axis=1)
        self._before = level[-1]

    def tracks(self) -> tuple[Floats, Floats]:
        """Level in dB relative to full scale and onset strength from 0, (T,) each."""
        return np.asarray(10.0 * np.log10(self._energy), np.float32), self._flux
