"""Verified ONNX models, and ONNX files of the user's: the only package that touches onnxruntime.

A model is used only if its file has the hash that models.toml declares and carries the names and rates this version
works with. Knows nothing of what is done with the curves.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facetake import rig
from facetake.audio import FRAME_RATE_HZ, SAMPLE_RATE_HZ
from facetake.emotion import EMOTIONS
from facetake.inference.affect import AffectNetwork, open_affect
from facetake.inference.audio2rig import AudioToRig, audio2rig_metadata, load_audio2rig
from facetake.inference.audio_emotion import AudioEmotion, audio_emotion_metadata, open_audio_emotion
from facetake.inference.ear import Ear, Hearing, ear_metadata, load_ear
from facetake.inference.event_listener import EventListener, events_metadata, open_events
from facetake.inference.motion import open_motion
from facetake.inference.mouth_painter import MouthPainter, mouth_painter_metadata, open_mouth_painter
from facetake.inference.quantised import quantise
from facetake.inference.restyling import (
    RestyleModels,
    Restyler,
    VisemeClassifier,
    classifier_metadata,
    open_classifier,
    open_restyler,
    restyler_metadata,
)
from facetake.inference.verified import (
    MODEL_VERSION,
    RUNTIMES,
    SHIPPED,
    Declaration,
    declarations,
    devices,
    runtime_package,
    session,
)
from facetake.inference.voice import BLOCK_FRAMES, BLOCK_S, VoiceFeatures
from facetake.motion.expression import Movement

__all__ = [
    "BLOCK_FRAMES",
    "BLOCK_S",
    "MODEL_VERSION",
    "RUNTIMES",
    "SHIPPED",
    "AffectNetwork",
    "AudioEmotion",
    "AudioToRig",
    "Declaration",
    "Ear",
    "EventListener",
    "Hearing",
    "Models",
    "MouthPainter",
    "RestyleModels",
    "Restyler",
    "VisemeClassifier",
    "VoiceFeatures",
    "audio2rig_metadata",
    "audio_emotion_metadata",
    "classifier_metadata",
    "declarations",
    "devices",
    "ear_metadata",
    "events_metadata",
    "load",
    "load_classifier",
    "load_ear",
    "load_restyling",
    "mouth_painter_metadata",
    "open_affect",
    "open_motion",
    "open_mouth_painter",
    "quantise",
    "restyler_metadata",
    "runtime_package",
    "session",
]


@dataclass(frozen=True)
class Models:
    """The models that generation uses.

    Attributes:
        ear: what hears.
        audio2rig: from what was heard and an emotion to curves.
        folder: where the others lie, which are opened when they are first asked for.
        threads: of onnxruntime.
    """

    ear: Ear
    audio2rig: AudioToRig
    folder: Path = SHIPPED
    threads: int = 2

    @cached_property
    def rests(self) -> NDArray[np.float32]:
        """(7, 174) the pose each emotion has in silence.

        It is what the emotion adds to the neutral face in the middle of a silent second, laid on the rig's own neutral
        pose: a mouth at rest is shut.
        """
        silence = [np.zeros(SAMPLE_RATE_HZ, np.float32)]
        heard = self.ear.hear(silence, FRAME_RATE_HZ).features.astype(np.float32)
        middle = slice(FRAME_RATE_HZ // 3, 2 * FRAME_RATE_HZ // 3)
        poses = [
            self.audio2rig.run(heard[None], np.tile(row, (1, FRAME_RATE_HZ, 1)))[0, middle].mean(axis=0)
            for row in np.eye(len(EMOTIONS), dtype=np.float32)
        ]
        added = np.stack(poses) - poses[EMOTIONS.index("neutral")]
        return np.asarray(np.clip(rig.NEUTRAL + added, rig.MINIMUM, rig.MAXIMUM), np.float32)

    @cached_property
    def motion(self) -> Movement | None:
        """Movement of real faces: the folder's own, or else the shipped one; None where there is neither.

        Raises:
            ModelError: it is missing though it is declared, altered, damaged or made for another rig.
        """
        own = open_motion(self.folder)
        return own if own is not None or self.folder == SHIPPED else open_motion(SHIPPED)

    @cached_property
    def audio_emotion(self) -> AudioEmotion:
        """What hears the emotion in a voice.

        Raises:
            ModelError: neither the folder nor this installation has it, or it is altered, of another version or made
                for another ear.
        """
        return open_audio_emotion(self.folder, self.ear, self.threads)

    @cached_property
    def event_listener(self) -> EventListener:
        """What hears events that are not speech.

        Raises:
            ModelError: as `audio_emotion`.
        """
        return open_events(self.folder, self.ear, self.threads)


def load(folder: Path | None = None, threads: int = 2) -> Models:
    """Loads and verifies the models of a folder that generation uses, the shipped ones by default.

    Raises:
        ModelError: one is missing, altered, of another version, or not what its name says.
    """
    folder = SHIPPED if folder is None else folder
    ear = load_ear(folder, threads)
    return Models(ear, load_audio2rig(folder, ear, threads), folder, threads)


def load_classifier(folder: Path | None = None, threads: int = 2) -> VisemeClassifier:
    """Loads and verifies the viseme classifier of a folder; one without, as a studio's may be, uses the shipped one.

    Raises:
        ModelError: it is missing, altered, of another version, or not what its name says.
    """
    has_own = folder is not None and "viseme_classifier" in declarations(folder)
    return open_classifier(folder if folder is not None and has_own else SHIPPED, threads)


def load_restyling(folder: Path | None = None, threads: int = 2) -> RestyleModels:
    """Loads and verifies the models that restyling uses: a folder's restyler, and `load_classifier`.

    Raises:
        ModelError: a model is missing, altered, of another version, or not what its name says.
    """
    restyler = open_restyler(SHIPPED if folder is None else folder, threads)
    return RestyleModels(restyler, load_classifier(folder, threads))
