"""Do brows and lids move with what a voice stresses? One way of asking for tracked people and for drawn faces.

Knows scores, and the sound's level and pitch; a face's accent is how far its scores are from their middle.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from facetake import audio
from facetake.arrays import F64
from facetake.motion.expression import MOVEMENT_FPS, voice_level
from facetake.motion.waves import smoothed
from facetake_training.emotional_prosody import pitch_track
from facetake_training.performers.prosody import frame_loudness

PARTS = {"brows": ("brow",), "lids": ("eyeSquint", "eyeWide", "eyeBlink")}
SMOOTH_S = 0.3  # about a stressed syllable: within it nobody is in time
MOST_LAG_S = 0.3  # by choice: a face that leads or follows further answers another syllable
PITCH_SHARE = 0.5  # beside loudness, by choice: both are heard as stress


def stress(sound: Path, times_s: F64) -> F64:
    """(T,) how much of a sound's loudness and pitch is above its usual, in standard deviations, at instants (T,)."""
    samples = audio.read(sound)
    count = int(len(samples) / audio.SAMPLE_RATE_HZ * audio.FRAME_RATE_HZ)
    level = voice_level(20.0 * np.log10(frame_loudness(samples, count) + 1e-6), float(audio.FRAME_RATE_HZ))
    pitch_hz, voiced = pitch_track(samples)
    octaves = np.log2(np.maximum(pitch_hz, 1.0))
    usual = octaves[voiced].mean() if voiced.any() else 0.0
    high = np.where(voiced, (octaves - usual) / (octaves[voiced].std() + 0.05 if voiced.any() else 1.0), 0.0)
    heard = np.interp(times_s, np.arange(len(level)) / MOVEMENT_FPS, level)
    heard += PITCH_SHARE * np.interp(times_s, 0.01 * np.arange(len(high)), high)
    return smoothed(heard, SMOOTH_S * MOVEMENT_FPS)


def agreement(rows: F64, names: list[str], stressed: F64) -> dict[str, float]:
    """How closely each of `PARTS` follows stress: r at the best lag.

    Args:
        rows: (T, K) scores at `MOVEMENT_FPS`.
        names: of the scores.
        stressed: (T,) from `stress`.
    """
    found = {}
    for part, begins in PARTS.items():
        chosen = [column for column, name in enumerate(names) if name.startswith(begins)]
        away = np.abs(rows[:, chosen] - np.median(rows[:, chosen], axis=0)).mean(axis=1)
        found[part] = _best(smoothed(away, SMOOTH_S * MOVEMENT_FPS), stressed)
    return found


def _best(moved: F64, stressed: F64) -> float:
    reach = round(MOST_LAG_S * MOVEMENT_FPS)
    inner = stressed[reach : len(stressed) - reach]
    lags = range(2 * reach + 1)
    return max(float(np.corrcoef(moved[lag : lag + len(inner)], inner)[0, 1]) for lag in lags)
