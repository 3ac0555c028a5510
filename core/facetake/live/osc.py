"""Open Sound Control 1.0, as far as motion needs it: messages of whole numbers, floats and texts, and bundles of them.

Everything is big-endian and filled to four bytes. A message is its address, a comma with one letter an argument, and
the arguments; a bundle is "#bundle", a time tag, and messages each behind its length. Knows no sockets.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Final

Argument = int | float | str

AT_ONCE: Final = struct.pack(">Q", 1)  # the time tag that says "immediately"
LARGEST_BUNDLE: Final = 1400
"""Bytes, so that a bundle travels in one piece: a network's packets hold 1500."""


def message(address: str, *arguments: Argument) -> bytes:
    """One message."""
    kinds = "".join(_kind(one) for one in arguments)
    return _text(address) + _text(f",{kinds}") + b"".join(map(_argument, arguments))


def bundles(messages: Iterable[bytes]) -> list[bytes]:
    """Messages in as few bundles as hold them, in order."""
    made = [b"#bundle\0" + AT_ONCE]
    for one in messages:
        element = struct.pack(">i", len(one)) + one
        if len(made[-1]) + len(element) > LARGEST_BUNDLE:
            made.append(b"#bundle\0" + AT_ONCE)
        made[-1] += element
    return made


def _kind(argument: Argument) -> str:
    return "s" if isinstance(argument, str) else "i" if isinstance(argument, int) else "f"


def _argument(argument: Argument) -> bytes:
    if isinstance(argument, str):
        return _text(argument)
    return struct.pack(">i" if isinstance(argument, int) else ">f", argument)


def _text(text: str) -> bytes:
    """A text with one to four zeros behind it."""
    raw = text.encode("ascii")
    return raw + bytes(4 - len(raw) % 4)
