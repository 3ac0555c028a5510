"""Recordings that made other programs stumble, as their users reported them (docs/inputs.md): read, or one sentence."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from facetake import audio
from facetake.arrays import F32
from facetake.errors import AudioError

RATE_HZ = 16_000


def voice(seconds: float = 1.0) -> F32:
    """Noise in syllables, (S,) at 16 kHz."""
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    hiss = np.convolve(np.random.default_rng(5).normal(0.0, 0.1, len(time)), np.hanning(12) / 6.0, "same")
    return (hiss * (1.0 + np.sin(2 * np.pi * 3 * time))).astype(np.float32)


def chunk(name: bytes, data: bytes, length: int | None = None, pad: bool = True) -> bytes:
    """A part of a WAV, with the byte that makes odd ones even unless its writer forgot it."""
    odd = b"\0" if len(data) % 2 and pad else b""
    return name + struct.pack("<I", len(data) if length is None else length) + data + odd


def wav(*chunks: bytes, length: int | None = None) -> bytes:
    """A WAV of parts."""
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body) if length is None else length) + body


def form(bits: int = 16, tag: int = 1, rate_hz: int = RATE_HZ) -> bytes:
    """The part that tells how samples are written."""
    width = bits // 8
    return chunk(b"fmt ", struct.pack("<HHIIHH", tag, 1, rate_hz, rate_hz * width, width, bits))


def pcm(sound: F32, bits: int = 16) -> bytes:
    """Samples as whole numbers."""
    whole = np.round(sound.astype(np.float64) * (2 ** (bits - 1) - 1)).astype("<i4")
    return bytes(whole.view(np.uint8).reshape(-1, 4)[:, : bits // 8].tobytes())


def of_zoom(sound: F32) -> bytes:
    """A field recorder's list of information, of 393,164 bytes of nothing, before the sound."""
    return wav(form(), chunk(b"LIST", bytes(393_164)), chunk(b"data", pcm(sound)))


def of_zoom_with_junk(sound: F32) -> bytes:
    """The same with what was in the recorder's memory."""
    return wav(form(), chunk(b"LIST", b"INFO" + bytes(range(256)) * 1536), chunk(b"data", pcm(sound)))


def odd_and_padded(sound: F32) -> bytes:
    """24 bits and an odd number of samples, with a byte between them and what follows."""
    return wav(form(24), chunk(b"data", pcm(sound[:-1], 24)), chunk(b"LIST", b"INFOICMT\4\0\0\0abc\0"))


def odd_and_bare(sound: F32) -> bytes:
    """The same as a program writes it that forgets the byte, at the end of the file."""
    return wav(form(24), chunk(b"data", pcm(sound[:-1], 24), pad=False))


def odd_with_a_list_behind(sound: F32) -> bytes:
    """Without the byte, and with something behind."""
    return wav(form(24), chunk(b"data", pcm(sound[:-1], 24), pad=False), chunk(b"LIST", b"INFOICMT\4\0\0\0abc\0"))


def odd_list_before(sound: F32) -> bytes:
    """An odd part of information before the sound."""
    return wav(form(), chunk(b"note", b"who said it"), chunk(b"data", pcm(sound)))


def odd_bare_list_before(sound: F32) -> bytes:
    """The same without the byte that makes it even."""
    return wav(form(), chunk(b"note", b"who said it", pad=False), chunk(b"data", pcm(sound)))


def short_of_one(sound: F32) -> bytes:
    """The header says one byte less than there is."""
    return wav(form(), chunk(b"data", pcm(sound), 2 * len(sound) - 1), length=2 * len(sound) + 35)


def of_32_bits(sound: F32) -> bytes:
    """Whole numbers of 32 bits."""
    return wav(form(32), chunk(b"data", pcm(sound, 32)))


WAVES = [
    of_zoom,
    of_zoom_with_junk,
    odd_and_padded,
    odd_and_bare,
    odd_with_a_list_behind,
    odd_list_before,
    odd_bare_list_before,
    short_of_one,
    of_32_bits,
]


