"""`facetake visemes`: what a mouth says, with times, and whether a take's lips agree with its sound."""

from __future__ import annotations

import argparse
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from facetake.cli import inputs
from facetake.cli.terminal import Reporter, say
from facetake.cli.written import add_force, replacing
from facetake.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from facetake.take import Take

NAME = "visemes"
ABOUT = "write the viseme track of a recording or of a take, and check a take against its sound"
EXAMPLES = ("line.wav", "take.csv --format json -o take.visemes.json", "take.csv --audio line.wav")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("source", type=Path, metavar="AUDIO|TAKE", help="a sound file, or a take in any format")
    parser.add_argument("--audio", type=Path, metavar="WAV", help="the sound of TAKE: say how well the lips agree")
    parser.add_argument("-o", "--out", type=Path, help="file to write; default: standard output")
    parser.add_argument("--format", dest="form", choices=("csv", "json"), default="csv")
    parser.add_argument("--model", type=Path, metavar="DIR", help="a model folder of your own")
    add_force(parser)


def run(arguments: argparse.Namespace, report: Reporter) -> int:
    """Writes the track of one recording or take."""
    from facetake import formats, visemes
    from facetake.inspection import is_take

    source: Path = arguments.source
    shows_lips = is_take(source)
    if arguments.audio is not None and not shows_lips:
        raise ConfigError(f"{source} is sound already; --audio belongs to a take")
    if arguments.out is not None:
        inputs.refuse_overwriting([(source, arguments.out)], [source, *([arguments.audio] if arguments.audio else [])])
        inputs.check_target(arguments.out)
    report.start(str(source), 0, 1)
    if shows_lips:
        take = formats.read(source)
        found = _seen(take, arguments.model)
        start = take.start
        if arguments.audio is not None:
            _check(take, found, arguments, report)
    else:
        found = _heard(source, arguments, report)
        start = Fraction(0)
    track = visemes.segments(found, Fraction(60), start)
    text = visemes.as_json(track) + "\n" if arguments.form == "json" else visemes.as_csv(track)
    if arguments.out is None:
        report.clear()
        say(text)  # the track alone: it may be piped on
        return 0
    kept = replacing(arguments.out, report, str(source), force=arguments.force)
    with kept, formats.beside(arguments.out) as part:
        part.write_text(text, encoding="utf-8", newline="\n")
    report.done(str(source), [str(arguments.out)])
    return 0


def _heard(sound: Path, arguments: argparse.Namespace, report: Reporter) -> NDArray[np.float32]:
    """(T, 16) probabilities at 60 fps of the visemes in a recording."""
    from facetake import generate, inference

    return generate.hear(sound, inference.load(arguments.model), lambda share: report.progress(str(sound), share))


def _seen(take: Take, model: Path | None) -> NDArray[np.float32]:
    """(T, 16) probabilities at 60 fps of the visemes on a take's lips."""
    from facetake import inference
    from facetake.take import resample

    return inference.load_classifier(model).read(resample(take, Fraction(60)).values)[0]


def _check(take: Take, seen: NDArray[np.float32], arguments: argparse.Namespace, report: Reporter) -> None:
    """Says how the lips agree with the sound."""
    from dataclasses import asdict

    import numpy as np

    from facetake import visemes

    heard = _heard(arguments.audio, arguments, report)
    skipped = round(take.start * 60)  # a take may begin after its sound, or before it
    heard = heard[skipped:] if skipped >= 0 else np.pad(heard, ((-skipped, 0), (0, 0)))
    if not len(heard):
        raise ConfigError(f"{arguments.audio} ends before {arguments.source} begins; name the take's own sound")
    found = visemes.synchrony(heard, seen, Fraction(60))
    late = "late" if found.lag_ms > 0 else "early"
    lines = [
        f"lips and sound agree on {found.agreement:.0%} of the frames in speech",
        "lips are in time" if found.lag_ms == 0 else f"lips are {abs(found.lag_ms):.0f} ms {late}",
        *(f"heard but not seen: {s.viseme} at {float(take.start) + s.start_s:.2f} s" for s in found.missed),
    ]
    report.note(str(arguments.source), lines, {**asdict(found), "missed": [asdict(s) for s in found.missed]})
