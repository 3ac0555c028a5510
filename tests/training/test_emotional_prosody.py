"""Emotional prosody by rule, on a synthetic vowel whose pitch is known."""

from __future__ import annotations

import numpy as np
import pytest

from facetake.emotion import EMOTIONS
from facetake_training.emotional_prosody import PROFILES, perform, pitch_track


def vowel(pitch_hz: float = 140.0, seconds: float = 2.0) -> np.ndarray:
    """Pulses through a resonance at 700 Hz, with a melody that swings by a tenth."""
    count = round(seconds * 16_000)
    swing = 1.0 + 0.1 * np.sin(2 * np.pi * 1.5 * np.arange(count) / 16_000)
    phase = np.cumsum(pitch_hz * swing / 16_000)
    pulses = np.diff(np.floor(phase), prepend=0.0)
    time = np.arange(800) / 16_000
    ring = np.exp(-200 * time) * np.sin(2 * np.pi * 700 * time)
    return (0.3 * np.convolve(pulses, ring)[:count]).astype(np.float32)


@pytest.mark.parametrize("pitch_hz", [95.0, 140.0, 220.0])
def test_pitch_is_found(pitch_hz: float) -> None:
    """The middle pitch within three percent, of low and high voices; noise has none."""
    found, voiced = pitch_track(vowel(pitch_hz))

    assert voiced.mean() > 0.9
    assert np.median(found[voiced]) == pytest.approx(pitch_hz, rel=0.03)
    assert pitch_track(np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32))[1].mean() < 0.5


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_every_emotion_has_its_pitch_and_tempo(emotion: str) -> None:
    """Pitch and length come out where the profile's ranges say, in finite sound."""
    profile = PROFILES[emotion]
    plain = vowel()
    made = perform(plain, emotion, np.random.default_rng(0))
    pitch, voiced = pitch_track(made)

    assert made.dtype == np.float32 and np.isfinite(made).all() and made.std() > 0.3 * plain.std()
    assert profile.pitch[0] * 0.9 < np.median(pitch[voiced]) / 140.0 < profile.pitch[1] * 1.1
    assert 1 / profile.tempo[1] - 0.05 < len(made) / len(plain) < 1 / profile.tempo[0] + 0.05


def test_melody_widens_for_joy_and_flattens_for_sadness() -> None:
    """The spread of pitch follows the emotion."""
    spread = {}
    for emotion in ("happy", "neutral", "sad"):
        pitch, voiced = pitch_track(perform(vowel(), emotion, np.random.default_rng(1)))
        spread[emotion] = float(np.std(np.log2(pitch[voiced])[10:-40]))

    assert spread["happy"] > 1.1 * spread["neutral"] > 1.2 * spread["sad"]


@pytest.mark.parametrize("samples", [1, 50, 400])
def test_clicks_and_silence_do_not_break_it(samples: int) -> None:
    """Sound without a period, or too short for one, comes back as sound."""
    for audio in (np.zeros(samples, np.float32), np.full(samples, 0.1, np.float32)):
        assert np.isfinite(perform(audio, "fear", np.random.default_rng(0))).all()
