"""MPEG audio (MP3, MP2) frame by frame: how much sound a file holds, whether it is whole, and where one ends.

An MP3 says nowhere how long it is, unless its encoder wrote a header (Xing's or LAME's), and that header stays in front
when files are glued together. So the frames are counted, and a header is written anew from the count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final, NamedTuple, TypeAlias

from facetake.audio.stretches import Stretch
from facetake.audio.whole import Part, TruncatedError, id3_length

_RATES_HZ: Final = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
"""By the header's version (3: MPEG 1, 2: MPEG 2, 0: MPEG 2.5) and rate (ISO 11172-3 2.4.2.3; 13818-3; 2.5 is
Fraunhofer's)."""
_KBITS: Final = {
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Kilobits a second by their number, from 1 on, of MPEG 1 or of a later one, and layer."""
ENCODER_DELAY: Final = 576  # samples, of LAME and nearly all others; the decoder adds its own
DECODER_DELAY: Final = 529  # samples, of any decoder's filterbank: 528 and 1
LAYER_2_DELAY: Final = 481  # of encoder and decoder together
LEAST: Final = 3  # frames of a sound that is glued on without a header
HEAD: Final = 200  # bytes of a frame that are looked at: its header, side information and what Xing's header says
SEARCHED: Final = 1 << 16  # bytes before the first frame
STEP: Final = 1 << 16  # bytes searched at once, where one sound may be glued to the next


Kind: TypeAlias = tuple[int, int, bool]


class Frame(NamedTuple):
    """What the four bytes before a frame say: its length in bytes, its samples, and what cannot change in a stream."""

    length: int
    samples: int
    rate_hz: int
    layer: int
    is_mono: bool
    version: int

    @property
    def kind(self) -> Kind:
        """What is the same in all frames that one decoder reads."""
        return self.rate_hz, self.layer, self.is_mono


def frame(head: bytes) -> Frame | None:
    """The frame that begins with these bytes; None where none does, or one whose length is told nowhere."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version = head[1] >> 3 & 3
    layer = 4 - (head[1] >> 1 & 3)
    number = head[2] >> 4
    rate = head[2] >> 2 & 3
    if version == 1 or layer == 4 or number in (0, 15) or rate == 3:
        return None
    rate_hz = _RATES_HZ[version][rate]
    kbits = _KBITS[version == 3, layer][number - 1]
    samples = 384 if layer == 1 else 576 if layer == 3 and version != 3 else 1152
    slot = 4 if layer == 1 else 1
    length = (samples // 8 // slot * kbits * 1000 // rate_hz + (head[2] >> 1 & 1)) * slot
    return Frame(length, samples, rate_hz, layer, head[3] >> 6 == 3, version)


@dataclass
class _Run:
    """Frames of one kind, one after the other."""

    first: Frame
    head: bytes
    stretches: list[Stretch] = field(default_factory=list)
    frames: int = 0
    promised: int | None = None  # frames, by its header
    delay: int | None = None  # samples
    padding: int = 0

    def add(self, begin: int, end: int) -> None:
        self.frames += 1
        if self.stretches and self.stretches[-1][1] == begin:
            self.stretches[-1] = self.stretches[-1][0], end
        else:
            self.stretches.append((begin, end))

    def take(self, other: _Run) -> None:
        """Goes on with the frames of another run."""
        self.frames += other.frames
        self.stretches += other.stretches

    @property
    def is_over(self) -> bool:
        """Whether all frames that its header promises are there."""
        return self.promised is not None and self.frames >= self.promised


def parts(file: BinaryIO, size: int) -> list[Part] | None:
    """The sounds of an MPEG audio file, each to be read with a true header; None for a file of another kind.

    Raises:
        TruncatedError: the last frame is cut, or there are fewer frames than a header says.
    """
    begin = _first_frame(file, size)
    if begin is None:
        return None
    runs: list[_Run] = []
    for run in _runs(file, begin, size):
        if runs and run.promised is None and run.frames < LEAST and run.first.kind == runs[-1].first.kind:
            runs[-1].take(run)  # a header that counts a frame or two too few
        elif run.frames:
            runs.append(run)
    return [_part(run) for run in runs] or None


def _first_frame(file: BinaryIO, size: int) -> int | None:
    """Where the first of two frames of one kind stands, after tags."""
    head = _bytes(file, 0, 32)
    if not head.startswith(b"\xff") and not _tag(head):
        return None
    begin = _after_tags(file, 0)
    near = _bytes(file, begin, SEARCHED)
    if _followed(file, begin, size):
        return begin
    return next((begin + place for place in _syncs(near) if _is_sure(file, begin + place, size)), None)


def _syncs(data: bytes) -> Iterator[int]:
    at = data.find(b"\xff")
    while at >= 0:
        yield at
        at = data.find(b"\xff", at + 1)


def _followed(file: BinaryIO, at: int, size: int, kind: Kind | None = None) -> Frame | None:
    """The frame here, of a kind if that is given, if another one of its kind stands after it, or a tag, or the end."""
    here = frame(_bytes(file, at, 4))
    if here is None or (kind is not None and here.kind != kind):
        return None
    after = at + here.length
    there = frame(_bytes(file, after, 4))
    is_followed = after == size or (there is not None and there.kind == here.kind) or _after_tags(file, after) > after
    return here if is_followed else None


def _is_sure(file: BinaryIO, at: int, size: int, kind: Kind | None = None) -> bool:
    """Whether a frame of a kind stands here, or another two of one kind: bytes by chance look like one frame often."""
    here = _followed(file, at, size)
    if here is None:
        return False
    after = at + here.length
    return here.kind == kind or after == size or _followed(file, after, size, here.kind) is not None


def _bytes(file: BinaryIO, at: int, count: int) -> bytes:
    file.seek(at)
    return file.read(count)


def _after_tags(file: BinaryIO, at: int) -> int:
    """Where the tags that begin here end: ID3 of both kinds, APE and Lyrics3."""
    while length := _tag(_bytes(file, at, 32)):
        at += length
    return at


def _tag(head: bytes) -> int:
    """Length of a tag that begins with these bytes; 0 for none."""
    if head[:3] == b"TAG":
        return 128
    if head[:8] == b"APETAGEX" and len(head) == 32:
        return 32 + int.from_bytes(head[12:16], "little") * (head[23] >> 5 & 1)
    return id3_length(head)


def _runs(file: BinaryIO, at: int, size: int) -> Iterator[_Run]:
    run: _Run | None = None
    while at < size:
        head = _bytes(file, at, HEAD)
        here = frame(head)
        if here is None or (run is not None and here.kind != run.first.kind and not _followed(file, at, size)):
            at = _next_frame(file, at, size, run)
            continue
        if at + here.length > size:
            raise TruncatedError(f"its last frame is {here.length} bytes long, {size - at} are there")
        header = _header(here, head)
        if run is None or header is not None or here.kind != run.first.kind or run.is_over:
            if run is not None:
                yield _checked(run)
            run = _Run(here, head[:4])
        if header is None:
            run.add(at, at + here.length)
        else:
            run.promised, run.delay, run.padding = header
        at += here.length
    if run is not None:
        yield _checked(run)


def _next_frame(file: BinaryIO, at: int, size: int, run: _Run | None) -> int:
    """Where sound goes on after a tag or something unknown; the end of the file where it does not."""
    after = _after_tags(file, at)
    if after > at:
        return after
    begin = at + 1
    while begin < size:
        near = _bytes(file, begin, STEP)
        for place in _syncs(near):
            if _is_sure(file, begin + place, size, run.first.kind if run else None):
                return begin + place
        begin += len(near)
    return size


def _checked(run: _Run) -> _Run:
    if run.promised is not None and run.frames + 1 < run.promised:
        raise TruncatedError(f"its header promises {run.promised} frames, {run.frames} are there")
    return run


def _header(here: Frame, head: bytes) -> tuple[int | None, int | None, int] | None:
    """Frames, delay and padding in samples, as far as a header instead of a frame tells them; None for a frame."""
    if here.layer != 3:
        return None
    if head[36:40] == b"VBRI":
        return int.from_bytes(head[50:54], "big"), None, 0
    at = 4 + _side(here)
    if head[at : at + 4] not in (b"Xing", b"Info") or any(head[6:at]):
        return None
    flags = head[at + 7]
    at = at + 8
    promised = int.from_bytes(head[at : at + 4], "big") if flags & 1 else None
    at += sum(length for bit, length in ((1, 4), (2, 4), (4, 100), (8, 4)) if flags & bit)
    delays = int.from_bytes(head[at + 21 : at + 24], "big") if head[at : at + 1].strip(b"\0") else 0
    return promised, delays >> 12 if delays else None, delays & 0xFFF


def _side(here: Frame) -> int:
    """Bytes of side information."""
    return (17 if here.is_mono else 32) if here.version == 3 else (9 if here.is_mono else 17)


def _part(run: _Run) -> Part:
    """A run with a true header, where its layer has any."""
    if run.first.layer != 3:
        return Part(run.stretches, _said(LAYER_2_DELAY, run), is_sure=False, left_out=LAYER_2_DELAY)
    padding = run.padding if run.promised in (run.frames, run.frames + 1) else 0
    if run.delay is None:
        told = _said(ENCODER_DELAY + DECODER_DELAY, run)
        return Part([_info(run, ENCODER_DELAY, padding), *run.stretches], told)
    return Part([_info(run, run.delay, padding), *run.stretches])


def _said(delay: int, run: _Run) -> tuple[str, ...]:
    ms = 1000 * delay / run.first.rate_hz
    return (f"does not say how late its encoder made it; the usual {ms:.0f} ms are taken off",)


def _info(run: _Run, delay: int, padding: int) -> bytes:
    """A frame of silence with LAME's header, that says how many frames follow."""
    at = 4 + _side(run.first)
    numbers = range(1, 15)
    heads = (bytes([0xFF, run.head[1] | 1, number << 4 | run.head[2] & 0x0C, run.head[3]]) for number in numbers)
    head, length = next((h, f.length) for h in heads if (f := frame(h)) is not None and f.length >= at + 48)
    tag = b"Info" + (1).to_bytes(4, "big") + run.frames.to_bytes(4, "big")
    lame = b"LAME3.100" + bytes(12) + (delay << 12 | padding).to_bytes(3, "big") + bytes(12)
    return (head + bytes(at - 4) + tag + lame).ljust(length, b"\0")
