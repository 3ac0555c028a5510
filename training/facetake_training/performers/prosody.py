"""Prosody: how loudly and with what emphasis a line is spoken, as tracks on the frame grid.

Knows nothing of controls. Everything is relative to the line itself, so that recording level does not matter.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from facetake.arrays import F64
from facetake.audio import FRAME_RATE_HZ
from facetake.phones import is_vowel
from facetake_training.performers.articulation import Phone

LOUDNESS_POWER = (
    0.15  # opening follows loudness to this power, smoothed: worth +0.01 r and +0.02 closure F1 on real lips
)
SMOOTH_FRAMES = 14  # of 60 a second: against real lips it raised the closures' F1 by 0.02
ACCENT_GAP_S = 0.55  # accents come no closer
ACCENT_RISE_S = 0.16  # by choice: a syllable
ACCENT_FALL_S = 0.34  # by choice: slower than it came


def frame_loudness(audio: NDArray[np.float32], n_frames: int, sample_rate_hz: int = 16_000) -> F64:
    """(T,) root-mean-square level in 50 ms around each 60 fps frame."""
    power = np.concatenate([[0.0], np.cumsum(np.square(audio, dtype=np.float64))])
    centre = np.round(np.arange(n_frames) * sample_rate_hz / FRAME_RATE_HZ).astype(int)
    half = sample_rate_hz // 40
    low = np.clip(centre - half, 0, len(audio))
    high = np.clip(centre + half, 0, len(audio))
    return np.asarray(np.sqrt((power[high] - power[low]) / np.maximum(high - low, 1) + 1e-12))


def _smooth(track: F64, frames: int) -> F64:
    kernel = np.hanning(2 * frames + 3)[1:-1]
    padded = np.pad(track, frames, mode="edge")
    return np.convolve(padded, kernel / kernel.sum(), mode="valid")


def loudness_factor(loudness: F64, speech: F64) -> F64:
    """(T,) factor about 1 by which loudness widens the mouth.

    Args:
        loudness: (T,) root-mean-square level.
        speech: (T,) 0..1; the usual level is taken where it is above one half.
    """
    smooth = _smooth(loudness, SMOOTH_FRAMES)
    spoken = smooth[speech > 0.5]
    usual = float(np.median(spoken)) if len(spoken) else float(smooth.max())
    return np.asarray(np.clip(smooth / (usual + 1e-9), 0.02, 3.0) ** LOUDNESS_POWER)


def emphasis_track(phones: Sequence[Phone], times_s: F64, loudness: F64) -> F64:
    """(T,) 0..1: bumps on the vowels that stand out by loudness, length and lexical stress."""
    vowels = [phone for phone in phones if is_vowel(phone.name)]
    if len(vowels) < 2:
        return np.zeros(len(times_s))
    middle = np.array([0.5 * (vowel.start_s + vowel.end_s) for vowel in vowels])
    level = np.interp(middle, times_s, 20.0 * np.log10(loudness + 1e-6))
    length = np.log(np.array([max(vowel.end_s - vowel.start_s, 0.02) for vowel in vowels]))
    stressed = np.array([0.5 if vowel.symbol.endswith("1") else 0.0 for vowel in vowels])
    prominence = _standard(level) + 0.7 * _standard(length) + stressed
    return _bumps(middle, prominence, times_s)


def _standard(values: F64) -> F64:
    return np.asarray((values - values.mean()) / (values.std() + 1e-6))


def _bumps(middle: F64, prominence: F64, times_s: F64) -> F64:
    track = np.zeros(len(times_s))
    taken: list[float] = []
    for index in np.argsort(-prominence):
        if prominence[index] < 0.6 or any(abs(middle[index] - other) < ACCENT_GAP_S for other in taken):
            continue
        taken.append(float(middle[index]))
        away = times_s - middle[index]
        share = np.where(away < 0.0, -away / ACCENT_RISE_S, away / ACCENT_FALL_S)
        height = min(1.0, 0.35 + 0.25 * prominence[index])
        track = np.maximum(track, height * (0.5 + 0.5 * np.cos(np.pi * np.clip(share, 0.0, 1.0))))
    return track


def slow_swing(times_s: F64, seed: int) -> F64:
    """(T,) smooth swings within -1..1 over seconds, a function of time and seed alone."""
    rng = np.random.default_rng(seed)
    periods_s = rng.uniform(1.7, 5.0, 3)
    phase = rng.uniform(0.0, 2.0 * np.pi, 3)
    return np.asarray(np.sin(2.0 * np.pi * times_s[:, None] / periods_s + phase).mean(axis=1))
