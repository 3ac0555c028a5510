"""The command `facetake-train`: one subcommand a kind of run, one TOML file a run.

Knows nothing of what the runs do; each is imported when asked for, so that --help stays quick.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from facetake.cli.doctor.extras import told
from facetake.cli.terminal import prepare
from facetake.config import load_config
from facetake.errors import ConfigError
from facetake.files import quantities

if TYPE_CHECKING:
    from facetake_training.lips import LipsConfig
    from facetake_training.measure.report import MeasurementReport
    from facetake_training.voices import VoiceData


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line; returns 0 done, 1 a bar missed, 2 usage or nothing done, 130 interrupted."""
    prepare()
    arguments = _parser().parse_args(argv)
    run: Callable[[argparse.Namespace], int] = arguments.run
    try:
        return run(arguments)
    except Exception as error:
        if os.environ.get("FACETAKE_DEBUG"):
            raise
        print(f"facetake-train: error: {told(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(
            "facetake-train: interrupted; run the same command again to go on from the last checkpoint", file=sys.stderr
        )
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="facetake-train", description="Train Facetake's models on your own data.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add(commands, "corpus", _corpus, "speak text with several voices, label real speech, write a corpus")
    _add(commands, "emoface", _emoface, "train audio and emotion to curves; resumes where it stopped")
    _add(commands, "lip-teacher", _lip_teacher, "teach readouts of Whisper tracked lips, and label speech with them")
    _add(commands, "viseme", _viseme, "train the classifier of curves: visemes, emotion, actor")
    _add(commands, "motion", _motion, "collect movement of tracked faces for takes to play")
    _add(commands, "facts", _facts, "train the restyler; resumes where it stopped")
    _add(commands, "audio-emotion", _audio_emotion, "train what hears the emotion in a voice")
    _add(commands, "events", _events, "train what hears events that are not speech")
    about = "train the paper's network that hears the emotion in a voice; resumes where it stopped"
    _add(commands, "audio-emotion-paper", _audio_emotion_paper, about)
    _add(commands, "mouth-painter", _mouth_painter, "train what paints inside the mouth of a photograph; resumes")
    export = _add(commands, "export", _export, "write a run's model as ONNX, with models.toml that vouches for it")
    export.add_argument(
        "-o",
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder for the model, for 'facetake generate --model DIR'",
    )
    export.add_argument(
        "--merged", action="store_true", help="also merged.onnx: sound and emotion to curves in one graph"
    )
    evaluate = _add(commands, "evaluate", _evaluate, "mean absolute error by region on a split of the run's corpus")
    evaluate.add_argument("--split", default="test", choices=("train", "valid", "test"))
    _add_measure(commands)
    tune = commands.add_parser("finetune", help="teach a model a folder of your own takes, in one command")
    tune.add_argument("folder", type=Path, help="sound with curves of the same name, or EmoFace's layout")
    tune.add_argument("-o", "--out", type=Path, required=True, metavar="DIR", help="model folder to write")
    tune.add_argument(
        "--from", dest="start", type=Path, metavar="DIR", help="model folder to start from; default: shipped"
    )
    tune.add_argument("--steps", type=int, default=300, help="rounds of training")
    tune.add_argument("--emotion", default="neutral", help="emotion of lines whose name does not say it")
    tune.set_defaults(run=_finetune)
    style = commands.add_parser("styles", help="teach a restyler your own takes' styles, in one command")
    style.add_argument("folder", type=Path, help="takes, a sub-folder an actor, named by emotion: ada/angry_003.csv")
    style.add_argument("-o", "--out", type=Path, required=True, metavar="DIR", help="model folder to write")
    style.add_argument("--steps", type=int, default=1500, help="rounds of training")
    style.add_argument("--emotion", default="neutral", help="emotion of takes whose name does not say it")
    style.set_defaults(run=_styles)
    bring = commands.add_parser("import", help="make a corpus of your own wav + curves")
    bring.add_argument(
        "folder",
        type=Path,
        help="folder of audio with curves of the same name (CSV, JSON, Live Link Face), or EmoFace's layout",
    )
    bring.add_argument("-o", "--out", type=Path, required=True, metavar="DIR", help="corpus folder to write")
    bring.add_argument("--emotion", default="neutral", help="emotion of lines whose name does not say it")
    bring.add_argument("--phonemes", type=Path, metavar="DIR", help="a wav2vec2 phoneme network that hears visemes")
    bring.set_defaults(run=_import)
    look = commands.add_parser("track", help="track lips in video, to learn from or to measure against")
    look.add_argument("videos", type=Path, nargs="+", metavar="VIDEO", help="one face, speaking, with its sound")
    look.add_argument("--landmarker", type=Path, required=True, metavar="FILE", help="MediaPipe's face_landmarker.task")
    look.add_argument("-o", "--out", type=Path, required=True, metavar="DIR", help="folder to write")
    look.set_defaults(run=_track)
    mouths = commands.add_parser("mouth-clips", help="cut mouths out of films, to learn to paint them")
    mouths.add_argument("videos", type=Path, nargs="+", metavar="VIDEO", help="one face; of several in a row the left")
    mouths.add_argument("--landmarker", type=Path, required=True, metavar="FILE", help="face_landmarker.task")
    mouths.add_argument("-o", "--out", type=Path, required=True, metavar="DIR", help="folder to write, or to add to")
    mouths.set_defaults(run=_mouth_clips)
    artist = commands.add_parser("facegood", help="FACEGOOD's artist, to learn lips from or to measure against")
    artist.add_argument("lines", type=Path, nargs="+", metavar="WAV", help="sounds of its code/train/wav")
    artist.add_argument("--names", type=Path, required=True, metavar="NPY", help="its shirley_1119_bs_name.npy")
    artist.add_argument("-o", "--out", type=Path, required=True, metavar="DIR", help="folder to write")
    artist.set_defaults(run=_facegood)
    return parser


