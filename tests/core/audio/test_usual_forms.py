"""Recordings as recorders, stations and browsers write them: every one is read whole, without a word."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from facetake import audio
from facetake.arrays import F32

RATE_HZ = 16_000
PCM_GUID = bytes.fromhex("0100000000001000800000aa00389b71")


def voice(seconds: float = 2.0) -> F32:
    """Noise in syllables, (S,) at 16 kHz."""
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    hiss = np.convolve(np.random.default_rng(5).normal(0.0, 0.1, len(time)), np.hanning(12) / 6.0, "same")
    return (hiss * (1.0 + np.sin(2 * np.pi * 3 * time))).astype(np.float32)


def part(name: bytes, data: bytes) -> bytes:
    """A part of a file, with the byte that makes odd ones even."""
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def wave(*parts: bytes, kind: bytes = b"RIFF", length: int | None = None) -> bytes:
    """A file of parts."""
    body = b"WAVE" + b"".join(parts)
    return kind + struct.pack("<I", len(body) if length is None else length) + body


def pcm(sound: F32) -> bytes:
    """Samples of 16 bits."""
    return np.round(sound * 32767).astype("<i2").tobytes()


PLAIN = part(b"fmt ", struct.pack("<HHIIHH", 1, 1, RATE_HZ, 2 * RATE_HZ, 2, 16))
SCENE = part(b"bext", b"scene 12, take 3".ljust(603, b"\0"))
SHEET = part(b"iXML", b'<?xml version="1.0"?><BWFXML><SCENE>12</SCENE></BWFXML>')


def of_a_station(sound: F32) -> bytes:
    """A broadcast wave with scene and take, before and behind the sound."""
    return wave(SCENE, PLAIN, part(b"data", pcm(sound)), SHEET)


def of_a_field_recorder(sound: F32) -> bytes:
    """The sheet of a sound cart before the sound."""
    return wave(PLAIN, SHEET, part(b"data", pcm(sound)))


def _of_64_bits(kind: bytes, sound: F32) -> bytes:
    samples = pcm(sound)
    sizes = part(b"ds64", struct.pack("<QQQI", 0, len(samples), len(sound), 0))
    return wave(sizes, SCENE, PLAIN, b"data" + b"\xff" * 4 + samples, kind=kind, length=0xFFFFFFFF)


def rf64(sound: F32) -> bytes:
    """A wave that may pass 4 GB."""
    return _of_64_bits(b"RF64", sound)


def bw64(sound: F32) -> bytes:
    """The same as stations call it today."""
    return _of_64_bits(b"BW64", sound)


def extensible(sound: F32) -> bytes:
    """A header that says which loudspeaker each channel is for."""
    form = struct.pack("<HHIIHH", 0xFFFE, 1, RATE_HZ, 2 * RATE_HZ, 2, 16) + struct.pack("<HHI", 22, 16, 4) + PCM_GUID
    return wave(part(b"fmt ", form), part(b"data", pcm(sound)))


@pytest.mark.parametrize("make", [of_a_station, of_a_field_recorder, rf64, bw64, extensible])
def test_waves_of_every_kind(tmp_path: Path, make: Callable[[F32], bytes]) -> None:
    """What stands beside the sound, and headers of other sizes, change no sample."""
    sound = voice()
    (tmp_path / "a.wav").write_bytes(make(sound))
    with audio.stream(tmp_path / "a.wav") as stream:
        heard = np.concatenate(list(stream))

        assert len(heard) == len(sound) and np.abs(heard - sound).max() < 1e-4
        assert stream.told == ()


@pytest.mark.parametrize("subtype", ["IMA_ADPCM", "MS_ADPCM"])
def test_waves_of_four_bits(tmp_path: Path, subtype: str) -> None:
    """Recorders and game engines: whole but for what fills the last block."""
    sound = voice()
    sf.write(tmp_path / "a.wav", sound, RATE_HZ, subtype=subtype)
    heard = audio.read(tmp_path / "a.wav")

    assert 0 <= len(heard) - len(sound) < 1100
    assert np.corrcoef(heard[: len(sound)], sound)[0, 1] > 0.99


def mp3(folder: Path, sound: F32) -> bytes:
    """An MP3 with a header that tells its delay."""
    sf.write(folder / "made.mp3", sound, RATE_HZ, format="MP3")
    return (folder / "made.mp3").read_bytes()


def test_an_mp3_in_a_wave(tmp_path: Path) -> None:
    """As Windows' recorder and some telephone exchanges write it."""
    sound = voice()
    form = struct.pack("<HHIIHH", 0x55, 1, RATE_HZ, 8000, 1, 0) + struct.pack("<HHIHHH", 12, 1, 2, 417, 1, 0)
    count = part(b"fact", struct.pack("<I", len(sound)))
    (tmp_path / "a.wav").write_bytes(wave(part(b"fmt ", form), count, part(b"data", mp3(tmp_path, sound))))
    heard = audio.read(tmp_path / "a.wav")

    assert abs(len(heard) - len(sound)) < 0.005 * RATE_HZ
    assert np.corrcoef(heard[: len(sound)], sound[: len(heard)])[0, 1] > 0.97


def test_an_mp3_with_a_cover(tmp_path: Path) -> None:
    """A picture in the tag before the first frame is no sound, whatever its bytes look like."""
    sound = voice()
    cover = b"APIC" + struct.pack(">I", 30_013) + bytes(2) + b"\0image/jpeg\0\3\0" + b"\xff\xfb\x90\x64" * 7500
    size = bytes(len(cover) >> shift & 0x7F for shift in (21, 14, 7, 0))
    (tmp_path / "a.mp3").write_bytes(b"ID3\3\0\0" + size + cover + mp3(tmp_path, sound))
    heard = audio.read(tmp_path / "a.mp3")

    assert abs(len(heard) - len(sound)) < 0.005 * RATE_HZ
    assert np.corrcoef(heard[: len(sound)], sound[: len(heard)])[0, 1] > 0.99


@pytest.mark.parametrize(
    ("named", "really"), [("a.wav", "MP3"), ("a.mp3", "WAV"), ("a.ogg", "FLAC"), ("a.flac", "OGG")]
)
def test_files_that_are_called_otherwise(tmp_path: Path, named: str, really: str) -> None:
    """A recording is told by what is in it, not by its name."""
    sound = voice()
    sf.write(tmp_path / "made", sound, RATE_HZ, format=really)
    (tmp_path / "made").rename(tmp_path / named)
    heard = audio.read(tmp_path / named)

    assert abs(len(heard) - len(sound)) < 0.005 * RATE_HZ
    assert np.corrcoef(heard[: len(sound)], sound[: len(heard)])[0, 1] > 0.97
