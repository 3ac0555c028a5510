"""`facetake portrait train|render|evaluate audiodvp`: an actor's lower face, driven by sound or by a take."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from facetake.cli import options, portrait_film
from facetake.cli.progress import Reporter

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from facetake.portrait.audiodvp.checkpoint import Trained
    from facetake.portrait.audiodvp.evaluation import Likeness, Scores
    from facetake.portrait.audiodvp.proxy import Performer

    F32 = NDArray[np.float32]

NAME = "audiodvp"
STAGES = {"masks": (0.0, 0.03), "pairs": (0.03, 0.06), "expression": (0.06, 0.1), "renderer": (0.1, 1.0)}


def add_train(parser: argparse.ArgumentParser) -> None:
    """Declares the options of training."""
    parser.add_argument("actor", type=Path, metavar="ACTOR", help="an actor's folder, as `portrait capture` makes it")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="RUN", help="folder of the training; an "
                        "interrupted one goes on")  # fmt: skip
    parser.add_argument("--settings", default="quick", metavar="NAME|FILE.toml", help="quick (default), paper or tiny, "
                        "or a file of your own")  # fmt: skip
    parser.add_argument(
        "--seconds", type=options.number(), metavar="S", help="learn from the first S seconds; default: all"
    )
    parser.add_argument("--model", type=Path, metavar="DIR", help="the model that hears the sound")


def train(arguments: argparse.Namespace, report: Reporter) -> int:
    """Trains, or goes on training."""
    from facetake import inference
    from facetake.portrait.audiodvp import training
    from facetake.portrait.audiodvp.driving import heard
    from facetake.portrait.audiodvp.proxy import open_performer
    from facetake.portrait.audiodvp.settings import read_settings
    from facetake.portrait.training import devices

    settings, device = read_settings(arguments.settings), devices.device(arguments.device)
    performer = open_performer(arguments.actor)
    item = str(arguments.actor)
    report.start(item, 0, 1)

    def progress(stage: str, share: float) -> None:
        begin, end = STAGES[stage]
        report.progress(item, begin + (end - begin) * share)

    models = inference.load(arguments.model)
    features = heard(_sound_of(performer), performer.rate, settings.features, performer.model, models)
    count = None if arguments.seconds is None else int(arguments.seconds * performer.rate)
    training.train(performer, features, performer.origin, settings, arguments.out, count, progress, device=device)
    report.done(item, [str(arguments.out)])
    return 0


def add_render(parser: argparse.ArgumentParser) -> None:
    """Declares the options of rendering."""
    parser.add_argument("actor", type=Path, metavar="ACTOR", help="the actor's folder")
    parser.add_argument("training", type=Path, metavar="RUN", help="the folder of the training")
    parser.add_argument("--audio", type=Path, metavar="WAV", help="what is said; with --take, only what is heard")
    parser.add_argument("--take", type=Path, metavar="TAKE", help="a take in any format drives the face")
    parser.add_argument("--bare", action="store_true", help="without the neural renderer, to see what it adds")
    parser.add_argument("--model", type=Path, metavar="DIR", help="the model that hears the sound")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="OUT.mp4", help="the video")


def render(arguments: argparse.Namespace, report: Reporter) -> int:
    """Renders one line."""
    from facetake.portrait.audiodvp.checkpoint import read_trained
    from facetake.portrait.audiodvp.proxy import open_performer
    from facetake.portrait.audiodvp.render import perform
    from facetake.portrait.training import devices
    from facetake.portrait.video.playback import there_and_back

    item = str(portrait_film.said(arguments))
    performer, trained = open_performer(arguments.actor), read_trained(arguments.training)
    trained.generator.to(devices.device(arguments.device))
    _check_actor(performer, trained, arguments)
    report.start(item, 0, 1)
    expression = _expression(arguments, performer, trained)
    frames = there_and_back(len(expression), performer.n_frames)
    pictures = perform(performer, trained, expression, frames, neural=not arguments.bare)
    portrait_film.film(arguments, report, pictures, len(frames), performer.n_frames, performer.rate)
    return 0


def _expression(arguments: argparse.Namespace, performer: Performer, trained: Trained) -> F32:
    """What the face does: of the take where there is one, else of the sound."""
    from facetake import formats, inference
    from facetake.portrait.audiodvp.driving import from_sound
    from facetake.portrait.capture.performance import from_take

    if arguments.take:
        return from_take(formats.read(arguments.take), performer.rate, performer.model)
    return from_sound(arguments.audio, performer.rate, trained, performer.model, inference.load(arguments.model))


def add_evaluate(parser: argparse.ArgumentParser) -> None:
    """Declares the options of evaluation."""
    portrait_film.add_evaluate(parser, "the actor's folder", "FID, LSE, CSIM and EmoNet's moods")


def evaluate(arguments: argparse.Namespace, report: Reporter) -> int:
    """Has the actor say again what it said, and compares."""
    from dataclasses import asdict

    import numpy as np

    from facetake import inference
    from facetake.portrait.audiodvp import evaluation
    from facetake.portrait.audiodvp.checkpoint import read_trained
    from facetake.portrait.audiodvp.driving import from_sound
    from facetake.portrait.audiodvp.proxy import open_performer
    from facetake.portrait.capture.actor import read_actor
    from facetake.portrait.metrics.clip import Clip, measures
    from facetake.portrait.metrics.lips import in_step
    from facetake.portrait.training import devices

    performer, trained = open_performer(arguments.actor), read_trained(arguments.training)
    trained.generator.to(devices.device(arguments.device))
    _check_actor(performer, trained, arguments)
    item = str(arguments.training)
    report.start(item, 0, 1)
    models = inference.load(arguments.model)
    said = from_sound(_sound_of(performer), performer.rate, trained, performer.model, models)
    late = evaluation.sound_late(performer, said, performer.aperture, trained.about.n_frames)
    said = in_step(said, late)
    first = 0 if arguments.all else trained.about.n_frames
    frames = np.arange(first, min(performer.n_frames, len(said)))
    clip = Clip(read_actor(arguments.actor).fit.landmarks, performer.rate, len(frames), performer.sound)
    taken, skipped = measures(clip, arguments.weights, arguments.landmarker)
    scores = evaluation.evaluate(
        performer, trained, said, performer.aperture, frames, lambda share: report.progress(item, share), taken, skipped
    )
    told = f"the clip's sound is {late} frames late, by the frames learnt from; it is put in step here"
    report.note(item, [*([told] if late else []), *_lines(scores)], {**asdict(scores), "sound_late_frames": late})
    report.done(item, [])
    return 0


def _lines(scores: Scores) -> list[str]:
    from facetake.portrait.metrics.clip import lines

    rows = (("neural renderer", scores.ours), ("drawing alone", scores.bare), ("captured expression", scores.given))
    return [
        f"{scores.n_frames} frames; lips of the face model: correlation {scores.lips.correlation:.3f}, "
        f"{scores.lips.best:.3f} at a lag of {scores.lips.lag_frames} frames; flicker of the video "
        f"{scores.real_flicker:.2f}",
        *(_row(name, likeness) for name, likeness in rows),
        *lines(scores.measures, scores.skipped),
    ]


def _row(name: str, likeness: Likeness) -> str:
    return (
        f"{name:20s} SSIM {likeness.ssim:.4f}  PSNR {likeness.psnr:.2f} dB  difference {likeness.difference:.2f}, "
        f"in the mask {likeness.mask_difference:.2f}  flicker {likeness.flicker:.2f}"
    )


def _sound_of(performer: Performer) -> Path:
    from facetake.errors import PortraitError

    if performer.sound is None:
        raise PortraitError("the actor's video has no sound, so there is nothing to learn from; capture one with sound")
    return performer.sound


def _check_actor(performer: Performer, trained: Trained, arguments: argparse.Namespace) -> None:
    from facetake.errors import PortraitError

    if performer.origin != trained.about.actor:
        raise PortraitError(f"{arguments.training} belongs to another capture than {arguments.actor}; name its actor")
