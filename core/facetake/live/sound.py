"""Plays a recording and says when each instant of it is heard. Knows no faces."""

from __future__ import annotations

import time
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Final

import numpy as np

from facetake import audio
from facetake.arrays import F32
from facetake.errors import LiveError
from facetake.files import reason
from facetake.live.clock import FollowingClock, now_s

PLAYED_HZ: Final = 48_000  # what every sound device takes
WAKING_S: Final = 2.0  # by choice: a sound card that has not begun by then will not


def library() -> ModuleType:
    """The library of sound devices.

    Raises:
        LiveError: it is not installed, or finds no driver.
    """
    try:
        import sounddevice
    except ModuleNotFoundError as error:
        raise LiveError(
            'sound devices need sounddevice, which is not installed; pip install "facetake[live]"'
        ) from error
    except OSError as error:
        raise LiveError(
            f"sounddevice cannot be used ({reason(error)}); install PortAudio, such as libportaudio2"
        ) from error
    return sounddevice  # type: ignore[no-any-return]


def begin(stream: Any) -> None:
    """Starts a stream of the library; one that does not start is closed, so that its device is free again."""
    try:
        stream.start()
    except BaseException:
        stream.close()
        raise


def playable(path: Path) -> F32:
    """Samples (S, 1) of a recording, as they are played.

    Raises:
        AudioError: it cannot be read.
    """
    with audio.stream(path, rate_hz=PLAYED_HZ) as sound:
        return np.concatenate(list(sound))[:, None]


class Playback:
    """Samples that play from the moment they are made; a context manager.

    Attributes:
        clock: when each instant is heard, by the sound card's own reports.

    Raises:
        LiveError: there is no library, no device, or it does not begin.
    """

    def __init__(self, samples: F32, rate_hz: int = PLAYED_HZ, from_s: float = 0.0) -> None:
        """Plays samples (S, 1).

        Args:
            samples: all of them.
            rate_hz: of the samples.
            from_s: where to begin; before 0 there is silence.
        """
        self.clock = FollowingClock()
        self._samples = samples
        self._rate_hz = rate_hz
        self._at = round(from_s * rate_hz)
        self._stream = self._open()

    def __enter__(self) -> Playback:
        """The playback itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Falls silent."""
        self.close()

    def close(self) -> None:
        """Falls silent."""
        self._stream.close()

    def wait(self) -> None:
        """Returns once the sound card has begun.

        Raises:
            LiveError: it does not.
        """
        until_s = now_s() + WAKING_S
        while not self.clock.has_begun:
            if now_s() > until_s:
                raise LiveError("the sound device does not begin to play; choose another one, or leave sound out")
            time.sleep(0.001)

    def _open(self) -> Any:
        sounddevice = library()
        try:
            stream = sounddevice.OutputStream(
                samplerate=self._rate_hz, channels=1, dtype="float32", callback=self._fill
            )
            begin(stream)
        except Exception as error:  # PortAudio's own errors, and those of what lies below it
            raise LiveError(f"no sound can be played here ({reason(error)}); leave it out") from error
        return stream

    def _fill(self, out: F32, count: int, times: Any, _status: object) -> None:
        """Gives the card its next samples, and notes when they will be heard."""
        heard_s = now_s() + max(0.0, times.outputBufferDacTime - times.currentTime)
        self.clock.report(self._at / self._rate_hz, heard_s)
        silent = min(max(-self._at, 0), count)
        block = self._samples[max(self._at, 0) : max(self._at + count, 0)]
        out[:] = 0.0
        out[silent : silent + len(block)] = block
        self._at += count
