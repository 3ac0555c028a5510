"""Packets over a real socket, and the take that is made of them."""

from __future__ import annotations

import errno
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from facetake import rig
from facetake.errors import LiveError
from facetake.live import (
    Connections,
    Destination,
    FaceEncoder,
    FacePacket,
    Recorder,
    SteadyClock,
    decode,
    destination,
    frame_of,
    now_s,
    stream_take,
    take_of,
)
from facetake.live import clock as live_clock
from facetake.live import recorder as recorder_module
from facetake.take import Take


def packets_of(take: Take) -> list[FacePacket]:
    """A take as packets."""
    encoder = FaceEncoder("Guard", take.rate)
    return [decode(encoder.encode(frame_of(take, n))[0]) for n in range(take.n_frames)]


def test_what_is_recorded_is_what_was_sent(acted: Callable[..., Take]) -> None:
    """A take that goes over loopback and comes back has the same weights and head within a millionth, in order."""
    take = acted(30, Fraction(120))
    with Recorder("127.0.0.1", 0) as recorder, Destination("127.0.0.1", recorder.port) as place:
        hearing = threading.Thread(target=recorder.listen, kwargs={"pause_s": 0.5})
        hearing.start()
        place.send(b"hello")
        stream_take(take, [(FaceEncoder("Guard", take.rate), place)], SteadyClock(live_clock.now_s() + 0.1))
        hearing.join()
    sent = rig.to_arkit(take.values)
    numbers = [int(packet.instant_s * 120) for packet in recorder.found]
    assert recorder.refused == 1 and numbers == sorted(set(numbers)) and numbers[-1] == 29
    back = take_of(recorder.found)
    assert take.head is not None and back.head is not None
    for packet, number in zip(recorder.found, numbers, strict=True):
        assert np.abs(packet.values[:52] - sent[number]).max() <= 1e-6
        assert np.abs(np.radians(back.head[number - numbers[0]] - take.head[number])).max() <= 1e-6


def test_packets_make_the_take_again(acted: Callable[..., Take]) -> None:
    """Shapes of the take that is made equal the packets', whatever their order, and its rate and length are theirs."""
    take = acted(40, Fraction(30000, 1001), Fraction(2))
    packets = packets_of(take)
    back = take_of([*packets[20:], *packets[:20], packets[5]])
    assert (back.rate, back.n_frames, back.start) == (take.rate, 40, Fraction(0))
    assert np.abs(rig.to_arkit(back.values) - rig.to_arkit(take_of(packets).values)).max() == 0.0
    assert back.origin["clock_s"] == "2"


def test_what_was_lost_lies_between_its_neighbours(acted: Callable[..., Take]) -> None:
    """A frame that never came is the middle of those beside it."""
    packets = packets_of(acted(3))
    back = take_of([packets[0], packets[2]])
    middle = (packets[0].values[52] + packets[2].values[52]) / 2
    assert back.n_frames == 3 and back.head is not None
    assert back.head[1, 0] == pytest.approx(np.degrees(middle), abs=1e-4)


def test_packets_that_are_no_take_are_refused(acted: Callable[..., Take]) -> None:
    """None at all, two rates, a hole of more than a second, or two hours of seconds."""
    packets = packets_of(acted(90))
    for found, why in (
        ([], "no packet"),
        ([packets[0], replace(packets[1], rate=Fraction(30))], "rate"),
        ([packets[0], packets[80]], "missing"),
        ([replace(packets[0], rate=Fraction(1), instant_s=Fraction(n)) for n in range(7202)], "2.0 hours"),
    ):
        with pytest.raises(LiveError, match=why):
            take_of(found)


def test_another_subject_is_not_mixed_in(acted: Callable[..., Take]) -> None:
    """Of two phones the one that is heard first is recorded."""
    take = acted(1)
    with Recorder("127.0.0.1", 0) as recorder, Destination("127.0.0.1", recorder.port) as place:
        for subject in ("Guard", "Twin", "Guard"):
            place.send(FaceEncoder(subject, take.rate).encode(frame_of(take, 0))[0])
        recorder.listen(pause_s=0.2)
    assert [packet.subject for packet in recorder.found] == ["Guard", "Guard"]


@pytest.mark.parametrize("skipped", [80, -80], ids=["lost", "midnight"])
def test_what_came_before_a_hole_is_kept(skipped: int, acted: Callable[..., Take]) -> None:
    """Where more than a second is missing, or the clock goes back, the recording ends with what makes a take."""
    take = acted(100)
    first = 0 if skipped > 0 else 90
    with Recorder("127.0.0.1", 0) as recorder, Destination("127.0.0.1", recorder.port) as place:
        for number in (first, first + 1, first + 2, first + 2 + skipped):
            place.send(FaceEncoder("Guard", take.rate).encode(frame_of(take, number))[0])
        recorder.listen(pause_s=60.0)
    assert recorder.is_torn and take_of(recorder.found).n_frames == 3


