"""Visemes of real speech from a user's phoneme network, as FACTS 3.2.4 has them: no text and no phone times needed.

The network is `facetake.networks.wav2vec2`; here its phonemes become mouth shapes. Knows nothing of takes or training.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facetake.audio import FRAME_RATE_HZ, SAMPLE_RATE_HZ
from facetake.errors import ModelError
from facetake.networks.wav2vec2 import PhonemeNetwork, is_sound
from facetake.phones import from_ipa, viseme_of
from facetake.visemes import VISEMES
from facetake_training.performers.prosody import frame_loudness

SILENT_SHARE = 0.02  # of a line's loud frames: quieter ones are silence, whatever the network says


class VisemeNetwork:
    """A phoneme network of the user's, giving visemes at the rate of curves."""

    def __init__(self, folder: Path) -> None:
        """Loads the network of a folder.

        Raises:
            ModelError: transformers is missing, the folder holds no such model, or no token is a phoneme.
        """
        self._network = PhonemeNetwork(folder)
        visemes = [viseme_of_token(token) for token in self._network.tokens]
        self._table = np.array([[viseme == shown for shown in VISEMES] for viseme in visemes], np.float64)
        if not self._table.any():
            raise ModelError(f"no token of {folder / 'vocab.json'} is a phoneme in IPA; name a phoneme network")

    def read(self, sound: NDArray[np.float32]) -> NDArray[np.float32]:
        """(T, 16) probabilities of visemes at 60 fps in sound (S,), 16 kHz mono; each row sums to 1."""
        n_frames = max(1, round(len(sound) / SAMPLE_RATE_HZ * FRAME_RATE_HZ))
        visemes = self._network.read(sound, Fraction(FRAME_RATE_HZ), n_frames, self._shown)
        loud = frame_loudness(sound, n_frames)
        visemes[loud < SILENT_SHARE * np.percentile(loud, 95)] = np.eye(len(VISEMES))[VISEMES.index("sil")]
        return visemes

    def _shown(self, tokens: NDArray[np.float64]) -> NDArray[np.float64]:
        """(F, 16) visemes of tokens (F, N); blanks and other signs have no part."""
        shown = tokens @ self._table + 1e-9
        return np.asarray(shown / shown.sum(axis=1, keepdims=True))


def viseme_of_token(token: str) -> str | None:
    """The viseme of an IPA token, of its first sound where it has several; None for blanks and other signs."""
    if not is_sound(token):
        return None
    try:
        phones = from_ipa(token)
    except ValueError:  # a sound of a language that no mouth shape is known for
        return None
    return viseme_of(phones[0]) if phones else None
