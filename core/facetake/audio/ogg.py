"""Ogg page by page: whether the last one is whole, where one sound ends and the next begins, and where pages are lost.

Files glued together, and streams recorded over several songs, are chains of sounds of which libsndfile reads the first.
Where a page was lost, or is damaged, it goes on as if nothing had been: here the sound is parted, and silence stands in
between. Pages are numbered, and each says at which sample it ends.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO, Final, NamedTuple

from facetake.audio.whole import Part, TruncatedError

HEADER: Final = 27  # bytes of a page before its table of segments (RFC 3533, 6)
STEP: Final = 1 << 16  # bytes searched at once
CODEC: Final = 64  # bytes that tell which codec it is and its clock
BEGINS = 2  # RFC 3533's flag: first page of a stream
ENDS = 4  # and its last
VORBIS = b"\x01vorbis"
OPUS = b"OpusHead"
FLAC = b"\x7fFLAC"
SPEEX = b"Speex   "
SOUNDS: Final = (VORBIS, OPUS, FLAC, SPEEX)
AROUND: Final = (b"fishead\0", b"\x80kate")  # what goes with sound and is neither sound nor picture
NO_END: Final = "has no end mark, as streams and files cut between two pages have none; all of it is read"
OPUS_HZ: Final = 48_000  # of its clock, whatever was recorded
MOST_LOST: Final = 100  # places where pages are lost, beyond which a file is no recording any more
LOST_MOST_S: Final = 3600  # in one place; more is a broken clock
_MIRRORED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
"""RFC 3533's check takes bits from the top, zlib's from the bottom."""


class _Page(NamedTuple):
    begin: int
    end: int
    flags: int
    granule: int
    serial: bytes
    number: int
    codec: bytes
    whole: bytes
    """All of it, where it is the first of a sound."""


class _Gap(NamedTuple):
    """Where pages are lost: what is there ends, at a sample of the clock, and what is there begins again."""

    end: int
    granule: int
    begin: int


class _Sound:
    """One sound of a file, by its pages as they come; no more of them is kept than tells where some are lost."""

    def __init__(self, begin: int) -> None:
        """A sound that begins at a byte of the file."""
        self.begin = begin
        self.is_ended = False
        self._gaps: list[_Gap] = []
        self._n_gaps = 0
        self._serial = b""
        self._clock_hz = 0
        self._first = b""
        self._head: int | None = None  # where its first page of sound begins, after those of headers
        self._last: _Page | None = None
        self._granule = 0

    def add(self, page: _Page) -> None:
        """Takes the next page of the file."""
        self.is_ended = bool(page.flags & ENDS)
        if not self._serial and page.codec.startswith(SOUNDS):
            self._serial = page.serial
            self._clock_hz = _clock_hz(page)
            self._first = page.whole
        if page.serial != self._serial:
            return
        if self._head is not None and self._last is not None and page.number > self._last.number + 1:
            self._n_gaps += 1
            if self._n_gaps <= MOST_LOST:
                self._gaps.append(_Gap(self._last.end, self._granule, page.begin))
        if self._head is None and page.granule > 0:
            self._head = page.begin
        self._last = page
        self._granule = max(self._granule, page.granule)

    def parts(self, end: int) -> list[Part]:
        """What it is to be put together from; a single part where nothing is lost, or where that cannot be told.

        Raises:
            TruncatedError: far too much is lost.
        """
        if self._n_gaps > MOST_LOST:
            raise TruncatedError(f"pages are lost in {self._n_gaps} places")
        if not self._gaps or not self._clock_hz or self._head is None:
            return [Part([(self.begin, end)], is_sure=False)]
        found = [Part([(self.begin, self._gaps[0].end)], is_sure=False)]
        head = _unskipped(self._first)
        after = [*self._gaps[1:], _Gap(end, self._granule, end)]
        for gap, next_gap in zip(self._gaps, after, strict=True):
            n_samples = next_gap.granule - gap.granule
            is_known = 0 < n_samples < LOST_MOST_S * self._clock_hz
            told = f"has lost a page at {gap.granule / self._clock_hz:.2f} s"
            found.append(
                Part(
                    [head, (self.begin + len(head), self._head), (gap.begin, next_gap.end)],
                    (f"{told}; silence stands in its place" if is_known else f"{told}, nobody knows how long",),
                    is_sure=False,
                    lasts=(n_samples, self._clock_hz) if is_known else None,
                )
            )
        return found


def parts(file: BinaryIO, size: int) -> list[Part] | None:
    """The sounds of an Ogg file in order; empty for one with pictures, None for another kind.

    Raises:
        TruncatedError: the last page is cut, or far too many are lost.
    """
    sounds: list[_Sound] = []
    is_begin = False
    for page in _pages(file, size):
        if page.flags & BEGINS:
            if not page.codec.startswith((*SOUNDS, *AROUND)):
                return []
            if not is_begin:
                sounds.append(_Sound(page.begin))
        is_begin = bool(page.flags & BEGINS)
        if sounds:
            sounds[-1].add(page)
    if not sounds:
        return None
    ends = [*(sound.begin for sound in sounds[1:]), size]
    found = [part for sound, end in zip(sounds, ends, strict=True) for part in sound.parts(end)]
    if len(found) == 1 and not sounds[0].begin:
        found = [replace(found[0], pieces=())]
    if not sounds[-1].is_ended:
        found[-1] = replace(found[-1], told=(*found[-1].told, NO_END))
    return found


def _clock_hz(first: _Page) -> int:
    """Samples a second in which a sound's pages count; 0 where that is not known here."""
    if first.codec.startswith(VORBIS):
        return int.from_bytes(first.codec[12:16], "little")
    if first.codec.startswith(SPEEX):
        return int.from_bytes(first.codec[36:40], "little")
    if first.codec.startswith(FLAC):
        return int.from_bytes(first.codec[27:30], "big") >> 4
    return OPUS_HZ if first.codec.startswith(OPUS) else 0


