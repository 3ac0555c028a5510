"""VMC's messages, taken apart by a reader of OSC 1.0 written from its specification alone."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from facetake.live import LiveFrame, VmcEncoder, osc

FRAME = LiveFrame(Fraction(3, 2), np.linspace(0.0, 1.0, 52, dtype=np.float32))


def text_at(raw: bytes, at: int) -> tuple[str, int]:
    """A text that ends in zeros, and where the next item begins."""
    end = raw.index(b"\0", at)
    filled = (end // 4 + 1) * 4
    assert raw[end:filled] == bytes(filled - end)
    return raw[at:end].decode("ascii"), filled


def read_message(raw: bytes) -> tuple[str, list[object]]:
    """Address and arguments."""
    assert len(raw) % 4 == 0
    address, at = text_at(raw, 0)
    kinds, at = text_at(raw, at)
    assert kinds[0] == ","
    found: list[object] = []
    for kind in kinds[1:]:
        if kind == "s":
            value, at = text_at(raw, at)
            found.append(value)
        else:
            found += struct.unpack_from(f">{kind}", raw, at)
            at += 4
    assert at == len(raw)
    return address, found


def read_bundle(raw: bytes) -> Iterator[tuple[str, list[object]]]:
    """Its messages in order."""
    assert raw[:8] == b"#bundle\0" and raw[8:16] == bytes(7) + b"\1"
    at = 16
    while at < len(raw):
        (size,) = struct.unpack_from(">i", raw, at)
        yield read_message(raw[at + 4 : at + 4 + size])
        at += 4 + size
    assert at == len(raw)


def test_a_frame_is_every_shape_then_what_applies_them() -> None:
    """52 values under Perfect Sync's names, then Apply, OK and the time, over all datagrams in order."""
    messages = [one for raw in VmcEncoder().encode(FRAME) for one in read_bundle(raw)]
    shapes, ending = messages[:52], messages[52:]
    assert {address for address, _ in shapes} == {"/VMC/Ext/Blend/Val"}
    assert shapes[0][1][0] == "EyeBlinkLeft" and shapes[51][1] == ["TongueOut", 1.0]
    assert np.array_equal(np.array([value for _, (_, value) in shapes], np.float32), FRAME.weights)
    assert ending == [("/VMC/Ext/Blend/Apply", []), ("/VMC/Ext/OK", [1]), ("/VMC/Ext/T", [1.5])]


def test_no_datagram_is_torn_on_its_way() -> None:
    """Each fits into one packet of a network, and no more are made than are needed."""
    sizes = [len(raw) for raw in VmcEncoder().encode(FRAME)]
    assert max(sizes) <= 1400
    assert len(sizes) == -(-sum(sizes) // 1400)


def test_texts_are_filled_to_four_bytes() -> None:
    """A text of four letters has four zeros behind it, one of three has one."""
    assert osc.message("/abc", "def", 2) == b"/abc\0\0\0\0,si\0def\0\0\0\0\2"
