"""The folder of one training: settings, networks and where they look, written as it goes and read back.

    left_out.json             numbers of the triangles that are not drawn (`facetake.portrait.read_avatars.loose_rim`)
    read.json                 settings, clips, region; written next
    parameters.safetensors    what turns sound and emotion into parameters
    renderer.safetensors      texture and renderer, every few epochs
    sharpening.json           by how much pictures are sharpened, once all is learnt
    kept-*                    either, with its discriminator and their optimisers, to go on from
    clips/                    the maps that are learnt from; can be made again
    previews/                 pictures of the progress

Knows the files; does not know how training goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from facetake.errors import ConfigError, PortraitError
from facetake.files import json_text, quantities
from facetake.formats import beside
from facetake.portrait.read_avatars.audio_features import Phonemes
from facetake.portrait.read_avatars.audio_to_parameters import Predictor, untrained
from facetake.portrait.read_avatars.renderer import Renderer
from facetake.portrait.read_avatars.settings import FILTERED, ReadAvatarsSettings
from facetake.portrait.storage import read_json
from facetake.portrait.training import training_dir
from facetake.portrait.video.compositing import Region

ABOUT = "read.json"
PARAMETERS = "parameters"
RENDERER = "renderer"
CRITIC = "critic"
SHARPENING = "sharpening.json"
LEFT_OUT = "left_out.json"
VERSION = 1  # of the folder's layout


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
class ReadAvatarsMetadata:
    """What a training folder was made with.

    Attributes:
        clips: what was learnt from.
        n_features: numbers a frame of sound.
        n_phonemes: probabilities a row.
        n_parameters: coefficients of the face model.
        region: what the renderer sees.
        settings: everything else.
        phonemes: those of a user's network that the texture hears, None for the shipped visemes.
        style: the style loss that taught the renderer, as `renderer_training.StyleLoss` names it.
        version: of the folder's layout.
    """

    clips: tuple[Learnt, ...]
    n_features: int
    n_phonemes: int
    n_parameters: int
    region: Region
    settings: ReadAvatarsSettings
    phonemes: Phonemes | None = None
    style: str = FILTERED
    version: int = VERSION


@dataclass(frozen=True)
class TrainedReadAvatars:
    """Networks ready to perform, by how much what they paint is sharpened, and which triangles are not drawn."""

    about: ReadAvatarsMetadata
    predictor: Predictor
    renderer: Renderer
    sharpening: float = 0.0
    left_out: tuple[int, ...] = ()


def read_about(folder: Path) -> ReadAvatarsMetadata:
    """What a training folder was made with. PortraitError when there is none, or it cannot be read."""
    return training_dir.read_about(ReadAvatarsMetadata, folder / ABOUT)


def read_trained(folder: Path) -> TrainedReadAvatars:
    """The networks of a training folder, as far as training has come.

    Raises:
        PortraitError: there is none, or nothing has been saved yet.
        ModelError: a file of weights is damaged.
    """
    about = read_about(folder)
    with training_dir.described(folder / ABOUT):
        predictor = untrained(about.n_features, about.n_parameters, about.settings.parameters)
        renderer = Renderer(about.n_phonemes, about.settings)
    training_dir.fill(folder, {PARAMETERS: predictor, RENDERER: renderer})
    return TrainedReadAvatars(about, predictor, renderer, read_sharpening(folder), read_left_out(folder))


def write_sharpening(folder: Path, amount: float) -> None:
    """Keeps by how much pictures are sharpened."""
    _write(folder / SHARPENING, {"amount": amount})


def read_sharpening(folder: Path) -> float:
    """By how much pictures are sharpened; 0 while they are learnt. PortraitError where the file is damaged."""
    path = folder / SHARPENING
    if not path.is_file():
        return 0.0
    try:
        return quantities.number(read_json(path).get("amount"), f"{path}: amount", low=0.0)
    except ConfigError as error:
        raise PortraitError(f"{error}; remove it and let `facetake portrait train` go on") from error


def write_left_out(folder: Path, triangles: tuple[int, ...]) -> None:
    """Keeps which triangles are not drawn."""
    _write(folder / LEFT_OUT, {"triangles": triangles})


def read_left_out(folder: Path) -> tuple[int, ...]:
    """Which triangles are not drawn; none in a folder of a time that drew all. PortraitError where it is damaged."""
    path = folder / LEFT_OUT
    if not path.is_file():
        return ()
    found = read_json(path).get("triangles")
    try:
        if not isinstance(found, list):
            raise ConfigError(f"{path}: triangles is {quantities.shown(found)}, not a list")
        return tuple(quantities.whole(number, f"{path}: triangles", low=0) for number in found)
    except ConfigError as error:
        raise PortraitError(f"{error}; train again into a new folder") from error


def _write(path: Path, told: dict[str, object]) -> None:
    with beside(path) as part:
        part.write_text(json_text.dump(told) + "\n", encoding="utf-8", newline="\n")
