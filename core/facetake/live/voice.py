"""A voice to other programs while it speaks: blocks of sound in, packets out, a fixed time later.

Two threads, so that packets stay even: one hears, and one sends each frame when it is due. Where the first is slow,
frames go out as soon as they are there, and those that are long over are left out.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Final, Protocol

from facetake import rig
from facetake.arrays import F32
from facetake.audio import FRAME_RATE_HZ, SAMPLE_RATE_HZ
from facetake.live.clock import LiveClock
from facetake.live.frame import LiveFrame
from facetake.live.microphone import BLOCK_S
from facetake.live.performer import LiveCurves, LivePerformer
from facetake.live.stream import LATEST_S, LiveResult, Output, send, wait_until

COMPUTE_S: Final = 0.03  # what the networks take; more only makes packets uneven
PATIENCE_S: Final = 1.0  # for the last packets once the voice has ended


class Listening(Protocol):
    """Sound that is being recorded: `Microphone`, or what stands for one."""

    @property
    def clock(self) -> LiveClock:
        """Tells when each instant of it was."""

    def __iter__(self) -> Iterator[F32]:
        """Blocks of 16 kHz mono."""


def stream_voice(
    listening: Listening,
    performer: LivePerformer,
    outputs: Sequence[Output],
    progress: Callable[[float], None] | None = None,
) -> LiveResult:
    """Performs a voice until it ends.

    Args:
        listening: where it comes from.
        performer: makes the curves.
        outputs: the protocols, and where each one's packets go.
        progress: called after each block with the seconds heard; what it raises ends the stream.

    Raises:
        LiveError: the network or the microphone is gone.
    """
    delay_s = performer.options.delay_frames / FRAME_RATE_HZ + BLOCK_S + COMPUTE_S
    outbox = _Outbox(listening.clock, delay_s, outputs)
    outbox.start()
    heard = 0
    try:
        for block in listening:
            heard += len(block)
            outbox.put(performer.hear(block))
            if progress is not None:
                progress(heard / SAMPLE_RATE_HZ)
    finally:
        outbox.finish()
    outbox.check()
    return outbox.result


class _Outbox(threading.Thread):
    """Sends frames when they are due."""

    def __init__(self, clock: LiveClock, delay_s: float, outputs: Sequence[Output]) -> None:
        super().__init__(name="send", daemon=True)
        self.result = LiveResult()
        self._clock = clock
        self._delay_s = Fraction(delay_s)
        self._outputs = outputs
        self._n_given = 0
        self._n_taken = 0
        self._frames: queue.SimpleQueue[LiveFrame | None] = queue.SimpleQueue()
        self._error: Exception | None = None

    def put(self, curves: LiveCurves | None) -> None:
        """Takes frames that are final; raises what went wrong with those before."""
        self.check()
        for frame in _frames_of(curves) if curves is not None else ():
            self._n_given += 1
            self._frames.put(frame)

    def finish(self) -> None:
        """Sends what is left."""
        self._frames.put(None)
        self.join(PATIENCE_S)

    def check(self) -> None:
        """Raises what went wrong."""
        if self._error is not None:
            raise self._error

    def run(self) -> None:
        """Sends frames until there are no more."""
        try:
            while (frame := self._frames.get()) is not None:
                self._send(frame)
        except Exception as error:  # for the thread that listens to tell
            self._error = error

    def _send(self, frame: LiveFrame) -> None:
        self._n_taken += 1
        late_s = wait_until(self._clock, frame.instant_s + self._delay_s, lambda: None)
        if late_s > LATEST_S and self._n_given > self._n_taken:
            self.result.skipped += 1
            return
        send(frame, self._outputs)
        self.result.sent += 1
        self.result.latest_s = max(self.result.latest_s, late_s)


def _frames_of(curves: LiveCurves) -> Iterable[LiveFrame]:
    weights = rig.to_arkit(curves.values)
    for n, (row, turned) in enumerate(zip(weights, curves.head, strict=True)):
        yield LiveFrame(Fraction(curves.first + n, FRAME_RATE_HZ), row, turned)
