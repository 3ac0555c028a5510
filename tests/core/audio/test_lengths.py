"""What decodes is read, whatever a header says of its length; what is cut is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from facetake import audio
from facetake.audio import mpeg
from facetake.errors import AudioError

RATE_HZ = 16_000


def voice(seconds: float, seed: int = 0) -> np.ndarray:
    """Noise in syllables, (S,) at 16 kHz: a sound that is like itself at one place only."""
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    hiss = np.random.default_rng(seed).normal(0.0, 1.0, len(time))
    smooth = np.convolve(hiss, np.hanning(12) / 6.0, "same")
    return (0.1 * smooth * (1.0 + np.sin(2 * np.pi * 3 * time))).astype(np.float32)


def at_rate(sound: np.ndarray, rate_hz: int) -> np.ndarray:
    """A sound of 16 kHz at another rate."""
    import soxr

    return np.asarray(soxr.resample(sound, RATE_HZ, rate_hz), np.float32)


def lag_s(heard: np.ndarray, sound: np.ndarray) -> float:
    """How late a sound is heard, in seconds."""
    count = min(len(heard), len(sound))
    spectrum = np.fft.rfft(heard[:count], 2 * count) * np.conj(np.fft.rfft(sound[:count], 2 * count))
    best = int(np.fft.irfft(spectrum).argmax())
    return (best if best < count else best - 2 * count) / RATE_HZ


def encoded(path: Path, sound: np.ndarray, rate_hz: int, codec: str, **options: str) -> Path:
    """A file of one sound track by PyAV, with options of its codec and, those in capitals, of its container."""
    av = pytest.importorskip("av", reason="made with PyAV")
    outer = {name.lower(): value for name, value in options.items() if name.isupper()}
    inner = {name: value for name, value in options.items() if not name.isupper()}
    with av.open(str(path), "w", options=outer) as container:
        track = container.add_stream(codec, rate=rate_hz, layout="mono", options=inner)
        for first in range(0, len(sound), 1152):
            frame = av.AudioFrame.from_ndarray(sound[None, first : first + 1152], format="fltp", layout="mono")
            frame.sample_rate = rate_hz
            frame.pts = first
            container.mux(track.encode(frame))
        container.mux(track.encode(None))
    return path


def mp3(path: Path, sound: np.ndarray, rate_hz: int, **options: str) -> Path:
    """An MP3 as a stream has it: frames and nothing else."""
    return encoded(path, sound, rate_hz, "libmp3lame", **{"WRITE_XING": "0", "ID3V2_VERSION": "0"} | options)


@pytest.mark.parametrize("rate_hz", [16_000, 22_050, 44_100, 48_000])
@pytest.mark.parametrize("options", [{"b": "64000"}, {"b": "70000", "abr": "1"}], ids=["constant", "average"])
def test_an_mp3_without_a_header_is_read_whole(tmp_path: Path, rate_hz: int, options: dict[str, str]) -> None:
    """A stream of MP3 is as long as its frames, the usual delay is taken off, and that is told."""
    sound = np.concatenate([voice(3.0), np.zeros(32_000, np.float32), voice(3.0, 1)])
    path = mp3(tmp_path / "a.mp3", at_rate(sound, rate_hz), rate_hz, **options)
    with audio.stream(path) as stream:
        heard = np.concatenate(list(stream))
        frame_s = (1152 if rate_hz > 24_000 else 576) / rate_hz

        assert -0.001 < len(heard) / RATE_HZ - 8.0 < 2 * frame_s
        assert abs(lag_s(heard, sound)) <= 0.002
        assert "the usual" in stream.told[0]


def test_an_mp3_with_its_delay_in_the_header_is_exact(tmp_path: Path) -> None:
    """LAME's header tells delay and padding: nothing is moved, added or told."""
    sound = voice(4.0)
    sf.write(tmp_path / "a.mp3", at_rate(sound, 44_100), 44_100)
    with audio.stream(tmp_path / "a.mp3") as stream:
        heard = np.concatenate(list(stream))

        assert abs(len(heard) - len(sound)) < 0.005 * RATE_HZ
        assert abs(lag_s(heard, sound)) <= 0.002
        assert stream.told == ()


@pytest.mark.parametrize("junk", [b"", b"TAG" + bytes(125), bytes(5000), bytes(range(1, 200)) * 20])
def test_mp3s_glued_together_are_all_read(tmp_path: Path, junk: bytes) -> None:
    """With a header each, without one and of another rate, with something between them: each begins where it should."""
    sound = voice(2.0)
    sf.write(tmp_path / "a.mp3", at_rate(sound, 44_100), 44_100)
    mp3(tmp_path / "b.mp3", at_rate(sound, 22_050), 22_050, b="32000")
    whole = (tmp_path / "a.mp3").read_bytes()
    bare = (tmp_path / "b.mp3").read_bytes()
    (tmp_path / "c.mp3").write_bytes(whole + junk + whole + junk + bare)
    heard = audio.read(tmp_path / "c.mp3")

    assert abs(len(heard) / RATE_HZ - 6.0) < 0.06
    for place in (0, 32_000, 64_000):
        assert abs(lag_s(heard[place : place + 32_000], sound)) <= 0.002


