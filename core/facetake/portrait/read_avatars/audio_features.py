"""Sound as READ Avatars hears it: cepstra for the parameters, phoneme probabilities for the texture (3.2 and 3.3).

The paper's phonemes are those of a wav2vec2 network, the 50 that are most common in what is learnt from; with a network
of the user's so are these. Which they were is written into the training's folder, so that every line is heard alike;
the network itself stays where the user has it. The default are the 16 visemes of the shipped network, which like
phonemes hardly depend on who speaks or in which mood. Knows sound and networks; does not know faces.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np

from facetake import audio
from facetake.arrays import F32
from facetake.audio import FRAME_RATE_HZ
from facetake.errors import PortraitError
from facetake.inference import Ear, VisemeClassifier
from facetake.networks.logmel import FEATURES_PER_FRAME
from facetake.networks.wav2vec2 import PhonemeNetwork
from facetake.portrait import audio_features
from facetake.portrait.audio_features import at_rate
from facetake.take import Take, resample
from facetake.visemes import VISEMES

CEPSTRA = 13
STEPS = 4
"""Coefficients a step, and steps a video frame (READ 3.2: a multiple of the video's rate)."""
FEATURES = 2 * CEPSTRA * STEPS  # coefficients and their slopes
SLOPE_STEPS = 3  # of the log-mel's, that a slope is told from
PHONEMES = len(VISEMES)
SCALE = 0.25  # brings cepstra of normalised log-mel energies to about -1..1
MOST = 50
"""Phonemes that are kept (READ 3.3)."""
Hear = Callable[[Path, Fraction], F32]
"""Probabilities (2 T, K) at twice a video's rate in a sound file. AudioError when it cannot be read."""


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


def phonemes(path: Path, rate: Fraction, ear: Ear) -> F32:
    """Probabilities (2 T, PHONEMES) at twice a video's rate. AudioError when the sound cannot be read."""
    sound = audio.read(path)
    heard = audio_features.visemes(sound, ear)
    return at_rate(heard, Fraction(FRAME_RATE_HZ), 2 * rate, 2 * audio_features.n_frames(sound, rate))


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


@dataclass(frozen=True)
class Phonemes:
    """Which sounds of which network a texture hears.

    Attributes:
        folder: where the network was; it may be elsewhere by now.
        sha256: of its weights and its vocabulary.
        tokens: (K,) numbers of its outputs, the most common first.
        symbols: (K,) what they stand for.
        share: of all that was heard in what was learnt from, these are so much, 0..1.
    """

    folder: str
    sha256: str
    tokens: tuple[int, ...]
    symbols: tuple[str, ...]
    share: float


@dataclass(frozen=True)
class PhonemeExtractor:
    """A way to hear: `hear`, and the phonemes it hears, None for the shipped visemes."""

    hear: Hear
    phonemes: Phonemes | None = None


def viseme_ear(ear: Ear) -> PhonemeExtractor:
    """Hears the shipped visemes."""
    return PhonemeExtractor(lambda path, rate: phonemes(path, rate, ear))


def phoneme_ear(network: PhonemeNetwork, phonemes: Phonemes, rows: Hear | None = None) -> PhonemeExtractor:
    """Hears some of a network's phonemes; what is none of them is left out, so that rows need not sum to 1.

    rows: all that the network hears, where some of it is known already.
    """
    heard = rows or _all_of(network)
    return PhonemeExtractor(lambda path, rate: heard(path, rate)[:, list(phonemes.tokens)], phonemes)


def _all_of(network: PhonemeNetwork) -> Hear:
    """Probabilities (2 T, N) of all tokens, those of a file worked out once."""

    @cache
    def rows(path: Path, rate: Fraction) -> F32:
        sound = audio.read(path)
        return network.read(sound, 2 * rate, 2 * audio_features.n_frames(sound, rate))

    return rows


def commonest(
    network: PhonemeNetwork, sounds: list[tuple[Path, Fraction]], seconds: float | None = None
) -> PhonemeExtractor:
    """Hears the phonemes of a network that are most common in sound files.

    How common one is is its probability, summed over time; blanks and signs do not count.

    Args:
        network: hears.
        sounds: the files, each with its video's rate.
        seconds: how much of each is learnt from, None for all.

    Raises:
        PortraitError: the network's tokens are no sounds.
        AudioError: a file cannot be read.
    """
    known = network.sounds
    if not len(known):
        raise PortraitError(f"no token in {network.folder / 'vocab.json'} is a sound; name a phoneme network")
    rows = _all_of(network)
    heard = np.zeros(len(network.tokens))
    for path, rate in sounds:
        count = None if seconds is None else 2 * int(seconds * rate)
        heard += rows(path, rate)[:count].sum(axis=0, dtype=float)
    kept = known[np.argsort(-heard[known], kind="stable")][:MOST]
    share = float(heard[kept].sum() / max(heard[known].sum(), 1e-9))
    symbols = tuple(network.tokens[token] for token in kept)
    found = Phonemes(str(network.folder.resolve()), network.sha256, tuple(map(int, kept)), symbols, share)
    return phoneme_ear(network, found, rows)


def again(phonemes: Phonemes, folder: Path | None, run: Path) -> PhonemeExtractor:
    """Hears as a training did.

    Args:
        phonemes: what it heard.
        folder: where the network is now, None for where it was then.
        run: the training's folder.

    Raises:
        PortraitError: the network is not there, or is another one.
        ModelError: there is no network in the folder.
    """
    place = Path(phonemes.folder) if folder is None else folder
    if not place.is_dir():
        raise PortraitError(
            f"{run} was learnt with the phoneme network that was in {phonemes.folder}, and there is no folder {place}; "
            "name its folder with --phonemes"
        )
    network = PhonemeNetwork(place)
    if network.sha256 != phonemes.sha256:
        raise PortraitError(
            f"{place} holds another phoneme network than the one {run} was learnt with; name that one's folder with "
            "--phonemes"
        )
    return phoneme_ear(network, phonemes)
