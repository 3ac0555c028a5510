"""Recordings: WAV and its relatives, FLAC, Ogg, MP3, ADTS, MP4 and Matroska, with chunks, pages and boxes that lie."""

from __future__ import annotations

import random
import struct
import zlib
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from attack.damage import EDGES, damaged
from attack.door import Case, Door, Open
from facetake import audio, inspection
from facetake.audio.units import Floats

SECONDS: Final = 0.25
LONGEST_S: Final = 24 * 3600
"""What a small file may be read as, at most: silence for lost pages and gaps is put in, up to some hours."""
_KINDS: Final = (
    ("a.wav", "WAV", "PCM_16", 16_000, 1),
    ("b.wav", "WAV", "FLOAT", 44_100, 2),
    ("c.wav", "WAVEX", "PCM_24", 8_000, 4),
    ("d.wav", "WAV", "IMA_ADPCM", 8_000, 1),
    ("e.wav", "RF64", "PCM_16", 16_000, 1),
    ("f.w64", "W64", "PCM_16", 16_000, 1),
    ("g.aiff", "AIFF", "PCM_16", 16_000, 2),
    ("h.au", "AU", "ULAW", 8_000, 1),
    ("i.caf", "CAF", "PCM_16", 16_000, 1),
    ("j.flac", "FLAC", "PCM_16", 16_000, 1),
    ("k.flac", "FLAC", "PCM_24", 44_100, 2),
    ("l.ogg", "OGG", "VORBIS", 16_000, 1),
    ("m.opus", "OGG", "OPUS", 48_000, 1),
    ("n.mp3", "MP3", "MPEG_LAYER_III", 22_050, 1),
    ("o.mp3", "MP3", "MPEG_LAYER_III", 44_100, 2),
)
_AV: Final = (
    ("p.m4a", "ipod", "aac"),
    ("q.mp4", "mp4", "aac"),
    ("r.aac", "adts", "aac"),
    ("s.webm", "webm", "libopus"),
    ("t.mkv", "matroska", "flac"),
    ("u.mov", "mov", "pcm_s16le"),
)


@dataclass(frozen=True)
class Whole:
    """Small whole recordings by name."""

    files: dict[str, bytes]


def prepare(folder: Path) -> Whole:
    """One recording of each kind, each heard once."""
    import soundfile as sf

    for name, form, subtype, rate_hz, channels in _KINDS:
        time = np.arange(int(SECONDS * rate_hz)) / rate_hz
        sound = 0.3 * np.sin(2 * np.pi * 300 * time)[:, None] * np.ones(channels)
        sf.write(folder / name, sound, rate_hz, format=form, subtype=subtype)
    for name, form, codec in _AV:
        _written_by_av(folder / name, form, codec)
    files = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    for name in files:
        heard(folder / name)
    return Whole(files)


def _written_by_av(path: Path, form: str, codec: str) -> None:
    import av

    rate_hz = 48_000
    with av.open(str(path), "w", format=form) as container:
        track: Any = container.add_stream(codec, rate=rate_hz, layout="mono")
        sound = (np.sin(np.arange(int(SECONDS * rate_hz)) / 20.0) * 9000).astype(np.int16)
        for first in range(0, len(sound) - 960, 960):
            frame = av.AudioFrame.from_ndarray(sound[None, first : first + 960], format="s16", layout="mono")
            frame.sample_rate = rate_hz
            frame.pts = first
            frame.time_base = Fraction(1, rate_hz)
            container.mux(track.encode(frame))
        container.mux(track.encode(None))


def heard(path: Path, zero_s: Fraction | None = None) -> int:
    """A recording heard from beginning to end; what comes out is sound, and as long as it was said to be."""
    with audio.stream(path, zero_s=zero_s) as sound:
        count = 0
        for block in sound:
            _check(block)
            count += len(block)
        assert count == sound.n_samples, f"{count} samples came of {sound.n_samples}"
        assert zero_s is not None or 0 < sound.duration_s <= LONGEST_S, f"it lasts {float(sound.duration_s):g} s"
        assert all(told.count("\n") == 0 for told in sound.told)
    return count


def _check(block: Floats) -> None:
    assert block.dtype == np.float32 and block.ndim == 1, f"a block is {block.dtype} {block.shape}"
    assert np.isfinite(block).all(), "a sample is no number"


