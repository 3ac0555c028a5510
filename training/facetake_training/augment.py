"""Waveform augmentation, so that a model trained on few voices works on any: rooms, noise, EQ, codecs, level.

Works on 16 kHz mono float32 arrays and a numpy generator. Knows nothing of phones or curves: nothing here moves sound
in time (speed is changed where the labels are read, in `dataset`).
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from facetake.arrays import F32
from facetake.audio import SAMPLE_RATE_HZ


@dataclass(frozen=True)
class AugmentConfig:
    """How often and how hard each augmentation strikes; probabilities 0..1.

    Attributes:
        noise: coloured noise or babble is mixed in.
        snr_db: range of its signal-to-noise ratio.
        room: a random room's reverberation.
        equaliser: a random smooth frequency response.
        band: a band limit as of a telephone or a cheap microphone.
        codec: a lossy codec's round trip (Ogg Vorbis or 8-bit mu-law).
        level_db: range of the level change.
        clip: the loudest samples are clipped.
        babble: share of the noise which is other voices: one, or up to six at once.
    """

    noise: float = 0.75
    snr_db: tuple[float, float] = (4.0, 45.0)
    room: float = 0.35
    equaliser: float = 0.5
    band: float = 0.15
    codec: float = 0.06
    level_db: tuple[float, float] = (-26.0, 6.0)
    clip: float = 0.04
    babble: float = 0.15


def coloured_noise(n_samples: int, rng: np.random.Generator) -> F32:
    """Noise of unit power whose spectrum falls by 0 to 9 dB an octave."""
    spectrum = np.fft.rfft(rng.standard_normal(n_samples).astype(np.float32))
    slope = rng.uniform(0.0, 1.5)
    spectrum *= np.maximum(np.arange(len(spectrum)), 20.0) ** -slope
    noise = np.fft.irfft(spectrum, n_samples).astype(np.float32)
    return np.asarray(noise / (noise.std() + 1e-9), np.float32)


def room_response(rng: np.random.Generator) -> F32:
    """A direct sound, a few early reflections and an exponential tail; reverberation time 0.1 to 0.7 s."""
    decay_s = rng.uniform(0.1, 0.7)
    time_s = np.arange(int(decay_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    tail = rng.standard_normal(len(time_s)) * 10.0 ** (-3.0 * time_s / decay_s)
    tail[: int(0.002 * SAMPLE_RATE_HZ)] = 0.0
    tail *= rng.uniform(0.15, 0.9) / (np.sqrt(np.square(tail).sum()) + 1e-9)
    tail[0] = 1.0
    return tail.astype(np.float32)


def _response(n_bins: int, config: AugmentConfig, rng: np.random.Generator) -> NDArray[np.float64]:
    """One linear-phase-free gain curve for EQ and band limit together."""
    frequency = np.linspace(0.0, SAMPLE_RATE_HZ / 2, n_bins)
    gain_db = np.zeros(n_bins)
    if rng.random() < config.equaliser:
        knots = np.array([0.0, 120.0, 300.0, 800.0, 2000.0, 4000.0, 8000.0])
        gain_db += np.interp(frequency, knots, rng.normal(0.0, 5.0, len(knots)))
    if rng.random() < config.band:
        gain_db -= 60.0 * np.clip((frequency - rng.uniform(2800.0, 6000.0)) / 800.0, 0.0, 1.0)
        gain_db -= 40.0 * np.clip((rng.uniform(80.0, 350.0) - frequency) / 150.0, 0.0, 1.0)
    return np.asarray(10.0 ** (gain_db / 20.0))


def _filtered(audio: F32, config: AugmentConfig, rng: np.random.Generator) -> F32:
    size = len(audio) + SAMPLE_RATE_HZ  # room for the reverberation's tail
    spectrum = np.fft.rfft(audio, size) * _response(size // 2 + 1, config, rng)
    if rng.random() < config.room:
        spectrum = spectrum * np.fft.rfft(room_response(rng), size)
    return np.fft.irfft(spectrum, size)[: len(audio)].astype(np.float32)


def _codec(audio: F32, rng: np.random.Generator) -> F32:
    peak = float(np.abs(audio).max()) + 1e-9
    if rng.random() < 0.5:
        mu = np.sign(audio) * np.log1p(255.0 * np.abs(audio) / peak) / np.log(256.0)
        coded = np.round(mu * 127.0) / 127.0
        return np.asarray(np.sign(coded) * (256.0 ** np.abs(coded) - 1.0) / 255.0 * peak, np.float32)
    buffer = io.BytesIO()
    sf.write(buffer, audio / peak * 0.9, SAMPLE_RATE_HZ, format="OGG", subtype="VORBIS", compression_level=0.9)
    buffer.seek(0)
    decoded = sf.read(buffer, dtype="float32")[0][: len(audio)]
    return np.pad(decoded, (0, len(audio) - len(decoded))) * np.float32(peak / 0.9)


def augment(audio: F32, config: AugmentConfig, rng: np.random.Generator, babble: F32 | None = None) -> F32:
    """A new recording of the same performance.

    Args:
        audio: (S,) float32.
        config: what may happen.
        rng: the source of all chance.
        babble: (S,) other voices to use as noise, or None for coloured noise.

    Returns:
        (S,) float32 in [-1, 1], in the same timing.
    """
    wave = _filtered(audio, config, rng)
    if rng.random() < config.codec:
        wave = _codec(wave, rng)
    if rng.random() < config.noise:
        noise = coloured_noise(len(wave), rng) if babble is None else babble / (babble.std() + 1e-9)
        loudness = float(np.sqrt(np.square(wave).mean())) + 1e-5
        wave = wave + noise * np.float32(loudness * 10.0 ** (-rng.uniform(*config.snr_db) / 20.0))
    gain = 10.0 ** (rng.uniform(*config.level_db) / 20.0) * 0.9 / (float(np.abs(wave).max()) + 1e-6)
    wave = wave * np.float32(gain)
    if rng.random() < config.clip:
        wave = np.clip(wave * 3.0, -0.9, 0.9)
    return np.clip(wave, -1.0, 1.0).astype(np.float32)
