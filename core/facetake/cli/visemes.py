"""`facetake visemes`: what the mouth says, with times."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from facetake.cli import inputs
from facetake.cli.progress import Reporter
from facetake.cli.terminal import say
from facetake.errors import ConfigError

if TYPE_CHECKING:
    from facetake.visemes import Segment

NAME = "visemes"
ABOUT = "write the viseme track of a recorded line"
EXAMPLES = ("line.wav", "line.wav --format json -o line.visemes.json", "take.csv --audio line.wav")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("source", type=Path, metavar="AUDIO|TAKE", help="a sound file, or a take with --audio")
    parser.add_argument("--audio", type=Path, metavar="WAV", help="the recording of TAKE, in which visemes are heard")
    parser.add_argument("-o", "--out", type=Path, help="file to write; default: standard output")
    parser.add_argument("--format", dest="form", choices=("csv", "json"), default="csv")
    parser.add_argument("--model", type=Path, metavar="DIR", help="a model folder of your own")


def run(arguments: argparse.Namespace, report: Reporter) -> int:
    """Writes the track of one recording."""
    from facetake import formats, visemes

    sound = _sound(arguments)
    if arguments.out is not None:
        inputs.refuse_overwriting([(arguments.source, arguments.out)], [arguments.source, sound])
        inputs.check_target(arguments.out)
        report.start(str(sound), 0, 1)
    track = _heard(sound, arguments, report)
    text = visemes.as_json(track) + "\n" if arguments.form == "json" else visemes.as_csv(track)
    if arguments.out is None:
        say(text)  # the track alone: it may be piped on
        return 0
    with formats.beside(arguments.out) as part:
        part.write_text(text, encoding="utf-8")
    report.done(str(sound), [str(arguments.out)])
    return 0


def _sound(arguments: argparse.Namespace) -> Path:
    """The recording to listen to. ConfigError for a take without one, TakeError for a broken take."""
    from facetake import formats

    source: Path = arguments.source
    audio: Path | None = arguments.audio
    if source.suffix.lower() in {form.suffix for form in formats.FORMATS.values()}:
        if audio is None:
            raise ConfigError(f"{source} is a take, whose lips this version cannot read; name its sound with --audio")
        formats.read(source)
        return audio
    if audio is not None:
        raise ConfigError(f"{source} is sound already; --audio belongs to a take")
    return source


def _heard(sound: Path, arguments: argparse.Namespace, report: Reporter) -> list[Segment]:
    from facetake import bundle, generate, visemes

    options = generate.GenerateOptions(blink=False, gaze=False, head=False)
    progress = None if arguments.out is None else lambda share: report.progress(str(sound), share)
    made = generate.generate(sound, options, bundle.load(arguments.model), progress)
    return visemes.segments(made.visemes, made.take.rate, made.take.start)
