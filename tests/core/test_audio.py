"""Sound files in every shape users have, and the ones that are broken."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from facetake import audio
from facetake.errors import AudioError

LINE = Path(__file__).parents[2] / "examples" / "line.wav"
CASES = int(os.environ.get("FACETAKE_FUZZ_CASES", "60"))


def tone(seconds: float, rate_hz: int, channels: int = 1) -> np.ndarray:
    """A quiet 200 Hz tone, (S, channels)."""
    time = np.arange(round(seconds * rate_hz)) / rate_hz
    return np.repeat(0.3 * np.sin(2 * np.pi * 200 * time)[:, None], channels, axis=1).astype(np.float32)


@pytest.mark.parametrize("rate_hz", [8000, 11025, 16000, 22050, 44100, 48000, 96000, 192000])
def test_every_rate_gives_the_same_tone(tmp_path: Path, rate_hz: int) -> None:
    """Any sampling rate arrives as 16 kHz, with round(duration * 16000) samples in the same place in time."""
    sf.write(tmp_path / "a.wav", tone(0.8, rate_hz), rate_hz, subtype="FLOAT")
    samples = audio.read(tmp_path / "a.wav")
    expected = tone(0.8, 16_000)[:, 0]

    assert len(samples) == len(expected)
    assert np.abs(samples - expected)[400:-400].max() < 2e-3


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_every_depth(tmp_path: Path, subtype: str) -> None:
    """8-bit to 64-bit float samples have the same values, as exactly as their depth allows."""
    sf.write(tmp_path / "a.wav", tone(0.2, 16_000), 16_000, subtype=subtype)

    assert np.abs(audio.read(tmp_path / "a.wav") - tone(0.2, 16_000)[:, 0]).max() < (
        0.01 if subtype == "PCM_U8" else 1e-4
    )


@pytest.mark.parametrize("channels", range(1, 9))
def test_channels_are_averaged(tmp_path: Path, channels: int) -> None:
    """One to eight channels become their mean."""
    sound = tone(0.2, 16_000, channels) * np.arange(1, channels + 1) / channels
    sf.write(tmp_path / "a.wav", sound, 16_000, subtype="FLOAT")

    assert np.allclose(audio.read(tmp_path / "a.wav"), sound.mean(axis=1), atol=1e-6)


@pytest.mark.parametrize(
    ("suffix", "form", "subtype"),
    [
        (".flac", "FLAC", None),
        (".ogg", "OGG", "VORBIS"),
        (".opus", "OGG", "OPUS"),
        (".mp3", "MP3", None),
        (".aiff", "AIFF", None),
    ],
)
def test_compressed_formats(tmp_path: Path, suffix: str, form: str, subtype: str | None) -> None:
    """FLAC, Ogg, Opus, MP3 and AIFF are read, close to what was written."""
    path = tmp_path / f"a{suffix}"
    sf.write(path, tone(1.0, 48_000), 48_000, format=form, subtype=subtype)
    samples = audio.read(path)

    assert abs(len(samples) - 16_000) < 1600
    assert 0.15 < samples[4000:12000].std() < 0.25


def test_m4a_through_pyav(tmp_path: Path) -> None:
    """M4A, which libsndfile does not know, is read through PyAV."""
    av = pytest.importorskip("av", reason="M4A needs PyAV")
    path = tmp_path / "a.m4a"
    with av.open(str(path), "w") as container:
        track = container.add_stream("aac", rate=48_000, layout="mono")
        for block in np.split(tone(1.0, 48_000)[: 46 * 1024, 0], 46):
            frame = av.AudioFrame.from_ndarray(block[None], format="fltp", layout="mono")
            frame.sample_rate = 48_000
            container.mux(track.encode(frame))
        container.mux(track.encode(None))
    samples = audio.read(path)

    assert abs(len(samples) - 15_700) < 1600
    assert 0.15 < samples[4000:12000].std() < 0.25


@pytest.mark.parametrize("block_s", [0.01, 0.37, 5.0])
def test_blocks_make_the_whole(tmp_path: Path, block_s: float) -> None:
    """Reading in blocks of any size gives the same samples and the promised number of them."""
    sound = np.random.default_rng(0).normal(0, 0.1, (14_553, 2)).astype(np.float32)
    sf.write(tmp_path / "a.wav", sound, 22_050, subtype="FLOAT")
    with audio.stream(tmp_path / "a.wav", block_s) as stream:
        samples = np.concatenate(list(stream))

        assert stream.duration_s == Fraction(14_553, 22_050)
        assert len(samples) == stream.n_samples
        assert np.abs(samples - audio.read(tmp_path / "a.wav")).max() < 1e-6


def test_rhythm_listens_without_touching(tmp_path: Path) -> None:
    """Level and onsets do not depend on the size of the blocks, and the blocks pass unchanged."""
    sound = tone(1.5, 16_000)[:, 0] * (np.arange(24_000) % 8000 < 4000)
    tracks = []
    for size in (160, 7001, 24_000):
        rhythm = audio.Rhythm(90)
        passed = list(rhythm.listening(np.split(sound, range(size, 24_000, size))))
        assert np.array_equal(np.concatenate(passed), sound)
        tracks.append(rhythm.tracks())

    assert all(np.allclose(a, b, atol=1e-4) for one in tracks[1:] for a, b in zip(tracks[0], one, strict=True))
    energy_db, onsets = tracks[0]
    assert energy_db[10] > -20 > -60 > energy_db[22]
    assert abs(int(onsets[5:].argmax()) + 5 - 30) <= 1


def test_levels_of_bands_are_told_beside_voice_and_room() -> None:
    """They do not depend on the size of the blocks; a faint tone stands in its own bands, over the room's noise."""
    random = np.random.default_rng(0)
    sound = random.normal(0.0, 1e-3, 32_000).astype(np.float32)
    sound[:8000] += 0.5 * np.sin(2 * np.pi * 300 * np.arange(8000) / 16_000).astype(np.float32)  # the voice
    sound[16_000:24_000] += 0.01 * np.sin(2 * np.pi * 3000 * np.arange(8000) / 16_000).astype(np.float32)
    tracks = []
    for size in (160, 7001, 32_000):
        levels = audio.BandLevels(120)
        assert np.array_equal(np.concatenate(list(levels.listening(np.split(sound, range(size, 32_000, size))))), sound)
        tracks.append(levels.tracks())

    assert all(np.allclose(one, tracks[0], atol=2e-3) for one in tracks[1:])
    beside, over, out = np.split(tracks[0], 3, axis=1)
    assert beside[15].max() == pytest.approx(1.5, abs=0.1)
    tone_band = int(over[75].argmax())
    assert (
        beside[75, tone_band] == pytest.approx(1.5 - 34 / 20, abs=0.3) and over[75, tone_band] > 1.0 > over[100].max()
    )
    assert out[75, tone_band] > 1.0 > out[110].max()
    assert audio.BandLevels(0).tracks().shape == (0, 120)