def test_a_port_in_use_is_told() -> None:
    """Where Unreal listens already, one sentence says so."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        with pytest.raises(LiveError, match="close the program that listens there"):
            Recorder("127.0.0.1", other.getsockname()[1])


@pytest.mark.parametrize("host", ["no.such.host.invalid", "a" * 300, "\udcff"])
def test_a_machine_that_nobody_knows_is_told(host: str) -> None:
    """A name that means no machine is refused before anything is sent."""
    with pytest.raises(LiveError, match="no machine called"):
        Destination(host, 11111)


def test_nobody_who_listens_is_no_error() -> None:
    """Packets to a port where no program is are lost; the destination knows."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        free = other.getsockname()[1]
    with Destination("127.0.0.1", free) as place:
        for _ in range(20):
            place.send(b"x")
        assert 0 < place.unheard <= 20 or sys.platform != "linux", "other systems may say nothing"


@pytest.mark.parametrize(
    ("found", "family"), [(["::1", "127.0.0.1"], socket.AF_INET), (["::1"], socket.AF_INET6)], ids=["both", "one"]
)
def test_a_name_means_the_address_where_receivers_listen(
    found: list[str], family: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a machine's addresses IPv4's is taken, whichever comes first, and IPv6's where there is no other."""
    kinds = {"::1": socket.AF_INET6, "127.0.0.1": socket.AF_INET}
    made = [(kinds[one], socket.SOCK_DGRAM, 0, "", (one, 11111)) for one in found]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: made)
    assert destination._resolve("localhost", 11111) == (family, (found[-1], 11111))


def test_a_flood_ends_a_recording(acted: Callable[..., Take], monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory does not grow with what a machine sends."""
    monkeypatch.setattr(recorder_module, "MOST_PACKETS", 5)
    take = acted(20)
    with Recorder("127.0.0.1", 0) as recorder, Destination("127.0.0.1", recorder.port) as place:
        for number in range(20):
            place.send(FaceEncoder("Guard", take.rate).encode(frame_of(take, number))[0])
        recorder.listen(pause_s=60.0)
    assert len(recorder.found) == 5


class Broken:
    """A socket that refuses to send."""

    def __init__(self, number: int = errno.EACCES, why: str = "Permission denied") -> None:
        self.error = OSError(number, why)

    def send(self, packet: bytes) -> None:
        """Fails as the system does."""
        raise self.error


class DueAtOnce:
    """A clock by which every instant is now, so that a busy machine is never late."""

    def due_s(self, instant_s: float) -> float:
        """When an instant is."""
        return now_s()


def test_a_full_buffer_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A packet that a busy machine has no room for is lost, as macOS says it, too."""
    with Destination("127.0.0.1", 11111) as place, monkeypatch.context() as patch:
        whole = place._socket
        patch.setattr(place, "_socket", Broken(errno.ENOBUFS, "No buffer space available"))
        place.send(b"x")
        patch.setattr(place, "_socket", whole)
    assert place.unheard == 0


def test_a_packet_that_the_system_refuses_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A send that will never work is one sentence with the place in it."""
    with Destination("127.0.0.1", 11111) as place, monkeypatch.context() as patch:
        whole = place._socket
        patch.setattr(place, "_socket", Broken())
        with pytest.raises(LiveError, match="cannot send to 127.0.0.1:11111: Permission denied"):
            place.send(b"x")
        patch.setattr(place, "_socket", whole)


@pytest.mark.parametrize("number", destination.PASSING)
def test_a_network_that_goes_for_a_moment_ends_no_stream(
    number: int, acted: Callable[..., Take], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that cannot be reached for some frames loses those, is told once, and gets the rest."""
    take = acted(30)
    with Recorder("127.0.0.1", 0) as recorder, ExitStack() as opened:
        connections = Connections("livelink", "127.0.0.1", recorder.port, "Guard", take.rate, opened)
        (_, place), *_ = connections.outputs
        whole = place._socket  # type: ignore[attr-defined]
        told: list[str] = []

        def look(share: float) -> None:
            away = 10 <= round(share * take.n_frames) < 20
            monkeypatch.setattr(place, "_socket", Broken(number, "No route to host") if away else whole)
            told.extend(connections.unheard())

        result = stream_take(take, connections.outputs, DueAtOnce(), look)
        recorder.listen(pause_s=0.2)
    assert result.sent == 30 and len(recorder.found) == 20
    assert [one.count("No route to host") for one in told] == [1] and "127.0.0.1" in told[0]
