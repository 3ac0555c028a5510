"""AAC as it is streamed (ADTS), frame by frame: whether the last one is whole."""

from __future__ import annotations

from typing import BinaryIO, Final

from facetake.audio.whole import TruncatedError, id3_length

HEADER: Final = 7  # bytes


def is_adts(file: BinaryIO, size: int) -> bool:
    """Whether a file is AAC as it is streamed.

    Raises:
        TruncatedError: the last frame is cut.
    """
    file.seek(0)
    at = begin = id3_length(file.read(10))
    frames = 0
    before = b""
    while at < size:
        file.seek(at)
        head = file.read(HEADER)
        if before and len(head) < HEADER and head[:2] == before[: len(head)][:2]:
            raise TruncatedError(f"its last frame is cut after {len(head)} bytes")
        if len(head) < HEADER or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
            break
        length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
        if length <= HEADER:
            break
        if at + length > size:
            if at == begin:
                break
            raise TruncatedError(f"its last frame is {length} bytes long, {size - at} are there")
        at += length
        frames = frames + 1
        before = head
    return frames > 1 or (frames == 1 and at == size)
