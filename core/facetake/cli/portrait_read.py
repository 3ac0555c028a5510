"""`facetake portrait train|render|evaluate read`: an actor's whole face, driven by sound in a mood or by a take."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from facetake.cli import options, portrait_film
from facetake.cli.progress import Reporter

if TYPE_CHECKING:
    from facetake.portrait.capture.clip_list import Clip
    from facetake.portrait.read_avatars.checkpoint import Trained
    from facetake.portrait.read_avatars.driving import Line
    from facetake.portrait.read_avatars.evaluation import Likeness, Scores
    from facetake.portrait.read_avatars.losses import StyleLoss
    from facetake.portrait.read_avatars.phonemes import Ear, Phonemes
    from facetake.portrait.read_avatars.settings import Settings
    from facetake.portrait.read_avatars.surface import Surface
    from facetake.portrait.read_avatars.training import Lesson

NAME = "read"
ENOUGH_S = 30.0  # for a texture to hear: of 5 s mouths came out worse than without sound, of 36 s better
STAGES = {"region": (0.0, 0.03), "maps": (0.03, 0.1), "parameters": (0.1, 0.2), "renderer": (0.2, 1.0)}


def add_train(parser: argparse.ArgumentParser) -> None:
    """Declares the options of training."""
    parser.add_argument("actor", type=Path, metavar="CLIPS", help="an actor's folder, as `portrait capture` makes it; "
                        "a CSV of such folders: clip,emotion,intensity; or a folder of them laid out like MEAD: "
                        "angry/level_2/003")  # fmt: skip
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="RUN", help="folder of the training; an "
                        "interrupted one goes on")  # fmt: skip
    parser.add_argument("--settings", default="quick", metavar="NAME|FILE.toml", help="quick (default), paper or tiny, "
                        "or a file of your own")  # fmt: skip
    parser.add_argument(
        "--seconds", type=options.number(), metavar="S", help="learn from each clip's first S seconds; default: all"
    )
    parser.add_argument("--weights", type=Path, metavar="DIR", help="a folder with a VGG of your own, for the style "
                        "loss")  # fmt: skip
    parser.add_argument("--phonemes", type=Path, metavar="DIR", help="a wav2vec2 phoneme network of your own, as "
                        "transformers saves one, whose 50 commonest phonemes the texture hears; for settings with "
                        "texture = \"audio\"; default: the visemes of the model that hears the sound")  # fmt: skip
    parser.add_argument("--model", type=Path, metavar="DIR", help="the model that hears the sound")


def train(arguments: argparse.Namespace, report: Reporter) -> int:
    """Trains, or goes on training."""
    from facetake.portrait.capture.clip_list import read_clips
    from facetake.portrait.read_avatars import training
    from facetake.portrait.read_avatars.checkpoint import ABOUT
    from facetake.portrait.read_avatars.settings import read_settings
    from facetake.portrait.read_avatars.surface import open_surface
    from facetake.portrait.training import devices

    settings, device = read_settings(arguments.settings), devices.device(arguments.device)
    clips, told = read_clips(arguments.actor)
    item = str(arguments.actor)
    report.start(item, 0, 1)
    for line in told:
        report.warning(item, line)

    def progress(stage: str, share: float) -> None:
        begin, end = STAGES[stage]
        report.progress(item, begin + (end - begin) * share)

    surfaces = [open_surface(clip.path, settings.part) for clip in clips]
    style = _style(arguments, settings)
    report.note(item, [style.told], {"style": style.name})
    ear = _new_ear(arguments, settings, surfaces)
    if ear.phonemes:
        _tell_phonemes(ear.phonemes, item, report)
    for surface in surfaces:
        _warn_of_poses(surface, item, report)
    lessons = [_lesson(clip, surface, ear, arguments.seconds) for clip, surface in zip(clips, surfaces, strict=True)]
    if not (arguments.out / ABOUT).is_file():
        _tell_what_hears(lessons, settings, item, report)
    training.train(lessons, settings, arguments.out, progress, phonemes=ear.phonemes, style=style, device=device)
    report.done(item, [str(arguments.out)])
    return 0


def _lesson(clip: Clip, surface: Surface, ear: Ear, seconds: float | None) -> Lesson:
    from facetake.portrait.read_avatars import audio_features
    from facetake.portrait.read_avatars.training import Lesson

    sound, rate = _sound_of(surface), surface.rate
    count = None if seconds is None else int(seconds * rate)
    return Lesson(surface, clip.emotion, clip.intensity, clip.label, audio_features.cepstra(sound, rate),
                  ear.hear(sound, rate), count)  # fmt: skip


def _style(arguments: argparse.Namespace, settings: Settings) -> StyleLoss:
    """The style loss that a training was begun with, else the one that the settings ask for."""
    from facetake.portrait.read_avatars.checkpoint import ABOUT, read_about
    from facetake.portrait.read_avatars.losses import FILTERED, style_loss

    how, by = settings.renderer, settings.renderer.style_by
    begun = (arguments.out / ABOUT).is_file() and read_about(arguments.out).style == FILTERED
    return style_loss("filters" if begun or not how.style else by, arguments.weights)


def _new_ear(arguments: argparse.Namespace, settings: Settings, surfaces: list[Surface]) -> Ear:
    """How a training hears: as it did before it was interrupted, else by what the user names."""
    from facetake.errors import ConfigError
    from facetake.networks.wav2vec2 import PhonemeNetwork
    from facetake.portrait.read_avatars import phonemes as ears
    from facetake.portrait.read_avatars.checkpoint import ABOUT, read_about

    if (arguments.out / ABOUT).is_file():
        return _ear(arguments, read_about(arguments.out).phonemes, arguments.out)
    if arguments.phonemes is None:
        return _ear(arguments, None, arguments.out)
    if settings.texture == "static":
        raise ConfigError(f"--phonemes is for a texture that hears, and {arguments.settings} has texture = \"static\"; "
                          "name settings that have \"audio\", such as examples/portrait/read_minutes.toml")  # fmt: skip
    sounds = [(_sound_of(surface), surface.rate) for surface in surfaces]
    return ears.commonest(PhonemeNetwork(arguments.phonemes), sounds, arguments.seconds)


def _ear(arguments: argparse.Namespace, phonemes: Phonemes | None, run: Path) -> Ear:
    """How a training heard. ConfigError, PortraitError or ModelError where what it heard with is not named."""
    from facetake import inference
    from facetake.errors import ConfigError
    from facetake.portrait.read_avatars import phonemes as ears

    if phonemes is not None:
        return ears.again(phonemes, arguments.phonemes, run)
    if arguments.phonemes is not None:
        raise ConfigError(f"{run} was learnt with the shipped visemes, not with phonemes; leave out --phonemes")
    return ears.viseme_ear(inference.load(arguments.model))


def _tell_phonemes(phonemes: Phonemes, item: str, report: Reporter) -> None:
    from dataclasses import asdict

    told = f"hears the {len(phonemes.tokens)} commonest phonemes, {100.0 * phonemes.share:.1f} % of all that was heard"
    report.note(item, [told], {"phonemes": asdict(phonemes)})


def _tell_what_hears(lessons: list[Lesson], settings: Settings, item: str, report: Reporter) -> None:
    learnt_s = sum(lesson.count / float(lesson.surface.rate) for lesson in lessons)
    told = {
        "static": "enough to try a texture that hears it, as in examples/portrait/read_minutes.toml",
        "audio": 'which a texture that hears is likely to learn by heart; quick\'s, with texture = "static", does not',
    }[settings.texture]
    if (settings.texture == "audio") is not (learnt_s >= ENOUGH_S):
        facts = {"texture": settings.texture, "seconds": learnt_s}
        report.note(item, [f"learns from {learnt_s:.0f} s of film with sound, {told}"], facts)


def _warn_of_poses(surface: Surface, item: str, report: Reporter) -> None:
    from facetake.portrait.read_avatars.surface import EXTREME_DEG

    if len(far := surface.extreme()):
        named = ", ".join(map(str, far[:5])) + (" and more" if len(far) > 5 else "")
        report.warning(item, f"{surface.actor.folder}: the head is turned by more than {EXTREME_DEG:g} degrees in "
                       f"frame {named}; expect little there")  # fmt: skip


def add_render(parser: argparse.ArgumentParser) -> None:
    """Declares the options of rendering."""
    parser.add_argument("actor", type=Path, metavar="ACTOR", help="the actor's folder whose video is shown")
    parser.add_argument("training", type=Path, metavar="RUN", help="the folder of the training")
    parser.add_argument("--audio", type=Path, metavar="WAV", help="what is said; with --take, what is heard")
    parser.add_argument("--emotion", metavar="E", help="happy:0.7, happy:0.5+sad:0.3, a file of cues, or auto: "
                        "hear it in the voice; default: neutral; not with --take")  # fmt: skip
    parser.add_argument("--take", type=Path, metavar="TAKE", help="a take in any format drives the face")
    _add_phonemes(parser)
    parser.add_argument("--model", type=Path, metavar="DIR", help="the model that hears the sound")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="OUT.mp4", help="the video")


def _add_phonemes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--phonemes", type=Path, metavar="DIR", help="the phoneme network that the training heard "
                        "with, where it heard with one and that is elsewhere by now")  # fmt: skip


def render(arguments: argparse.Namespace, report: Reporter) -> int:
    """Renders one line."""
    from facetake.errors import ConfigError
    from facetake.portrait.read_avatars.checkpoint import read_trained
    from facetake.portrait.read_avatars.render import perform
    from facetake.portrait.read_avatars.surface import open_surface
    from facetake.portrait.training import devices
    from facetake.portrait.video.playback import there_and_back

    item = str(portrait_film.said(arguments))
    if arguments.take and arguments.emotion:
        raise ConfigError("a take has its mood already; leave out --emotion, or restyle the take first")
    trained = read_trained(arguments.training)
    trained.renderer.to(devices.device(arguments.device))
    surface = open_surface(arguments.actor, trained.about.settings.part)
    _check_actor(surface, trained, arguments)
    report.start(item, 0, 1)
    line = _line(arguments, surface, trained, report)
    frames = there_and_back(len(line.expression), surface.n_frames)
    pictures = perform(surface, trained, line.expression, line.phonemes, frames)
    portrait_film.film(arguments, report, pictures, len(frames), surface.n_frames, surface.rate)
    return 0


def _line(arguments: argparse.Namespace, surface: Surface, trained: Trained, report: Reporter) -> Line:
    """What the face does and what its texture hears: of the take where there is one, else of the sound."""
    from facetake import formats, inference
    from facetake.errors import ConfigError
    from facetake.portrait.read_avatars import driving

    if arguments.take and not arguments.audio and trained.about.phonemes:
        raise ConfigError(f"{arguments.training} hears the phonemes of a network, which a take alone does not have; "
                          "name its sound with --audio")  # fmt: skip
    if arguments.audio:
        ear = _ear(arguments, trained.about.phonemes, arguments.training)
    if not arguments.take:
        mood = portrait_film.mood(arguments, report, arguments.audio, str(arguments.audio))
        return driving.from_sound(arguments.audio, surface.rate, mood, trained, ear)
    take = formats.read(arguments.take)
    if arguments.audio:
        return driving.with_sound(take, arguments.audio, surface.rate, surface.model, ear)
    return driving.without_sound(take, surface.rate, surface.model, inference.load_classifier(arguments.model))


def add_evaluate(parser: argparse.ArgumentParser) -> None:
    """Declares the options of evaluation."""
    portrait_film.add_evaluate(parser, "an actor's folder that was learnt from", "FID, LSE, CSIM and EmoNet's moods")
    _add_phonemes(parser)


def evaluate(arguments: argparse.Namespace, report: Reporter) -> int:
    """Has the actor say again what it said, in the mood it said it in, and compares."""
    from dataclasses import asdict

    import numpy as np

    from facetake import emotion
    from facetake.portrait.metrics.clip import Clip, measures
    from facetake.portrait.read_avatars import driving, evaluation
    from facetake.portrait.read_avatars.checkpoint import read_trained
    from facetake.portrait.read_avatars.surface import open_surface
    from facetake.portrait.training import devices

    trained = read_trained(arguments.training)
    trained.renderer.to(devices.device(arguments.device))
    surface = open_surface(arguments.actor, trained.about.settings.part)
    _check_actor(surface, trained, arguments)
    item = str(arguments.training)
    report.start(item, 0, 1)
    learnt = next(clip for clip in trained.about.clips if clip.origin == surface.origin)
    mood = emotion.parse(f"{learnt.emotion}:{learnt.intensity}")
    ear = _ear(arguments, trained.about.phonemes, arguments.training)
    line = driving.from_sound(_sound_of(surface), surface.rate, mood, trained, ear)
    first = 0 if arguments.all else learnt.n_frames
    frames = np.arange(first, min(surface.n_frames, len(line.expression)))
    clip = Clip(surface.actor.fit.landmarks, surface.rate, len(frames), surface.sound)
    taken, skipped = measures(clip, arguments.weights, arguments.landmarker)
    scores = evaluation.evaluate(
        surface, trained, line, frames, lambda share: report.progress(item, share), taken, skipped
    )
    report.note(item, _lines(scores), asdict(scores))
    report.done(item, [])
    return 0


def _lines(scores: Scores) -> list[str]:
    from facetake.portrait.metrics.clip import lines

    lips, moods = scores.aperture, scores.affect
    return [
        f"{scores.n_frames} frames; lips: correlation {lips.best:.3f} at a lag of {lips.lag_frames} frames",
        f"moods, by our predictor from expression: A-EMD {moods.arousal:.3f}  V-EMD {moods.valence:.3f}",
        _row("from the sound", scores.ours),
        _row("captured expression", scores.given),
        f"{'the video itself':20s} jitter {scores.real_jitter:.2f}  flicker {scores.real_flicker:.2f}",
        *lines(scores.measures, scores.skipped),
    ]


def _row(name: str, likeness: Likeness) -> str:
    return (
        f"{name:20s} SSIM {likeness.ssim:.4f}  PSNR {likeness.psnr:.2f} dB  difference in the face "
        f"{likeness.difference:.2f}, inside the lips {likeness.mouth:.2f}  jitter {likeness.jitter:.2f}  "
        f"flicker {likeness.flicker:.2f}"
    )


def _sound_of(surface: Surface) -> Path:
    from facetake.errors import PortraitError

    if surface.sound is None:
        raise PortraitError(f"{surface.actor.folder} has no sound, so there is nothing to learn from; capture a video "
                            "with sound")  # fmt: skip
    return surface.sound


def _check_actor(surface: Surface, trained: Trained, arguments: argparse.Namespace) -> None:
    from facetake.errors import PortraitError

    if surface.origin not in [clip.origin for clip in trained.about.clips]:
        raise PortraitError(f"{arguments.training} was not learnt from the capture {arguments.actor}; name one of its "
                            "clips")  # fmt: skip
