"""Trains the networks from sound to landmarks in a folder: neutral speech, then moods, resumed where it stopped.

Knows the folder's files and lessons; does not know sound or pictures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from facetake.errors import PortraitError
from facetake.portrait.landmark_translation.checkpoint import CRITIC, MOODS, NEUTRAL
from facetake.portrait.landmark_translation.motion.dataset import Lesson
from facetake.portrait.landmark_translation.motion.emotions import MoodTrainer
from facetake.portrait.landmark_translation.motion.neutral import NeutralTrainer
from facetake.portrait.landmark_translation.motion.settings import MoodTraining, MotionSettings, NeutralTraining
from facetake.portrait.training.training_dir import Kept, keep, resume, resume_both, save_both, show

Report = Callable[[str, float], None]


def learn_motion(lessons: list[Lesson], settings: MotionSettings, seed: int, folder: Path, report: Report) -> None:
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
    _learn_neutral(lessons, settings.neutral, seed, folder, report)
    _learn_moods(moody, settings.moods, seed, folder, report)


def _learn_neutral(lessons: list[Lesson], how: NeutralTraining, seed: int, folder: Path, report: Report) -> None:
    trainer = NeutralTrainer(lessons, how, seed)
    kept = (Kept(NEUTRAL, trainer.speaker, trainer.adam),)
    for epoch in range(resume(folder, kept), how.epochs):
        loss = trainer.epoch(epoch)
        if epoch + 1 == how.epochs or (epoch + 1) % how.save_every == 0:
            keep(folder, kept, {"epoch": epoch + 1, "loss": loss})
        report("neutral", (epoch + 1) / how.epochs)
    show(folder, NEUTRAL)


def _learn_moods(lessons: list[Lesson], how: MoodTraining, seed: int, folder: Path, report: Report) -> None:
    trainer = MoodTrainer(lessons, how, seed)
    both = Kept(MOODS, trainer.moods, trainer.adam), Kept(CRITIC, trainer.critic, trainer.critic_adam)
    for first in range(resume_both(folder, *both), how.steps, how.save_every):
        last = min(first + how.save_every, how.steps)
        save_both(folder, *both, {"step": last, **asdict(trainer.steps(first, last))})
        report("moods", last / how.steps)
