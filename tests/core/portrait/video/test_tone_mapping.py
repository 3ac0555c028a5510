"""Film of high dynamic range: pictures whose light is known, coded by BT.2100's formulas, seen as on a screen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from facetake.portrait.landmark_translation.photograph import open_picture
from facetake.portrait.video.footage import open_footage
from facetake.portrait.video.tone_mapping import WHITE_NITS

SIDE = 128
WHITE_2020 = (1.0, 1.0, 1.0)


def pq(nits: float) -> float:
    """BT.2100's inverse EOTF of PQ."""
    share = (nits / 10_000.0) ** (2610 / 16384)
    return float(((3424 / 4096 + 2413 / 128 * share) / (1.0 + 2392 / 128 * share)) ** (2523 / 32))


def hlg(scene: float) -> float:
    """BT.2100's OETF of HLG."""
    return float((3.0 * scene) ** 0.5 if scene <= 1 / 12 else 0.17883277 * np.log(12 * scene - 0.28466892) + 0.55991073)


def srgb(light: float) -> float:
    """A level of 255 of linear light."""
    return 255.0 * (12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055)


def film(path: Path, levels: Sequence[float], transfer: int, colour: Sequence[float] = WHITE_2020) -> Path:
    """A 10-bit film, a grey or coloured picture for each level 0..1 of the signal, marked with a transfer curve."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("ffv1", rate=25)
        stream.width = stream.height = SIDE
        stream.pix_fmt = "yuv420p10le"
        context = stream.codec_context
        context.color_trc = transfer
        context.color_primaries = 9
        context.colorspace = 9
        context.color_range = 1
        for level in levels:
            r, g, b = (level * part for part in colour)
            luma = 0.2627 * r + 0.6780 * g + 0.0593 * b
            planes = (64 + 876 * luma, 512 + 896 * (b - luma) / 1.8814, 512 + 896 * (r - luma) / 1.4746)
            frame: Any = av.VideoFrame(SIDE, SIDE, "yuv420p10le")
            for plane, value in zip(frame.planes, planes, strict=True):
                np.frombuffer(plane, np.uint16)[:] = round(value)
            frame.color_trc = transfer
            frame.color_primaries = 9
            frame.colorspace = 9
            frame.color_range = 1
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def seen(path: Path) -> np.ndarray:
    """The middle (T, 3) of each picture."""
    return np.array([picture[SIDE // 2, SIDE // 2] for picture in open_footage(path).pictures()], float)


def test_light_below_white_is_as_bright_as_it_was(tmp_path: Path) -> None:
    """PQ of 10, 50 and 100 cd/m2 has the level that sRGB gives its share of reference white, and is grey."""
    nits = (10.0, 50.0, 100.0)
    found = seen(film(tmp_path / "a.mkv", [pq(n) for n in nits], 16))
    expected = np.array([[srgb(n / WHITE_NITS)] * 3 for n in nits])
    assert np.abs(found - expected).max() <= 2.0


def test_phones_hlg_is_as_bright_as_a_display_of_a_thousand_shows_it(tmp_path: Path) -> None:
    """HLG of a scene's light E is 1000 E^1.2 cd/m2, and seen as such."""
    scene = (0.02, 0.05, 0.1)
    found = seen(film(tmp_path / "a.mkv", [hlg(light) for light in scene], 18))
    expected = np.array([[srgb(1000.0 * light**1.2 / WHITE_NITS)] * 3 for light in scene])
    assert np.abs(found - expected).max() <= 2.0


def test_highlights_stay_apart(tmp_path: Path) -> None:
    """Reference white is nearly white, and of what is brighter each is still brighter than the one before."""
    found = seen(film(tmp_path / "a.mkv", [pq(n) for n in (100.0, 203.0, 400.0, 1000.0, 4000.0)], 16))[:, 0]
    assert 225 <= found[1] <= 250 and (np.diff(found) > 0).all() and found[-1] <= 255


def test_colours_keep_their_hue(tmp_path: Path) -> None:
    """A warm grey stays warm: red before green before blue, as its light in BT.709 has it."""
    red, green, blue = seen(film(tmp_path / "a.mkv", [pq(80.0)] * 2, 16, (1.0, 0.95, 0.9)))[0]
    assert red > green + 4 and green > blue + 4


@pytest.mark.parametrize(("transfer", "kind"), [(16, "PQ"), (18, "HLG"), (1, None)])
def test_it_is_told_in_a_line(transfer: int, kind: str | None, tmp_path: Path) -> None:
    """HLG and PQ are named; of an ordinary film nothing is told."""
    told = open_footage(film(tmp_path / "a.mkv", [0.5] * 3, transfer)).told
    assert len(told) == (kind is not None)
    assert kind is None or f"is of high dynamic range ({kind})" in told[0]


def test_a_photograph_is_seen_alike(tmp_path: Path) -> None:
    """A still of high dynamic range comes through the same door."""
    path = film(tmp_path / "a.mkv", [pq(50.0)] * 2, 16)
    assert np.abs(open_picture(path)[SIDE // 2, SIDE // 2].astype(float) - seen(path)[0]).max() == 0