def test_onsets_are_librosas() -> None:
    """Onset strength of a real line is librosa's, of the same windows with the same logarithm."""
    librosa = pytest.importorskip("librosa", reason="compared with librosa, of the portrait extra")
    sound = audio.read(LINE)
    n_frames = len(sound) * 60 // 16_000
    rhythm = audio.Rhythm(n_frames)
    list(rhythm.listening([sound]))
    padded = np.pad(sound, (200, 400))
    windows = np.stack([padded[at : at + 400] for at in np.round(np.arange(n_frames) * 16_000 / 60).astype(int)])
    level = np.log(np.abs(np.fft.rfft(windows * np.hanning(400))) + 1e-2)
    found = librosa.onset.onset_strength(S=level.T, sr=16_000, center=False)

    assert found.max() > 0.5
    assert np.allclose(rhythm.tracks()[1][1:], found[1:], atol=1e-5)


def broken(tmp_path: Path, name: str) -> Path:
    """A file that cannot be read, by what is wrong with it."""
    path = tmp_path / f"{name}.wav"
    if name == "folder":
        path.mkdir()
    elif name == "text":
        path.write_text("this is no sound")
    elif name == "empty":
        path.touch()
    elif name == "no samples":
        sf.write(path, np.zeros(0), 16_000)
    elif name == "nan":
        sf.write(path, np.where(np.arange(16_000) == 8000, np.nan, 0.1), 16_000, subtype="FLOAT")
    elif name == "truncated":
        sf.write(path, tone(2.0, 16_000), 16_000)
        path.write_bytes(path.read_bytes()[:20_000])
    elif name == "empty data":
        sf.write(path, np.zeros(0), 16_000)
        path.write_bytes(path.read_bytes() + b"LIST" + (4).to_bytes(4, "little") + b"INFO")
    elif name.startswith("long"):
        return path.with_stem(name * 80)
    return path


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("folder", "is a folder"),
        ("missing", "no file"),
        ("text", "not a sound file"),
        ("empty", "0 bytes"),
        ("no samples", "0 samples"),
        ("nan", r"sample 8000 \(at 0.500 s\)"),
        ("truncated", "truncated"),
        ("empty data", "0 samples"),
        ("long", "cannot read"),
    ],
)
def test_broken_files_say_what_is_wrong(tmp_path: Path, name: str, says: str) -> None:
    """Each broken file is named with what is wrong with it."""
    path = broken(tmp_path, name)

    with pytest.raises(AudioError, match=says) as error:
        audio.read(path)
    assert path.name in str(error.value)


