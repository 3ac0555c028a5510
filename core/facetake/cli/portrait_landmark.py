"""`facetake portrait train|render|evaluate landmark`: one photograph, or a captured actor, by way of 68 points."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from facetake.cli import inputs, options, portrait_film
from facetake.cli.progress import Reporter

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from facetake.portrait.landmark_translation.checkpoint import About, Motion
    from facetake.portrait.landmark_translation.driving import Line
    from facetake.portrait.landmark_translation.evaluation import Likeness, Scores
    from facetake.portrait.landmark_translation.subject import Captured, Subject

    F32 = NDArray[np.float32]

NAME = "landmark"
STAGES = {"lessons": (0.0, 0.1), "neutral": (0.1, 0.2), "moods": (0.2, 0.35), "plates": (0.35, 0.37),
          "parts": (0.37, 0.8), "whole": (0.8, 1.0)}  # fmt: skip
SILENT_DB = -60.0
MANY = 20  # clips: learnt from one, strangers' teeth come out grey-green, from 48 plausible; between is not known


def add_train(parser: argparse.ArgumentParser) -> None:
    """Declares the options of training."""
    parser.add_argument("actors", type=Path, nargs="+", metavar="ACTOR", help="actors' folders, as `portrait capture` "
                        "makes them; the more, the better for photographs of others")  # fmt: skip
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="RUN", help="folder of the training; an "
                        "interrupted one goes on")  # fmt: skip
    parser.add_argument("--settings", default="quick", metavar="NAME|FILE.toml", help="quick (default), paper or tiny, "
                        "or a file of your own")  # fmt: skip
    parser.add_argument(
        "--seconds", type=options.number(), metavar="S", help="learn from each clip's first S seconds; default: all"
    )
    parser.add_argument("--lines", nargs="+", default=[], metavar="SOUND", help="more speech, of anybody, for what "
                        "landmarks do with sound: files, folders or patterns")  # fmt: skip
    parser.add_argument("--weights", type=Path, metavar="DIR", help="a folder with networks of your own, for the "
                        "identity and the perceptual loss")  # fmt: skip
    parser.add_argument("--model", type=Path, metavar="DIR", help="the model that hears the sound")


def train(arguments: argparse.Namespace, report: Reporter) -> int:
    """Trains, or goes on training."""
    from facetake import inference
    from facetake.portrait.landmark_translation import training
    from facetake.portrait.landmark_translation.image.losses import judges
    from facetake.portrait.landmark_translation.settings import read_settings
    from facetake.portrait.landmark_translation.subject import open_captured
    from facetake.portrait.training import devices

    settings, sounds = read_settings(arguments.settings), inputs.sound_files(arguments.lines)
    item, device = str(arguments.out), devices.device(arguments.device)
    report.start(item, 0, 1)
    asked = judges(arguments.weights)
    for line in asked.told:
        report.warning(item, line)

    def progress(stage: str, share: float) -> None:
        begin, end = STAGES[stage]
        report.progress(item, begin + (end - begin) * share)

    actors = []
    for folder in arguments.actors:
        captured = open_captured(folder)
        most = None if arguments.seconds is None else int(arguments.seconds * captured.actor.rate)
        actors.append((captured, most))
    training.train(
        actors, sounds, settings, inference.load(arguments.model), asked, arguments.out, progress, device=device
    )
    report.done(item, [str(arguments.out)])
    return 0


def add_render(parser: argparse.ArgumentParser) -> None:
    """Declares the options of rendering."""
    parser.add_argument("actor", type=Path, metavar="WHO", help="a photograph, or an actor's folder")
    parser.add_argument("training", type=Path, metavar="RUN", help="the folder of the training")
    parser.add_argument("--audio", type=Path, metavar="WAV", help="what is said; with --take, only what is heard")
    parser.add_argument("--emotion", metavar="E", help="happy:0.7, happy:0.5+sad:0.3, a file of cues, or auto: "
                        "hear it in the voice; default: neutral; not with --take")  # fmt: skip
    parser.add_argument("--take", type=Path, metavar="TAKE", help="a take in any format drives face and head")
    parser.add_argument("--tracks", type=Path, metavar="FILE.npz", help="landmarks of the photograph from a file, in "
                        "place of MediaPipe")  # fmt: skip
    parser.add_argument("--landmarker", type=Path, metavar="TASK", help="MediaPipe's face_landmarker.task, where its "
                        "package has no model inside")  # fmt: skip
    parser.add_argument(
        "--size",
        type=options.whole(),
        default=256,
        metavar="PIXELS",
        help="side of a photograph's square, and of its film (default 256)",
    )
    parser.add_argument("--seed", type=options.whole(), default=0, help="of blinks and the head's directions")
    parser.add_argument("--bare", action="store_true", help="move the photograph without the networks, to see what "
                        "they add")  # fmt: skip
    parser.add_argument("--model", type=Path, metavar="DIR", help="the model that hears the sound")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="OUT.mp4", help="the video")


def render(arguments: argparse.Namespace, report: Reporter) -> int:
    """Renders one line."""
    import numpy as np

    from facetake.errors import ConfigError
    from facetake.portrait.landmark_translation.checkpoint import read_motion
    from facetake.portrait.landmark_translation.image.render import show
    from facetake.portrait.landmark_translation.image.training import read_translator
    from facetake.portrait.landmark_translation.subject import open_subject
    from facetake.portrait.training import devices

    item = str(portrait_film.said(arguments))
    if arguments.take and arguments.emotion:
        raise ConfigError("a take has its mood already; leave out --emotion, or restyle the take first")
    if arguments.seed < 0 or not 64 <= arguments.size <= 2048:
        raise ConfigError("--seed must be 0 or more, and --size from 64 to 2048 pixels")
    motion = read_motion(arguments.training)
    settings = motion.about.settings.pictures
    translator = read_translator(arguments.training, settings).to(devices.device(arguments.device))
    subject = open_subject(arguments.actor, arguments.tracks, arguments.landmarker, arguments.size)
    report.start(item, 0, 1)
    for told in _stranger(subject, motion.about):
        report.warning(item, told)
    rate = subject.rate or motion.about.rate
    line = _line(arguments, report, subject, motion)
    points = np.ascontiguousarray(subject.stance.seen(line.points, line.head_deg)[..., :2])
    pictures = show(translator, settings, subject.picture, subject.known, points, neural=not arguments.bare)
    portrait_film.film(arguments, report, pictures, len(points), len(points), rate)
    return 0


def _stranger(subject: Subject, about: About) -> list[str]:
    """What to expect of somebody who was not learnt from."""
    if subject.origin in about.actors:
        return []
    number = len(about.actors)
    hope = "expect little of teeth and of wide open mouths" if number < MANY else "teeth it does not show are made up"
    return [f"this person was not learnt from: eyes and mouth are painted as those of the {number} clips that were; "
            f"{hope}"]  # fmt: skip


def _line(arguments: argparse.Namespace, report: Reporter, subject: Subject, motion: Motion) -> Line:
    """What the face does: of the take where there is one, else of the sound."""
    from facetake import formats, inference
    from facetake.portrait.landmark_translation import driving

    rate = subject.rate or motion.about.rate
    if arguments.take:
        return driving.from_take(formats.read(arguments.take), rate, subject.person, subject.model)
    mood = portrait_film.mood(arguments, report, arguments.audio, str(arguments.audio))
    _warn_of_silence(arguments.audio, report)
    return driving.from_sound(
        arguments.audio,
        rate,
        mood,
        motion,
        subject.person,
        subject.model,
        inference.load(arguments.model),
        arguments.seed,
    )


def _warn_of_silence(path: Path, report: Reporter) -> None:
    import numpy as np

    from facetake import audio

    samples = audio.read(path)
    if float(np.abs(samples).max(initial=0.0)) < 10.0 ** (SILENT_DB / 20.0):
        report.warning(str(path), f"{path} is silent, so nothing is said; check the recording")


def add_evaluate(parser: argparse.ArgumentParser) -> None:
    """Declares the options of evaluation."""
    portrait_film.add_evaluate(parser, "an actor's folder", "FID, LSE and CSIM")
    parser.add_argument("--emotion", metavar="E", help="the mood of the clip, or auto: hear it in its sound; "
                        "default: neutral")  # fmt: skip


def evaluate(arguments: argparse.Namespace, report: Reporter) -> int:
    """Has one photograph of the actor say again what the actor said, and compares."""
    from dataclasses import asdict

    import numpy as np

    from facetake.portrait.landmark_translation import evaluation
    from facetake.portrait.landmark_translation.checkpoint import read_motion
    from facetake.portrait.landmark_translation.image.training import read_translator
    from facetake.portrait.landmark_translation.subject import open_captured
    from facetake.portrait.metrics.clip import Clip, measures
    from facetake.portrait.training import devices

    motion, captured = read_motion(arguments.training), open_captured(arguments.actor)
    settings = motion.about.settings.pictures
    translator = read_translator(arguments.training, settings).to(devices.device(arguments.device))
    item = str(arguments.training)
    report.start(item, 0, 1)
    learnt = dict(zip(motion.about.actors, motion.about.n_frames, strict=True)).get(captured.origin, 0)
    subject = captured.subject(learnt or None)
    for told in _stranger(subject, motion.about):
        report.warning(item, told)
    predicted, late = _predicted(arguments, report, captured, motion, learnt)
    frames = np.arange(0 if arguments.all else learnt, len(predicted))
    actor = captured.actor
    clip = Clip(actor.fit.landmarks, actor.rate, len(frames), actor.sound)
    scores = evaluation.evaluate(
        subject, translator, settings, captured.filmed, predicted, frames,
        lambda: measures(clip, arguments.weights, arguments.landmarker), lambda share: report.progress(item, share),
    )  # fmt: skip
    step = f"the clip's sound is {late} frames late, by the frames learnt from; it is put in step here"
    report.note(item, [*([step] if late else []), *_lines(scores)], {**asdict(scores), "sound_late_frames": late})
    report.done(item, [])
    return 0


def _predicted(
    arguments: argparse.Namespace, report: Reporter, captured: Captured, motion: Motion, learnt: int
) -> tuple[F32, int]:
    """Landmarks (T, 68, 2) from the clip's own sound where the video has the head, and how late the sound is."""
    import numpy as np

    from facetake import inference
    from facetake.errors import PortraitError
    from facetake.portrait.landmark_translation import driving, evaluation
    from facetake.portrait.metrics.lips import LATE_MOST_S, follow, in_step

    actor = captured.actor
    if actor.sound is None:
        raise PortraitError(f"{actor.folder} has no sound, so nothing can be said again; capture a video with sound")
    mood = portrait_film.mood(arguments, report, actor.sound, str(arguments.training))
    line = driving.from_sound(
        actor.sound, actor.rate, mood, motion, captured.person, captured.model, inference.load(arguments.model)
    )
    count = min(len(line.points), actor.n_frames)
    points = captured.stance[:count].seen(line.points[:count])[..., :2]
    known = slice(0, min(learnt or count, count))
    made, real = (evaluation.opening(rows[known]) for rows in (points, captured.seen))
    late = follow(made, real, int(LATE_MOST_S * actor.rate)).lag_frames
    said = in_step(line.points[:count], late)
    return np.ascontiguousarray(captured.stance[:count].seen(said)[..., :2]), late


def _lines(scores: Scores) -> list[str]:
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


def _row(name: str, likeness: Likeness) -> str:
    return (
        f"{name:20s} SSIM {likeness.ssim:.4f}  PSNR {likeness.psnr:.2f} dB  difference {likeness.difference:.2f}, "
        f"around the mouth {likeness.mouth:.2f}  flicker {likeness.flicker:.2f}"
    )
