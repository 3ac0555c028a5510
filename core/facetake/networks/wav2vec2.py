"""Phoneme probabilities of sound, from a user's wav2vec 2.0 network in a local folder (Xu et al. 2021; READ 3.3).

Reads the layout that transformers writes: config.json, model.safetensors and vocab.json, whose tokens are IPA (the
published one knows 392 of espeak's). Nothing is downloaded. Knows sound and tokens; does not know mouths or faces.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from facetake import files
from facetake.arrays import F32, F64
from facetake.audio import SAMPLE_RATE_HZ
from facetake.errors import ModelError
from facetake.files import json_text
from facetake.networks.checkpoint import unmap

WINDOW_S = 20.0  # run at once, so that a long take needs little memory
MARGIN_S = 1.0  # heard beside it on either side and left out: by choice, at edges its transformer lacks context
SHORTEST = 800  # samples that the network's convolutions need


class PhonemeNetwork:
    """A phoneme network of the user's.

    Attributes:
        folder: where it is.
        tokens: (N,) what each of its outputs stands for, "" where the vocabulary does not say.
    """

    def __init__(self, folder: Path) -> None:
        """Loads config.json, model.safetensors and vocab.json of a folder.

        Raises:
            ModelError: transformers is missing, or the folder holds no such model.
        """
        try:
            from transformers import Wav2Vec2ForCTC
            from transformers.utils import logging
        except ImportError as error:
            raise ModelError('a phoneme network needs transformers: pip install "facetake[phonemes]"') from error
        self.folder = folder
        told: Any = logging
        told.disable_progress_bar()  # loading takes seconds, and standard error has a bar of its own
        try:
            vocabulary = json_text.load(files.read_text(folder / "vocab.json"))
            network: Any = Wav2Vec2ForCTC
            self._network = network.from_pretrained(folder, local_files_only=True, use_safetensors=True).eval()
            unmap(self._network)
            names = {int(index): str(token) for token, index in vocabulary.items()}
        except Exception as error:  # of transformers, safetensors or torch: whichever meets what is missing or damaged
            raise ModelError(
                f"no phoneme network in {folder} ({files.reason(error)}); put its config.json, model.safetensors and "
                "vocab.json there"
            ) from error
        self.tokens = tuple(names.get(index, "") for index in range(int(self._network.config.vocab_size)))

    @cached_property
    def sha256(self) -> str:
        """Of its weights and its vocabulary: two folders with the same are the same network."""
        paths = [*sorted(self.folder.glob("*.safetensors")), self.folder / "vocab.json"]
        return hashlib.sha256("".join(files.hash_of(path, ModelError) for path in paths).encode()).hexdigest()

    @property
    def sounds(self) -> NDArray[np.int64]:
        """Which tokens are sounds; the others are blanks, borders and signs."""
        return np.flatnonzero([is_sound(token) for token in self.tokens])

    def read(self, sound: F32, rate: Fraction, n_rows: int, shown: Callable[[F64], F64] | None = None) -> F32:
        """What is heard in sound (S,), 16 kHz mono, on the grid of a rate: (n_rows, N), each row summing to 1.

        Between the network's own steps, 50 a second, rows are linear (READ 3.3). Given `shown`, that is made of the
        network's rows (F, N) first, and it is what comes back.
        """
        pieces = []
        for first_s in np.arange(0.0, max(len(sound) / SAMPLE_RATE_HZ, 1e-6), WINDOW_S):
            begin, end = (round((first_s + offset) * SAMPLE_RATE_HZ) for offset in (-MARGIN_S, WINDOW_S + MARGIN_S))
            part = sound[max(begin, 0) : end]
            found = self._window(part)
            found = found if shown is None else shown(found)
            at = np.arange(round(first_s * float(rate)), min(n_rows, round((first_s + WINDOW_S) * float(rate))))
            rate_hz = len(found) / (len(part) / SAMPLE_RATE_HZ)
            pieces.append(_resampled(found, (at / float(rate) - max(begin, 0) / SAMPLE_RATE_HZ) * rate_hz - 0.5))
        return np.concatenate(pieces).astype(np.float32)

    def _window(self, sound: F32) -> F64:
        """(F, N) probabilities of the tokens at the network's own rate."""
        padded = np.pad(sound, (0, max(0, SHORTEST - len(sound))))
        scaled = (padded - padded.mean()) / np.sqrt(padded.var() + 1e-7)
        with torch.inference_mode():
            logits = self._network(torch.from_numpy(scaled)[None]).logits[0]
        return np.asarray(logits.softmax(dim=-1).double().numpy())


def is_sound(token: str) -> bool:
    """Whether a token stands for something that is heard."""
    return bool(token.strip()) and not token.startswith(("<", "[", "|"))


def _resampled(rows: F64, place: F64) -> F64:
    """Rows (F, N) at fractional places (T,), by linear interpolation."""
    place = np.clip(place, 0, len(rows) - 1)
    low = np.minimum(place.astype(int), max(len(rows) - 2, 0))
    share = (place - low)[:, None]
    return np.asarray(rows[low] * (1 - share) + rows[np.minimum(low + 1, len(rows) - 1)] * share)
