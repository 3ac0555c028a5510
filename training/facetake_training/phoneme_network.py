"""Visemes of real speech from a user's phoneme network, as FACTS 3.2.4 has them: no text and no phone times needed.

Reads a wav2vec 2.0 model with a head for IPA phonemes from a local folder (the paper's has 392 tokens of espeak's).
Knows nothing of takes or training.
"""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from facetake.audio import FRAME_RATE_HZ, SAMPLE_RATE_HZ
from facetake.errors import ModelError
from facetake.visemes import VISEMES
from facetake_training.phones import from_ipa, viseme_of
from facetake_training.prosody import frame_loudness

SILENT_SHARE = 0.02  # of a line's loud frames: quieter ones are silence, whatever the network says
WINDOW_S, MARGIN_S = 20.0, 1.0  # run at once, so that a long take needs little memory


class PhonemeNetwork:
    """A phoneme network of the user's, giving visemes at the rate of curves.

    Attributes:
        visemes: (tokens,) index of each token's viseme, -1 for tokens that are no sound.
    """

    def __init__(self, folder: Path) -> None:
        """Loads config.json, model.safetensors and vocab.json of a folder.

        Raises:
            ModelError: transformers is missing, the folder holds no such model, or no token is a phoneme.
        """
        try:
            from transformers import Wav2Vec2ForCTC
        except ImportError as error:
            raise ModelError('a phoneme network needs transformers: pip install "facetake[train]"') from error
        self.folder = folder
        try:
            vocabulary = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
            network: Any = Wav2Vec2ForCTC
            self.network = network.from_pretrained(folder, local_files_only=True, use_safetensors=True).eval()
        except (OSError, ValueError, RuntimeError) as error:
            raise ModelError(
                f"no phoneme network in {folder} ({error}); put its config.json, model.safetensors and vocab.json there"
            ) from error
        self.visemes = np.full(int(self.network.config.vocab_size), -1)
        for token, index in vocabulary.items():
            if index < len(self.visemes) and (viseme := viseme_of_token(token)) is not None:
                self.visemes[index] = VISEMES.index(viseme)
        if (self.visemes < 0).all():
            raise ModelError(f"no token of {folder / 'vocab.json'} is a phoneme in IPA; name a phoneme network")

    @cached_property
    def _table(self) -> NDArray[np.float64]:
        """(tokens, 16) which viseme each token shows."""
        return np.asarray((self.visemes[:, None] == np.arange(len(VISEMES))).astype(float))

    def read(self, sound: NDArray[np.float32]) -> NDArray[np.float32]:
        """(T, 16) probabilities of visemes at 60 fps in sound (S,), 16 kHz mono; each row sums to 1."""
        n_frames = max(1, round(len(sound) / SAMPLE_RATE_HZ * FRAME_RATE_HZ))
        pieces = []
        for first_s in np.arange(0.0, max(len(sound) / SAMPLE_RATE_HZ, 1e-6), WINDOW_S):
            begin, end = (round((first_s + offset) * SAMPLE_RATE_HZ) for offset in (-MARGIN_S, WINDOW_S + MARGIN_S))
            part = sound[max(begin, 0) : end]
            found = self._window(part)
            at = np.arange(round(first_s * FRAME_RATE_HZ), min(n_frames, round((first_s + WINDOW_S) * FRAME_RATE_HZ)))
            rate_hz = len(found) / (len(part) / SAMPLE_RATE_HZ)
            pieces.append(_resampled(found, (at / FRAME_RATE_HZ - max(begin, 0) / SAMPLE_RATE_HZ) * rate_hz - 0.5))
        visemes = np.concatenate(pieces)
        loud = frame_loudness(sound, n_frames)
        visemes[loud < SILENT_SHARE * np.percentile(loud, 95)] = np.eye(len(VISEMES))[VISEMES.index("sil")]
        return visemes.astype(np.float32)

    def _window(self, sound: NDArray[np.float32]) -> NDArray[np.float64]:
        """(F, 16) probabilities at the network's own rate of 50 a second; blanks and other signs have no part."""
        padded = np.pad(sound, (0, max(0, 800 - len(sound))))
        scaled = (padded - padded.mean()) / np.sqrt(padded.var() + 1e-7)
        with torch.inference_mode():
            tokens = self.network(torch.from_numpy(scaled)[None]).logits[0].softmax(dim=-1).double().numpy()
        shown = tokens @ self._table + 1e-9
        return np.asarray(shown / shown.sum(axis=1, keepdims=True))


def viseme_of_token(token: str) -> str | None:
    """The viseme of an IPA token, of its first sound where it has several; None for blanks and other signs."""
    if token.startswith(("<", "[", "|")) or not token.strip():
        return None
    try:
        phones = from_ipa(token)
    except ValueError:  # a sound of a language that no mouth shape is known for
        return None
    return viseme_of(phones[0]) if phones else None


def _resampled(rows: NDArray[np.float64], place: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows (F, N) at fractional places (T,), by linear interpolation."""
    place = np.clip(place, 0, len(rows) - 1)
    low = np.minimum(place.astype(int), max(len(rows) - 2, 0))
    share = (place - low)[:, None]
    return np.asarray(rows[low] * (1 - share) + rows[np.minimum(low + 1, len(rows) - 1)] * share)
