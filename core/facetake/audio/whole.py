"""What the readers of one kind of file each say about it: its parts, or that it is truncated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from facetake.audio.stretches import Stretch


class TruncatedError(Exception):
    """A file ends before its sound does; the message says by what that is known."""


@dataclass(frozen=True)
class Part:
    """One of the sounds that a file holds one after the other, as libsndfile can read it.

    Attributes:
        pieces: what it is put together from; empty for the file as it is.
        told: what is worth telling about it, to go after the file's name.
        is_sure: whether as many samples decode as libsndfile then says; else what decodes is all that is known.
        left_out: samples at its beginning that are an encoder's delay and no sound.
        lasts: samples from the end of the part before it to its own end, and how many of these a second has, where
            something is lost between them: what does not decode of it is silence.
    """

    pieces: Sequence[bytes | Stretch] = ()
    told: tuple[str, ...] = ()
    is_sure: bool = True
    left_out: int = 0
    lasts: tuple[int, int] | None = None


def id3_length(head: bytes) -> int:
    """Length of an ID3v2 tag that begins with these bytes; 0 for none."""
    if head[:3] != b"ID3" or len(head) < 10 or any(byte & 0x80 for byte in head[6:10]):
        return 0
    length = sum(byte << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
    return 10 + length + 10 * (head[5] >> 4 & 1)