def make(whole: Whole, case: Case) -> Open:
    """A recording, damaged as its kind can be; sometimes under another kind's name."""
    dice = case.dice
    name = dice.choice(list(whole.files))
    data = whole.files[name]
    data = damaged(data, dice) if dice.random() < 0.25 else _KIND_OF.get(data[:4], _bytes)(data, dice)
    if dice.random() < 0.04:
        data += whole.files[dice.choice(list(whole.files))]
    path = case.folder / (name if dice.random() < 0.9 else dice.choice(("x.wav", "x.mp3", "x.m4a", "x", "x.ogg")))
    path.write_bytes(data)
    if dice.random() < 0.1:
        return lambda: inspection.facts(path)
    zero_s = Fraction(dice.choice(("0", "1/10", "-5", "100000", "1/1000000007"))) if dice.random() < 0.06 else None
    return lambda: heard(path, zero_s)


def _bytes(data: bytes, dice: random.Random) -> bytes:
    """Of what has no chunks that are known here."""
    if data[:2] in (b"\xff\xfb", b"\xff\xf3", b"\xff\xf1", b"\xff\xfa") or data[:3] == b"ID3":
        return _frames(data, dice)
    return damaged(data, dice)


def _frames(data: bytes, dice: random.Random) -> bytes:
    """MPEG frames left out, said twice, in other order, with other headers, or with tags around them."""
    places = [place for place in range(len(data) - 4) if data[place] == 0xFF and data[place + 1] & 0xF0 == 0xF0]
    if len(places) < 4:
        return damaged(data, dice)
    kind = dice.randrange(8)
    first, last = sorted(dice.sample(places, 2))
    if kind == 0:
        return data[:first] + data[last:]
    if kind == 1:
        return data[:first] + data[first:last] * dice.choice((2, 5)) + data[last:]
    if kind == 2:
        return data[first:] + data[:first]
    if kind == 3:
        return (
            data[: first + 1]
            + bytes([dice.randrange(256) | 0xE0, dice.randrange(256), dice.randrange(256)])
            + data[first + 4 :]
        )
    if kind == 4:
        size = dice.choice((0, 10, 2**28 - 1, 200))
        head = bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
        return b"ID3\x04\0" + bytes([dice.choice((0, 0x10, 0xFF))]) + head + data
    if kind == 5:
        return data + b"TAG" + bytes(125) + (b"APETAGEX" + bytes(24) if dice.random() < 0.5 else b"")
    if kind == 6:
        mark = dice.choice((b"Xing", b"Info", b"VBRI"))
        place = data.find(b"Xing") if data.find(b"Xing") >= 0 else data.find(b"Info")
        place = place if place >= 0 else first + 36
        return (
            data[:place]
            + mark
            + struct.pack(">III", 15, dice.choice(EDGES) % 2**32, dice.choice(EDGES) % 2**32)
            + data[place + 16 :]
        )
    return data[:first] + bytes(dice.choice((1, 7, 400, 5000))) + data[first:]


def _chunks(data: bytes, dice: random.Random) -> bytes:
    """RIFF and AIFF: chunks left out, said twice, swapped, of other names, numbers and lengths."""
    order = ">" if data[:4] == b"FORM" else "<"
    at = 12
    found = list[_Chunk]()
    while at + 8 <= len(data):
        size = struct.unpack(f"{order}I", data[at + 4 : at + 8])[0]
        found.append(_Chunk(data[at : at + 4], data[at + 8 : at + 8 + size], None))
        at += 8 + size + size % 2
    for _ in range(dice.choice((1, 1, 2, 3)) if found else 0):
        _other_chunk(found, dice, order)
    made = b""
    for name, body, said in found:
        made += name + struct.pack(f"{order}I", len(body) if said is None else said) + body + bytes(len(body) % 2)
    head = dice.choice((b"RIFF", b"RIFX", b"RF64", b"BW64", b"FORM")) if dice.random() < 0.1 else data[:4]
    size = len(made) + 4 if dice.random() < 0.85 else dice.choice(EDGES)
    return head + struct.pack(f"{order}I", size % 2**32) + data[8:12] + made


class _Chunk(NamedTuple):
    """A chunk: name, content, and the length that it says where that is a lie."""

    name: bytes
    body: bytes
    said: int | None


def _other_chunk(found: list[_Chunk], dice: random.Random, order: str) -> None:
    place = dice.randrange(len(found))
    chunk = found[place]
    kind = dice.randrange(9)
    if kind == 0 and len(found) > 1:
        del found[place]
    elif kind == 1:
        found.insert(place, chunk)
    elif kind == 2:
        other = dice.randrange(len(found))
        found[place] = found[other]
        found[other] = chunk
    elif kind == 3:
        names = (b"data", b"fmt ", b"LIST", b"ds64", b"bext", b"iXML", b"\0\0\0\0", b"COMM", b"fact")
        found[place] = chunk._replace(name=dice.choice(names))
    elif kind == 4:
        found[place] = chunk._replace(said=dice.choice(EDGES) % 2**32)
    elif kind == 5:
        name = dice.choice((b"LIST", b"junk", b"id3 ", b"bext", b"iXML", b"cue "))
        found.insert(place, _Chunk(name, bytes(dice.choice((0, 1, 3, 70_000))), None))
    else:
        found[place] = chunk._replace(body=_field(chunk.body, dice, order))


