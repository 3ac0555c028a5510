"""The network from a voice to its emotion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facetake import json_text
from facetake.audio import SAMPLE_RATE_HZ
from facetake.bundle.verified import MODEL_VERSION, SHIPPED, Opened, check_widths, declarations, opened
from facetake.emotion import EMOTIONS
from facetake.errors import ModelError

NAME = "audio_emotion"
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class AudioEmotion:
    """The network from sound to the probability of each emotion.

    Attributes:
        run: maps audio (1, S) mono at 16 kHz to probabilities (1, 7) in the order of `EMOTIONS`.
        threshold: share of their sum from which on the greatest is worth showing, chosen on voices kept aside.
        sha256: of the model file, for the take's origin.
    """

    run: Callable[[Floats], Floats]
    threshold: float
    sha256: str

    def shares(self, audio: Floats) -> Floats:
        """(7,) each emotion's share of the sum of probabilities in samples (S,): its calibrated confidence."""
        found = self.run(np.ascontiguousarray(audio, np.float32)[None])[0]
        return np.asarray(found / max(float(found.sum()), 1e-9), np.float32)


def open_audio_emotion(folder: Path, threads: int) -> AudioEmotion:
    """Opens the network of a folder; one without, as a studio's may be, uses the shipped one.

    Raises:
        ModelError: it is missing, altered, of another version, or not what its name says.
    """
    model = opened(folder if NAME in declarations(folder) else SHIPPED, NAME, audio_emotion_metadata(), threads)
    check_widths(model, {"emotion": len(EMOTIONS)})

    def run(audio: Floats) -> Floats:
        found: Floats = model.session.run(["emotion"], {"audio": audio})[0]
        return found

    return AudioEmotion(run, _threshold(model), model.sha256)


def _threshold(model: Opened) -> float:
    try:
        threshold = float(model.numbers["threshold"])
    except (KeyError, ValueError):
        threshold = float("nan")
    if not 0.0 < threshold <= 1.0:
        raise ModelError("model audio_emotion does not say from which confidence on it is believed; export it again")
    return threshold


def audio_emotion_metadata() -> dict[str, str]:
    """The numbers and names that a model of this version carries, beside its threshold."""
    return {
        "facetake_model": NAME,
        "facetake_version": str(MODEL_VERSION),
        "sample_rate_hz": str(SAMPLE_RATE_HZ),
        "emotions": json_text.dump(list(EMOTIONS)),
    }
