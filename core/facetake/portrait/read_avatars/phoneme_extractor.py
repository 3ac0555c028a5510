"""What a texture hears of sound: visemes of the shipped network, or phonemes of a user's network (READ Avatars 3.3).

The paper keeps the 50 phonemes that are most common in what is learnt from. Which they were is written into the
training's folder, so that every line is heard alike; the network itself stays where the user has it. Knows networks and
sound; does not know faces or takes.
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
from facetake.errors import PortraitError
from facetake.inference import Models
from facetake.networks.wav2vec2 import PhonemeNetwork
from facetake.portrait.read_avatars import audio_features

MOST = 50
"""Phonemes that are kept (READ 3.3)."""
Hear = Callable[[Path, Fraction], F32]
"""Probabilities (2 T, K) at twice a video's rate in a sound file. AudioError when it cannot be read."""


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


def viseme_ear(models: Models) -> PhonemeExtractor:
    """Hears the shipped visemes."""
    return PhonemeExtractor(lambda path, rate: audio_features.phonemes(path, rate, models))


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
        return network.read(audio.read(path), 2 * rate, 2 * audio_features.n_frames(path, rate))

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
