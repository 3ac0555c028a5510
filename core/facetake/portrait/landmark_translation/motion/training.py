"""Trains the networks from sound to landmarks in a folder: neutral speech, then moods, resumed where it stopped.

Knows the folder's files and lessons; does not know sound or pictures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from facetake.errors import PortraitError
from facetake.networks import checkpoint
from facetake.portrait.landmark_translation.checkpoint import CRITIC, MOODS, NEUTRAL
from facetake.portrait.landmark_translation.motion.dataset import LandmarkMotionExample
from facetake.portrait.landmark_translation.motion.emotions import MoodTrainer
from facetake.portrait.landmark_translation.motion.neutral import NeutralTrainer, regressed
from facetake.portrait.landmark_translation.settings import MoodTraining, MotionSettings, NeutralTraining
from facetake.portrait.training.trainer import Trainer
from facetake.portrait.training.training_dir import Kept, show

Report = Callable[[str, float], None]


@dataclass(frozen=True)
class NeutralLosses:
    """The mean loss of an epoch of neutral speech."""

    loss: float


def learn_motion(
    lessons: list[LandmarkMotionExample], settings: MotionSettings, seed: int, folder: Path, report: Report
) -> None:
    """Trains on lessons; called again on the same folder it goes on.

    Args:
        lessons: those without moments in moods teach neutral speech alone.
        settings: all numbers.
        seed: of weights and order.
        folder: of the training.
        report: told the stage ("neutral", "moods") and the share of it that is done.

    Raises:
        PortraitError: there is nothing to learn from.
    """
    moody = [lesson for lesson in lessons if len(lesson.moody)]
    if not moody:
        raise PortraitError("the actors' videos have no speech to learn from; name sound files with --lines")
    if settings.neutral.way == "ridge":
        _regress_neutral([lesson for lesson in lessons if not len(lesson.moody)] or moody, folder)
    else:
        _learn_neutral(lessons, settings.neutral, seed, folder, report)
    _learn_moods(moody, settings.moods, seed, folder, report)


def _regress_neutral(lessons: list[LandmarkMotionExample], folder: Path) -> None:
    if not (folder / f"{NEUTRAL}.safetensors").is_file():
        checkpoint.save(folder, NEUTRAL, regressed(lessons), None, {})


def _learn_neutral(
    lessons: list[LandmarkMotionExample], how: NeutralTraining, seed: int, folder: Path, report: Report
) -> None:
    neutral = NeutralTrainer(lessons, how, seed)
    kept = (Kept(NEUTRAL, neutral.speaker, neutral.adam),)
    trainer = Trainer.of(folder, kept, how, seed, shows=False)
    trainer.run(lambda epoch: NeutralLosses(neutral.epoch(epoch)), progress=lambda share: report("neutral", share))
    show(folder, NEUTRAL)  # at the end alone: nobody performs with neutral speech before there are moods


def _learn_moods(
    lessons: list[LandmarkMotionExample], how: MoodTraining, seed: int, folder: Path, report: Report
) -> None:
    moods = MoodTrainer(lessons, how, seed)
    kept = Kept(MOODS, moods.moods, moods.adam), Kept(CRITIC, moods.critic, moods.critic_adam)
    trainer = Trainer(
        folder=folder,
        kept=kept,
        epochs=how.steps,
        seed=seed,
        save_every=how.save_every,
        unit="step",
        stride=how.save_every,
    )
    trainer.run(
        lambda first: moods.steps(first, min(first + how.save_every, how.steps)),
        progress=lambda share: report("moods", share),
    )
