"""Plays a recording and says where it is. Without a sound device it keeps time in silence."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facetake import live
from facetake.errors import LiveError
from facetake.live.sound import PLAYED_HZ


class Player:
    """One recording at a time.

    Attributes:
        is_silent: no sound device was found, so that only the clock runs.
    """

    def __init__(self) -> None:
        """Nothing to play yet."""
        self._samples: NDArray[np.float32] = np.zeros((0, 1), np.float32)
        self._at = 0
        self._playback: live.Playback | None = None
        self._began_s: float | None = None
        self.is_silent = False

    @property
    def duration_s(self) -> float:
        """Length of the recording."""
        return len(self._samples) / PLAYED_HZ

    @property
    def is_playing(self) -> bool:
        """Whether it runs and has not come to the end."""
        return self._began_s is not None and self.time_s < self.duration_s

    @property
    def time_s(self) -> float:
        """Where it is, in seconds."""
        return self._at / PLAYED_HZ + (time.monotonic() - self._began_s if self._began_s is not None else 0.0)

    def load(self, path: Path) -> None:
        """Takes a recording; of one that cannot be read, silence. Raises AudioError."""
        self.stop()
        self._at = 0
        self._samples = np.zeros((0, 1), np.float32)
        self._samples = live.playable(path)

    def play(self) -> None:
        """Begins where it was, or anew after the end."""
        self.stop()  # what came to its end has its device yet
        if self._at >= len(self._samples):
            self._at = 0
        self._playback = self._open()
        self._began_s = time.monotonic()

    def stop(self) -> None:
        """Halts where it is."""
        if self._began_s is None:
            return
        self._at = min(len(self._samples), round(self.time_s * PLAYED_HZ))
        self._began_s = None
        if self._playback is not None:
            self._playback.close()
            self._playback = None

    def seek(self, time_s: float) -> None:
        """Goes somewhere else."""
        was_playing = self.is_playing
        self.stop()
        self._at = min(len(self._samples), max(0, round(time_s * PLAYED_HZ)))
        if was_playing:
            self.play()

    def _open(self) -> live.Playback | None:
        """What plays, or None where there is no device for it: then the clock runs alone."""
        try:
            return live.Playback(self._samples, from_s=self._at / PLAYED_HZ)
        except LiveError:
            self.is_silent = True
            return None
