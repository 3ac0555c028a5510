"""A voice is heard though it is in one channel of many, cancels itself out, or is very quiet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from facetake import audio
from facetake.errors import AudioError

RATE_HZ = 16_000


def voice() -> np.ndarray:
    """Syllables with pauses between them, (S,)."""
    time = np.arange(4 * RATE_HZ) / RATE_HZ
    hiss = np.random.default_rng(0).normal(0.0, 0.1, len(time))
    return (hiss * np.maximum(np.sin(2 * np.pi * 2 * time), 0.001)).astype(np.float32)


def heard(path: Path, sound: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """What is read of a sound (S, channels), and what is told."""
    sf.write(path, sound, RATE_HZ, subtype="FLOAT")
    with audio.stream(path) as stream:
        return np.concatenate(list(stream)), stream.told


def test_channels_that_cancel_are_heard_apart(tmp_path: Path) -> None:
    """Antiphase stereo, also with a common noise, is heard as the difference of its channels."""
    hum = 0.01 * np.sin(np.arange(4 * RATE_HZ) * 0.02)
    samples, told = heard(tmp_path / "a.wav", np.stack([voice() + hum, -voice() + hum], axis=1))

    assert np.abs(samples - voice()).max() < 1e-6
    assert "a.wav has two channels that cancel each other out" in told[0]


@pytest.mark.parametrize("channels", [3, 6, 8])
def test_one_live_channel_of_many_is_heard_alone(tmp_path: Path, channels: int) -> None:
    """Dead channels, and ones with a constant offset, do not dilute the live one."""
    sound = np.zeros((4 * RATE_HZ, channels), np.float32)
    sound[:, 0], sound[:, -2] = 0.4, voice()
    samples, told = heard(tmp_path / "a.wav", sound)

    assert np.abs(samples - voice()).max() < 1e-6
    assert f"channel {channels - 1} alone is heard" in told[0]


def test_channels_that_agree_are_averaged_without_a_word(tmp_path: Path) -> None:
    """Stereo, and a voice in one of two channels, stay the mean of both."""
    for sound in (np.stack([voice(), 0.5 * voice()], axis=1), np.stack([voice(), 0 * voice()], axis=1)):
        samples, told = heard(tmp_path / "a.wav", sound)
        assert np.array_equal(samples, sound.mean(axis=1))
        assert told == ()


@pytest.mark.parametrize("quieter_db", [40, 59])
def test_a_faint_voice_is_made_louder(tmp_path: Path, quieter_db: int) -> None:
    """A voice far below full scale is brought to a usual level, and that is told."""
    samples, told = heard(tmp_path / "a.wav", voice() * np.float32(10.0 ** (-quieter_db / 20)))
    levels = 10.0 * np.log10(samples[: len(samples) // 320 * 320].reshape(-1, 320).var(axis=1) + 1e-12)

    assert abs(np.percentile(levels, 95) + 20.0) < 1.5
    assert np.corrcoef(samples, voice())[0, 1] > 0.9999
    assert "is very quiet" in told[0]


@pytest.mark.parametrize("level", [1e38, 1e20, 1e11])
def test_samples_beyond_any_scale_are_refused(tmp_path: Path, level: float) -> None:
    """All of them or a single one: the first is named, and nothing overflows on the way there."""
    sound = np.stack([voice(), -voice()], axis=1)
    sound[8000, 1] = -level
    with pytest.raises(AudioError, match=r"sample 8000 \(at 0.500 s\) is 1e\+\d\d times full scale"):
        heard(tmp_path / "a.wav", sound)
    with pytest.raises(AudioError, match="export the file again"):
        heard(tmp_path / "b.wav", np.full((RATE_HZ, 2), level, np.float32))


@pytest.mark.parametrize("level", [0.0, 1e-5, 1e-3])
def test_noise_and_silence_are_left_as_they_are(tmp_path: Path, level: float) -> None:
    """What does not come and go is no voice, and silence is none."""
    sound = (level * np.random.default_rng(1).normal(size=4 * RATE_HZ)).astype(np.float32)
    samples, told = heard(tmp_path / "a.wav", sound)

    assert np.array_equal(samples, sound)
    assert told == ()


@pytest.mark.parametrize("scale", [100.0, 32_768.0, 2.0**31])
def test_another_scale_is_brought_to_the_usual_level(tmp_path: Path, scale: float) -> None:
    """A float file in the scale of 16-bit numbers is heard as loud as any voice, and that is told."""
    samples, told = heard(tmp_path / "a.wav", voice() * np.float32(scale))

    assert np.abs(samples).max() <= 1.0
    assert np.corrcoef(samples, voice())[0, 1] > 0.9999
    assert "is far above full scale" in told[0]


def conversation(leak: float) -> np.ndarray:
    """Two who speak in turn, each before a microphone that hears the other fainter, (S, 2)."""
    spoken = np.zeros((8 * RATE_HZ, 2), np.float32)
    spoken[: 4 * RATE_HZ, 0] = spoken[4 * RATE_HZ :, 1] = voice()
    return spoken + leak * spoken[:, ::-1]


@pytest.mark.parametrize("others", [0, 3])
@pytest.mark.parametrize("leak", [0.0, 0.1])
def test_two_voices_in_one_recording_are_told(tmp_path: Path, leak: float, others: int) -> None:
    """Of a call with a channel for each speaker it is said that one mouth speaks for both, also beside other tracks."""
    spoken = conversation(leak)
    tracks = np.concatenate([*[spoken.sum(axis=1, keepdims=True)] * others, spoken], axis=1)
    _, told = heard(tmp_path / "call.wav", tracks)

    assert told[0].startswith(f"call.wav has different voices in its channels {others + 1} and {others + 2}; ")
    assert "facetake scene FILE --channels" in told[0]


def test_one_voice_in_two_channels_is_not_told(tmp_path: Path) -> None:
    """A voice before two microphones, beside a channel of noise, or aside in a stereo picture, is one voice."""
    late = np.concatenate([np.zeros(12, np.float32), voice()[:-12]])
    hiss = np.random.default_rng(1).normal(0.0, 1e-3, len(voice())).astype(np.float32)
    others: dict[str, np.ndarray] = {"near": 0.5 * late, "noise": hiss, "aside": 0.2 * voice(), "same": voice()}
    for name, other in others.items():
        _, told = heard(tmp_path / f"{name}.wav", np.stack([voice(), other + hiss / 10], axis=1))
        assert not any("different voices" in one for one in told), name
