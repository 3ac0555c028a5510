"""Live Link Face's packets."""

from __future__ import annotations

import struct
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from facetake import rig
from facetake.errors import ConfigError, LiveError
from facetake.live import FaceEncoder, LiveFrame, decode, frame_of
from facetake.take import Take

ONE = LiveFrame(Fraction(7, 60), (np.arange(52) / 64).astype(np.float32), np.array([90.0, -45.0, 30.0], np.float32))


def packet_of(frame: LiveFrame = ONE, rate: Fraction = Fraction(60), subject: str = "Guard") -> bytes:
    """The datagram of a frame."""
    (packet,) = FaceEncoder(subject, rate).encode(frame)
    return packet


def test_the_layout_is_the_one_that_unreal_reads() -> None:
    """Version 6, two texts behind their lengths, frame, part, rate, 61 and as many floats, all big-endian."""
    packet = packet_of()
    assert packet[0] == 6
    assert struct.unpack(">i", packet[1:5]) == (36,)
    assert packet[41:50] == b"\0\0\0\5Guard"
    assert struct.unpack(">ifiiB", packet[50:67]) == (7, 0.0, 60, 1, 61)
    values = struct.unpack(">61f", packet[67:])
    assert values[:52] == tuple(n / 64 for n in range(52))
    assert values[52:55] == pytest.approx((np.pi / 2, -np.pi / 4, np.pi / 6), abs=1e-6)
    assert values[55:] == (0.0,) * 6


def test_the_shapes_come_in_the_order_of_the_protocol() -> None:
    """The network has left before right for jaw and mouth, unlike the app's recordings."""
    names = rig.ARKIT_NAMES
    assert (names[0], names[14:18], names[21:23], names[51]) == (
        "eyeBlinkLeft",
        ("jawForward", "jawLeft", "jawRight", "jawOpen"),
        ("mouthLeft", "mouthRight"),
        "tongueOut",
    )


@pytest.mark.parametrize("rate", ["24", "25", "30000/1001", "30", "60"])
@pytest.mark.parametrize("start", ["0", "10", "1/3"])
def test_frames_are_numbered_from_the_beginning_of_the_sound(rate: str, start: str, acted: Callable[..., Take]) -> None:
    """Frame n of a take that starts at s has the number s times the rate plus n, and the part of a frame behind it."""
    take = acted(3, Fraction(rate), Fraction(start))
    for n in range(3):
        packet = packet_of(frame_of(take, n), take.rate)
        number, part, over, under, _ = struct.unpack(">ifiiB", packet[50:67])
        exact = take.start * take.rate + n
        assert (number, Fraction(over, under)) == (exact // 1, take.rate)
        assert part == pytest.approx(float(exact % 1), abs=1e-6)
        assert decode(packet).instant_s == take.start + n / take.rate


def test_packets_read_back_are_what_was_sent(acted: Callable[..., Take]) -> None:
    """Weights come back bit for bit, and angles within a millionth."""
    take = acted(20)
    sent = rig.to_arkit(take.values)
    for n in range(20):
        read = decode(packet_of(frame_of(take, n)))
        assert np.array_equal(read.values[:52], sent[n])
        assert take.head is not None
        assert np.allclose(read.values[52:55], np.radians(take.head[n]), atol=1e-6, rtol=0)
        assert (read.subject, read.rate) == ("Guard", Fraction(60))


def test_a_subject_is_always_the_same_device() -> None:
    """Unreal tells devices by their id: one for each subject, the same today and tomorrow."""
    assert decode(packet_of()).device == decode(packet_of()).device != decode(packet_of(subject="Twin")).device


@pytest.mark.parametrize("subject", ["", "Gr\u00fc\u00dfe", "a\nb", "x" * 129])
def test_a_name_that_unreal_cannot_show_is_refused(subject: str) -> None:
    """A name that is empty, not ASCII or too long is told before anything is sent."""
    with pytest.raises(ConfigError, match="subject"):
        FaceEncoder(subject, Fraction(60))


def spoilt(at: int, raw: bytes) -> bytes:
    """A packet with some bytes replaced."""
    packet = packet_of()
    return packet[:at] + raw + packet[at + len(raw) :]


@pytest.mark.parametrize(
    ("packet", "why"),
    [
        (b"", "version none"),
        (b"\5" + packet_of()[1:], "version 5"),
        (packet_of()[:-1], "cut off"),
        (packet_of() + b"\0", "cut off"),
        (packet_of() + bytes(999), "at most 774"),
        (packet_of()[:3], "name longer than itself"),
        (spoilt(1, b"\x7f\xff\xff\xff"), "name longer than itself"),
        (spoilt(1, b"\xff\xff\xff\xff"), "name longer than itself"),
        (spoilt(66, b"\x3c"), "says 60 values"),
        (spoilt(67, struct.pack(">f", float("nan"))), "no numbers"),
        (spoilt(67, struct.pack(">f", 1e30)), "no numbers"),
        (spoilt(54, struct.pack(">f", 1.5)), "of a frame is over"),
        (spoilt(58, struct.pack(">ii", 60, 0)), "no frame rate"),
        (spoilt(58, struct.pack(">ii", -60, 1)), "no frame rate"),
    ],
)
def test_what_is_no_packet_is_refused(packet: bytes, why: str) -> None:
    """Each kind of damage has its own sentence."""
    with pytest.raises(LiveError, match=why):
        decode(packet)


def test_the_last_part_of_a_frame_stays_below_one() -> None:
    """A start that float32 would round up to the next frame is still within this one."""
    frame = LiveFrame(Fraction(1, 60) - Fraction(1, 10**12), ONE.weights)
    assert 0.0 < struct.unpack(">f", packet_of(frame)[54:58])[0] < 1.0
