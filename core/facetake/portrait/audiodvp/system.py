"""An actor's lower face, driven by sound or by a take: AudioDVP as a `PortraitSystem`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from facetake.errors import PortraitError
from facetake.portrait.system import (
    Action,
    ClipEvaluation,
    EvaluateJob,
    Listener,
    RenderedVideo,
    RenderJob,
    Stages,
    TrainJob,
)

if TYPE_CHECKING:
    from facetake.arrays import F32, U8
    from facetake.portrait.audiodvp.checkpoint import TrainedAudioDvp
    from facetake.portrait.audiodvp.evaluation import AudioDvpEvaluation, AudioDvpSimilarity
    from facetake.portrait.audiodvp.proxy import Performer


STAGES: Final = {"masks": (0.0, 0.03), "pairs": (0.03, 0.06), "expression": (0.06, 0.1), "renderer": (0.1, 1.0)}
"""Where each stage begins and ends as a share of the whole: by choice, since only progress is told by it."""


class AudioDvp:
    """AudioDVP (Wen et al. 2020)."""

    name = "audiodvp"
    about = "an actor's lower face, driven by sound or by a take"
    speaks_untrained = False
    learns_from_many = False
    draws_meshes = True
    takes: Mapping[Action, Mapping[str, str]] = {
        "train": {},
        "render": {"bare": "without the neural renderer, to see what it adds"},
        "evaluate": {"weights": "a folder with networks of your own, for FID, LSE, CSIM and EmoNet's moods"},
    }
    actors: Mapping[Action, str] = {
        "train": "an actor's folder, as `portrait capture` makes it",
        "render": "the actor's folder",
        "evaluate": "the actor's folder",
    }

    def train(self, job: TrainJob, listener: Listener) -> None:
        """Trains, or goes on training."""
        from facetake import inference
        from facetake.portrait.audiodvp import training
        from facetake.portrait.audiodvp.proxy import open_performer
        from facetake.portrait.audiodvp.render import heard
        from facetake.portrait.audiodvp.settings import read_settings

        settings = read_settings(job.settings)
        performer = open_performer(job.actors[0])
        models = inference.load(job.model)
        features = heard(_sound_of(performer), performer.rate, settings.features, performer.model, models)
        count = None if job.seconds is None else int(job.seconds * performer.rate)
        training.train(
            performer,
            features,
            performer.origin,
            settings,
            job.out,
            count,
            Stages(listener, STAGES),
            device=job.device,
            learnable=performer.actor.learnable,
        )

    def render(self, job: RenderJob, listener: Listener) -> RenderedVideo:  # noqa: ARG002  there is nothing to tell
        """Renders a line."""
        from facetake.portrait.audiodvp.checkpoint import read_trained
        from facetake.portrait.audiodvp.proxy import open_performer
        from facetake.portrait.audiodvp.render import perform
        from facetake.portrait.video.playback import whole_face

        performer = open_performer(job.actor)
        trained = read_trained(job.run)
        trained.generator.to(job.device)
        _check_actor(performer, trained, job)
        expression = _expression(job, performer, trained)
        frames, n_video = whole_face(len(expression), performer.actor.learnable)

        def pictures(first: int) -> Iterator[U8]:
            return perform(performer, trained, expression, frames, neural=not job.bare, first=first)

        return RenderedVideo(pictures, len(frames), n_video, performer.rate)

    def evaluate(self, job: EvaluateJob, listener: Listener) -> ClipEvaluation:
        """Has the actor say again what it said, and compares."""
        import numpy as np

        from facetake import inference
        from facetake.portrait.audiodvp import evaluation
        from facetake.portrait.audiodvp.checkpoint import read_trained
        from facetake.portrait.audiodvp.proxy import open_performer
        from facetake.portrait.audiodvp.render import from_sound
        from facetake.portrait.capture.actor import read_actor
        from facetake.portrait.metrics.clip import ReferenceClip, measures
        from facetake.portrait.metrics.lips import in_step

        performer = open_performer(job.actor)
        trained = read_trained(job.training)
        trained.generator.to(job.device)
        _check_actor(performer, trained, job)
        models = inference.load(job.model)
        said = from_sound(_sound_of(performer), performer.rate, trained, performer.model, models)
        late = evaluation.sound_late(performer, said, performer.aperture, trained.about.n_frames)
        said = in_step(said, late)
        first = 0 if job.is_all else trained.about.n_frames
        frames = np.arange(first, min(performer.n_frames, len(said)))
        clip = ReferenceClip(read_actor(job.actor).fit.landmarks, performer.rate, len(frames), performer.sound)
        taken, skipped = measures(clip, job.weights, job.landmarker)
        scores = evaluation.evaluate(
            performer, trained, said, performer.aperture, frames, listener.progress, taken, skipped
        )
        told = f"the clip's sound is {late} frames late, by the frames learnt from; it is put in step here"
        lines = [*([told] if late else []), *_lines(scores)]
        return ClipEvaluation(lines, {**asdict(scores), "sound_late_frames": late})


SYSTEM: Final = AudioDvp()


def _expression(job: RenderJob, performer: Performer, trained: TrainedAudioDvp) -> F32:
    """What the face does: of the take where there is one, else of the sound."""
    from facetake import formats, inference
    from facetake.face.drive import from_take
    from facetake.portrait.audiodvp.render import from_sound

    if job.take:
        return from_take(formats.read(job.take), performer.rate, performer.model)
    return from_sound(job.sound, performer.rate, trained, performer.model, inference.load(job.model))


def _lines(scores: AudioDvpEvaluation) -> list[str]:
    from facetake.portrait.metrics.clip import lines

    rows = (("neural renderer", scores.ours), ("drawing alone", scores.bare), ("captured expression", scores.given))
    return [
        f"{scores.n_frames} frames; lips of the face model: correlation {scores.lips.correlation:.3f}, "
        f"{scores.lips.best:.3f} at a lag of {scores.lips.lag_frames} frames; flicker of the video "
        f"{scores.real_flicker:.2f}",
        *(_row(name, likeness) for name, likeness in rows),
        *lines(scores.measures, scores.skipped),
    ]


def _row(name: str, likeness: AudioDvpSimilarity) -> str:
    return (
        f"{name:20s} SSIM {likeness.ssim:.4f}  PSNR {likeness.psnr:.2f} dB  difference {likeness.difference:.2f}, "
        f"in the mask {likeness.mask_difference:.2f}  flicker {likeness.flicker:.2f}"
    )


def _sound_of(performer: Performer) -> Path:
    if performer.sound is None:
        raise PortraitError("the actor's video has no sound, so there is nothing to learn from; capture one with sound")
    return performer.sound


def _check_actor(performer: Performer, trained: TrainedAudioDvp, job: RenderJob | EvaluateJob) -> None:
    if performer.origin != trained.about.actor:
        raise PortraitError(f"{job.training} belongs to another capture than {job.actor}; name its actor")
