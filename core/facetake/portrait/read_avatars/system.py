"""An actor's whole face, driven by sound in a mood or by a take: READ Avatars as a `PortraitSystem`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from facetake.errors import ConfigError, PortraitError
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
    from facetake.portrait.capture.clip_list import ActorClip
    from facetake.portrait.read_avatars.audio_features import PhonemeExtractor, Phonemes
    from facetake.portrait.read_avatars.checkpoint import TrainedReadAvatars
    from facetake.portrait.read_avatars.evaluation import ReadAvatarsEvaluation, ReadAvatarsSimilarity
    from facetake.portrait.read_avatars.render import DrivenExpression
    from facetake.portrait.read_avatars.renderer_training import StyleLoss
    from facetake.portrait.read_avatars.settings import ReadAvatarsSettings
    from facetake.portrait.read_avatars.surface import ActorSurface
    from facetake.portrait.read_avatars.training import TrainingClip

ENOUGH_S: Final = 30.0  # for a texture to hear: of 5 s mouths came out worse than without sound, of 36 s better
STAGES: Final = {"region": (0.0, 0.03), "maps": (0.03, 0.1), "parameters": (0.1, 0.2), "renderer": (0.2, 1.0)}
"""Where each stage begins and ends as a share of the whole: by choice, since only progress is told by it."""
HEARD_WITH: Final = (
    "the phoneme network that the training heard with, where it heard with one and that is elsewhere by now"
)


class ReadAvatars:
    """READ Avatars (Saunders and Namboodiri 2023)."""

    name = "read"
    about = "an actor's whole face, driven by sound in a mood or by a take"
    speaks_untrained = False
    learns_from_many = False
    draws_meshes = True
    takes: Mapping[Action, Mapping[str, str]] = {
        "train": {
            "weights": "a folder with a VGG of your own, for the style loss",
            "phonemes": "a wav2vec2 phoneme network of your own, as transformers saves one, whose 50 commonest "
            'phonemes the texture hears; for settings with texture = "audio"; default: the visemes of the model that '
            "hears the sound",
        },
        "render": {"emotion": "default: neutral; not with --take", "phonemes": HEARD_WITH},
        "evaluate": {
            "weights": "a folder with networks of your own, for FID, LSE, CSIM and EmoNet's moods",
            "phonemes": HEARD_WITH,
        },
    }
    actors: Mapping[Action, str] = {
        "train": "an actor's folder, as `portrait capture` makes it; a CSV of such folders: clip,emotion,intensity; or "
        "a folder of them laid out like MEAD: angry/level_2/003",
        "render": "the actor's folder whose video is shown",
        "evaluate": "an actor's folder that was learnt from",
    }

    def train(self, job: TrainJob, listener: Listener) -> None:
        """Trains, or goes on training."""
        from facetake.portrait.capture.clip_list import read_clips
        from facetake.portrait.read_avatars import training
        from facetake.portrait.read_avatars.checkpoint import ABOUT
        from facetake.portrait.read_avatars.settings import read_settings
        from facetake.portrait.read_avatars.surface import open_surface

        settings = read_settings(job.settings)
        clips, told = read_clips(job.actors[0])
        for line in told:
            listener.warning(line)
        surfaces = [open_surface(clip.path, settings.part) for clip in clips]
        style = _style(job, settings)
        listener.note([style.told], {"style": style.name})
        ear = _new_ear(job, settings, surfaces)
        if ear.phonemes:
            _tell_phonemes(ear.phonemes, listener)
        for surface in surfaces:
            _warn_of_poses(surface, listener)
        lessons = [_lesson(clip, surface, settings, ear, job) for clip, surface in zip(clips, surfaces, strict=True)]
        if not (job.out / ABOUT).is_file():
            _tell_what_hears(lessons, settings, listener)
        progress = Stages(listener, STAGES)
        training.train(lessons, settings, job.out, progress, phonemes=ear.phonemes, style=style, device=job.device)

    def render(self, job: RenderJob, listener: Listener) -> RenderedVideo:
        """Renders a line."""
        from facetake.portrait.read_avatars.checkpoint import read_trained
        from facetake.portrait.read_avatars.render import perform, with_own_eyes
        from facetake.portrait.read_avatars.surface import open_surface
        from facetake.portrait.video.playback import whole_face

        trained = read_trained(job.run)
        trained.renderer.to(job.device)
        surface = open_surface(job.actor, trained.about.settings.part)
        _check_actor(surface, trained, job)
        line = _line(job, surface, trained, listener)
        frames, n_video = whole_face(len(line.expression), surface.actor.learnable)
        expression = line.expression if job.take else with_own_eyes(surface, line.expression, frames)

        def pictures(first: int) -> Iterator[U8]:
            return perform(surface, trained, expression, line.phonemes, frames, first)

        return RenderedVideo(pictures, len(frames), n_video, surface.rate)

    def evaluate(self, job: EvaluateJob, listener: Listener) -> ClipEvaluation:
        """Has the actor say again what it said, in the mood it said it in, and compares."""
        import numpy as np

        from facetake import emotion
        from facetake.portrait.metrics.clip import ReferenceClip, measures
        from facetake.portrait.read_avatars import evaluation, render
        from facetake.portrait.read_avatars.checkpoint import read_trained
        from facetake.portrait.read_avatars.surface import open_surface

        trained = read_trained(job.training)
        trained.renderer.to(job.device)
        surface = open_surface(job.actor, trained.about.settings.part)
        _check_actor(surface, trained, job)
        learnt = next(clip for clip in trained.about.clips if clip.origin == surface.origin)
        mood = emotion.parse(f"{learnt.emotion}:{learnt.intensity}")
        ear = _ear(job, trained.about.phonemes, job.training)
        sound = _sound_of(surface)
        features = _features(sound, surface, trained.about.settings, job)
        line = render.from_sound(sound, surface.rate, features, mood, trained, ear)
        first = 0 if job.is_all else learnt.n_frames
        shown = np.arange(min(surface.n_frames, len(line.expression)))
        line = replace(line, expression=render.with_own_eyes(surface, line.expression[shown], shown))
        frames = shown[first:]
        clip = ReferenceClip(surface.actor.fit.landmarks, surface.rate, len(frames), surface.sound)
        taken, skipped = measures(clip, job.weights, job.landmarker)
        scores = evaluation.evaluate(surface, trained, line, frames, listener.progress, taken, skipped)
        return ClipEvaluation(_lines(scores), asdict(scores))


SYSTEM: Final = ReadAvatars()


def _lesson(
    clip: ActorClip, surface: ActorSurface, settings: ReadAvatarsSettings, ear: PhonemeExtractor, job: TrainJob
) -> TrainingClip:
    from facetake.portrait.read_avatars.training import TrainingClip

    sound = _sound_of(surface)
    count = None if job.seconds is None else int(job.seconds * surface.rate)
    features = _features(sound, surface, settings, job)
    heard = ear.hear(sound, surface.rate)
    return TrainingClip(surface, clip.emotion, clip.intensity, clip.label, features, heard, count)


def _features(
    sound: Path, surface: ActorSurface, settings: ReadAvatarsSettings, job: TrainJob | RenderJob | EvaluateJob
) -> F32:
    """What the parameters are told from: (T, F) of a sound file at the video's rate. AudioError as `audio.read`."""
    from facetake import inference
    from facetake.portrait import lip_regression
    from facetake.portrait.read_avatars import audio_features

    if settings.parameters.way == "ridge":
        return lip_regression.heard(sound, surface.rate, surface.model, inference.load(job.model))
    return audio_features.cepstra(sound, surface.rate)


