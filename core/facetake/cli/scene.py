"""`facetake scene`: people who talk, a take of each."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from facetake.cli import inputs, made_take, options
from facetake.cli.generate import take_suffix
from facetake.cli.terminal import Reporter
from facetake.cli.written import add_force, replacing
from facetake.errors import ConfigError

if TYPE_CHECKING:
    from facetake.scene import Scene, SceneOptions, Voice

NAME = "scene"
ABOUT = "perform people who talk: a take of each, in step; who listens looks, blinks, nods and reacts"
EXAMPLES = (
    "anna.wav bert.wav -o takes/",
    "interview.wav --channels -o takes/ --emotion happy:0.5 --emotion auto",
    "scene.csv -o takes/ --angle 25 --distance 0.9",
)
LISTS: Final = (".csv", ".tsv")
FACTS: Final = "scene.json"  # beside the takes: who speaks when


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument(
        "audio",
        nargs="+",
        type=Path,
        metavar="AUDIO",
        help="a recording of each speaker, from left to right as the camera sees them; or one list, a CSV with the "
        "columns audio, start (seconds), name, emotion",
    )
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="DIR", help="the folder for the takes")
    parser.add_argument("--channels", action="store_true", help="AUDIO is one file with a voice in each channel")
    parser.add_argument(
        "--start", action="append", default=[], metavar="S", help="when a recording begins, in seconds; once for each"
    )
    parser.add_argument(
        "--emotion", action="append", default=[], metavar="WHAT", help="as for generate; once for all, or for each"
    )
    parser.add_argument("--angle", type=options.number(0, 60), default=35.0, metavar="DEG", help="of the others, aside")
    parser.add_argument(
        "--distance", type=options.number(0.4, 20), default=1.2, metavar="M", help="of the others, in metres"
    )
    parser.add_argument(
        "--reaction",
        type=options.number(0, 1),
        default=0.5,
        metavar="X",
        help="how much of a speaker's emotion a listener shows, 0 to 1",
    )
    parser.add_argument("--nods", type=options.number(0, 2), default=1.0, metavar="X", help="how many nods, 0 to 2")
    parser.add_argument("--rate", default="60", metavar="FPS", help="frames per second: 60, 24, 24000/1001, 23.976 ...")
    parser.add_argument("--seed", type=options.whole(), default=0, help="another one gives another performance")
    parser.add_argument("--format", dest="form", metavar="NAME", help="of the takes; default: csv")
    parser.add_argument("--model", type=Path, metavar="DIR", help="a model folder of your own")
    add_force(parser)


def run(arguments: argparse.Namespace, report: Reporter) -> int:
    """Performs one scene."""
    from facetake import inference, scene

    asked = _options(arguments)
    suffix = take_suffix(arguments.form)
    item = str(arguments.audio[0])
    with tempfile.TemporaryDirectory() as folder:
        voices = _voices(arguments, Path(folder))
        targets = [arguments.out / f"{voice.name}{suffix}" for voice in voices]
        written = [(voice.path, target) for voice, target in zip(voices, targets, strict=True)]
        inputs.refuse_overwriting([*written, (arguments.audio[0], arguments.out / FACTS)], arguments.audio)
        for target in targets:
            inputs.check_target(target, may_make_folder=True)
        report.start(item, 0, 1)
        made = scene.perform(voices, asked, inference.load(arguments.model), lambda done: report.progress(item, done))
    _write(made, targets, arguments, report)
    report.note(item, _lines(made), {"scene": made.facts})
    for voice, target, take in zip(made.voices, targets, made.takes, strict=True):
        made_take.tell(report, str(voice.path), target, take, arguments.form)
    report.done(item, [*map(str, targets), str(arguments.out / FACTS)])
    return 0


def _options(arguments: argparse.Namespace) -> SceneOptions:
    from facetake.generate import GenerateOptions
    from facetake.scene import SceneOptions, Seating
    from facetake.timebase import parse_rate

    performance = GenerateOptions(rate=parse_rate(arguments.rate), seed=arguments.seed)
    return SceneOptions(performance, Seating(arguments.angle, arguments.distance), arguments.reaction, arguments.nods)


def _voices(arguments: argparse.Namespace, folder: Path) -> list[Voice]:
    """Who speaks. ConfigError where options and inputs do not fit together."""
    from facetake import scene
    from facetake.scene import script_list

    first = arguments.audio[0]
    if len(arguments.audio) == 1 and first.suffix.lower() in LISTS:
        if arguments.channels:
            raise ConfigError("--channels takes one recording, not a list")
        voices = script_list.read(first)
    elif arguments.channels:
        if len(arguments.audio) > 1:
            raise ConfigError("--channels takes one recording with a voice in each channel")
        voices = [scene.Voice(path.stem, path) for path in scene.split(first, folder)]
    else:
        voices = [scene.Voice(path.stem, path) for path in arguments.audio]
    starts = _each(arguments.start, len(voices), "--start")
    moods = _each(arguments.emotion, len(voices), "--emotion")
    return [
        replace(voice, start=script_list.start(at, "--start") if at else voice.start, emotion=mood or voice.emotion)
        for voice, at, mood in zip(voices, starts, moods, strict=True)
    ]


def _each(given: Sequence[str], count: int, option: str) -> list[str | None]:
    """One for each voice; a single one is for all."""
    if len(given) in (0, 1):
        return [given[0] if given else None] * count
    if len(given) != count:
        raise ConfigError(f"{option} is given {len(given)} times for {count} voices; give it once, or for each")
    return list(given)


def _write(made: Scene, targets: Sequence[Path], arguments: argparse.Namespace, report: Reporter) -> None:
    from facetake import formats
    from facetake.files import json_text
    from facetake.formats.files import beside

    inputs.make_folder(arguments.out)
    for voice, target, take in zip(made.voices, targets, made.takes, strict=True):
        with replacing(target, report, str(voice.path), force=arguments.force):
            formats.write(take, target, arguments.form)
    place = arguments.out / FACTS
    with replacing(place, report, str(arguments.audio[0]), force=arguments.force), beside(place) as part:
        part.write_text(json_text.dump(made.facts, indent=1) + "\n", encoding="utf-8", newline="\n")


def _lines(made: Scene) -> list[str]:
    """What was done, for a person."""
    talk = made.talk
    count = [len(talk.phrases(who)) for who in range(talk.n_speakers)]
    spoken = [f"{voice.name} {n} phrase{'' if n == 1 else 's'}" for voice, n in zip(made.voices, count, strict=True)]
    signs = sum(turn.is_backchannel for turn in talk.turns)
    parts = [*spoken, f"{signs} signs of listening", f"{talk.overlap_s:.1f} s of speech at once"]
    return [f"scene of {talk.duration_s:.1f} s: {', '.join(parts)}", *made.told]
