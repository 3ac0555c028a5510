"""The folder of one training: settings, networks and where they look, written as it goes and read back.

    audiodvp.json           settings, actor, region; written first
    expression.safetensors  Audio2Expression, or what stands in for it
    generator.safetensors   the renderer, every few epochs
    kept-*                  the same with its discriminator and their optimisers, to go on from
    masks.npy, drawn.npy, real.npy    what it learns from; can be made again
    previews/               pictures of the progress

Knows the files; does not know how training goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from facetake.portrait.audiodvp.expression import Predictor, untrained
from facetake.portrait.audiodvp.renderer import Generator
from facetake.portrait.audiodvp.settings import AudioDvpSettings
from facetake.portrait.training import training_dir
from facetake.portrait.video.compositing import Region

ABOUT = "audiodvp.json"
EXPRESSION = "expression"
GENERATOR = "generator"
CRITIC = "critic"
VERSION = 1  # of the folder's layout


@dataclass(frozen=True)
class AudioDvpMetadata:
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
    settings: AudioDvpSettings
    version: int = VERSION


@dataclass(frozen=True)
class TrainedAudioDvp:
    """Networks ready to perform."""

    about: AudioDvpMetadata
    predictor: Predictor
    generator: Generator


def read_about(folder: Path) -> AudioDvpMetadata:
    """What a training folder was made with. PortraitError when there is none, or it cannot be read."""
    return training_dir.read_about(AudioDvpMetadata, folder / ABOUT)


def read_trained(folder: Path) -> TrainedAudioDvp:
    """The networks of a training folder, as far as training has come.

    Raises:
        PortraitError: there is none, or nothing has been saved yet.
        ModelError: a file of weights is damaged.
    """
    about = read_about(folder)
    settings = about.settings
    with training_dir.described(folder / ABOUT):
        predictor = untrained(about.n_features, about.n_expression, settings.radius, settings.expression)
        generator = Generator(settings)
    training_dir.fill(folder, {EXPRESSION: predictor, GENERATOR: generator})
    return TrainedAudioDvp(about, predictor, generator)
