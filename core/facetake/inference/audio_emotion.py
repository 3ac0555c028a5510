"""The network from how a voice sounds to its emotion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from facetake.arrays import F32
from facetake.emotion import EMOTIONS
from facetake.errors import ModelError
from facetake.files import json_text
from facetake.inference.ear import Ear, opened_with_ear
from facetake.inference.verified import MODEL_VERSION, Opened, check_widths

NAME = "audio_emotion"


@dataclass(frozen=True)
class AudioEmotion:
    """The network from what an ear tells of a voice to the probability of each emotion.

    Attributes:
        run: maps mean and standard deviation of the voice's channels (B, 2 W) to probabilities (B, 7) in the order of
            `EMOTIONS`, which add up to 1 and are calibrated.
        ear: whose voices it knows.
        usual: (2 W,) the mean of what it learnt from; a set of lines has the mean of its own microphone and room.
        threshold: probability from which on an emotion is worth showing, chosen on voices kept aside.
        sha256: of the model file, for the take's origin.
    """

    run: Callable[[F32], F32]
    ear: Ear
    usual: F32
    threshold: float
    sha256: str


def open_audio_emotion(folder: Path, ear: Ear, threads: int) -> AudioEmotion:
    """Opens the network of a folder; one without, as a studio's may be, uses the shipped one and the ear it knows.

    Args:
        folder: holds models.toml and the files.
        ear: of the folder.
        threads: of onnxruntime.

    Raises:
        ModelError: it is missing, altered, of another version, not what its name says, or made for another ear.
    """
    model, ear = opened_with_ear(folder, NAME, audio_emotion_metadata(), ear, threads)
    check_widths(model, {"voice": 2 * ear.n_voice, "emotion": len(EMOTIONS)})

    def run(voice: F32) -> F32:
        return model.run({"voice": voice}, emotion=(len(voice), len(EMOTIONS)))[0]

    return AudioEmotion(run, ear, _usual(model, 2 * ear.n_voice), _threshold(model), model.sha256)


def _usual(model: Opened, size: int) -> F32:
    try:
        usual = np.array(json_text.load(model.numbers["usual"]), np.float32)
    except (KeyError, ValueError):
        usual = np.zeros(0, np.float32)
    if usual.shape != (size,):
        raise ModelError("model audio_emotion does not say how the voices it learnt from sound; export it again")
    return usual


def _threshold(model: Opened) -> float:
    try:
        threshold = float(model.numbers["threshold"])
    except (KeyError, ValueError):
        threshold = float("nan")
    if not 0.0 < threshold <= 1.0:
        raise ModelError("model audio_emotion does not say from which confidence on it is believed; export it again")
    return threshold


def audio_emotion_metadata() -> dict[str, str]:
    """The names that a model of this version carries, beside its threshold, the hash of its ear and `usual`."""
    return {
        "facetake_model": NAME,
        "facetake_version": str(MODEL_VERSION),
        "emotions": json_text.dump(list(EMOTIONS)),
    }