def _style(job: TrainJob, settings: ReadAvatarsSettings) -> StyleLoss:
    """The style loss that a training was begun with, else the one that the settings ask for."""
    from facetake.portrait.read_avatars.checkpoint import ABOUT, read_about
    from facetake.portrait.read_avatars.renderer_training import style_loss
    from facetake.portrait.read_avatars.settings import FILTERED

    how = settings.renderer
    is_filtered = (job.out / ABOUT).is_file() and read_about(job.out).style == FILTERED
    return style_loss("filters" if is_filtered or not how.style else how.style_by, job.weights)


def _new_ear(job: TrainJob, settings: ReadAvatarsSettings, surfaces: list[ActorSurface]) -> PhonemeExtractor:
    """How a training hears: as it did before it was interrupted, else by what the user names."""
    from facetake.networks.wav2vec2 import PhonemeNetwork
    from facetake.portrait.read_avatars import audio_features
    from facetake.portrait.read_avatars.checkpoint import ABOUT, read_about

    if (job.out / ABOUT).is_file():
        return _ear(job, read_about(job.out).phonemes, job.out)
    if job.phonemes is None:
        return _ear(job, None, job.out)
    if settings.texture == "static":
        raise ConfigError(
            f'--phonemes is for a texture that hears, and {job.settings} has texture = "static"; name settings that '
            'have "audio", such as minutes'
        )
    sounds = [(_sound_of(surface), surface.rate) for surface in surfaces]
    return audio_features.commonest(PhonemeNetwork(job.phonemes), sounds, job.seconds)


