"""Plays a recording and says where it is. Without a sound device it keeps time in silence."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facetake import live
from facetake.errors import LiveError


class Player:
    """One recording at a time.

    Attributes:
        path: of the recording; None for silence.
        duration_s: its length.
        is_silent: no sound device was found, so that only the clock runs.
    """

    def __init__(self) -> None:
        """Nothing to play yet."""
        self.path: Path | None = None
        self.duration_s = 0.0
        self.is_silent = False
        self._samples: NDArray[np.float32] | None = None
        self._at_s = 0.0
        self._playback: live.Playback | None = None
        self._began_s: float | None = None

    @property
    def is_playing(self) -> bool:
        """Whether it runs and has not come to the end."""
        return self._began_s is not None and self.time_s < self.duration_s

    @property
    def time_s(self) -> float:
        """Where it is, in seconds; never beyond the end."""
        since_s = time.monotonic() - self._began_s if self._began_s is not None else 0.0
        return min(self._at_s + since_s, self.duration_s)

    def open(self, path: Path | None, duration_s: float) -> None:
        """Takes a recording, at its beginning; it is read when it is first played. None: as much silence."""
        self.stop()
        self._at_s = 0.0
        self._samples = None
        self.path = path
        self.duration_s = duration_s

    def play(self) -> None:
        """Begins where it was, or anew after the end. Raises AudioError."""
        self.stop()  # what came to its end has its device yet
        if self._at_s >= self.duration_s:
            self._at_s = 0.0
        self._playback = self._open()
        self._began_s = time.monotonic()

    def stop(self) -> None:
        """Halts where it is."""
        if self._began_s is None:
            return
        self._at_s = self.time_s
        self._began_s = None
        if self._playback is not None:
            self._playback.close()
            self._playback = None

    def seek(self, time_s: float) -> None:
        """Goes somewhere else."""
        was_playing = self.is_playing
        self.stop()
        self._at_s = min(self.duration_s, max(0.0, time_s))
        if was_playing:
            self.play()

    def _open(self) -> live.Playback | None:
        """What plays, or None where there is no sound or no device for it: then the clock runs alone."""
        if self.path is None:
            return None
        if self._samples is None:
            self._samples = live.playable(self.path)
        try:
            return live.Playback(self._samples, from_s=self._at_s)
        except LiveError:
            self.is_silent = True
            return None
