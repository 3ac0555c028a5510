"""The folder of one training: settings, networks and where they look, written as it goes and read back.

    audiodvp.json           settings, actor, region; written first
    expression.safetensors  Audio2Expression, or what stands in for it
    generator.*, critic.*   the renderer, its discriminator and their optimisers, every few epochs
    masks.npy, drawn.npy, real.npy    what it learns from; can be made again
    previews/               pictures of the progress

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
from facetake.networks.unet import UNet
from facetake.portrait.audiodvp.expression import Predictor, Scaled, untrained
from facetake.portrait.audiodvp.settings import Settings
from facetake.portrait.region import Region

ABOUT, EXPRESSION, GENERATOR, CRITIC = "audiodvp.json", "expression", "generator", "critic"
VERSION = 1


@dataclass(frozen=True)
class About:
    """What a training folder was made with.

    Attributes:
        actor: what was captured, and with which face model.
        n_frames: frames learnt from, the first of the clip.
        n_features: numbers a frame of sound.
        n_expression: coefficients of the face model.
        region: what the renderer sees.
        settings: everything else.
        version: of the folder's layout.
    """

    actor: str
    n_frames: int
    n_features: int
    n_expression: int
    region: Region
    settings: Settings
    version: int = VERSION


@dataclass(frozen=True)
class Trained:
    """Networks ready to perform."""

    about: About
    predictor: Predictor | Scaled
    generator: UNet


def write_about(folder: Path, about: About) -> None:
    """Begins a training folder."""
    with beside(folder / ABOUT) as part:
        part.write_text(json.dumps(asdict(about), indent=1) + "\n", encoding="utf-8")


def read_about(folder: Path) -> About:
    """What a training folder was made with.

    Raises:
        PortraitError: there is none, or it cannot be read.
    """
    path = folder / ABOUT
    if not path.is_file():
        raise PortraitError(f"{folder} is no training of audiodvp; make one with `facetake portrait train audiodvp`")
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
    missing = [name for name in (EXPRESSION, GENERATOR) if not (folder / f"{name}.safetensors").is_file()]
    if missing:
        raise PortraitError(f"{folder} has no {missing[0]}.safetensors yet; let `facetake portrait train` go on")
    settings = about.settings
    predictor = untrained(about.n_features, about.n_expression, settings.radius, settings.expression)
    generator = UNet(3 * (2 * settings.radius + 1), 3, settings.unet)
    checkpoint.load_weights(folder / f"{EXPRESSION}.safetensors", predictor)
    checkpoint.load_weights(folder / f"{GENERATOR}.safetensors", generator)
    return Trained(about, predictor.eval(), generator.eval())
