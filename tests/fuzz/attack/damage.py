"""Bytes damaged without knowing what they are, as disks, downloads and people damage them."""

from __future__ import annotations

import random
from typing import Final

PIECES: Final = (
    b"\0",
    b"\xff\xff\xff\xff",
    b"\x7f" * 8,
    b"nan",
    b"-inf",
    b"1e400",
    b"-1",
    b"9" * 400,
    b"{",
    b"]",
    b'"',
    b",",
    b"\n",
    b"\r",
    b"PK\x03\x04",
    b"\x93NUMPY",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    "\u202e".encode(),
    "\u2028".encode(),
    b"\x1b[2J",
    b"\xed\xa0\x80",
    b"%s%n",
    b"../" * 9,
    b"\x1c",
    b"\x85",
    "\u0663".encode(),
)
"""What upsets parsers of numbers, texts, archives and terminals."""
EDGES: Final = (
    0,
    1,
    2,
    3,
    7,
    8,
    127,
    128,
    255,
    256,
    4095,
    32767,
    32768,
    65535,
    2**24,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**48,
    2**62,
    2**63 - 1,
    2**63,
    2**64 - 1,
    -1,
    -2,
)
"""Numbers at the ends of what fields hold."""


def damaged(data: bytes, dice: random.Random, most: int = 4) -> bytes:
    """Some bytes with one to `most` damages."""
    for _ in range(dice.choice((1, 1, 1, dice.randint(1, most)))):
        data = dice.choice(_KINDS)(data, dice)
    return data


def _flip(data: bytes, dice: random.Random) -> bytes:
    bent = bytearray(data)
    for _ in range(dice.randint(1, 8) if bent else 0):
        bent[dice.randrange(len(bent))] ^= 1 << dice.randrange(8)
    return bytes(bent)


def _cut(data: bytes, dice: random.Random) -> bytes:
    return data[: dice.randint(0, len(data))]


def _leave_out(data: bytes, dice: random.Random) -> bytes:
    place = dice.randint(0, len(data))
    return data[:place] + data[place + dice.choice((1, 2, 3, 4, 8, 20, 100, 1000)) :]


def _overwrite(data: bytes, dice: random.Random) -> bytes:
    place = dice.randint(0, len(data))
    piece = dice.choice(PIECES)
    return data[:place] + piece + data[place + len(piece) :]


def _insert(data: bytes, dice: random.Random) -> bytes:
    place = dice.randint(0, len(data))
    return data[:place] + dice.choice(PIECES) * dice.choice((1, 1, 1, 2, 50)) + data[place:]


def _splice(data: bytes, dice: random.Random) -> bytes:
    first, last = sorted((dice.randint(0, len(data)), dice.randint(0, len(data))))
    place = dice.randint(0, len(data))
    return data[:place] + data[first : min(last, first + 4000)] + data[place:]


def _number(data: bytes, dice: random.Random) -> bytes:
    """A whole number of some width and order in place of bytes, more often near the beginning, where headers are."""
    width = dice.choice((1, 2, 4, 8))
    place = dice.randint(0, min(len(data), dice.choice((64, 256, len(data)))))
    order = dice.choice(("little", "big"))
    value = (dice.choice(EDGES) % (1 << 8 * width)).to_bytes(width, order)  # type: ignore[arg-type]
    return data[:place] + value + data[place + width :]


_KINDS = (_flip, _flip, _cut, _leave_out, _overwrite, _overwrite, _insert, _splice, _number, _number)
