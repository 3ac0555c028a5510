"""How a photograph is to be turned and mirrored, as its camera noted it in EXIF (JPEG, PNG, WebP and TIFF).

PyAV tells how a picture is turned, but not whether it is mirrored, as selfies often are.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, Literal, NamedTuple

ORIENTATION: Final = 0x0112  # tag of EXIF 2.3, 4.6.4
MOST_BYTES: Final = 1 << 16  # of EXIF that are looked at: a JPEG has no room for more
MOST_PARTS: Final = 10_000  # ample: of a JPEG's segments or a PNG's chunks
_JPEG = b"\xff\xd8"
_PNG = b"\x89PNG\r\n\x1a\n"
_TIFF: Final[dict[bytes, Literal["little", "big"]]] = {b"II*\0": "little", b"MM\0*": "big"}
_START_OF_SCAN: Final = 0xDA  # JPEG: pixels follow, and no EXIF any more


class Orientation(NamedTuple):
    """What makes a stored picture upright: upside down first where it is mirrored, then quarter turns to the left."""

    is_mirrored: bool
    quarter_turns: int


_ORIENTATIONS: Final = {  # EXIF's number: mirrored, and quarter turns
    1: Orientation(False, 0),
    2: Orientation(True, 2),
    3: Orientation(False, 2),
    4: Orientation(True, 0),
    5: Orientation(True, 3),
    6: Orientation(False, 3),
    7: Orientation(True, 1),
    8: Orientation(False, 1),
}


def orientation_of(path: Path) -> Orientation | None:
    """What EXIF says of a picture; None where it says nothing.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        return _ORIENTATIONS.get(_tag(_exif(file)))


def _exif(file: BinaryIO) -> bytes:
    """The beginning of the EXIF of a picture, which is a small TIFF; empty where there is none."""
    head = file.read(12)
    if head[:4] in _TIFF:
        file.seek(0)
        return file.read(MOST_BYTES)
    if head[:2] == _JPEG:
        parts = _jpeg(file)
    elif head[:8] == _PNG:
        parts = _chunks(file, 8, "big")
    elif head[:4] == b"RIFF" and head[8:] == b"WEBP":
        parts = _chunks(file, 12, "little")
    else:
        return b""
    return next((data.removeprefix(b"Exif\0\0") for name, data in parts if name in (b"eXIf", b"EXIF")), b"")


def _jpeg(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Name and data of a JPEG's parts up to the picture itself; those that hold EXIF are called so."""
    at = 2
    for _ in range(MOST_PARTS):
        file.seek(at)
        head = file.read(4)
        if len(head) < 4 or head[0] != 0xFF or head[1] == _START_OF_SCAN:
            return
        length = int.from_bytes(head[2:], "big")
        if head[1] == 0xE1 and (data := file.read(length - 2 if length > 2 else 0)).startswith(b"Exif\0\0"):
            yield b"EXIF", data
        at += 2 + length


def _chunks(file: BinaryIO, at: int, order: Literal["little", "big"]) -> Iterator[tuple[bytes, bytes]]:
    """Name and beginning of the chunks of a PNG ("big": length, name, data, check) or WebP (name, length, data)."""
    for _ in range(MOST_PARTS):
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            return
        length, name = (head[:4], head[4:]) if order == "big" else (head[4:], head[:4])
        size = int.from_bytes(length, order)
        yield name, file.read(min(size, MOST_BYTES)) if name in (b"eXIf", b"EXIF") else b""
        at += 12 + size if order == "big" else 8 + size + size % 2


def _tag(exif: bytes) -> int:
    """The orientation's number; 0 where there is none."""
    order = _TIFF.get(exif[:4])
    if order is None:
        return 0
    at = int.from_bytes(exif[4:8], order)
    count = int.from_bytes(exif[at : at + 2], order)
    for place in range(at + 2, min(at + 2 + 12 * count, len(exif) - 11), 12):
        if int.from_bytes(exif[place : place + 2], order) == ORIENTATION:
            return int.from_bytes(exif[place + 8 : place + 10], order)
    return 0
