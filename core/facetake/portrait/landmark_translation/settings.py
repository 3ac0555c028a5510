"""Every number of the landmark system, as frozen structs that a TOML file fills. Knows no network, file or picture.

Three files lie beside this one: `landmark_translation_paper.toml` is the paper's setting,
`landmark_translation_quick.toml` (the default) is for a CPU and a clip of seconds, and
`landmark_translation_tiny.toml` goes through every stage in seconds and is good for nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from facetake.portrait.landmark_translation.image.settings import PictureSettings
from facetake.portrait.landmark_translation.motion.settings import MotionSettings
from facetake.portrait.training.presets import preset


@dataclass(frozen=True)
class LandmarkTranslationSettings:
    """One training of the landmark system.

    Attributes:
        motion: from sound and emotion to landmarks.
        pictures: from landmarks to pictures.
        seed: of weights, order and drawn people.
    """

    motion: MotionSettings = field(default_factory=MotionSettings)
    pictures: PictureSettings = field(default_factory=PictureSettings)
    seed: int = 0


def read_settings(name: str) -> LandmarkTranslationSettings:
    """The settings of a preset ("quick", "paper", "tiny") or of a TOML file.

    Raises:
        ConfigError: there is no such preset or file, or it says something that cannot be.
    """
    return preset(LandmarkTranslationSettings, name, Path(__file__).parent)
