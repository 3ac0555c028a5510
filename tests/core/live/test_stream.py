"""Frames go out when they are due, in order."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest

from facetake.live import LiveFrame, SteadyClock, clock, stream, stream_frames, stream_take
from facetake.take import Take

WEIGHTS = np.zeros(52, np.float32)


class VirtualTime:
    """A clock of its own.

    Attributes:
        now: what it shows, in seconds.
    """

    def __init__(self) -> None:
        self.now = 100.0

    def now_s(self) -> float:
        """What it shows."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Lets time pass."""
        self.now += seconds


@pytest.fixture
def virtual(monkeypatch: pytest.MonkeyPatch) -> VirtualTime:
    """Streams live by this clock."""
    made = VirtualTime()
    monkeypatch.setattr(stream, "now_s", made.now_s)
    monkeypatch.setattr(clock, "now_s", made.now_s)
    monkeypatch.setattr(stream, "time", SimpleNamespace(sleep=made.sleep))
    return made


class Wire:
    """What is sent: a frame's number and when, where a protocol stands for itself."""

    def __init__(self, time: VirtualTime, rate: Fraction) -> None:
        self.time, self.rate = time, rate
        self.sent: list[tuple[int, float]] = []
        self.stalls: dict[int, float] = {}

    def encode(self, frame: LiveFrame) -> list[bytes]:
        """The number as text."""
        return [str(int(frame.instant_s * self.rate)).encode()]

    def send(self, packet: bytes) -> None:
        """Notes it, and takes its time where it was told to."""
        number = int(packet)
        self.sent.append((number, self.time.now))
        self.time.sleep(self.stalls.get(number, 0.0))


def run(wire: Wire, count: int, zero_s: float = 100.0) -> object:
    """Streams so many frames over it."""
    rate = wire.rate
    return stream_frames(lambda n: LiveFrame(n / rate, WEIGHTS), count, rate, [(wire, wire)], SteadyClock(zero_s))


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(30000, 1001), Fraction(60)])
def test_every_frame_is_due_by_its_number(virtual: VirtualTime, rate: Fraction) -> None:
    """Ten minutes of frames go out in order, each at its own instant: nothing has added up at the end."""
    wire = Wire(virtual, rate)
    count = int(600 * rate)
    run(wire, count)
    numbers = np.array([number for number, _ in wire.sent])
    times = np.array([at for _, at in wire.sent])
    assert np.array_equal(numbers, np.arange(count))
    assert np.abs(times - 100.0 - numbers / float(rate)).max() < 1e-6
    assert virtual.now == pytest.approx(100.0 + count / float(rate), abs=1e-6)


def test_a_stall_leaves_frames_out_and_reorders_none(virtual: VirtualTime) -> None:
    """After 0.5 s without a packet the frame that is due then goes out, and the 30 that were missed never."""
    wire = Wire(virtual, Fraction(60))
    wire.stalls[10] = 0.5 + 1e-6
    result = run(wire, 120)
    numbers = [number for number, _ in wire.sent]
    assert numbers == [*range(11), *range(40, 120)]
    assert vars(result)["skipped"] == 29 and vars(result)["sent"] == 91


def test_after_a_hiccup_every_frame_goes_out(virtual: VirtualTime) -> None:
    """A stall of 80 ms delays the frames within it, and leaves none out."""
    wire = Wire(virtual, Fraction(60))
    wire.stalls[10] = 0.08
    run(wire, 60)
    assert [number for number, _ in wire.sent] == list(range(60))
    assert wire.sent[20][1] == pytest.approx(100.0 + 20 / 60, abs=1e-6)


def test_the_last_pose_arrives_whatever_happens(virtual: VirtualTime) -> None:
    """A stall beyond the end still sends the last frame, so that the face is left where it should be."""
    wire = Wire(virtual, Fraction(60))
    wire.stalls[0] = 99.0
    run(wire, 120)
    assert [number for number, _ in wire.sent] == [0, 119]


def test_progress_can_end_a_stream(virtual: VirtualTime, acted: Callable[..., Take]) -> None:
    """What progress raises ends it at once, also while it waits for a first frame that is far away."""
    wire = Wire(virtual, Fraction(60))

    def stop(_share: float) -> None:
        if virtual.now > 103.0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stream_take(acted(2, start=Fraction(60)), [(wire, wire)], SteadyClock(100.0), stop)
    assert virtual.now < 103.2 and not wire.sent