@pytest.mark.parametrize("form", ["WAV", "RF64", "AIFF", "W64", "AU", "CAF", "OGG", "OPUS", "FLAC", "MP3"])
def test_truncated_files_of_every_form_are_refused(tmp_path: Path, form: str) -> None:
    """A file that ends before its header says is refused, not shortened without a word; whole, it is read."""
    path = tmp_path / "a.sound"
    kind = {"format": "OGG", "subtype": "OPUS"} if form == "OPUS" else {"format": form}
    sf.write(path, tone(2.0, 16_000), 16_000, **kind)
    assert abs(len(audio.read(path)) - 32_000) < 1600
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])

    with pytest.raises(AudioError, match="truncated|damaged|breaks off"):
        audio.read(path)


@pytest.mark.parametrize("rate_hz", [1, 1_999, 2_000_000])
def test_an_absurd_rate_is_refused(tmp_path: Path, rate_hz: int) -> None:
    """A header's nonsense does not make seconds into hours."""
    path = tmp_path / "a.wav"
    sf.write(path, tone(0.1, 16_000), rate_hz)

    with pytest.raises(AudioError, match=f"says {rate_hz} samples a second; 2000 to 768000"):
        audio.read(path)


@pytest.mark.parametrize("length", [0, 0xFFFFFFFF, 0xFFFFFFFF - 36, 0x80000000, 0x7FFFFFFF, 0x7FFFF000])
def test_a_length_never_filled_in_means_to_the_end(tmp_path: Path, length: int) -> None:
    """A WAV from a pipe or a recorder that broke off has no length in its header, and is read to its end."""
    path = tmp_path / "a.wav"
    sf.write(path, tone(1.0, 16_000), 16_000, subtype="FLOAT")
    data = bytearray(path.read_bytes())
    place = data.index(b"data") + 4
    data[place : place + 4] = length.to_bytes(4, "little")
    path.write_bytes(data)

    assert np.array_equal(audio.read(path), tone(1.0, 16_000)[:, 0])


@settings(max_examples=CASES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400), st.integers(0, 3000), st.booleans())
def test_fuzzed_bytes_end_in_samples_or_an_audio_error(
    tmp_path: Path, junk: bytes, place: int, is_mutation: bool
) -> None:
    """Arbitrary bytes and damaged WAVs are read as finite samples or refused by AudioError, never otherwise."""
    path = tmp_path / "fuzz.wav"
    sf.write(path, tone(0.08, 16_000), 16_000)
    whole = path.read_bytes()
    path.write_bytes(whole[:place] + junk + whole[place + len(junk) :] if is_mutation else junk)
    try:
        samples = audio.read(path)
    except AudioError:
        return

    assert np.isfinite(samples).all()