def _field(body: bytes, dice: random.Random, order: str) -> bytes:
    """A number of a header in place of another, or samples that are none."""
    if dice.random() < 0.2 and len(body) >= 64:
        place = dice.randrange(0, len(body) - 8, 4)
        return (
            body[:place]
            + struct.pack("<f", dice.choice((float("nan"), float("inf"), 1e30, -1e38))) * 2
            + body[place + 8 :]
        )
    width = dice.choice((2, 4))
    place = dice.randrange(0, max(1, min(len(body), 40)), 2)
    value = struct.pack(f"{order}{'H' if width == 2 else 'I'}", dice.choice(EDGES) % (1 << 8 * width))
    return body[:place] + value + body[place + width :]


def _pages(data: bytes, dice: random.Random) -> bytes:
    """Ogg: pages left out, said twice, swapped, renumbered, of other times, kinds and contents; checksums hold."""
    pages = list[bytearray]()
    at = 0
    while at + 27 <= len(data):
        first = at + 27 + data[at + 26]
        end = first + sum(data[at + 27 : first])
        pages.append(bytearray(data[at:end]))
        at = end
    for _ in range(dice.choice((1, 1, 2, 4))):
        if dice.random() < 0.35:
            _other_order(pages, dice)
        else:
            _other_page(dice.choice(pages), dice)
    return b"".join(_sealed(page) if dice.random() < 0.97 else bytes(page) for page in pages)


def _other_order(pages: list[bytearray], dice: random.Random) -> None:
    place = dice.randrange(len(pages))
    page = pages[place]
    kind = dice.randrange(4)
    if kind == 0 and len(pages) > 1:
        del pages[place]
    elif kind == 1:
        pages.insert(place, bytearray(page))
    elif kind == 2:
        pages += [bytearray(one) for one in pages]
    else:
        other = dice.randrange(len(pages))
        pages[place] = pages[other]
        pages[other] = page


def _other_page(page: bytearray, dice: random.Random) -> None:
    kind = dice.randrange(7)
    head = 27 + page[26]
    if kind <= 1:
        page[6:14] = (dice.choice((*EDGES, 10**12, 48_000 * 3600 * 5, 48_000 * 3000)) % 2**64).to_bytes(8, "little")
    elif kind == 2:
        page[5] = dice.choice((0, 1, 2, 4, 6, 7, 255))
    elif kind == 3:
        page[18:22] = (dice.choice((*EDGES, 3, 50, 5000)) % 2**32).to_bytes(4, "little")
    elif kind == 4:
        page[14:18] = dice.randbytes(4)
    elif kind == 5:
        size = len(page) - head
        page[head:] = damaged(bytes(page[head:]), dice, 1)[:size].ljust(size, b"\0")
    else:
        spot = min(head + dice.randrange(8, 24), len(page) - 4)
        page[spot : spot + 4] = (dice.choice(EDGES) % 2**32).to_bytes(4, "little")


_MIRRORED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def _sealed(page: bytearray) -> bytes:
    """A page with the checksum that it should have."""
    page[22:26] = bytes(4)
    check = zlib.crc32(bytes(page).translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    page[22:26] = check.to_bytes(4, "big").translate(_MIRRORED)
    return bytes(page)


def _flac(data: bytes, dice: random.Random) -> bytes:
    """FLAC: another length, rate or number of channels, blocks of metadata that lie, frames with damage."""
    kind = dice.randrange(7)
    if kind <= 1:
        field = (
            dice.choice(EDGES) % 2**64
            if kind
            else int.from_bytes(data[18:26], "big") & ~(2**36 - 1) | dice.choice(EDGES) % 2**36
        )
        return data[:18] + field.to_bytes(8, "big") + data[26:]
    if kind == 2:
        size = dice.choice((0, 1, 34, 5000, 2**24 - 1))
        return (
            data[:42].replace(b"fLaC\x80", b"fLaC\0")
            + bytes([dice.choice((0x81, 0x01, 0x84, 0x86, 0xFF, 0x7F))])
            + size.to_bytes(3, "big")
            + bytes(min(size, 5000))
            + data[42:]
        )
    if kind == 3:
        return data[:8] + struct.pack(">HH", dice.choice((0, 1, 15, 65535)), dice.choice((0, 16, 65535))) + data[12:]
    if kind == 4:
        return data * dice.choice((2, 3)) + data[: dice.randint(0, len(data))]
    if kind == 5:
        place = data.find(b"\xff\xf8", 42)
        return data[: place + 2] + dice.randbytes(2) + data[place + 4 :] if place > 0 else data
    return data[:42] + damaged(data[42:], dice)


_BOXES: Final = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"udta", b"dinf", b"moof", b"traf"})