def test_a_stream_glued_behind_a_header_begins_where_that_ends(tmp_path: Path) -> None:
    """Frames beyond those that a header counts are another sound, with a delay of its own."""
    sound = voice(2.0)
    sf.write(tmp_path / "a.mp3", at_rate(sound, 44_100), 44_100)
    mp3(tmp_path / "b.mp3", at_rate(sound, 44_100), 44_100, b="64000")
    (tmp_path / "c.mp3").write_bytes((tmp_path / "a.mp3").read_bytes() + (tmp_path / "b.mp3").read_bytes())

    assert abs(lag_s(audio.read(tmp_path / "c.mp3")[32_000:64_000], sound)) <= 0.002


@pytest.mark.parametrize("has_header", [True, False])
def test_a_cut_mp3_is_told_by_its_last_frame(tmp_path: Path, has_header: bool) -> None:
    """Every cut within a frame is told; between two frames a header still counts them, and a stream is whole."""
    path = mp3(tmp_path / "a.mp3", at_rate(voice(2.0), 44_100), 44_100, WRITE_XING=str(int(has_header)))
    whole = path.read_bytes()
    ends = []
    at = 0
    while at < len(whole) and (frame := mpeg.frame(whole[at : at + 4])):
        at += frame.length
        ends.append(at)
    for end in (ends[20] + 7, ends[40] - 1, ends[30] + 50):
        path.write_bytes(whole[:end])
        with pytest.raises(AudioError, match="is truncated: its last frame is .* bytes long"):
            audio.read(path)
    path.write_bytes(whole[: ends[40]])
    if has_header:
        with pytest.raises(AudioError, match=r"truncated: its header promises \d+ frames, 40 are there"):
            audio.read(path)
    else:
        assert len(audio.read(path)) > 0.95 * 40 * 1152 / 44_100 * RATE_HZ


def as_ogg(path: Path, sound: np.ndarray) -> None:
    """Vorbis."""
    sf.write(path, sound, RATE_HZ, format="OGG", subtype="VORBIS")


def as_opus(path: Path, sound: np.ndarray) -> None:
    """Opus."""
    sf.write(path, at_rate(sound, 48_000), 48_000, format="OGG", subtype="OPUS")


def as_flac(path: Path, sound: np.ndarray) -> None:
    """FLAC."""
    sf.write(path, sound, RATE_HZ, format="FLAC")


def as_streamed_flac(path: Path, sound: np.ndarray) -> None:
    """FLAC written to a pipe: no length in its header."""
    as_flac(path, sound)
    data = bytearray(path.read_bytes())
    data[21:26] = bytes([data[21] & 0xF0, 0, 0, 0, 0])
    path.write_bytes(data)


FORMS = [as_ogg, as_opus, as_flac, as_streamed_flac]


@pytest.mark.parametrize("second", FORMS)
@pytest.mark.parametrize("first", FORMS)
def test_a_chain_is_read_to_its_end(
    tmp_path: Path, first: Callable[[Path, np.ndarray], None], second: Callable[[Path, np.ndarray], None]
) -> None:
    """Oggs glued together, and FLACs, are one sound after the other, each from its own beginning."""
    if ("flac" in first.__name__) != ("flac" in second.__name__):
        pytest.skip("of two kinds")
    sound = voice(2.0)
    data = b""
    for number, write in enumerate((first, second, first)):
        write(tmp_path / str(number), sound)
        data += (tmp_path / str(number)).read_bytes()
    (tmp_path / "chain").write_bytes(data)
    heard = audio.read(tmp_path / "chain")

    assert abs(len(heard) - 96_000) < 0.005 * RATE_HZ
    assert max(abs(lag_s(heard[place : place + 32_000], sound)) for place in (0, 32_000, 64_000)) <= 0.002


