"""Sends frames when they are due: in order, each once, and none that is long over where a newer one is due.

A frame's time comes from its number alone (`facetake.live.clock`), so that packets do not drift; after a long stall the
frames that were missed are left out, and the face is where it belongs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Final, Protocol

from facetake.live.clock import LiveClock, now_s
from facetake.live.frame import LiveFrame, frame_of
from facetake.take import Take

LONGEST_NAP_S: Final = 0.05  # by choice: so soon a wish to stop is heard, and a sound card's clock followed

LATEST_S: Final = 0.1
"""By choice: frames of a shorter stall go out at once behind one another, as receivers sort them by their times."""


class Encoder(Protocol):
    """Makes datagrams of a frame."""

    def encode(self, frame: LiveFrame) -> list[bytes]:
        """The datagrams, to be sent in order."""


class Receiver(Protocol):
    """Takes datagrams."""

    def send(self, packet: bytes) -> None:
        """Takes one."""


Output = tuple[Encoder, Receiver]
"""A protocol and where its packets go."""


@dataclass
class LiveResult:
    """How a stream went.

    Attributes:
        sent: frames that went out.
        skipped: frames that were over before they could.
        latest_s: by how much the latest one was late.
    """

    sent: int = 0
    skipped: int = 0
    latest_s: float = 0.0


def stream_take(
    take: Take, outputs: Sequence[Output], clock: LiveClock, progress: Callable[[float], None] | None = None
) -> LiveResult:
    """Sends a take to its end, and returns when its last frame is over.

    Args:
        take: any.
        outputs: the protocols, and where each one's packets go.
        clock: tells when an instant of the take's sound is.
        progress: called at least twenty times a second with the share done; what it raises ends the stream.
    """
    return stream_frames(lambda number: frame_of(take, number), take.n_frames, take.rate, outputs, clock, progress)


def stream_frames(
    frame_at: Callable[[int], LiveFrame],
    count: int,
    rate: Fraction,
    outputs: Sequence[Output],
    clock: LiveClock,
    progress: Callable[[float], None] | None = None,
) -> LiveResult:
    """Sends frames 0 .. `count` of `rate` a second; see `stream_take`."""
    result = LiveResult()
    tell = progress or _ignore
    number = 0
    while number < count:
        frame = frame_at(number)
        late_s = wait_until(clock, frame.instant_s, partial(tell, number / count))
        missed = min(int(late_s * rate), count - 1 - number) if late_s > LATEST_S else 0
        if missed > 0:  # the frame that is due now is another one
            result.skipped += missed
            number += missed
            continue
        send(frame, outputs)
        result.sent += 1
        result.latest_s = max(result.latest_s, late_s)
        number += 1
    wait_until(clock, frame_at(count - 1).instant_s + 1 / rate, partial(tell, 1.0))
    return result


def _ignore(share: float) -> None:
    """Progress that nobody asked for."""


def send(frame: LiveFrame, outputs: Sequence[Output]) -> None:
    """Sends a frame by every protocol."""
    for encoder, receiver in outputs:
        for packet in encoder.encode(frame):
            receiver.send(packet)


def wait_until(clock: LiveClock, instant_s: Fraction, look: Callable[[], object]) -> float:
    """Waits for an instant; returns by how many seconds it is over. `look` is called now and then."""
    look()
    while (left_s := clock.due_s(float(instant_s)) - now_s()) > 0.0:
        time.sleep(min(left_s, LONGEST_NAP_S))
        if left_s > LONGEST_NAP_S:
            look()
    return -left_s
