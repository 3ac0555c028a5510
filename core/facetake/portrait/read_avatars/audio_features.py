"""Sound as READ Avatars hears it: cepstra for the parameters, phoneme probabilities for the texture.

The paper's phonemes are those of a wav2vec2 network, see `ears`; the default are the 16 visemes of the shipped network,
which like them hardly depend on who speaks or in which mood. Knows sound; does not know faces or what is learnt.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from facetake import audio, generate
from facetake.arrays import F32
from facetake.audio import FRAME_RATE_HZ
from facetake.inference import Models, VisemeClassifier
from facetake.networks.logmel import FEATURES_PER_FRAME
from facetake.portrait import audio_features
from facetake.portrait.resampling import at_rate
from facetake.take import Take, resample
from facetake.visemes import VISEMES

CEPSTRA = 13
STEPS = 4
"""Coefficients a step, and steps a video frame (READ 3.2: a multiple of the video's rate)."""
FEATURES = 2 * CEPSTRA * STEPS  # coefficients and their slopes
SLOPE_STEPS = 3  # of the log-mel's, that a slope is told from
PHONEMES = len(VISEMES)
SCALE = 0.25  # brings cepstra of normalised log-mel energies to about -1..1


def n_frames(path: Path, rate: Fraction) -> int:
    """Video frames that a sound file covers, one at least. AudioError when it cannot be read."""
    return audio_features.n_frames(audio.read(path), rate)


def cepstra(path: Path, rate: Fraction) -> F32:
    """Mel-frequency cepstra and their slopes (T, FEATURES), T frames at `rate`. AudioError when it cannot be read."""
    from librosa.feature import delta, mfcc

    sound = audio.read(path)
    mel = np.concatenate(audio_features.log_mel(sound))
    found = SCALE * mfcc(S=mel.T, n_mfcc=CEPSTRA)
    # the ends are held, so that no sound is too short for a slope
    rows = np.concatenate([found, delta(found, width=SLOPE_STEPS, mode="nearest")]).T
    total = audio_features.n_frames(sound, rate)
    steps = at_rate(rows.astype(np.float32), Fraction(FRAME_RATE_HZ * FEATURES_PER_FRAME), STEPS * rate, STEPS * total)
    return steps.reshape(total, FEATURES)


def phonemes(path: Path, rate: Fraction, models: Models) -> F32:
    """Probabilities (2 T, PHONEMES) at twice a video's rate. AudioError when the sound cannot be read."""
    heard = generate.hear(path, models)
    return at_rate(heard, Fraction(FRAME_RATE_HZ), 2 * rate, 2 * n_frames(path, rate))


def seen_phonemes(take: Take, rate: Fraction, classifier: VisemeClassifier) -> F32:
    """Probabilities (2 T, PHONEMES) at twice a video's rate, read from a take's lips where there is no sound."""
    total = len(resample(take, rate).values)
    values = resample(take, Fraction(FRAME_RATE_HZ)).values
    return at_rate(classifier.read(values)[0], Fraction(FRAME_RATE_HZ), 2 * rate, 2 * total)


def windows(probabilities: F32, half: int) -> F32:
    """The 2 `half` rows around each video frame, (T, 2 half, K), of rows (2 T, K); past the ends the last one held."""
    total = len(probabilities) // 2
    places = 2 * np.arange(total)[:, None] + np.arange(-half, half)
    return np.asarray(probabilities[places.clip(0, len(probabilities) - 1)])