@pytest.mark.parametrize("make", WAVES, ids=[one.__name__ for one in WAVES])
def test_odd_waves_are_read_whole(tmp_path: Path, make: Callable[[F32], bytes]) -> None:
    """Parts of odd lengths, of nothing, or longer than the header says: every sample is there."""
    sound = voice()
    (tmp_path / "a.wav").write_bytes(make(sound))
    heard = audio.read(tmp_path / "a.wav")

    assert len(sound) - 1 <= len(heard) <= len(sound)
    assert np.abs(heard - sound[: len(heard)]).max() < 1e-4


@pytest.mark.parametrize("subtype", ["ALAW", "ULAW", "GSM610"])
def test_telephones(tmp_path: Path, subtype: str) -> None:
    """Recordings of telephone exchanges."""
    import soxr

    sound = soxr.resample(voice(), RATE_HZ, 8000)
    sf.write(tmp_path / "a.wav", sound, 8000, subtype=subtype)

    assert len(audio.read(tmp_path / "a.wav")) == pytest.approx(RATE_HZ, abs=800)


def mp3(path: Path, seconds: float = 1.0) -> bytes:
    """An MP3's bytes."""
    sf.write(path, voice(seconds), RATE_HZ, format="MP3")
    return path.read_bytes()


def tag(length: int, frames: bytes = b"") -> bytes:
    """An ID3 tag of a length."""
    size = bytes(length >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\3\0\0" + size + frames.ljust(length, b"\0")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (bytes(1417), b""),
        (bytes(2000) + b"\xff\xfb\x00junk" * 9, b""),
        (tag(865_820), b""),
        (tag(100, b"TDRC\0\0\0\0\0\0TIT2\0\0\0\2\0\0\0a"), b""),
        (b"", b"TAG" + bytes(125)),
    ],
    ids=["zeros before", "zeros and junk before", "a huge tag", "an empty field in the tag", "a tag behind"],
)
@pytest.mark.parametrize("seconds", [0.1, 1.0])
def test_mp3s_with_something_around_them(tmp_path: Path, before: bytes, after: bytes, seconds: float) -> None:
    """Zeros, junk and tags of any length before the first frame and after the last; few frames, too."""
    path = tmp_path / "a.mp3"
    path.write_bytes(before + mp3(path, seconds) + after)

    assert len(audio.read(path)) == pytest.approx(seconds * RATE_HZ, abs=80)


@pytest.mark.parametrize("n_samples", [None, 5000, 0])
def test_flac_with_a_tag_or_a_wrong_length(tmp_path: Path, n_samples: int | None) -> None:
    """An ID3 tag before a FLAC is skipped; a header that counts too few samples does not end the sound."""
    path = tmp_path / "a.flac"
    sf.write(path, voice(), RATE_HZ)
    data = bytearray(path.read_bytes())
    if n_samples is not None:
        data[21:26] = (int.from_bytes(data[21:26], "big") >> 36 << 36 | n_samples).to_bytes(5, "big")
    path.write_bytes((tag(3000) if n_samples is None else b"") + data)

    assert len(audio.read(path)) == RATE_HZ


def test_long_flac_of_three_channels(tmp_path: Path) -> None:
    """More than 2**24 samples in channels whose number is no power of two: all are there."""
    path = tmp_path / "a.flac"
    with sf.SoundFile(path, "w", RATE_HZ, 3) as file:
        for _ in range(6):
            file.write(np.zeros((1_000_000, 3), np.float32))
        file.write(np.tile(voice()[:, None], (1, 3)))
    with audio.stream(path) as stream:
        assert stream.n_samples == 6_000_000 + RATE_HZ


def film(path: Path, codec: str, rate_hz: int, seconds: float = 1.0, n_tracks: int = 1, **options: str) -> Path:
    """A container with sound by PyAV; each further track is silent."""
    av = pytest.importorskip("av", reason="made with PyAV")
    import soxr

    if codec not in av.codecs_available:
        pytest.skip(f"PyAV comes without {codec} here")
    sound = soxr.resample(voice(seconds), RATE_HZ, rate_hz)
    with av.open(str(path), "w", options=options) as container:
        tracks = [container.add_stream(codec, rate=rate_hz, layout="mono") for _ in range(n_tracks)]
        step = tracks[0].frame_size or 960
        for number, track in enumerate(tracks):
            for first in range(0, len(sound), step):
                block = sound[None, first : first + step] * (number == 0)
                kind = track.format.name
                values = np.round(block * 32767).astype(np.int16) if kind == "s16" else block.astype(np.float32)
                frame = av.AudioFrame.from_ndarray(values, format=kind, layout="mono")
                frame.sample_rate = rate_hz
                frame.pts = first
                container.mux(track.encode(frame))
            container.mux(track.encode(None))
    return path


