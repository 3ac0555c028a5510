"""The other end: takes what a phone or another program sends by Live Link Face's packets, and makes a take of it."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from fractions import Fraction
from types import TracebackType
from typing import Final

import numpy as np

from facetake import rig
from facetake.errors import LiveError
from facetake.files import reason
from facetake.live.clock import now_s
from facetake.live.live_link import LONGEST_PACKET, N_SHAPES, FacePacket, decode
from facetake.take import Take

LOOK_S: Final = 0.05  # between looks whether somebody wants to stop
LONGEST_S: Final = 3600.0
"""By choice: an hour of frames is what memory is kept for."""
MOST_PACKETS: Final = 1_000_000  # an hour of 240 a second, and some more
LONGEST_GAP_S: Final = 1.0  # by choice, as in recordings of the app: more is two recordings


class Recorder:
    """Listens on a port; a context manager.

    Attributes:
        port: it listens on.
        found: packets of one subject, the first that was heard of, as they came.
        refused: datagrams that were no packets.
        is_torn: packets of another time or rate came, such as after a second without any; what came before is kept.

    Raises:
        LiveError: the port cannot be had.
    """

    def __init__(self, host: str, port: int) -> None:
        """Listens on an address of this machine: 127.0.0.1 hears this machine alone, 0.0.0.0 every network it is in."""
        self.found: list[FacePacket] = []
        self.refused = 0
        self.is_torn = False
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.bind((host, port))
        except (OSError, UnicodeError) as error:
            self._socket.close()
            raise LiveError(
                f"cannot listen on {host}:{port} ({reason(error)}); close the program that listens there, such as "
                "Unreal, or give another --port or --host"
            ) from error
        self._socket.settimeout(LOOK_S)
        self.port = int(self._socket.getsockname()[1])

    def __enter__(self) -> Recorder:
        """The recorder itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops listening."""
        self._socket.close()

    def listen(
        self, seconds: float = LONGEST_S, pause_s: float = 2.0, look: Callable[[float], None] | None = None
    ) -> None:
        """Waits for packets until they end, or those that come cannot be of the same take.

        Args:
            seconds: to listen from the first packet on.
            pause_s: a stream that pauses for so long has ended.
            look: called now and then with the seconds since the first packet; what it raises ends the recording.
        """
        found = self.found
        begun_s = last_s = now_s()
        while not found or (len(found) < MOST_PACKETS and now_s() - begun_s < seconds and now_s() - last_s < pause_s):
            if look is not None:
                look(now_s() - begun_s if found else 0.0)
            packet = self._next()
            if packet is None or (found and (packet.device, packet.subject) != (found[0].device, found[0].subject)):
                continue
            if found and not _continues(packet, found[-1]):
                self.is_torn = True
                return
            last_s = now_s()
            begun_s = begun_s if found else last_s
            found.append(packet)

    def _next(self) -> FacePacket | None:
        """A packet, or None where none came for a moment or it is none."""
        try:
            return decode(self._socket.recv(LONGEST_PACKET + 1))
        except (TimeoutError, ConnectionError):
            return None
        except LiveError:
            self.refused += 1
        except OSError:  # longer than any packet, which Windows tells so
            self.refused += 1
        return None


def _continues(packet: FacePacket, before: FacePacket) -> bool:
    """Whether a packet may be of the take that another is of: no clock was set, and not a second lost, between them."""
    return packet.rate == before.rate and abs(packet.instant_s - before.instant_s) <= LONGEST_GAP_S


def take_of(packets: Sequence[FacePacket]) -> Take:
    """The take that packets of one subject are, on the even grid of their rate; what was lost lies on a line between.

    Raises:
        LiveError: there are none, their rate changes, a second and more of them is missing, or they claim hours.
    """
    if not packets:
        raise LiveError("no packet came; start the phone or the program that sends")
    rate = packets[0].rate
    in_order = sorted({packet.instant_s: packet for packet in packets}.values(), key=lambda packet: packet.instant_s)
    if any(packet.rate != rate for packet in in_order):
        raise LiveError("the rate of the packets changes; record again")
    start = in_order[0].instant_s
    frames = np.array([float((packet.instant_s - start) * rate) for packet in in_order])
    if len(frames) > 1 and float(np.diff(frames).max()) > LONGEST_GAP_S * rate:
        raise LiveError("a second and more of the packets is missing; record again")
    if frames[-1] > 2 * LONGEST_S * rate:  # each may claim to be of the next second, however fast they come
        raise LiveError(f"the packets say that they are of {frames[-1] / rate / 3600:.1f} hours; record them in parts")
    grid = np.arange(round(frames[-1]) + 1)
    rows = np.stack([packet.values for packet in in_order])
    values = np.stack([np.interp(grid, frames, column) for column in rows.T], axis=1)
    angles = np.degrees(values[:, N_SHAPES : N_SHAPES + 3]).astype(np.float32)
    origin: dict[str, object] = {"made_by": "facetake live", "subject": packets[0].subject, "clock_s": str(start)}
    turned = angles if angles.any() else None
    return Take(rig.from_arkit(values[:, :N_SHAPES]), rate, Fraction(0), turned, origin)
