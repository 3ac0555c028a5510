"""Ogg page by page: whether the last one is whole, and where one sound ends and the next begins.

Files glued together, and streams recorded over several songs, are chains of sounds of which libsndfile reads the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

from facetake.audio.whole import Part, TruncatedError

HEADER: Final = 27
STEP: Final = 1 << 16
BEGINS, ENDS = 2, 4
SOUNDS: Final = (b"\x01vorbis", b"OpusHead", b"\x7fFLAC", b"Speex   ")
AROUND: Final = (b"fishead\0", b"\x80kate")  # what goes with sound and is neither sound nor picture
NO_END: Final = "has no end mark, as streams and files cut between two pages have none; all of it is read"


class _Page(NamedTuple):
    begin: int
    end: int
    flags: int
    codec: bytes


def parts(file: BinaryIO, size: int) -> list[Part] | None:
    """The sounds of an Ogg file in order; empty for one with pictures, None for another kind.

    Raises:
        TruncatedError: the last page is cut.
    """
    begins: list[int] = []
    is_begin, flags = False, ENDS
    for page in _pages(file, size):
        if page.flags & BEGINS:
            if not page.codec.startswith((*SOUNDS, *AROUND)):
                return []
            if not is_begin:
                begins.append(page.begin)
        is_begin, flags = bool(page.flags & BEGINS), page.flags
    if not begins:
        return None
    told = () if flags & ENDS else (NO_END,)
    if len(begins) == 1 and not begins[0]:
        return [Part((), told, is_sure=False)]
    stretches = zip(begins, [*begins[1:], size], strict=True)
    return [Part([stretch], told if stretch[1] == size else (), is_sure=False) for stretch in stretches]


def _pages(file: BinaryIO, size: int) -> Iterator[_Page]:
    at = 0
    while at < size:
        file.seek(at)
        head = file.read(HEADER + 255)
        if head[:4] != b"OggS" or len(head) < HEADER:
            if at == 0:
                return
            at = _next(file, at)
            continue
        first = HEADER + head[26]
        end = at + first + sum(head[HEADER:first])
        if end > size or len(head) < first:
            raise TruncatedError(f"its last page is {end - at} bytes long, {size - at} are there")
        codec = b""
        if head[5] & BEGINS:
            file.seek(at + first)
            codec = file.read(8)
        yield _Page(at, end, head[5], codec)
        at = end


def _next(file: BinaryIO, at: int) -> int:
    """Where the next page begins; beyond the file where none does."""
    file.seek(at)
    while data := file.read(STEP):
        place = data.find(b"OggS")
        if place >= 0:
            return at + place
        if len(data) < STEP:
            break
        at += STEP - 3
        file.seek(at)
    return at + STEP