def _ear(job: TrainJob | RenderJob | EvaluateJob, phonemes: Phonemes | None, run: Path) -> PhonemeExtractor:
    """How a training heard. ConfigError, PortraitError or ModelError where what it heard with is not named."""
    from facetake import inference
    from facetake.portrait.read_avatars import audio_features

    if phonemes is not None:
        return audio_features.again(phonemes, job.phonemes, run)
    if job.phonemes is not None:
        raise ConfigError(f"{run} was learnt with the shipped visemes, not with phonemes; leave out --phonemes")
    return audio_features.viseme_ear(inference.load_ear(job.model or inference.SHIPPED))


def _tell_phonemes(phonemes: Phonemes, listener: Listener) -> None:
    told = f"hears the {len(phonemes.tokens)} commonest phonemes, {100.0 * phonemes.share:.1f} % of all that was heard"
    listener.note([told], {"phonemes": asdict(phonemes)})


def _tell_what_hears(lessons: list[TrainingClip], settings: ReadAvatarsSettings, listener: Listener) -> None:
    learnt_s = sum(lesson.count / float(lesson.surface.rate) for lesson in lessons)
    told = {
        "static": "enough to try a texture that hears it, as with --settings minutes",
        "audio": 'which a texture that hears is likely to learn by heart; quick\'s, with texture = "static", does not',
    }[settings.texture]
    if (settings.texture == "audio") is not (learnt_s >= ENOUGH_S):
        facts = {"texture": settings.texture, "seconds": learnt_s}
        listener.note([f"learns from {learnt_s:.0f} s of film with sound, {told}"], facts)


def _warn_of_poses(surface: ActorSurface, listener: Listener) -> None:
    from facetake.portrait.read_avatars.surface import EXTREME_DEG

    if len(far := surface.extreme()):
        named = ", ".join(map(str, far[:5])) + (" and more" if len(far) > 5 else "")
        listener.warning(
            f"{surface.actor.folder}: the head is turned by more than {EXTREME_DEG:g} degrees in frame {named}; expect "
            "little there"
        )


def _line(job: RenderJob, surface: ActorSurface, trained: TrainedReadAvatars, listener: Listener) -> DrivenExpression:
    """What the face does and what its texture hears: of the take where there is one, else of the sound."""
    from facetake import formats, inference
    from facetake.portrait.read_avatars import render

    if job.take and not job.audio and trained.about.phonemes:
        raise ConfigError(
            f"{job.training} hears the phonemes of a network, which a take alone does not have; name its sound with "
            "--audio"
        )
    if not job.take:
        ear = _ear(job, trained.about.phonemes, job.run)
        mood = system.mood(job.sound, job.emotion, job.model, listener)
        features = _features(job.sound, surface, trained.about.settings, job)
        return render.from_sound(job.sound, surface.rate, features, mood, trained, ear)
    take = formats.read(job.take)
    if job.audio:
        ear = _ear(job, trained.about.phonemes, job.run)
        return render.with_sound(take, job.audio, surface.rate, surface.model, ear)
    return render.without_sound(take, surface.rate, surface.model, inference.load_classifier(job.model))


def _lines(scores: ReadAvatarsEvaluation) -> list[str]:
    from facetake.portrait.metrics.clip import lines

    lips = scores.aperture
    moods = scores.affect
    return [
        f"{scores.n_frames} frames; lips: correlation {lips.best:.3f} at a lag of {lips.lag_frames} frames",
        f"moods, by our predictor from expression: A-EMD {moods.arousal:.3f}  V-EMD {moods.valence:.3f}",
        _row("from the sound", scores.ours),
        _row("captured expression", scores.given),
        f"{'the video itself':20s} jitter {scores.real_jitter:.2f}  flicker {scores.real_flicker:.2f}",
        *lines(scores.measures, scores.skipped),
    ]


def _row(name: str, likeness: ReadAvatarsSimilarity) -> str:
    return (
        f"{name:20s} SSIM {likeness.ssim:.4f}  PSNR {likeness.psnr:.2f} dB  difference in the face "
        f"{likeness.difference:.2f}, inside the lips {likeness.mouth:.2f}  jitter {likeness.jitter:.2f}  "
        f"flicker {likeness.flicker:.2f}"
    )


def _sound_of(surface: ActorSurface) -> Path:
    if surface.sound is None:
        raise PortraitError(
            f"{surface.actor.folder} has no sound, so there is nothing to learn from; capture a video with sound"
        )
    return surface.sound


def _check_actor(surface: ActorSurface, trained: TrainedReadAvatars, job: RenderJob | EvaluateJob) -> None:
    if surface.origin not in [clip.origin for clip in trained.about.clips]:
        raise PortraitError(f"{job.training} was not learnt from the capture {job.actor}; name one of its clips")