def test_a_streamed_flac_is_as_long_as_its_last_frame_says(tmp_path: Path) -> None:
    """A FLAC whose header has no length is read to the sample, tagged or not; cut, it is refused."""
    sound = voice(2.13)
    path = tmp_path / "a.flac"
    as_streamed_flac(path, sound)
    whole = path.read_bytes()

    assert np.abs(audio.read(path) - sound).max() < 1e-4
    path.write_bytes(whole + b"TAG" + bytes(125))
    assert len(audio.read(path)) == len(sound)
    for cut in (1, 100, len(whole) // 2):
        path.write_bytes(whole[:-cut])
        with pytest.raises(AudioError, match="truncated: its last frame is cut"):
            audio.read(path)


def test_a_cut_ogg_and_one_without_an_end(tmp_path: Path) -> None:
    """An Ogg cut within a page is refused; one that ends with a whole page is read, and its missing end told."""
    path = tmp_path / "a.ogg"
    as_ogg(path, voice(8.0))
    whole = path.read_bytes()
    last = whole.rfind(b"OggS")
    path.write_bytes(whole[: last + 60])
    with pytest.raises(AudioError, match="truncated: its last page is"):
        audio.read(path)
    path.write_bytes(whole[:last])
    with audio.stream(path) as stream:
        assert len(np.concatenate(list(stream))) > 4 * RATE_HZ
        assert "no end mark" in stream.told[0]


def test_an_ogg_that_claims_to_be_endless_is_as_long_as_it_is(tmp_path: Path) -> None:
    """A last page that says its sound ends in a year needs neither a year nor memory for one."""
    path = tmp_path / "a.ogg"
    as_ogg(path, voice(2.0))
    data = bytearray(path.read_bytes())
    last = data.rfind(b"OggS")
    data[last + 6 : last + 14] = (10**12).to_bytes(8, "little")
    data[last + 22 : last + 26] = bytes(4)
    data[last + 22 : last + 26] = _ogg_checksum(data[last:]).to_bytes(4, "little")
    path.write_bytes(data)

    assert abs(len(audio.read(path)) - 32_000) < 2_000


def _ogg_checksum(page: bytearray) -> int:
    crc = 0
    for byte in page:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1) & 0xFFFFFFFF
    return crc


@pytest.mark.parametrize("rate_hz", [22_050, 44_100])
def test_streamed_aac(tmp_path: Path, rate_hz: int) -> None:
    """AAC without a container is read whole and twice where it is glued, the usual delay off; cut, it is refused."""
    sound = voice(4.0)
    path = encoded(tmp_path / "a.aac", at_rate(sound, rate_hz), rate_hz, "aac", b="96000")
    whole = path.read_bytes()
    with audio.stream(path) as stream:
        heard = np.concatenate(list(stream))

        assert -0.001 < len(heard) / RATE_HZ - 4.0 < 2048 / rate_hz
        assert abs(lag_s(heard, sound)) <= 0.03
        assert "the usual" in stream.told[0]
    path.write_bytes(whole + whole)
    assert abs(len(audio.read(path)) / RATE_HZ - 8.0) < 4 * 1024 / rate_hz
    path.write_bytes(whole[:-9])
    with pytest.raises(AudioError, match="truncated: its last frame is"):
        audio.read(path)


@pytest.mark.parametrize("name", ["a.m4a", "a.mkv", "a.avi"])
def test_a_cut_container_is_told(tmp_path: Path, name: str) -> None:
    """A file that ends within one of its parts is refused and not shortened; whole, it is read."""
    codec = "libmp3lame" if name == "a.avi" else "aac"
    path = encoded(tmp_path / name, at_rate(voice(4.0), 44_100), 44_100, codec, MOVFLAGS="faststart")
    whole = path.read_bytes()
    assert abs(len(audio.read(path)) / RATE_HZ - 4.0) < 0.06
    for share in (0.5, 0.8):
        path.write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(AudioError, match="is truncated: its part"):
            audio.read(path)


@pytest.mark.parametrize("rate_hz", [16_000, 44_100, 48_000])
def test_aac_in_an_mp4_ends_where_its_track_does(tmp_path: Path, rate_hz: int) -> None:
    """What an encoder filled the last frame up with is no sound, and its edit list tells where the first begins."""
    sound = voice(3.1)
    heard = audio.read(encoded(tmp_path / "a.m4a", at_rate(sound, rate_hz), rate_hz, "aac"))

    assert abs(len(heard) - len(sound)) <= 0.005 * RATE_HZ and abs(lag_s(heard, sound)) <= 0.002


def test_aac_in_an_mp4_without_an_edit_list(tmp_path: Path) -> None:
    """Live recordings and browsers write none: the usual delay is taken off, and that is told."""
    sound = voice(3.0)
    path = encoded(tmp_path / "a.mp4", at_rate(sound, 44_100), 44_100, "aac", MOVFLAGS="frag_keyframe+empty_moov")
    with audio.stream(path) as stream:
        heard = np.concatenate(list(stream))

        assert abs(lag_s(heard, sound)) <= 0.002 and len(stream.told) == 1 and "the usual 23 ms" in stream.told[0]


def test_mp4s_glued_together_are_told(tmp_path: Path) -> None:
    """No program hears the second, and nobody may think that it was heard."""
    path = encoded(tmp_path / "a.m4a", at_rate(voice(2.0), 44_100), 44_100, "aac")
    path.write_bytes(2 * path.read_bytes())
    with audio.stream(path) as stream:
        assert float(stream.duration_s) == pytest.approx(2.0, abs=0.005)
        assert "another film or recording glued behind it" in stream.told[0]
