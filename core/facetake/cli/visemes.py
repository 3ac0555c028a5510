"""`facetake visemes`: what the mouth says, with times."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from facetake.cli import inputs
from facetake.cli.progress import Reporter
from facetake.errors import ConfigError

NAME = "visemes"
ABOUT = "write the viseme track of a recorded line"
EXAMPLES = ("line.wav", "line.wav --format json -o line.visemes.json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("audio", type=Path, metavar="AUDIO", help="a sound file")
    parser.add_argument("-o", "--out", type=Path, help="file to write; default: standard output")
    parser.add_argument("--format", dest="form", choices=("csv", "json"), default="csv")
    parser.add_argument("--model", type=Path, metavar="DIR", help="a model folder of your own")


def run(arguments: argparse.Namespace, report: Reporter) -> int:
    """Writes the track of one recording."""
    from facetake import bundle, formats, generate, visemes

    if arguments.audio.suffix.lower() in {entry.suffix for entry in formats.FORMATS.values()}:
        raise ConfigError(f"{arguments.audio} is a take; this version reads visemes from sound, so name its recording")
    if arguments.out is not None:
        inputs.refuse_overwriting([(arguments.audio, arguments.out)], [arguments.audio])
    options = generate.GenerateOptions(blink=False, gaze=False, head=False)
    made = generate.generate(arguments.audio, options, bundle.load(arguments.model))
    track = visemes.segments(made.visemes, made.take.rate)
    text = visemes.as_json(track) + "\n" if arguments.form == "json" else visemes.as_csv(track)
    if arguments.out is None:
        sys.stdout.write(text)  # the track alone: it may be piped on
        return 0
    report.start(str(arguments.audio), 0, 1)
    with formats.beside(arguments.out) as part:
        part.write_text(text, encoding="utf-8")
    report.done(str(arguments.audio), [str(arguments.out)])
    return 0