def _unskipped(page: bytes) -> bytes:
    """The first page of an Opus sound with nothing to be left out at its beginning, since that is gone; others as are.

    What comes after a lost page begins in the middle, and libsndfile would take the same off its end.
    """
    at = page.find(OPUS)
    if at < 0:
        return page
    return _sealed(page[: at + 10] + bytes(2) + page[at + 12 :])


def _sealed(page: bytes) -> bytes:
    """A page with its checksum."""
    return page[:22] + _checksum(page) + page[26:]


def _pages(file: BinaryIO, size: int) -> Iterator[_Page]:
    """The pages that are as they were written: libogg leaves out the others, too."""
    at = 0
    while at < size:
        file.seek(at)
        data = file.read(HEADER + 255)
        if data[:4] != b"OggS":
            if at == 0:
                return
            at = _next(file, at)
            continue
        if len(data) < HEADER:
            raise TruncatedError(f"its last page has {HEADER} bytes and more, {len(data)} are there")
        first = HEADER + data[26]
        end = at + first + sum(data[HEADER:first])
        if end > size or len(data) < first:
            raise TruncatedError(f"its last page is {end - at} bytes long, {size - at} are there")
        file.seek(at)
        data = file.read(end - at)
        if not _is_intact(data):
            at = _next(file, at + 4)
            continue
        codec, whole = (data[first : first + CODEC], data) if data[5] & BEGINS else (b"", b"")
        granule = int.from_bytes(data[6:14], "little", signed=True)
        yield _Page(at, end, data[5], granule, data[14:18], int.from_bytes(data[18:22], "little"), codec, whole)
        at = end


def _is_intact(page: bytes) -> bool:
    """Whether a page has the checksum that it says."""
    return _checksum(page) == page[22:26]


def _checksum(page: bytes) -> bytes:
    """CRC-32 as zlib has it, but with all bits mirrored and from 0."""
    check = zlib.crc32((page[:22] + bytes(4) + page[26:]).translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return check.to_bytes(4, "big").translate(_MIRRORED)


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
