"""Ogg files that lack pages in their middle, and Flash videos that break off."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import soxr
from numpy.typing import NDArray

from facetake import audio
from facetake.errors import AudioError

RATE_HZ = 16_000
NEAR_S = 0.01
EXACT_S = 0.001


def clicks(seconds: int) -> NDArray[np.float32]:
    """Soft noise with a louder burst at every half second, so that each instant is known by its loudness."""
    time = np.arange(seconds * RATE_HZ) / RATE_HZ
    noise = np.random.default_rng(0).normal(0.0, 0.02, len(time))
    return (noise * np.where(time % 0.5 < 0.05, 10.0, 1.0)).astype(np.float32)


def ogg(path: Path, kind: str, rate_hz: int, seconds: int = 12) -> list[bytes]:
    """An Ogg file's pages; the file is written, too."""
    sound = clicks(seconds)
    if kind == "FLAC":
        flac(path, soxr.resample(sound, RATE_HZ, rate_hz), rate_hz)
    else:
        with sf.SoundFile(path, "w", rate_hz, 1, format="OGG", subtype=kind) as file:
            for block in np.array_split(
                soxr.resample(sound, RATE_HZ, rate_hz), seconds
            ):  # libsndfile dies of long ones
                file.write(block)
    data = path.read_bytes()
    at = 0
    pages = list[bytes]()
    while at < len(data):
        end = at + 27 + data[at + 26]
        end += sum(data[at + 27 : end])
        pages.append(data[at:end])
        at = end
    return pages


def flac(path: Path, sound: NDArray[np.float32], rate_hz: int) -> None:
    """FLAC in Ogg, which libsndfile does not write."""
    av = pytest.importorskip("av", reason="made with PyAV")
    with av.open(str(path), "w", format="ogg") as container:
        track = container.add_stream("flac", rate=rate_hz, layout="mono")
        for first in range(0, len(sound), 4096):
            block = np.round(sound[None, first : first + 4096] * 32767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
            frame.sample_rate = rate_hz
            frame.pts = first
            container.mux(track.encode(frame))
        container.mux(track.encode(None))


def bursts_s(sound: NDArray[np.float32]) -> list[float]:
    """Where bursts begin; not those that silence has cut."""
    loud = np.convolve(np.abs(sound), np.ones(80) / 80, "same") > 0.06
    begins = [int(at) for at in np.flatnonzero(np.diff(loud.astype(int)) > 0)]
    return [at / RATE_HZ for at in begins if at < 480 or sound[at - 480 : at - 160].any()]


KINDS = pytest.mark.parametrize(
    ("kind", "rate_hz"), [("VORBIS", 16_000), ("VORBIS", 44_100), ("OPUS", 48_000), ("FLAC", 44_100)]
)


@KINDS
@pytest.mark.parametrize("is_damaged", [False, True], ids=["missing", "damaged"])
def test_silence_stands_where_a_page_is_lost(tmp_path: Path, kind: str, rate_hz: int, is_damaged: bool) -> None:
    """What follows a page that is missing, or that has another checksum, stays at its time; where it was is told."""
    path = tmp_path / "a.ogg"
    pages = ogg(path, kind, rate_hz)
    whole = audio.read(path)
    lost = len(pages) // 2
    damaged = pages[lost][:200] + bytes(3) + pages[lost][203:]
    path.write_bytes(b"".join([*pages[:lost], *([damaged] if is_damaged else []), *pages[lost + 1 :]]))
    with audio.stream(path) as stream:
        heard = np.concatenate(list(stream))
        (told,) = stream.told

    assert abs(len(heard) - len(whole)) <= NEAR_S * RATE_HZ
    before = bursts_s(whole)
    after = bursts_s(heard)
    assert 3 <= len(after) < len(before) and all(min(abs(at - one) for one in before) <= NEAR_S for at in after)
    assert after[-1] == pytest.approx(before[-1], abs=EXACT_S)
    lost_s = float(told.partition("at ")[2].partition(" s;")[0])
    assert "silence stands in its place" in told
    assert not heard[round((lost_s + 0.2) * RATE_HZ) : round((lost_s + 0.3) * RATE_HZ)].any()


def test_pages_lost_in_several_places_of_several_sounds(tmp_path: Path) -> None:
    """Two sounds glued together, of which one lacks three pages, are as long as they were."""
    pages = ogg(tmp_path / "a.ogg", "VORBIS", 16_000)
    whole = (tmp_path / "a.ogg").read_bytes()
    holes = [page for number, page in enumerate(pages) if number not in (4, 5, 9)]
    (tmp_path / "b.ogg").write_bytes(whole + b"".join(holes))
    with audio.stream(tmp_path / "b.ogg") as stream:
        assert float(stream.duration_s) == pytest.approx(24.0, abs=NEAR_S)
        assert len(stream.told) == 2


def test_lost_headers_and_far_too_many_lost_pages(tmp_path: Path) -> None:
    """Where pages of headers are lost libsndfile decides; a file that lacks pages everywhere is refused."""
    pages = ogg(tmp_path / "a.ogg", "VORBIS", 16_000, 300)
    (tmp_path / "b.ogg").write_bytes(b"".join([pages[0], *pages[2:]]))
    with pytest.raises(AudioError):
        audio.read(tmp_path / "b.ogg")
    (tmp_path / "c.ogg").write_bytes(b"".join([*pages[:3], *pages[3::2]]))
    with pytest.raises(AudioError, match="truncated: pages are lost in 1.. places"):
        audio.read(tmp_path / "c.ogg")


def test_a_clock_that_jumps_is_told_and_not_believed(tmp_path: Path) -> None:
    """A hole of weeks by the clock asks for no memory and adds no silence."""
    import zlib

    mirrored = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))

    def moved(page: bytes) -> bytes:
        late = int.from_bytes(page[6:14], "little") + 10**12
        page = page[:6] + late.to_bytes(8, "little") + page[14:22] + bytes(4) + page[26:]
        check = zlib.crc32(page.translate(mirrored), 0xFFFFFFFF) ^ 0xFFFFFFFF
        return page[:22] + check.to_bytes(4, "big").translate(mirrored) + page[26:]

    pages = ogg(tmp_path / "a.ogg", "VORBIS", 16_000)
    (tmp_path / "a.ogg").write_bytes(b"".join([*pages[:7], *map(moved, pages[8:])]))
    with audio.stream(tmp_path / "a.ogg") as stream:
        assert 9.0 < stream.duration_s < 12.0 and "nobody knows how long" in stream.told[0]


