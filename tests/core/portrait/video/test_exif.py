"""Photographs as cameras store them: turned and mirrored by what EXIF says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from facetake.portrait.landmark_translation.photograph import open_picture
from facetake.portrait.video.exif import orientation_of

LEVELS = 12  # of 255, by which lossy pictures may differ in their middle


def photograph(path: Path, orientation: int | None) -> NDArray[np.uint8]:
    """A picture of four colours, stored as the orientation wants it; gives it upright."""
    stored = np.zeros((120, 160, 3), np.uint8)
    stored[:60, :80], stored[:60, 80:], stored[60:, :80] = (250, 0, 0), (0, 250, 0), (0, 0, 250)
    picture = Image.fromarray(stored)
    exif = Image.Exif()
    if orientation is not None:
        exif[274] = orientation
        exif[305] = "a camera"
    picture.save(path, exif=exif, **({"quality": 95} if path.suffix in (".jpg", ".webp") else {}))  # type: ignore[arg-type]
    picture.getexif()[274] = orientation or 1
    return np.asarray(ImageOps.exif_transpose(picture))


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tiff"])
@pytest.mark.parametrize("orientation", [None, *range(1, 9)])
def test_a_photograph_stands_upright(tmp_path: Path, suffix: str, orientation: int | None) -> None:
    """All eight ways to store a photograph, the mirrored ones too, show the same as Pillow does."""
    path = tmp_path / f"a{suffix}"
    upright = photograph(path, orientation)
    seen = open_picture(path)
    assert seen.shape == upright.shape
    height, width = seen.shape[:2]
    for row in (height // 4, 3 * height // 4):
        for column in (width // 4, 3 * width // 4):
            assert np.abs(seen[row, column].astype(int) - upright[row, column]).max() <= LEVELS


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8",
        b"\xff\xd8\xff\xe1\xff\xffExif\0\0II*\0" + b"\xff" * 30,
        b"II*\0\xff\xff\xff\xff",
        b"MM\0*\0\0\0\x08\xff\xff" + b"\x01\x12" * 90,
        b"\x89PNG\r\n\x1a\n" + b"\0\0\0\0eXIf" * 40,
        b"RIFF....WEBPEXIF",
        b"\xff\xd8" + b"\xff\xe0\0\0" * 20_000,
        b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x09\0\0\0",
    ],
)
def test_broken_notes_say_nothing(tmp_path: Path, data: bytes) -> None:
    """EXIF that is cut off, points beyond its end, or names an orientation that there is none of, is passed over."""
    path = tmp_path / "a.jpg"
    path.write_bytes(data)
    assert orientation_of(path) is None
