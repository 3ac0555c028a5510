"""The folder of one training: settings, networks and where they look, written as it goes and read back.

    read.json                 settings, clips, region; written first
    parameters.safetensors    what turns sound and emotion into parameters
    renderer.*, critic.*      texture and renderer, their discriminator and their optimisers, every few epochs
    clips/                    the maps that are learnt from; can be made again
    previews/                 pictures of the progress

Knows the files; does not know how training goes.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from facetake.config import from_table
from facetake.errors import ConfigError, PortraitError
from facetake.formats import beside
from facetake.networks import checkpoint
from facetake.portrait.read.ears import Phonemes
from facetake.portrait.read.losses import FILTERED
from facetake.portrait.read.parameters import Predictor
from facetake.portrait.read.renderer import Renderer
from facetake.portrait.read.settings import Settings
from facetake.portrait.region import Region

ABOUT, PARAMETERS, RENDERER, CRITIC = "read.json", "parameters", "renderer", "critic"
VERSION = 1


@dataclass(frozen=True)
class Learnt:
    """One clip that was learnt from.

    origin: what was captured, and with which face model; emotion, intensity: its label; n_frames: how many of its first
    frames were learnt from.
    """

    origin: str
    emotion: str
    intensity: float
    n_frames: int


@dataclass(frozen=True)
class About:
    """What a training folder was made with.

    Attributes:
        clips: what was learnt from.
        n_features: numbers a frame of sound.
        n_phonemes: probabilities a row.
        n_parameters: coefficients of the face model.
        region: what the renderer sees.
        settings: everything else.
        phonemes: those of a user's network that the texture hears, None for the shipped visemes.
        style: the style loss that taught the renderer, as `losses.StyleLoss` names it.
        version: of the folder's layout.
    """

    clips: tuple[Learnt, ...]
    n_features: int
    n_phonemes: int
    n_parameters: int
    region: Region
    settings: Settings
    phonemes: Phonemes | None = None
    style: str = FILTERED
    version: int = VERSION


@dataclass(frozen=True)
class Trained:
    """Networks ready to perform."""

    about: About
    predictor: Predictor
    renderer: Renderer


def write_about(folder: Path, about: About) -> None:
    """Begins a training folder."""
    with beside(folder / ABOUT) as part:
        told = {name: value for name, value in asdict(about).items() if value is not None}
        part.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def read_about(folder: Path) -> About:
    """What a training folder was made with.

    Raises:
        PortraitError: there is none, or it cannot be read.
    """
    path = folder / ABOUT
    if not path.is_file():
        raise PortraitError(f"{folder} is no training of read; make one with `facetake portrait train read`")
    try:
        return from_table(About, json.loads(path.read_text(encoding="utf-8")), str(path))
    except (ValueError, OSError, ConfigError) as error:
        raise PortraitError(f"{path} cannot be read ({error}); train again into a new folder") from error


def read_trained(folder: Path) -> Trained:
    """The networks of a training folder, as far as training has come.

    Raises:
        PortraitError: there is none, or nothing has been saved yet.
        ModelError: a file of weights is damaged.
    """
    about = read_about(folder)
    missing = [name for name in (PARAMETERS, RENDERER) if not (folder / f"{name}.safetensors").is_file()]
    if missing:
        raise PortraitError(f"{folder} has no {missing[0]}.safetensors yet; let `facetake portrait train` go on")
    predictor = Predictor(about.n_features, about.n_parameters, about.settings.parameters.size)
    renderer = Renderer(about.n_phonemes, about.settings)
    checkpoint.load_weights(folder / f"{PARAMETERS}.safetensors", predictor)
    checkpoint.load_weights(folder / f"{RENDERER}.safetensors", renderer)
    return Trained(about, predictor.eval(), renderer.eval())
