"""FLAC: how many samples there are where its header leaves that open, and several in one file.

An encoder that writes to a pipe cannot go back to its header, and leaves 0 there. The last frame says where it begins.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final

from facetake.audio.whole import Part, TruncatedError, id3_length

MARKS: Final = (b"fLaC\0\0\0\x22", b"fLaC\x80\0\0\x22")
STREAMINFO: Final = 42  # bytes from the mark to its end
STEP: Final = 1 << 20  # bytes searched at once
ID3V1: Final = 128  # bytes of a tag at the end
_BLOCKS: Final = {1: 192, **{n: 576 << n - 2 for n in range(2, 6)}, **{n: 256 << n - 8 for n in range(8, 16)}}
"""Samples by the frame header's 4 bits (RFC 9639, 9.1.1)."""


def parts(file: BinaryIO, size: int) -> list[Part] | None:
    """The sounds of a FLAC file, each to be read with its true length; None for a file of another kind.

    Raises:
        TruncatedError: the length is left open, and the last frame is cut.
    """
    file.seek(0)
    begin = id3_length(file.read(10))
    file.seek(begin)
    if file.read(4) != b"fLaC":
        return None
    file.seek(max(begin, size - ID3V1))
    end = size - ID3V1 if file.read(3) == b"TAG" else size
    begins = list(_marks(file, begin)) or [begin]
    ends = [*begins[1:], end]
    found = [_part(file, first, last) for first, last in zip(begins, ends, strict=True)]
    is_plain = len(found) == 1 and not begin and end == size and found[0].pieces == [(0, size)]
    return [Part()] if is_plain else found


def _marks(file: BinaryIO, at: int) -> Iterator[int]:
    """Where a FLAC begins within the file."""
    kept = b""
    file.seek(at)
    while data := file.read(STEP):
        data = kept + data
        begin = at - len(kept)
        found = [begin + place for mark in MARKS for place in _places(data, mark)]
        yield from sorted(found)
        at += len(data) - len(kept)
        kept = data[1 - len(MARKS[0]) :]


def _places(data: bytes, mark: bytes) -> Iterator[int]:
    place = data.find(mark)
    while place >= 0:
        yield place
        place = data.find(mark, place + 1)


def _samples(file: BinaryIO, begin: int) -> int:
    file.seek(begin + 21)
    return int.from_bytes(file.read(5), "big") & 0xFFFFFFFFF


def _part(file: BinaryIO, begin: int, end: int) -> Part:
    said = _samples(file, begin)
    file.seek(begin)
    head = file.read(STREAMINFO)
    if len(head) < STREAMINFO:
        raise TruncatedError("it ends before its first frame")
    try:
        count = _counted(file, _after_metadata(file, begin), end, head)
    except TruncatedError:  # or something stands behind it
        if not said:
            raise
        return Part([(begin, end)])
    if said > 0 and count <= said:
        return Part([(begin, end)])
    length = (int.from_bytes(head[21:26], "big") >> 36 << 36 | count).to_bytes(5, "big")
    told = (f"says that it has {said} samples, but {count} are there; all of it is read",) if said else ()
    return Part([head[:21] + length + head[26:], (begin + STREAMINFO, end)], told)


def _counted(file: BinaryIO, first: int, end: int, head: bytes) -> int:
    """Samples up to the end of the last frame, whose checksum says that it is whole; `first`: where frames begin."""
    near = min(max(first, end - _frame_most(head)), end)  # metadata may say that it goes beyond the file
    file.seek(near)
    data = file.read(end - near)
    at = len(data)
    while (at := data.rfind(b"\xff", 0, at)) >= 0:
        found = _frame(data[at : at + 16], int.from_bytes(head[8:10], "big"))
        if found is not None and _crc16(data[at:]) == 0:
            return found
    raise TruncatedError("its last frame is cut")


def _frame_most(head: bytes) -> int:
    """Bytes that a frame has at most: its samples as they are, and a little more."""
    channels = (head[20] >> 1 & 7) + 1
    bits = ((head[20] & 1) << 4 | head[21] >> 4) + 1
    return int.from_bytes(head[10:12], "big") * channels * (bits + 1) // 8 + 1024


def _after_metadata(file: BinaryIO, begin: int) -> int:
    at = begin + 4
    is_last = False
    while not is_last:
        file.seek(at)
        head = file.read(4)
        if len(head) < 4:
            raise TruncatedError("it ends before its first frame")
        is_last = bool(head[0] & 0x80)
        at += 4 + int.from_bytes(head[1:], "big")
    return at


def _frame(head: bytes, block: int) -> int | None:
    """The number of the sample after a frame that begins with these bytes; None where none does."""
    if len(head) < 6 or head[1] & 0xFE != 0xF8 or head[4] == 0xFF:
        return None
    ones = next((n for n in range(8) if not head[4] & 0x80 >> n), 8)
    more = max(ones - 1, 0)
    at = 5 + more
    size = head[2] >> 4
    extra = {6: 1, 7: 2}.get(size, 0)
    rest = at + extra + {12: 1, 13: 2, 14: 2}.get(head[2] & 15, 0)
    if ones == 1 or len(head) <= rest or _crc8(head[: rest + 1]) or not (extra or size in _BLOCKS):
        return None
    number = head[4] & (0x7F >> ones if ones else 0x7F)
    for byte in head[5:at]:
        number = number << 6 | byte & 0x3F
    count = int.from_bytes(head[at : at + extra], "big") + 1 if extra else _BLOCKS[size]
    return (number if head[1] & 1 else number * block) + count


def _table(polynomial: int, bits: int) -> list[int]:
    top = 1 << bits - 1
    mask = (1 << bits) - 1
    rows = []
    for value in range(256):
        row = value << bits - 8
        for _ in range(8):
            row = (row << 1 ^ polynomial if row & top else row << 1) & mask
        rows.append(row)
    return rows


_TABLE_8: Final = _table(0x07, 8)  # x^8 + x^2 + x + 1, over a frame's header (RFC 9639, 9.1.8)
_TABLE_16: Final = _table(0x8005, 16)  # x^16 + x^15 + x^2 + 1, over a whole frame (RFC 9639, 9.3)


def _crc8(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc = _TABLE_8[crc ^ byte]
    return crc


def _crc16(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc = (crc << 8 & 0xFFFF) ^ _TABLE_16[crc >> 8 ^ byte]
    return crc
