"""The folder of one training: settings and networks, written as it goes and read back.

    landmark.json           settings, and whom it learns from; written first
    lessons/                pieces of sound and what people do with them; can be made again
    neutral.*, moods.*      sound to landmarks, and landmarks to those of a mood; moods_critic.* what judged them
    and what `picture_training` leaves there

Knows the files; does not know how training goes.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path

from facetake.config import from_table
from facetake.errors import ConfigError, PortraitError
from facetake.formats import beside
from facetake.networks import checkpoint
from facetake.portrait.landmark.moods import Moods
from facetake.portrait.landmark.neutral import Speaker
from facetake.portrait.landmark.settings import Settings

ABOUT, NEUTRAL, MOODS, CRITIC = "landmark.json", "neutral", "moods", "moods_critic"
VERSION = 1


@dataclass(frozen=True)
class About:
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
    rate: Fraction
    n_features: int
    settings: Settings
    version: int = VERSION


@dataclass(frozen=True)
class Motion:
    """Networks from sound to landmarks, ready to perform."""

    about: About
    speaker: Speaker
    moods: Moods


def begin(folder: Path, about: About) -> None:
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
    with beside(folder / ABOUT) as part:
        part.write_text(json.dumps({**asdict(about), "rate": str(about.rate)}, indent=1) + "\n", encoding="utf-8")


def read_about(folder: Path) -> About:
    """What a training folder was made with.

    Raises:
        PortraitError: there is none, or it cannot be read.
    """
    path = folder / ABOUT
    if not path.is_file():
        raise PortraitError(f"{folder} is no training of landmark; make one with `facetake portrait train landmark`")
    try:
        return from_table(About, json.loads(path.read_text(encoding="utf-8")), str(path))
    except (ValueError, OSError, ConfigError) as error:
        raise PortraitError(f"{path} cannot be read ({error}); train again into a new folder") from error


def read_motion(folder: Path) -> Motion:
    """The networks from sound to landmarks, as far as training has come.

    Raises:
        PortraitError: there is none, or nothing has been saved yet.
        ModelError: a file of weights is damaged.
    """
    about = read_about(folder)
    missing = [name for name in (NEUTRAL, MOODS) if not (folder / f"{name}.safetensors").is_file()]
    if missing:
        raise PortraitError(f"{folder} has no {missing[0]}.safetensors yet; let `facetake portrait train` go on")
    speaker = Speaker(about.n_features, about.settings.motion.neutral)
    moods = Moods(about.settings.motion.moods.size)
    checkpoint.load_weights(folder / f"{NEUTRAL}.safetensors", speaker)
    checkpoint.load_weights(folder / f"{MOODS}.safetensors", moods)
    return Motion(about, speaker.eval(), moods.eval())
