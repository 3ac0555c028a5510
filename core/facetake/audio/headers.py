"""Files whose header says how many bytes of sound follow: WAV, RF64, AIFF, AU, Sony Wave64 and Apple's CAF.

libsndfile shortens one that is truncated without a word, and takes a length that was never filled in for no sound.
"""

from __future__ import annotations

import os
from typing import BinaryIO, Final

from facetake.audio.stretches import Stretch
from facetake.audio.whole import Part, TruncatedError

# What files written to a pipe have for a length (ffmpeg, sox, arecord), give or take a header
UNKNOWN_LENGTHS: Final = (0xFFFFFFFF, 0x80000000, 0x7FFFFFFF, 0x7FFFF000, 0x7F000000)
HEADER_MOST: Final = 128  # bytes: a header or so, which some writers count in and others take off
LONGEST: Final = 1 << 48  # a 64-bit length beyond this is an unset one


def parts(file: BinaryIO, size: int) -> list[Part] | None:
    """The sound of such a file, with its length set to unknown where it was never filled in; None for another kind.

    Raises:
        TruncatedError: the header promises more than is there.
    """
    file.seek(0)
    head = file.read(28)
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return [_wav(file, size)]
    promised = _promised_caf(file) if head[:4] == b"caff" else _promised(head)
    if promised is None:
        return None
    if _is_truncated(promised, size):
        raise TruncatedError(f"its header promises {promised} bytes, {size} are there")
    return [Part()]


def _wav(file: BinaryIO, size: int) -> Part:
    file.seek(12)
    pieces = list[bytes | Stretch]()  # what is shown to libsndfile in place of the file, up to `begin`
    begin = 0
    while len(chunk := file.read(8)) == 8:
        length = int.from_bytes(chunk[4:], "little")
        here = file.tell()
        if chunk[:4] == b"data":
            if _is_truncated(length, size - here):
                raise TruncatedError(f"its header promises {length} bytes of sound, {size - here} are there")
            if length == 0 and size - here > 8 and not _is_chunk(file.read(8), size - here):
                return Part([*pieces, (begin, here - 4), b"\xff\xff\xff\xff", (here, size)])
            break
        if _lacks_pad(file, here + length, size):
            pieces += [(begin, here + length), b"\0"]
            begin = here + length
            file.seek(begin)
        else:
            file.seek(here + length + length % 2)
    return Part([*pieces, (begin, size)] if pieces else ())


def _lacks_pad(file: BinaryIO, end: int, size: int) -> bool:
    """Whether a chunk that ends here is odd, and its writer forgot the byte that makes it even."""
    if end % 2 == 0:
        return False
    file.seek(end)
    after = file.read(9)
    return len(after) == 9 and not _is_chunk(after[1:], size - end) and _is_chunk(after[:8], size - end)


def _is_chunk(head: bytes, room: int) -> bool:
    """Whether these 8 bytes begin another chunk of a WAV, and not its sound."""
    return head[:4].isascii() and head[:4].decode("ascii").isprintable() and int.from_bytes(head[4:], "little") <= room


def _is_truncated(length: int, there: int) -> bool:
    unknown = length > LONGEST or any(abs(length - mark) <= HEADER_MOST for mark in UNKNOWN_LENGTHS)
    return length > there + 1 and not unknown


def _promised(head: bytes) -> int | None:
    """How many bytes a file has by its header, for AIFF, Sony Wave64, RF64 and AU; 0 where it is left open."""
    if head[:4] == b"FORM":
        return int.from_bytes(head[4:8], "big") + 8
    if head[:4] == b"riff":
        return int.from_bytes(head[16:24], "little")
    if head[:4] == b"RF64":
        return int.from_bytes(head[20:28], "little") + 8 if head[12:16] == b"ds64" else 0
    if head[:4] == b".snd":
        open_ended = head[8:12] == b"\xff\xff\xff\xff"
        return 0 if open_ended else int.from_bytes(head[4:8], "big") + int.from_bytes(head[8:12], "big")
    return None


def _promised_caf(file: BinaryIO) -> int:
    """How many bytes an Apple CAF has by its chunks; 0 where the length of its sound is left open."""
    file.seek(8)
    while len(chunk := file.read(12)) == 12:
        length = int.from_bytes(chunk[4:], "big", signed=True)
        if chunk[:4] == b"data" or length < 0:
            return file.tell() + length if length >= 0 else 0
        file.seek(length, os.SEEK_CUR)
    return 0