@pytest.mark.parametrize("name", ["a.amr", "a.3gp"])
def test_voice_notes_of_phones(tmp_path: Path, name: str) -> None:
    """AMR, alone and in a film of a phone."""
    heard = audio.read(film(tmp_path / name, "libopencore_amrnb", 8000))

    assert len(heard) == pytest.approx(RATE_HZ, abs=0.06 * RATE_HZ)


def test_webm_of_a_browser_has_no_length(tmp_path: Path) -> None:
    """What a browser records says nowhere how long it is, and is read whole."""
    path = film(tmp_path / "a.webm", "libopus", 48_000, live="1")
    with audio.stream(path) as stream:
        assert float(stream.duration_s) == pytest.approx(1.0, abs=0.03)


def test_webm_of_a_header_alone(tmp_path: Path) -> None:
    """A recording that was stopped at once is one sentence."""
    path = film(tmp_path / "a.webm", "libopus", 48_000, live="1")
    path.write_bytes(path.read_bytes()[: path.read_bytes().find(b"\x1f\x43\xb6\x75")])
    with pytest.raises(AudioError, match="no sound|not a sound file|truncated"):
        audio.read(path)


def test_damage_in_the_middle_of_a_webm_is_told(tmp_path: Path) -> None:
    """Where its parts cannot be found any more, it ends, and that is said."""
    path = film(tmp_path / "a.webm", "libopus", 48_000, 4.0)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 40] = b"\xff" * 40
    path.write_bytes(data)
    with audio.stream(path) as stream:
        assert float(stream.duration_s) > 3.9 or any("says that it is 4.0" in one for one in stream.told)


def test_damage_in_the_middle_keeps_the_rest_in_time(tmp_path: Path) -> None:
    """A packet that does not decode is silence or noise, and what follows stands where it stood."""
    path = film(tmp_path / "a.m4a", "aac", 44_100, 4.0)
    whole = audio.read(path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 40] = b"\xff" * 40
    path.write_bytes(data)
    heard = audio.read(path)

    assert abs(len(heard) - len(whole)) <= 0.03 * RATE_HZ
    assert np.corrcoef(heard[-RATE_HZ // 2 :], whole[-RATE_HZ // 2 :][: len(heard)])[0, 1] > 0.9


def test_several_sound_tracks_are_told(tmp_path: Path) -> None:
    """The first is heard, and that there are more is said."""
    path = film(tmp_path / "a.mkv", "aac", 44_100, n_tracks=2)
    with audio.stream(path) as stream:
        assert np.abs(np.concatenate(list(stream))).max() > 0.05
        assert any("2 sound tracks" in one for one in stream.told)


def test_sound_before_or_without_samples(tmp_path: Path) -> None:
    """A header with nothing behind it is one sentence."""
    (tmp_path / "a.wav").write_bytes(wav(form(), chunk(b"data", b"")))
    with pytest.raises(AudioError, match="holds no sound"):
        audio.read(tmp_path / "a.wav")


def test_flac_whose_metadata_goes_beyond_the_file(tmp_path: Path) -> None:
    """A block of metadata that says it is longer than the file is no frame's place."""
    path = tmp_path / "a.flac"
    sf.write(path, voice(), RATE_HZ)
    data = bytearray(path.read_bytes())
    data[4] &= 0x7F
    data[42:42] = b"\x81\xff\xff\xff"
    path.write_bytes(data)
    with pytest.raises(AudioError, match="a.flac"):
        audio.read(path)


def test_no_sentence_tells_of_objects(tmp_path: Path) -> None:
    """Where pieces of a file are no sound, the sentence names the file and none of our own things."""
    path = tmp_path / "a.flac"
    path.write_bytes(tag(3000) + b"fLaC\0\0\0\x22" + bytes(60))
    with pytest.raises(AudioError) as caught:
        audio.read(path)
    assert "a.flac" in str(caught.value) and "object at" not in str(caught.value) and "<" not in str(caught.value)
