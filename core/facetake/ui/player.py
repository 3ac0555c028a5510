"""Plays a recording and says where it is. Without a sound device it keeps time in silence."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from facetake import audio

PLAYED_HZ: Final = 48_000  # what every sound device takes


class Player:
    """One recording at a time.

    Attributes:
        is_silent: no sound device was found, so that only the clock runs.
    """

    def __init__(self) -> None:
        """Nothing to play yet."""
        self._samples: NDArray[np.float32] = np.zeros((0, 1), np.float32)
        self._rate_hz = 16000
        self._at = 0
        self._stream = None
        self._began_s: float | None = None
        self.is_silent = False

    @property
    def duration_s(self) -> float:
        """Length of the recording."""
        return len(self._samples) / self._rate_hz

    @property
    def is_playing(self) -> bool:
        """Whether it runs and has not come to the end."""
        return self._began_s is not None and self.time_s < self.duration_s

    @property
    def time_s(self) -> float:
        """Where it is, in seconds."""
        return self._at / self._rate_hz + (time.monotonic() - self._began_s if self._began_s is not None else 0.0)

    def load(self, path: Path) -> None:
        """Takes a recording. Raises AudioError."""
        self.stop()
        self._samples, self._rate_hz = _read(path)
        self._at = 0

    def play(self) -> None:
        """Begins where it was, or anew after the end."""
        if self._at >= len(self._samples):
            self._at = 0
        self._stream = self._open()
        self._began_s = time.monotonic()

    def stop(self) -> None:
        """Halts where it is."""
        if self._began_s is None:
            return
        self._at = min(len(self._samples), round(self.time_s * self._rate_hz))
        self._began_s = None
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def seek(self, time_s: float) -> None:
        """Goes somewhere else."""
        was_playing = self.is_playing
        self.stop()
        self._at = min(len(self._samples), max(0, round(time_s * self._rate_hz)))
        if was_playing:
            self.play()

    def _open(self) -> Any:
        """A running stream, or None where there is no device for one."""
        left = self._samples[self._at :]
        told = 0

        def fill(out: NDArray[np.float32], count: int, *_: object) -> None:
            nonlocal told
            block = left[told : told + count]
            out[: len(block)], out[len(block) :] = block, 0.0
            told += count

        try:
            import sounddevice

            stream = sounddevice.OutputStream(samplerate=self._rate_hz, channels=self._samples.shape[1], callback=fill)
            stream.start()
        except Exception:  # no library, no device or no driver: whatever they say, the clock runs on
            self.is_silent = True
            return None
        return stream


def _read(path: Path) -> tuple[NDArray[np.float32], int]:
    """Samples (S, 1), where the network hears them, and their rate."""
    with audio.stream(path, rate_hz=PLAYED_HZ) as sound:
        return np.concatenate(list(sound))[:, None], PLAYED_HZ
