"""Trains AudioDVP on an actor: pairs, Audio2Expression, then the renderer, resumed where it stopped.

The pairs are masked drawings of the face model beside masked pictures (AudioDVP figure 5), made once for a training
folder and mapped into memory, so that three minutes need no more memory than six seconds. Reads like the story of the
training; how each part is done is in the module it comes from.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from facetake.arrays import F32, I64, U8, Mask
from facetake.errors import PortraitError
from facetake.networks import checkpoint
from facetake.portrait.audiodvp import expression, training
from facetake.portrait.audiodvp.checkpoint import (
    ABOUT,
    CRITIC,
    EXPRESSION,
    GENERATOR,
    AudioDvpMetadata,
    TrainedAudioDvp,
    read_about,
    read_trained,
)
from facetake.portrait.audiodvp.proxy import DrawableActor
from facetake.portrait.audiodvp.renderer import AudioDvpRendererLosses, AudioDvpRendererTrainer, masked, window
from facetake.portrait.audiodvp.settings import AudioDvpSettings
from facetake.portrait.storage import Progress, fill, mapped
from facetake.portrait.training import training_dir
from facetake.portrait.training.devices import CPU, as_pictures
from facetake.portrait.training.trainer import FEWEST_FRAMES, PREVIEWED, Trainer, ignore
from facetake.portrait.training.training_dir import Kept
from facetake.portrait.video.compositing import Region, around
from facetake.portrait.video.playback import in_order

Report = Callable[[str, float], None]


def masks_of(subject: DrawableActor, path: Path, progress: Progress) -> Mask:
    """The widened lower-face masks (T, H, W) of every frame, from `path` or made there."""
    shape = (subject.n_frames, subject.size, subject.size)
    if not path.is_file():
        fill(path, shape, np.bool_, (subject.mask(frame) for frame in range(subject.n_frames)), progress)
    return mapped(path, shape, np.bool_)


def pairs_of(
    subject: DrawableActor, masks: Mask, region: Region, n_frames: int, folder: Path, progress: Progress
) -> tuple[U8, U8]:
    """Drawings and pictures (n_frames, pixels, pixels, 3) of the first frames, black outside the mask."""
    shape = (n_frames, region.pixels, region.pixels, 3)
    drawn = folder / "drawn.npy"
    real = folder / "real.npy"
    if not drawn.is_file():
        expression = subject.expression
        drawings = (masked(subject.draw(expression[t], t), masks[t], region) for t in range(n_frames))
        fill(drawn, shape, np.uint8, drawings, progress)
    if not real.is_file():
        pictures = enumerate(in_order(subject, n_frames))
        fill(real, shape, np.uint8, (masked(picture, masks[t], region) for t, picture in pictures), progress)
    return mapped(drawn, shape, np.uint8), mapped(real, shape, np.uint8)


def train(
    subject: DrawableActor,
    features: F32,
    actor: str,
    settings: AudioDvpSettings,
    folder: Path,
    n_frames: int | None = None,
    report: Report = ignore,
    log: Callable[[int, AudioDvpRendererLosses], None] = ignore,
    device: torch.device = CPU,
    learnable: Mask | None = None,
) -> TrainedAudioDvp:
    """Trains on the first frames of an actor; called again on the same folder it goes on.

    Args:
        subject: the actor.
        features: (T', F) of its sound at its rate.
        actor: what identifies the capture.
        settings: all numbers.
        folder: new, or one that the same training was stopped in.
        n_frames: how many frames to learn from; all by default. The rest can be held out for evaluation.
        report: told the stage ("masks", "pairs", "expression", "renderer") and the share of it that is done.
        log: told the losses of every epoch of the renderer.
        device: where the renderer learns.
        learnable: frames (T,) of the actor that show the whole face; None: all.

    Returns:
        The networks.

    Raises:
        PortraitError: too few frames with sound, or the folder holds something else.
    """
    count = min(n_frames or subject.n_frames, subject.n_frames, len(features))
    known = np.ones(count, np.bool_) if learnable is None else learnable[:count]
    if known.sum() < FEWEST_FRAMES:
        raise PortraitError(
            f"there are {known.sum()} frames with sound to learn from, {FEWEST_FRAMES} are needed at least"
        )
    folder.mkdir(parents=True, exist_ok=True)
    masks = training.masks_of(subject, folder / "masks.npy", lambda share: report("masks", share))
    region = around(masks, settings.side) if settings.region == "lower_face" else _whole(subject, settings)
    about = AudioDvpMetadata(actor, count, features.shape[1], subject.expression.shape[1], region, settings)
    _begin(folder, about)
    drawn, real = training.pairs_of(subject, masks, region, count, folder, lambda share: report("pairs", share))
    _learn_expression(folder, about, features[:count], subject.expression[:count], known, report)
    _learn_renderer(folder, settings, drawn, real, np.flatnonzero(known), device, report, log)
    return read_trained(folder)


def _whole(subject: DrawableActor, settings: AudioDvpSettings) -> Region:
    return Region(0, 0, subject.size, settings.side)


def _begin(folder: Path, about: AudioDvpMetadata) -> None:
    """Writes what the folder is for, or checks that it is for the same."""
    if not (folder / ABOUT).is_file():
        training_dir.write_about(folder / ABOUT, about)
    elif read_about(folder) != about:
        raise PortraitError(
            f"{folder} holds a training with another actor, other frames or other settings; name a new folder"
        )


def _learn_expression(
    folder: Path, about: AudioDvpMetadata, features: F32, wanted: F32, known: Mask, report: Report
) -> None:
    settings = about.settings
    if (folder / f"{EXPRESSION}.safetensors").is_file():
        return
    network = expression.learn(
        features,
        wanted,
        settings.radius,
        settings.expression,
        settings.seed,
        lambda share: report("expression", share),
        known,
    )
    error = float(np.square(expression.predict(network, features) - wanted)[known].mean())
    checkpoint.save(folder, EXPRESSION, network, None, {"mean_squared_error": error})


def _learn_renderer(
    folder: Path,
    settings: AudioDvpSettings,
    drawn: U8,
    real: U8,
    frames: I64,
    device: torch.device,
    report: Report,
    log: Callable[[int, AudioDvpRendererLosses], None],
) -> None:
    how = settings.renderer
    renderer = AudioDvpRendererTrainer(settings, device)
    kept = (
        Kept(GENERATOR, renderer.generator, renderer.generator_adam),
        Kept(CRITIC, renderer.critic, renderer.critic_adam),
    )
    Trainer.of(folder, kept, how, settings.seed).run(
        lambda epoch: renderer.epoch(drawn, real, epoch, frames),
        preview=lambda: preview(renderer, drawn, real),
        log=log,
        progress=lambda share: report("renderer", share),
    )


def preview(trainer: AudioDvpRendererTrainer, drawn: U8, real: U8) -> U8:
    """A few frames, one a row: drawing, what the renderer makes of it, and the picture."""
    rows = np.linspace(0, len(real) - 1, PREVIEWED).astype(np.int64)
    trainer.generator.eval()
    with torch.inference_mode():
        given = window(drawn, rows, trainer.settings.radius, trainer.settings.ends, trainer.device)
        made = as_pictures(trainer.generator(given))
    return np.concatenate([np.concatenate([drawn[t], made[i], real[t]], axis=1) for i, t in enumerate(rows)])
