"""Sound from a microphone as blocks of 16 kHz mono, as soon as they come. Knows nothing of what is made of them."""

from __future__ import annotations

import queue
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Final

import numpy as np

from facetake.arrays import F32
from facetake.audio import SAMPLE_RATE_HZ
from facetake.errors import LiveError
from facetake.files import reason
from facetake.live.clock import FollowingClock, now_s
from facetake.live.sound import begin, library

BLOCK_S: Final = 0.02  # by choice: less makes drivers stumble, more is latency
SILENT_S: Final = 5.0  # by choice: a device that gives nothing for so long was taken away
LOOK_S: Final = 0.1  # between looks whether somebody wants to stop


def names() -> list[str]:
    """The microphones that are here.

    Raises:
        LiveError: there is no library of sound devices.
    """
    return [str(device["name"]) for device in library().query_devices() if device["max_input_channels"] > 0]


class Microphone:
    """A microphone that listens; a context manager, to be iterated once.

    Attributes:
        clock: when each instant of its sound was.

    Raises:
        LiveError: there is no library, no such microphone, or it cannot be opened.
    """

    def __init__(self, name: str = "") -> None:
        """Opens the microphone of a name, or of a part of it that no other has; by default the system's."""
        self.clock = FollowingClock()
        self._n_heard = 0
        self._blocks: queue.SimpleQueue[F32] = queue.SimpleQueue()
        self._resampler: Any = None
        self._stream = self._open(name)

    def __enter__(self) -> Microphone:
        """The microphone itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops listening."""
        self._stream.close()

    def __iter__(self) -> Iterator[F32]:
        """Yields all that has come (s,), as soon as something has: a slow listener gets more at a time, never later.

        Raises:
            LiveError: none come any more.
        """
        silent_s = 0.0
        while silent_s < SILENT_S:
            try:
                first = self._blocks.get(timeout=LOOK_S)
            except queue.Empty:
                silent_s += LOOK_S
                continue
            silent_s = 0.0
            yield np.concatenate([first, *(self._blocks.get() for _ in range(self._blocks.qsize()))])
        raise LiveError(f"the microphone has given nothing for {SILENT_S:g} s; plug it in again")

    def _open(self, name: str) -> Any:
        sounddevice = library()
        known = names()
        if not known:
            raise LiveError("there is no microphone here; plug one in")
        if name and not any(name.lower() in one.lower() for one in known):
            raise LiveError(f"no microphone is called {name!r}; there are: {', '.join(known)}")
        try:
            about = sounddevice.query_devices(name or None, "input")
            rate_hz = self._rate(sounddevice, about)
            stream = sounddevice.InputStream(
                samplerate=rate_hz,
                blocksize=round(BLOCK_S * rate_hz),
                device=about["index"],
                channels=1,
                dtype="float32",
                latency="low",
                callback=self._hear,
            )
            begin(stream)
        except Exception as error:  # PortAudio's own errors, and those of what lies below it
            called = name or "by default"
            raise LiveError(f"the microphone {called} cannot be opened ({reason(error)}); choose another") from error
        return stream

    def _rate(self, sounddevice: Any, about: Mapping[str, float]) -> int:
        """16 kHz where the device gives it, else its own rate, of which 16 kHz are made here."""
        try:
            sounddevice.check_input_settings(device=about["index"], channels=1, samplerate=SAMPLE_RATE_HZ)
        except Exception:  # whatever it says, it does not give that rate
            import soxr

            own_hz = round(about["default_samplerate"])
            self._resampler = soxr.ResampleStream(own_hz, SAMPLE_RATE_HZ, 1, dtype="float32", quality="LQ")
            return own_hz
        return SAMPLE_RATE_HZ

    def _hear(self, block: F32, _count: int, _times: object, _status: object) -> None:
        samples: F32 = np.array(block[:, 0])
        if self._resampler is not None:
            samples = self._resampler.resample_chunk(samples)
        self._n_heard += len(samples)
        self.clock.report(self._n_heard / SAMPLE_RATE_HZ, now_s())
        self._blocks.put(samples)
