"""Trains the picture networks in a folder: plates, then parts and rest, then the whole, resumed where it stopped.

    clips/                the plates that are learnt from; can be made again
    parts.safetensors     the networks of parts and rest, every few epochs
    whole.safetensors     the network over the whole picture, likewise
    kept-*                either, with its discriminators and their optimizers, to go on from
    previews/             pictures of the progress

Knows the folder's files; does not know sound.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from facetake.arrays import U8
from facetake.portrait.landmark_translation.checkpoint import PARTS, WHOLE
from facetake.portrait.landmark_translation.image.dataset import Filmed, Plates, mirrored, plates_of, shown
from facetake.portrait.landmark_translation.image.losses import Judges
from facetake.portrait.landmark_translation.image.trainer import GlobalTrainer, LocalTrainer, PictureLosses
from facetake.portrait.landmark_translation.image.translator import Translator
from facetake.portrait.landmark_translation.settings import GlobalTraining, LocalTraining, PictureSettings
from facetake.portrait.training.devices import CPU, as_pictures, home
from facetake.portrait.training.trainer import PREVIEWED, Trainer, ignore
from facetake.portrait.training.training_dir import Kept

Report = Callable[[str, float], None]
Log = Callable[[str, int, PictureLosses], None]
BEFORE = 4  # frames that the network over the whole has seen before one that is shown


def learn_pictures(
    clips: list[tuple[Filmed, int]],
    settings: PictureSettings,
    seed: int,
    folder: Path,
    judges: Judges,
    report: Report = ignore,
    log: Log = ignore,
    device: torch.device = CPU,
) -> Translator:
    """Trains on clips of one person or of several; called again on the same folder it goes on.

    Args:
        clips: each with how many of its first frames to learn from.
        settings: all numbers.
        seed: of weights and order.
        folder: of the training.
        judges: what the identity and the perceptual loss ask.
        report: told the stage ("plates", "parts", "whole") and the share of it that is done.
        log: told the stage, epoch and losses.
        device: where they learn.
    """
    plates = []
    for number, (filmed, count) in enumerate(clips):
        place = folder / "clips" / f"{number:04d}"
        share = lambda done, number=number: report("plates", (number + done) / len(clips))  # noqa: E731
        plates.append(plates_of(filmed, count, settings, place, share))
        if settings.mirror:
            plates.append(mirrored(plates[-1], place, ignore))
    translator = new_translator(settings, seed).to(device)
    local = LocalTrainer(translator, settings, judges, seed)
    _learn(folder, PARTS, local, settings.local_training, plates, report, log)
    whole = GlobalTrainer(translator, settings, judges, seed)
    _learn(folder, WHOLE, whole, settings.global_training, plates, report, log)
    return translator.eval()


def new_translator(settings: PictureSettings, seed: int) -> Translator:
    """Untrained networks with the weights that a seed gives them."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return Translator(settings)


def _learn(
    folder: Path,
    name: str,
    stage: LocalTrainer | GlobalTrainer,
    how: LocalTraining | GlobalTraining,
    plates: list[Plates],
    report: Report,
    log: Log,
) -> None:
    kept = Kept(name, stage.network, stage.adam), Kept(f"{name}_critics", stage.critics, stage.critic_adam)
    Trainer.of(folder, kept, how, stage.seed).run(
        lambda epoch: stage.epoch(plates, epoch),
        preview=lambda: preview(stage.translator, plates, name == WHOLE),
        name=name,
        log=lambda done, losses: log(name, done, losses),
        progress=lambda share: report(name, share),
    )


def preview(translator: Translator, plates: list[Plates], is_whole: bool) -> U8:
    """Frames of all clips, one a row: landmarks, photograph, parts and rest, the whole, and the clip."""
    places = [(clip, len(clip) * share // 4) for clip in plates for share in (1, 2, 3)]
    chosen = [places[i] for i in np.unique(np.linspace(0, len(places) - 1, PREVIEWED).round().astype(int))]
    translator.eval()
    return np.concatenate([_row(translator, clip, frame, is_whole) for clip, frame in chosen])


@torch.inference_mode()
def _row(translator: Translator, clip: Plates, frame: int, is_whole: bool) -> U8:
    given, real = shown(clip, np.arange(max(0, frame - BEFORE), frame + 1), 0, home(translator))
    local = translator.local(given)
    stages = [given.sketch, given.reference, local.combined]
    if is_whole:
        stages.append(local.kept(translator.whole(local.combined[None])[0][0]))
    return np.concatenate([as_pictures(stage[-1]) for stage in [*stages, real]], axis=1)
