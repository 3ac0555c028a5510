"""One photograph, or a captured actor, moved by way of 68 points: landmark translation as a `PortraitSystem`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from facetake.errors import PortraitError
from facetake.portrait import system
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
    from facetake.portrait.landmark_translation.checkpoint import LandmarkTranslationMetadata, TrainedLandmarkMotion
    from facetake.portrait.landmark_translation.evaluation import (
        LandmarkTranslationEvaluation,
        LandmarkTranslationSimilarity,
    )
    from facetake.portrait.landmark_translation.render import DrivenLandmarks
    from facetake.portrait.landmark_translation.subject import Captured, PortraitSubject


STAGES: Final = {
    "lessons": (0.0, 0.1),
    "neutral": (0.1, 0.2),
    "moods": (0.2, 0.35),
    "plates": (0.35, 0.37),
    "parts": (0.37, 0.8),
    "whole": (0.8, 1.0),
}
"""Where each stage begins and ends as a share of the whole: by choice, since only progress is told by it."""
AT_ONCE_FPS: Final = Fraction(25)  # of a photograph that no training tells a rate: as most film of people speaking has
SILENT_DB: Final = -60.0  # of full scale, at its loudest: nobody speaks so softly
MANY: Final = 20  # clips: learnt from one, strangers' teeth come out grey-green, from 48 plausible; between: not known


class LandmarkTranslation:
    """Emotional landmark translation."""

    name = "landmark"
    about = "one photograph, or a captured actor, by way of 68 points"
    learns_from_many = True
    speaks_untrained = True
    draws_meshes = False
    takes: Mapping[Action, Mapping[str, str]] = {
        "train": {
            "lines": "more speech, of anybody, for what landmarks do with sound: files, folders or patterns",
            "weights": "a folder with networks of your own, for the identity and the perceptual loss",
        },
        "render": {
            "emotion": "default: neutral; not with --take",
            "tracks": "landmarks of the photograph from a file, in place of MediaPipe",
            "landmarker": "MediaPipe's face_landmarker.task, where its package has no model inside",
            "size": "side of a photograph's square, and of its film (default 256)",
            "seed": "of blinks and the head's directions",
            "bare": "move the photograph without the networks, to see what they add",
        },
        "evaluate": {
            "weights": "a folder with networks of your own, for FID, LSE and CSIM",
            "emotion": "default: neutral",
        },
    }
    actors: Mapping[Action, str] = {
        "train": "actors' folders, as `portrait capture` makes them; the more, the better for photographs of others",
        "render": "a photograph, which needs no training, or an actor's folder",
        "evaluate": "an actor's folder",
    }

    def train(self, job: TrainJob, listener: Listener) -> None:
        """Trains, or goes on training."""
        from facetake import inference
        from facetake.portrait.landmark_translation import training
        from facetake.portrait.landmark_translation.image.losses import judges
        from facetake.portrait.landmark_translation.settings import read_settings
        from facetake.portrait.landmark_translation.subject import open_captured

        settings = read_settings(job.settings)
        asked = judges(job.weights)
        for line in asked.told:
            listener.warning(line)
        actors = []
        for folder in job.actors:
            captured = open_captured(folder)
            most = None if job.seconds is None else int(job.seconds * captured.actor.rate)
            actors.append((captured, most))
        progress = Stages(listener, STAGES)
        models = inference.load(job.model)
        training.train(actors, list(job.lines), settings, models, asked, job.out, progress, device=job.device)

    def render(self, job: RenderJob, listener: Listener) -> RenderedVideo:
        """Renders a line."""
        if job.training is None:
            return _at_once(job, listener)
        import numpy as np

        from facetake.portrait.landmark_translation.checkpoint import read_motion, read_translator
        from facetake.portrait.landmark_translation.render import show
        from facetake.portrait.landmark_translation.subject import open_subject

        motion = read_motion(job.run)
        settings = motion.about.settings.pictures
        translator = read_translator(job.run, settings).to(job.device)
        subject = open_subject(job.actor, job.tracks, job.landmarker, job.size)
        for told in _stranger(subject, motion.about):
            listener.warning(told)
        rate = subject.rate or motion.about.rate
        line = _line(job, subject, motion, listener)
        points = np.ascontiguousarray(subject.stance.seen(line.points, line.head_deg)[..., :2])

        def pictures(first: int) -> Iterator[U8]:
            drawn = show(translator, settings, subject.picture, subject.known, points, neural=not job.bare)
            return islice(drawn, first, None)  # the translator remembers what it painted before

        return RenderedVideo(pictures, len(points), len(points), rate)

    def evaluate(self, job: EvaluateJob, listener: Listener) -> ClipEvaluation:
        """Has one photograph of the actor say again what the actor said, and compares."""
        import numpy as np

        from facetake.portrait.landmark_translation import evaluation
        from facetake.portrait.landmark_translation.checkpoint import read_motion, read_translator
        from facetake.portrait.landmark_translation.subject import open_captured
        from facetake.portrait.metrics.clip import ReferenceClip, measures

        motion = read_motion(job.training)
        captured = open_captured(job.actor)
        settings = motion.about.settings.pictures
        translator = read_translator(job.training, settings).to(job.device)
        learnt = dict(zip(motion.about.actors, motion.about.n_frames, strict=True)).get(captured.origin, 0)
        subject = captured.subject(learnt or None)
        for told in _stranger(subject, motion.about):
            listener.warning(told)
        predicted, late = _predicted(job, captured, motion, learnt, listener)
        frames = np.arange(0 if job.is_all else learnt, len(predicted))
        actor = captured.actor
        clip = ReferenceClip(actor.fit.landmarks, actor.rate, len(frames), actor.sound)
        scores = evaluation.evaluate(
            subject,
            translator,
            settings,
            captured.filmed,
            predicted,
            frames,
            lambda: measures(clip, job.weights, job.landmarker),
            listener.progress,
        )
        step = f"the clip's sound is {late} frames late, by the frames learnt from; it is put in step here"
        lines = [*([step] if late else []), *_lines(scores)]
        return ClipEvaluation(lines, {**asdict(scores), "sound_late_frames": late})


SYSTEM: Final = LandmarkTranslation()


def _at_once(job: RenderJob, listener: Listener) -> RenderedVideo:
    """Renders a photograph without a training: its own pixels do what a take does, which is generated for the sound."""
    from facetake import audio, formats, inference
    from facetake.generate import GenerateOptions, generate
    from facetake.portrait.capture.posed_face import open_face
    from facetake.portrait.landmark_translation.photograph import read_photograph
    from facetake.portrait.landmark_translation.still import face, film

    if job.actor.is_dir():
        raise PortraitError(f"{job.actor} is an actor's folder; name the training that shows it, or give a photograph")
    if not job.actor.exists():
        raise PortraitError(f"there is no photograph {job.actor}")
    model = open_face().model
    shown = face.still_face(read_photograph(job.actor, model, job.size, job.tracks, job.landmarker), model)
    if job.take:
        take = formats.read(job.take)
    else:
        _warn_of_silence(job.sound, audio.read(job.sound), listener)
        options = GenerateOptions(job.emotion, seed=job.seed)
        take = generate(job.sound, options, inference.load(job.model)).take
    points = face.moved_by(shown, take, AT_ONCE_FPS)
    painter = None if job.bare else inference.open_mouth_painter().paint
    count = len(points.moved)
    return RenderedVideo(lambda first: film.pictures(shown, points, painter, first), count, count, AT_ONCE_FPS)


def _stranger(subject: PortraitSubject, about: LandmarkTranslationMetadata) -> list[str]:
    """What to expect of somebody who was not learnt from."""
    if subject.origin in about.actors:
        return []
    number = len(about.actors)
    hope = "expect little of teeth and of wide open mouths" if number < MANY else "teeth it does not show are made up"
    return [
        f"this person was not learnt from: eyes and mouth are painted as those of the {number} clips that were; {hope}"
    ]


def _line(
    job: RenderJob, subject: PortraitSubject, motion: TrainedLandmarkMotion, listener: Listener
) -> DrivenLandmarks:
    """What the face does: of the take where there is one, else of the sound."""
    from facetake import audio, formats, inference
    from facetake.portrait.landmark_translation import render

    rate = subject.rate or motion.about.rate
    if job.take:
        return render.from_take(formats.read(job.take), rate, subject.person, subject.model)
    mood = system.mood(job.sound, job.emotion, job.model, listener)
    _warn_of_silence(job.sound, audio.read(job.sound), listener)
    models = inference.load(job.model)
    return render.from_sound(job.sound, rate, mood, motion, subject.person, subject.model, models, job.seed)


def _warn_of_silence(path: Path, samples: F32, listener: Listener) -> None:
    import numpy as np

    if float(np.abs(samples).max(initial=0.0)) < 10.0 ** (SILENT_DB / 20.0):
        listener.warning(f"{path} is silent, so nothing is said; check the recording")


def _predicted(
    job: EvaluateJob, captured: Captured, motion: TrainedLandmarkMotion, learnt: int, listener: Listener
) -> tuple[F32, int]:
    """Landmarks (T, 68, 2) from the clip's own sound where the video has the head, and how late the sound is."""
    import numpy as np

    from facetake import inference
    from facetake.portrait.landmark_translation import evaluation, render
    from facetake.portrait.metrics.lips import LATE_MOST_S, follow, in_step

    actor = captured.actor
    if actor.sound is None:
        raise PortraitError(f"{actor.folder} has no sound, so nothing can be said again; capture a video with sound")
    mood = system.mood(actor.sound, job.emotion, job.model, listener)
    models = inference.load(job.model)
    line = render.from_sound(actor.sound, actor.rate, mood, motion, captured.person, captured.model, models)
    count = min(len(line.points), actor.n_frames)
    points = captured.stance[:count].seen(line.points[:count])[..., :2]
    known = slice(0, min(learnt or count, count))
    made, real = (evaluation.opening(rows[known]) for rows in (points, captured.seen))
    late = follow(made, real, int(LATE_MOST_S * actor.rate)).lag_frames
    said = in_step(line.points[:count], late)
    return np.ascontiguousarray(captured.stance[:count].seen(said)[..., :2]), late


def _lines(scores: LandmarkTranslationEvaluation) -> list[str]:
    from facetake.portrait.metrics.clip import lines

    rows = (("from the sound", scores.ours), ("captured landmarks", scores.given), ("photograph moved", scores.moved))
    return [
        f"{scores.n_frames} frames; lips: correlation {scores.lips.correlation:.3f}, {scores.lips.best:.3f} at a lag "
        f"of {scores.lips.lag_frames} frames; landmarks of the mouth {scores.lmd:.3f} of the eyes' distance away; "
        f"flicker of the video {scores.real_flicker:.2f}",
        *(_row(name, likeness) for name, likeness in rows),
        *(f"from the sound: {told}" for told in lines(scores.measures, scores.skipped)),
        *(f"captured landmarks: {told}" for told in lines(scores.given_measures, ())),
    ]


def _row(name: str, likeness: LandmarkTranslationSimilarity) -> str:
    return (
        f"{name:20s} SSIM {likeness.ssim:.4f}  PSNR {likeness.psnr:.2f} dB  difference {likeness.difference:.2f}, "
        f"around the mouth {likeness.mouth:.2f}  flicker {likeness.flicker:.2f}"
    )
