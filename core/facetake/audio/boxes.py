"""Containers that say how long their parts are (MP4, QuickTime, Matroska, AVI, FLV): whether a file ends in one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO, Final, NamedTuple

from facetake.audio.whole import TruncatedError

MP4: Final = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
EBML = b"\x1a\x45\xdf\xa3"
SEGMENT = b"\x18\x53\x80\x67"
HEAD: Final = 16  # bytes
FLV_TAG = 11  # bytes of a tag's head (Adobe's FLV 10.1, annex E.4.1)
FLV_AFTER = 4  # bytes of the length that follows each tag
FLV_TYPES: Final = (b"\x08", b"\x09", b"\x12")  # sound, picture, script


class Boxes(NamedTuple):
    """What is known of a container by its parts: whether it tells delays, and whether another stands behind it."""

    tells_delays: bool = False
    is_glued: bool = False


def look(file: BinaryIO, size: int) -> Boxes:
    """Looks at a film's parts, and finds one that breaks off; where lengths were left open, as live, none does.

    Raises:
        TruncatedError: it does.
    """
    file.seek(0)
    head = file.read(HEAD)
    if head[4:8] in MP4:
        return _look_mp4(file, size)
    if head[:4] == EBML:
        _check_matroska(file, size)
    elif head[:4] == b"RIFF" and head[8:12] == b"AVI " and head[4:8] != b"\xff\xff\xff\xff":
        _check("RIFF", 8 + int.from_bytes(head[4:8], "little"), size)
    elif head[:3] == b"FLV":
        _check_flv(file, size)
    return Boxes()


def _check(name: str, length: int, there: int) -> None:
    if length > there + 1:  # an odd one may lack its last byte
        raise TruncatedError(f"its part '{name}' is {length} bytes long, {there} are there")


def _look_mp4(file: BinaryIO, size: int) -> Boxes:
    at = 0
    n_moov = 0
    tells_delays = False
    while at + 8 <= size:
        length, name = _box(file, at)
        if length < 8 or not name.isalnum():  # to the end, or something that is no box
            break
        _check(name.decode(), length, size - at)
        if name == b"moov":
            n_moov += 1
            tells_delays = tells_delays or _has_edits(file, at + 8, at + length)
        at += length
    return Boxes(tells_delays, n_moov > 1)


def _box(file: BinaryIO, at: int) -> tuple[int, bytes]:
    """Length and name of the box here."""
    file.seek(at)
    head = file.read(HEAD)
    length = int.from_bytes(head[:4], "big")
    name = head[4:8]
    return int.from_bytes(head[8:], "big") if length == 1 else length, name


def _has_edits(file: BinaryIO, at: int, end: int, within: Sequence[bytes] = (b"trak", b"edts", b"elst")) -> bool:
    """Whether a track has an edit list, which tells where its sound begins."""
    while at + 8 <= end:
        length, name = _box(file, at)
        if length < 8:
            return False
        if name == within[0] and (len(within) == 1 or _has_edits(file, at + 8, at + length, within[1:])):
            return True
        at += length
    return False


def _check_matroska(file: BinaryIO, size: int) -> None:
    at = 4
    for name in (EBML, SEGMENT):
        file.seek(at)
        head = file.read(8)
        width = 9 - head[:1].rjust(1, b"\0")[0].bit_length()
        if width > 8 or len(head) < width:
            return
        open_ended = (1 << 7 * width) - 1
        length = int.from_bytes(head[:width], "big") & open_ended
        if length == open_ended:
            return
        _check("Segment" if name == SEGMENT else "EBML", length, size - at - width)
        at += width + length + 4


def _check_flv(file: BinaryIO, size: int) -> None:
    """Flash video: tags of a type, a length in 3 bytes and data, each with the length of the whole after it."""
    file.seek(5)
    at = int.from_bytes(file.read(4), "big") + FLV_AFTER
    before = b""
    while at < size:
        file.seek(at)
        head = file.read(FLV_TAG)
        if head[:1] not in FLV_TYPES:
            return
        length = FLV_TAG + int.from_bytes(head[1:4], "big")
        if len(head) < FLV_TAG or at + length > size:
            if not before:
                return
            raise TruncatedError(f"its last tag is {length} bytes long, {size - at} are there")
        at = at + length + FLV_AFTER
        before = head
