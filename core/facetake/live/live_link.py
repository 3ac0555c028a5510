"""The packets of Epic's Live Link Face app, as the iPhone sends them and Unreal's Live Link reads them, and back.

One datagram a frame, all numbers big-endian:

    uint8   version of the packet: 6
    string  id of the device          a string is an int32 of its length and as many bytes of ASCII
    string  name of the subject
    int32   number of the frame, and float32 the part of a frame behind it, 0..1
    int32   frames per second: numerator, and int32 the denominator
    uint8   how many values: 61
    float32 each value: the 52 shapes in the order of `rig.ARKIT_NAMES`, yaw, pitch and roll of the head and of each eye

Angles are radians, as in the app's recordings (`facetake.formats.live_link_face_csv`); the eyes' are sent as 0, since
the shapes of looking say the same. Knows no sockets and no time of day.
"""

from __future__ import annotations

import struct
import uuid
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np

from facetake import rig
from facetake.arrays import F32
from facetake.errors import ConfigError, LiveError, TakeError
from facetake.files.quantities import shown
from facetake.live.frame import LiveFrame
from facetake.timebase import parse_rate

VERSION: Final = 6  # that of Unreal 4.27 and 5, which refuse others
N_SHAPES: Final = len(rig.ARKIT_NAMES)
N_VALUES: Final = N_SHAPES + 9  # three angles each of head, left eye and right eye
LONGEST_NAME: Final = 128
"""Letters of a name, by choice: Unreal's buffer holds a subject and a device of 252 bytes each."""
LONGEST_PACKET: Final = 774
"""Bytes: what Unreal receives at most."""
DEVICES: Final = uuid.UUID("6f1d4c52-9a0e-5f65-8a6d-0fb2f1a76f3b")
"""Namespace of device ids: a subject is always the same device, and the id tells nothing of the machine."""
_FRAME: Final = struct.Struct(">ifiiB")
_VALUES: Final = struct.Struct(f">{N_VALUES}f")
_LENGTH: Final = struct.Struct(">i")
_MOST_FRAMES: Final = 2**31  # numbers of frames begin anew there: an int32 says no more
_LAST_PART: Final = 1.0 - 2.0**-24  # the last float32 before the next frame
_PART_TERMS: Final = 1001  # of the fraction that a part of a frame stands for, as at 30000/1001; float32 tells them
_LARGEST: Final = 1e6  # of a value: more is no angle in any unit


@dataclass(frozen=True)
class FacePacket:
    """What a packet says.

    Attributes:
        device: id of the phone.
        subject: name under which Unreal lists it.
        instant_s: when its frame is, in seconds; since midnight for a phone.
        rate: frames per second.
        values: (61,) shapes in the order of `rig.ARKIT_NAMES`, then angles in radians.
    """

    device: str
    subject: str
    instant_s: Fraction
    rate: Fraction
    values: F32


class FaceEncoder:
    """Frames to packets of one subject.

    Raises:
        ConfigError: the subject's name is empty, too long or not ASCII, of which Unreal makes question marks.
    """

    def __init__(self, subject: str, rate: Fraction) -> None:
        """Frames of `rate` a second."""
        if not 0 < len(subject) <= LONGEST_NAME or not (subject.isascii() and subject.isprintable()):
            raise ConfigError(
                f"--subject {shown(subject)} cannot be a subject's name; use 1 to {LONGEST_NAME} letters of ASCII"
            )
        self._rate = rate
        self._head = bytes([VERSION]) + _string(str(uuid.uuid5(DEVICES, subject))) + _string(subject)

    def encode(self, frame: LiveFrame) -> list[bytes]:
        """The one datagram of a frame."""
        number, part = divmod(frame.instant_s * self._rate, 1)
        values = np.zeros(N_VALUES)
        values[:N_SHAPES] = frame.weights
        if frame.head_deg is not None:
            values[N_SHAPES : N_SHAPES + 3] = np.radians(frame.head_deg, dtype=np.float64)
        number = (number + _MOST_FRAMES) % (2 * _MOST_FRAMES) - _MOST_FRAMES
        about = _FRAME.pack(
            number, min(float(part), _LAST_PART), self._rate.numerator, self._rate.denominator, N_VALUES
        )
        return [self._head + about + _VALUES.pack(*values)]


def decode(packet: bytes) -> FacePacket:
    """Reads a datagram.

    Raises:
        LiveError: it is no packet of this version, cut off, or says what cannot be.
    """
    if not packet or packet[0] != VERSION:
        raise LiveError(f"a packet of version {packet[0] if packet else 'none'} came; send version {VERSION}")
    if len(packet) > LONGEST_PACKET:
        raise LiveError(f"a packet of {len(packet)} bytes came; Live Link Face's have at most {LONGEST_PACKET}")
    device, at = _read_string(packet, 1)
    subject, at = _read_string(packet, at)
    if len(packet) != at + _FRAME.size + _VALUES.size:
        raise LiveError(
            f"a packet of {len(packet)} bytes is cut off or holds more than {N_VALUES} values; send it whole"
        )
    number, part, over, under, count = _FRAME.unpack_from(packet, at)
    values = np.array(_VALUES.unpack_from(packet, at + _FRAME.size), np.float32)
    if count != N_VALUES or not np.isfinite(values).all() or float(np.abs(values).max()) > _LARGEST:
        raise LiveError(f"a packet of {subject!r} says {count} values or some that are no numbers; send {N_VALUES}")
    rate = _rate(over, under)
    if not 0.0 <= part < 1.0:
        raise LiveError(f"a packet of {subject!r} says that {part:g} of a frame is over; send from 0 to 1")
    behind = Fraction(part).limit_denominator(_PART_TERMS)
    return FacePacket(device, subject, (number + behind) / rate, rate, values)


def _rate(over: int, under: int) -> Fraction:
    try:
        return parse_rate(Fraction(over, under)) if under else parse_rate(0)
    except TakeError as error:
        raise LiveError(f"a packet came of which {error}") from error


def _string(text: str) -> bytes:
    return _LENGTH.pack(len(text)) + text.encode("ascii")


def _read_string(packet: bytes, at: int) -> tuple[str, int]:
    """A string of a packet, and where it ends."""
    begin = at + _LENGTH.size
    length = _LENGTH.unpack_from(packet, at)[0] if begin <= len(packet) else -1
    if not 0 <= length <= len(packet) - begin:
        raise LiveError("a packet came with a name longer than itself; send it whole")
    return packet[begin : begin + length].decode("utf-8", "replace"), begin + length