def test_a_flash_video_that_breaks_off_is_told(tmp_path: Path) -> None:
    """Within a tag it is refused as truncated; whole, it is read."""
    av = pytest.importorskip("av", reason="made with PyAV")
    path = tmp_path / "a.flv"
    with av.open(str(path), "w", format="flv") as container:
        track = container.add_stream("aac", rate=44_100, layout="mono")
        for first in range(0, 44_100 * 2, 1024):
            frame = av.AudioFrame.from_ndarray(np.full((1, 1024), 0.1, np.float32), format="fltp", layout="mono")
            frame.sample_rate = 44_100
            frame.pts = first
            container.mux(track.encode(frame))
        container.mux(track.encode(None))
    assert 1.9 < len(audio.read(path)) / RATE_HZ < 2.2
    data = path.read_bytes()
    for cut in (len(data) // 2, len(data) - 8, len(data) // 3):
        path.write_bytes(data[:cut])
        with pytest.raises(AudioError, match="truncated: its last tag is"):
            audio.read(path)


@pytest.mark.parametrize("left", [4, 5, 26])
def test_a_file_cut_within_the_head_of_a_page_is_told(tmp_path: Path, left: int) -> None:
    """However little of the last page's head is there, reading comes to an end and says that the file is cut."""
    path = tmp_path / "line.opus"
    pages = ogg(path, "opus", 48_000, 3)
    path.write_bytes(b"".join(pages[:-1]) + pages[-1][:left])
    with pytest.raises(AudioError, match=rf"truncated: its last page has 27 bytes and more, {left} are there"):
        audio.read(path)
