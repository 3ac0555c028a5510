"""Trains READ Avatars on an actor's clips: maps, parameters, texture and renderer, sharpness, resumed where it stopped.

Reads like the story of the training; how each part is done is in the module it comes from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from facetake.arrays import F32, U8, Mask
from facetake.errors import PortraitError
from facetake.networks import checkpoint
from facetake.portrait import sharpening
from facetake.portrait.read_avatars import audio_to_parameters
from facetake.portrait.read_avatars.audio_features import Phonemes
from facetake.portrait.read_avatars.audio_to_parameters import SpokenClip
from facetake.portrait.read_avatars.checkpoint import (
    ABOUT,
    CRITIC,
    PARAMETERS,
    RENDERER,
    SHARPENING,
    Learnt,
    ReadAvatarsMetadata,
    TrainedReadAvatars,
    read_about,
    read_left_out,
    read_trained,
    write_left_out,
    write_sharpening,
)
from facetake.portrait.read_avatars.dataset import Maps, maps_of, region_of, seen
from facetake.portrait.read_avatars.loose_rim import loose_rim
from facetake.portrait.read_avatars.renderer_training import (
    ReadAvatarsRendererLosses,
    ReadAvatarsRendererTrainer,
    StyleLoss,
    style_loss,
)
from facetake.portrait.read_avatars.settings import FILTERED, ReadAvatarsSettings
from facetake.portrait.read_avatars.surface import ActorSurface
from facetake.portrait.training import training_dir
from facetake.portrait.training.devices import CPU, as_pictures
from facetake.portrait.training.trainer import FEWEST_FRAMES, PREVIEWED, Trainer, ignore
from facetake.portrait.training.training_dir import Kept
from facetake.portrait.video.compositing import Region, softened

Report = Callable[[str, float], None]
SHORT = 12  # letters by which a style loss is told
SHARPENED = 24  # frames by which sharpness is found: twice as many of a minute find the same amount


@dataclass(frozen=True)
class TrainingClip:
    """One clip to learn from.

    Attributes:
        surface: the actor in it.
        emotion: its name; intensity: 0..1.
        label: (LABELS,) both as a label.
        features: (T', F) of its sound at its rate.
        phonemes: (2 T', K) of its sound at twice its rate.
        n_frames: how many of its first frames to learn from, None for all.
    """

    surface: ActorSurface
    emotion: str
    intensity: float
    label: F32
    features: F32
    phonemes: F32
    n_frames: int | None = None

    @property
    def count(self) -> int:
        """Frames with sound that are learnt from."""
        most = min(self.surface.n_frames, len(self.features))
        return most if self.n_frames is None else min(most, self.n_frames)


def train(
    lessons: list[TrainingClip],
    settings: ReadAvatarsSettings,
    folder: Path,
    report: Report = ignore,
    log: Callable[[int, ReadAvatarsRendererLosses], None] = ignore,
    phonemes: Phonemes | None = None,
    style: StyleLoss | None = None,
    device: torch.device = CPU,
) -> TrainedReadAvatars:
    """Trains on clips of one actor; called again on the same folder it goes on.

    Args:
        lessons: the clips.
        settings: all numbers.
        folder: new, or one that the same training was stopped in.
        report: told the stage ("region", "maps", "parameters", "renderer") and the share of it that is done.
        log: told the losses of every epoch of the renderer.
        phonemes: what the lessons' phonemes are, None for the shipped visemes.
        style: the style loss, None for the one that needs no file.
        device: where texture and renderer learn; parameters, which are few, learn on the CPU.

    Returns:
        The networks.

    Raises:
        PortraitError: the clips are not of one actor, have too few frames with sound, or the folder holds something
            else.
    """
    _check(lessons)
    folder.mkdir(parents=True, exist_ok=True)
    style = style or style_loss(FILTERED)
    about = _about(folder, lessons, settings, phonemes, style, report)
    left_out = read_left_out(folder)
    lessons = [replace(lesson, surface=lesson.surface.without(left_out)) for lesson in lessons]
    maps = _maps(folder, lessons, about.region, report)
    _learn_parameters(folder, lessons, settings, report)
    _learn_renderer(folder, settings, maps, style, device, report, log)
    _learn_sharpening(folder, settings, maps, device)
    return read_trained(folder)


def _check(lessons: list[TrainingClip]) -> None:
    """Refuses clips that are too short, or of different people, face models or sizes."""
    first = lessons[0].surface
    for lesson in lessons:
        other = lesson.surface
        where = lesson.surface.actor.folder
        if lesson.count < FEWEST_FRAMES:
            raise PortraitError(
                f"{where}: there are {lesson.count} frames with sound to learn from, {FEWEST_FRAMES} are needed"
            )
        if other.actor.about.face_sha256 != first.actor.about.face_sha256:
            raise PortraitError(
                f"{where} was captured with another face model than {first.actor.folder}; capture it again"
            )
        if (other.size, other.rate) != (first.size, first.rate):
            raise PortraitError(
                f"{where} differs in size or frame rate from {first.actor.folder}; capture all clips alike"
            )
        if not np.allclose(other.actor.fit.identity, first.actor.fit.identity, atol=1e-5):
            raise PortraitError(
                f"{where} shows another face than {first.actor.folder}; clips learnt from together need one identity"
            )


def _about(
    folder: Path,
    lessons: list[TrainingClip],
    settings: ReadAvatarsSettings,
    phonemes: Phonemes | None,
    style: StyleLoss,
    report: Report,
) -> ReadAvatarsMetadata:
    """What the folder is for: written there, or found there and the same."""
    clips = tuple(Learnt(lesson.surface.origin, lesson.emotion, lesson.intensity, lesson.count) for lesson in lessons)
    width = lessons[0].features.shape[1], lessons[0].phonemes.shape[1], lessons[0].surface.expression.shape[1]
    if (folder / ABOUT).is_file():
        found = read_about(folder)
        if found.style != style.name:
            raise PortraitError(
                f"{folder} was begun with another style loss ({found.style[:SHORT]}) than it would go on with "
                f"({style.name[:SHORT]}); name the folder of its VGG with --weights, or a new folder"
            )
        if found != ReadAvatarsMetadata(clips, *width, found.region, settings, phonemes, style.name):
            raise PortraitError(f"{folder} holds a training with other clips or other settings; name a new folder")
        return found
    surfaces = [lesson.surface for lesson in lessons]
    is_video = settings.background == "video"  # without it there are no pixels to stay in the rim's place
    left_out = loose_rim(surfaces, [lesson.count for lesson in lessons]) if is_video else ()
    write_left_out(folder, left_out)
    drawn = [surface.without(left_out) for surface in surfaces]
    region = region_of(drawn, settings, lambda share: report("region", share))
    about = ReadAvatarsMetadata(clips, *width, region, settings, phonemes, style.name)
    training_dir.write_about(folder / ABOUT, about)
    return about


def _maps(folder: Path, lessons: list[TrainingClip], region: Region, report: Report) -> list[Maps]:
    made = []
    for number, lesson in enumerate(lessons):
        place = folder / "clips" / f"{number:04d}"
        made.append(
            maps_of(
                lesson.surface,
                lesson.phonemes,
                lesson.count,
                region,
                place,
                lambda share, number=number: report("maps", (number + share) / len(lessons)),  # type: ignore[misc]
            )
        )
    return made


def _learn_parameters(folder: Path, lessons: list[TrainingClip], settings: ReadAvatarsSettings, report: Report) -> None:
    if (folder / f"{PARAMETERS}.safetensors").is_file():
        return
    spoken = [
        SpokenClip(
            lesson.features[:n],
            np.tile(lesson.label, (n, 1)),
            lesson.surface.expression[:n],
            lesson.surface.actor.learnable[:n],
        )
        for lesson in lessons
        for n in [lesson.count]
    ]
    network = audio_to_parameters.learn(
        spoken, settings.parameters, settings.seed, lambda share: report("parameters", share), folder
    )
    errors = [np.abs(audio_to_parameters.predict(network, s.features, s.label) - s.parameters).mean() for s in spoken]
    checkpoint.save(folder, PARAMETERS, network, None, {"mean_absolute_error": float(np.mean(errors))})
    audio_to_parameters.forget(folder)


def _learn_renderer(
    folder: Path,
    settings: ReadAvatarsSettings,
    maps: list[Maps],
    style: StyleLoss,
    device: torch.device,
    report: Report,
    log: Callable[[int, ReadAvatarsRendererLosses], None],
) -> None:
    how = settings.renderer
    renderer = ReadAvatarsRendererTrainer(maps[0].phonemes.shape[1], settings, style.network, device)
    kept = (
        Kept(RENDERER, renderer.renderer, renderer.renderer_adam),
        Kept(CRITIC, renderer.critic, renderer.critic_adam),
    )
    Trainer.of(folder, kept, how, settings.seed).run(
        lambda epoch: renderer.epoch(maps, epoch),
        preview=lambda: preview(renderer, maps),
        log=log,
        progress=lambda share: report("renderer", share),
    )


def _learn_sharpening(folder: Path, settings: ReadAvatarsSettings, maps: list[Maps], device: torch.device) -> None:
    """Finds by how much pictures of frames that were learnt from are sharpened, and keeps it."""
    if not settings.renderer.sharpen or (folder / SHARPENING).is_file():
        return
    renderer = read_trained(folder).renderer.to(device)
    places = [(clip, frame) for clip in maps for frame in clip.frames]
    made, real, weights = [], [], []
    for place in np.unique(np.linspace(0, len(places) - 1, SHARPENED).round().astype(int)):
        clip, frame = places[place]
        given = seen(clip, np.array([frame]), settings)
        with torch.inference_mode():
            made.append(renderer(given.to(device))[0].cpu())
        real.append(clip.real[frame])
        hole: Mask = given.hole[0].numpy()
        weights.append(softened(hole) if settings.background == "video" else np.ones(hole.shape, np.float32))
    write_sharpening(folder, sharpening.fitted(torch.cat(made), real, weights, settings.renderer.sharpen))


def preview(trainer: ReadAvatarsRendererTrainer, maps: list[Maps]) -> U8:
    """A few frames of all clips, one a row: what the renderer sees, what it makes of it, and the video."""
    places = [(clip, frame) for clip in maps for frame in (len(clip) // 3, 2 * len(clip) // 3)]
    chosen = [places[i] for i in np.unique(np.linspace(0, len(places) - 1, PREVIEWED).round().astype(int))]
    trainer.renderer.eval()
    rows = []
    for clip, frame in chosen:
        with torch.inference_mode():
            made, condition = trainer.renderer(seen(clip, np.array([frame]), trainer.settings).to(trainer.device))
        shown = [as_pictures(picture[0]) for picture in (condition[:, :3], made)]
        rows.append(np.concatenate([*shown, clip.real[frame]], axis=1))
    return np.concatenate(rows)