def _boxes(data: bytes, dice: random.Random) -> bytes:
    """MP4: boxes left out, said twice, nested, of other lengths, and tables of other numbers."""
    places = list(_box_places(data, 0, len(data), 0))
    if not places:
        return damaged(data, dice)
    at, size = dice.choice(places)
    box = data[at : at + size]
    kind = dice.randrange(8)
    if kind == 0:
        return data[:at] + data[at + size :]
    if kind == 1:
        return data[:at] + box + data[at:]
    if kind == 2:
        return data[:at] + struct.pack(">I", dice.choice(EDGES) % 2**32) + data[at + 4 :]
    if kind == 3:
        return (
            data[: at + 4]
            + dice.choice((b"free", b"moov", b"mdat", b"elst", b"stsz", b"trun", b"\0\0\0\0"))
            + data[at + 8 :]
        )
    if kind == 4:
        depth = dice.choice((2, 60, 3000))
        for _ in range(depth if size < 3000 else 2):
            box = struct.pack(">I", len(box) + 8) + dice.choice((b"moov", b"trak")) + box
        return data[:at] + box + data[at + size :]
    if kind == 5:
        return (
            data[:at]
            + struct.pack(">I", 1)
            + data[at + 4 : at + 8]
            + struct.pack(">Q", dice.choice(EDGES) % 2**64)
            + data[at + 8 :]
        )
    spot = at + 8 + dice.randrange(max(1, min(size - 8, 60)))
    width = dice.choice((1, 2, 4))
    return data[:spot] + (dice.choice(EDGES) % (1 << 8 * width)).to_bytes(width, "big") + data[spot + width :]


def _box_places(data: bytes, at: int, end: int, depth: int) -> Any:
    while at + 8 <= end and depth < 9:
        size = struct.unpack(">I", data[at : at + 4])[0]
        if size < 8 or at + size > end:
            return
        yield at, size
        if data[at + 4 : at + 8] in _BOXES:
            yield from _box_places(data, at + 8, at + size, depth + 1)
        at += size


def _elements(data: bytes, dice: random.Random) -> bytes:
    """Matroska: sizes, times and names of elements that are others, clusters left out or said twice."""
    marks = [
        place
        for mark in (
            b"\x1f\x43\xb6\x75",
            b"\x16\x54\xae\x6b",
            b"\x15\x49\xa9\x66",
            b"\xa3",
            b"\xe7",
            b"\x44\x89",
            b"\x2a\xd7\xb1",
        )
        for place in _all(data, mark)
    ]
    if not marks or dice.random() < 0.3:
        return damaged(data, dice)
    at = dice.choice(marks)
    kind = dice.randrange(5)
    if kind == 0:
        return data[: at + 4] + b"\x01" + (dice.choice(EDGES) % 2**56).to_bytes(7, "big") + data[at + 12 :]
    if kind == 1:
        return data[:at] + data[at + dice.randrange(1, 400) :]
    if kind == 2:
        return data[:at] + data[at:] + data[at:]
    if kind == 3:
        spot = at + dice.randrange(1, 12)
        return data[:spot] + dice.randbytes(dice.choice((1, 2, 8))) + data[spot + 1 :]
    return data[: at + 1] + b"\xff" + data[at + 2 :]


def _all(data: bytes, mark: bytes) -> list[int]:
    places = list[int]()
    at = data.find(mark)
    while at >= 0:
        places.append(at)
        at = data.find(mark, at + 1)
    return places


def _mp4_or_other(data: bytes, dice: random.Random) -> bytes:
    return _boxes(data, dice) if data[4:8] in (b"ftyp", b"moov", b"mdat", b"wide") else damaged(data, dice)


_KIND_OF: Final = {
    b"RIFF": _chunks,
    b"RF64": _chunks,
    b"FORM": _chunks,
    b"OggS": _pages,
    b"fLaC": _flac,
    b"\x1a\x45\xdf\xa3": _elements,
    **{struct.pack(">I", size): _mp4_or_other for size in range(8, 64)},
}


def changed_film(data: bytes, dice: random.Random) -> bytes:
    """A film of MP4 or Matroska whose boxes or elements lie."""
    return _elements(data, dice) if data[:4] == b"\x1a\x45\xdf\xa3" else _boxes(data, dice)


DOOR: Final = Door("sound", "recordings of every kind", prepare, make, weight=28.0, needs=("av",))
