"""The folder of one training: settings and networks, written as it goes and read back.

    landmark.json           settings, and whom it learns from; written first
    lessons/                pieces of sound and what people do with them; can be made again
    neutral.safetensors     sound to landmarks
    moods.safetensors       landmarks to those of a mood
    parts.safetensors       pictures of parts and rest
    whole.safetensors       the network over the whole picture
    kept-*                  either, with its optimiser and what judges it, to go on from
    clips/                  the plates that picture networks learn from; can be made again

Knows the files; does not know how training goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from facetake.errors import PortraitError
from facetake.portrait.landmark_translation.image.translator import Translator
from facetake.portrait.landmark_translation.motion.emotions import EmotionEdgeModel
from facetake.portrait.landmark_translation.motion.neutral import Speaker, untrained
from facetake.portrait.landmark_translation.settings import LandmarkTranslationSettings, PictureSettings
from facetake.portrait.training import training_dir
from facetake.timebase import Rate

ABOUT = "landmark.json"
NEUTRAL = "neutral"
MOODS = "moods"
CRITIC = "moods_critic"
PARTS = "parts"
WHOLE = "whole"
VERSION = 1  # of the folder's layout


@dataclass(frozen=True)
class LandmarkTranslationMetadata:
    """What a training folder was made with.

    Attributes:
        actors: what was captured, and with which face model.
        n_frames: frames learnt from of each, the first.
        rate: frames per second of landmarks.
        n_features: numbers a frame of sound.
        settings: everything else.
        version: of the folder's layout.
    """

    actors: tuple[str, ...]
    n_frames: tuple[int, ...]
    rate: Rate
    n_features: int
    settings: LandmarkTranslationSettings
    version: int = VERSION


@dataclass(frozen=True)
class TrainedLandmarkMotion:
    """Networks from sound to landmarks, ready to perform."""

    about: LandmarkTranslationMetadata
    speaker: Speaker
    moods: EmotionEdgeModel


def begin(folder: Path, about: LandmarkTranslationMetadata) -> None:
    """Writes what a training folder is for, or checks that it is for the same.

    Raises:
        PortraitError: it holds something else.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / ABOUT).is_file():
        if read_about(folder) != about:
            raise PortraitError(
                f"{folder} holds a training with other actors, other frames or other settings; name a new folder"
            )
        return
    training_dir.write_about(folder / ABOUT, about)


def read_about(folder: Path) -> LandmarkTranslationMetadata:
    """What a training folder was made with. PortraitError when there is none, or it cannot be read."""
    return training_dir.read_about(LandmarkTranslationMetadata, folder / ABOUT)


def read_motion(folder: Path) -> TrainedLandmarkMotion:
    """The networks from sound to landmarks, as far as training has come.

    Raises:
        PortraitError: there is none, or nothing has been saved yet.
        ModelError: a file of weights is damaged.
    """
    about = read_about(folder)
    with training_dir.described(folder / ABOUT):
        speaker = untrained(about.n_features, about.settings.motion.neutral)
        moods = EmotionEdgeModel(about.settings.motion.moods.size)
    training_dir.fill(folder, {NEUTRAL: speaker, MOODS: moods})
    return TrainedLandmarkMotion(about, speaker, moods)


def read_translator(folder: Path, settings: PictureSettings) -> Translator:
    """The networks from landmarks to pictures, as far as training has come.

    Raises:
        PortraitError: nothing has been saved yet.
        ModelError: a file of weights is damaged.
    """
    translator = Translator(settings)
    training_dir.fill(folder, {PARTS: translator.local, WHOLE: translator.whole})
    return translator.eval()