def _add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: Callable[[argparse.Namespace], int],
    about: str,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=about, description=about)
    command.add_argument("config", type=Path, metavar="CONFIG.toml")
    command.set_defaults(run=run)
    return command


def _add_measure(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    about = "measure finished takes against bars; exit code 1 when one is missed"
    measure = commands.add_parser("measure", help=about, description=about)
    measure.add_argument("what", choices=(*NEEDS, "silence", "auto", "turns", "limits"))
    measure.add_argument("--model", type=Path, metavar="DIR", help="model folder; default: the shipped one")
    measure.add_argument(
        "--audio",
        type=Path,
        action="append",
        metavar="DIR",
        help="folder of sounds (lips, scripts, lists, pauses, emotions, takes, acting, faces), any recordings (checks, "
        "limits); a line (memory); folders of lines called SPEAKER_EMOTION.wav or SPEAKER_EMOTION_ANYTHING.ogg "
        "(auto, turns)",
    )
    measure.add_argument(
        "--truth", type=Path, metavar="NPZ", help="tracked faces (lips, scripts, lists, pauses, faces, checks, limits)"
    )
    measure.add_argument(
        "--takes",
        type=Path,
        action="append",
        metavar="DIR",
        help="other makers' takes, sound beside (checks, limits, acting)",
    )
    measure.add_argument(
        "--texts", type=Path, metavar="TSV", help="NAME<TAB>TEXT of each clip, or grid: its name says it (scripts)"
    )
    measure.add_argument("--energy", type=float, default=1.0, metavar="X", help="of the takes, 0 to 2 (faces)")
    measure.add_argument("--against", type=Path, metavar="NPZ", help="tracked faces of other people (faces, lips)")
    measure.add_argument(
        "--only",
        default="",
        metavar="CLIP,...",
        help="clips of --truth to look at (faces, lips); where --against is the same file, it stands for all others",
    )
    measure.add_argument("--landmarker", type=Path, metavar="FILE", help="MediaPipe's face_landmarker.task (faces)")
    measure.add_argument(
        "--corpus", type=Path, action="append", metavar="DIR", help="corpus folders (closures, emotions)"
    )
    measure.add_argument("--split", default="test", choices=("train", "valid", "test"), help="lines (closures)")
    measure.add_argument(
        "--lines", type=int, default=60, help="lines a corpus (closures) or folder (checks), takes (restyle, tables)"
    )
    measure.add_argument("--judge", type=Path, metavar="RUN", help="run of the judging classifier (restyle, tables)")
    measure.add_argument(
        "--config",
        type=Path,
        action="append",
        metavar="TOML",
        help="restylers, ours first (tables); a run whose test speakers are heard (auto, turns)",
    )
    measure.add_argument("--actor", default="emil", help="whose takes are restyled (restyle, tables)")
    measure.set_defaults(run=_measure)


NEEDS = {
    "lips": ("audio", "truth"),
    "scripts": ("audio", "truth", "texts"),
    "lists": ("audio", "truth"),
    "pauses": ("audio", "truth"),
    "closures": ("corpus",),
    "emotions": ("audio", "corpus"),
    "takes": ("audio",),
    "checks": ("audio",),
    "acting": ("audio",),
    "faces": ("audio", "truth", "against", "landmarker"),
    "memory": ("audio",),
    "restyle": ("corpus", "judge"),
    "tables": ("corpus", "judge", "config"),
}


def _measure(arguments: argparse.Namespace) -> int:
    from facetake import inference
    from facetake_training.lips import LipsConfig
    from facetake_training.measure import (
        acting,
        auto,
        checks,
        closures,
        emotions,
        limits,
        lips,
        memory,
        pauses,
        restyle,
        scripts,
        silence,
        takes,
        turns,
    )

    for name in NEEDS.get(arguments.what, ()):
        if getattr(arguments, name) is None:
            raise ConfigError(f"measure {arguments.what} needs --{name}")
    a = arguments
    report = {
        "lips": lambda: lips.measure(
            LipsConfig(a.truth, a.audio[0], only=_names(a.only)),
            inference.load(a.model),
            _others(a) if a.against else None,
        ),
        "scripts": lambda: scripts.measure(LipsConfig(a.truth, a.audio[0]), a.texts, inference.load(a.model)),
        "lists": lambda: pauses.measure_lists(LipsConfig(a.truth, a.audio[0]), inference.load(a.model)),
        "pauses": lambda: pauses.measure_running(LipsConfig(a.truth, a.audio[0]), inference.load(a.model)),
        "closures": lambda: closures.measure(a.corpus, inference.load(a.model), a.split, a.lines),
        "emotions": lambda: emotions.measure(a.audio[0], a.corpus[0], inference.load(a.model)),
        "takes": lambda: takes.measure(a.audio[0], inference.load(a.model)),
        "checks": lambda: checks.measure(
            a.audio, a.truth, a.takes or [], inference.load(a.model, 1), inference.load_classifier(a.model, 1), a.lines
        ),
        "limits": lambda: limits.measure(a.audio or [], a.truth, a.takes or [], inference.load(a.model, 1), a.lines),
        "auto": lambda: auto.measure(_voices(a.config), a.audio or [], inference.load(a.model)),
        "turns": lambda: turns.measure(_voices(a.config), a.audio or [], inference.load(a.model)),
        "acting": lambda: acting.measure(a.audio[0], inference.load(a.model), a.takes[0] if a.takes else None),
        "faces": lambda: _measured_faces(a),
        "silence": lambda: silence.measure(inference.load(a.model)),
        "memory": lambda: memory.measure(a.audio[0], a.model),
        "restyle": lambda: restyle.measure(inference.load_restyling(a.model), a.judge, a.corpus, a.actor, a.lines),
        "tables": lambda: restyle.tables(a.config, a.judge, a.corpus, a.actor, a.lines),
    }[a.what]()
    print(report)
    return 0 if report.is_met else 1


def _measured_faces(a: argparse.Namespace) -> MeasurementReport:
    """What is seen on drawn faces, which alone of all that is measured needs what draws them."""
    from facetake import inference
    from facetake_training.lips import LipsConfig
    from facetake_training.measure import faces

    return faces.measure(
        LipsConfig(a.truth, a.audio[0], only=_names(a.only)),
        _others(a),
        a.landmarker,
        inference.load(a.model),
        quantities.number(a.energy, "--energy", 0.0, 2.0),
    )


def _others(a: argparse.Namespace) -> LipsConfig:
    """The people of --against, without those who are looked at themselves."""
    from facetake_training.lips import LipsConfig

    return LipsConfig(a.against, a.audio[0], without=_names(a.only) if a.against == a.truth else ())


def _names(listed: str) -> tuple[str, ...]:
    return tuple(name for name in listed.split(",") if name)


def _voices(configs: list[Path] | None) -> VoiceData | None:
    from facetake_training.audio_emotion import EmotionConfig

    return load_config(EmotionConfig, configs[0]).data if configs else None


def _corpus(arguments: argparse.Namespace) -> int:
    from facetake_training import corpus

    corpus.build(arguments.config)
    return 0


def _emoface(arguments: argparse.Namespace) -> int:
    from facetake_training import emoface

    best = emoface.train(load_config(emoface.TrainConfig, arguments.config))
    print(f"best checkpoint: {best}")
    return 0


def _lip_teacher(arguments: argparse.Namespace) -> int:
    from facetake_training import lip_teacher

    print("\n".join(lip_teacher.train(load_config(lip_teacher.TeacherConfig, arguments.config))))
    return 0


def _viseme(arguments: argparse.Namespace) -> int:
    from facetake_training import viseme

    print(f"weights: {viseme.train(load_config(viseme.VisemeConfig, arguments.config))}")
    return 0


def _motion(arguments: argparse.Namespace) -> int:
    from facetake_training import movement

    print(f"movement: {movement.collect(load_config(movement.MovementConfig, arguments.config))}")
    return 0


def _mouth_clips(arguments: argparse.Namespace) -> int:
    from facetake_training.mouth_painting import clips

    print("\n".join(clips.collect(arguments.videos, arguments.landmarker, arguments.out)))
    return 0


def _mouth_painter(arguments: argparse.Namespace) -> int:
    from facetake_training.mouth_painting import painter

    print(f"weights: {painter.train(load_config(painter.PainterConfig, arguments.config))}")
    return 0


def _facts(arguments: argparse.Namespace) -> int:
    from facetake_training import facts

    print(f"weights: {facts.train(load_config(facts.FactsConfig, arguments.config))}")
    return 0


def _audio_emotion(arguments: argparse.Namespace) -> int:
    from facetake_training import audio_emotion

    print(f"weights: {audio_emotion.train(load_config(audio_emotion.EmotionConfig, arguments.config))}")
    return 0


def _events(arguments: argparse.Namespace) -> int:
    from facetake_training import heard_events

    print(f"weights: {heard_events.train(load_config(heard_events.EventConfig, arguments.config))}")
    return 0


def _audio_emotion_paper(arguments: argparse.Namespace) -> int:
    from facetake_training import audio_emotion_paper

    config = load_config(audio_emotion_paper.PaperConfig, arguments.config)
    print(f"weights: {audio_emotion_paper.train(config)}")
    return 0


def _export(arguments: argparse.Namespace) -> int:
    from facetake_training import shipping
    from facetake_training.emoface import TrainConfig

    print(shipping.export(arguments.config, arguments.out))
    if arguments.merged:
        print(shipping.export_merged_run(load_config(TrainConfig, arguments.config), arguments.out))
    return 0


def _evaluate(arguments: argparse.Namespace) -> int:
    from facetake_training import checkpoint, emoface
    from facetake_training.evaluate import score

    config = load_config(emoface.TrainConfig, arguments.config)
    network = emoface.build(config)
    checkpoint.load_weights(config.out / "best.safetensors", network)
    scores = score(network.eval(), config.data, arguments.split)
    print(
        f"MAE full face {scores.full:.5f}  mouth {scores.mouth:.5f}  eyes {scores.eyes:.5f}  "
        f"visemes right {scores.visemes:.3f}"
    )
    return 0


def _finetune(arguments: argparse.Namespace) -> int:
    from facetake_training.finetune import finetune

    done = finetune(arguments.folder, arguments.out, arguments.start, arguments.steps, arguments.emotion, tell=print)
    print(f"{done.lines} lines: mean absolute error {done.before:.4f} before, {done.after:.4f} after")
    print(f"use it with: facetake generate line.wav --model {done.model}")
    return 0


def _styles(arguments: argparse.Namespace) -> int:
    from facetake_training.own_styles import train_on_folder

    actors = train_on_folder(arguments.folder, arguments.out, arguments.steps, arguments.emotion, tell=print)
    print(f"actors: {', '.join(actors)}")
    print(f"use it with: facetake restyle take.csv --actor {actors[0]} --model {arguments.out} -o out.csv")
    return 0


def _import(arguments: argparse.Namespace) -> int:
    from facetake_training import import_takes

    count = import_takes.import_folder(arguments.folder, arguments.out, arguments.emotion, arguments.phonemes, print)
    print(f"{count} lines written to {arguments.out}")
    return 0


def _facegood(arguments: argparse.Namespace) -> int:
    from facetake_training import facegood

    print("\n".join(facegood.convert(arguments.lines, arguments.names, arguments.out)))
    return 0


def _track(arguments: argparse.Namespace) -> int:
    from facetake_training import track

    report = track.track_folder(arguments.videos, arguments.landmarker, arguments.out)
    print("\n".join(report))
    return 1 if any(line.startswith("left out") for line in report) else 0
