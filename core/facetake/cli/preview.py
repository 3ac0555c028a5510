"""`facetake preview`: a take as a film of a shaded 3D face."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from facetake.cli import inputs, options
from facetake.cli.terminal import Reporter
from facetake.face.choices import DEFAULT, FRONT, HEADS, VIEWS

if TYPE_CHECKING:
    from facetake.visemes import VisemeSegment

NAME = "preview"
ABOUT = "film a take: a shaded 3D face with sound"
EXAMPLES = (
    "take.csv --audio line.wav -o take.mp4",
    "take.csv --audio line.wav --plot --size 512 -o take.mp4",
    "take.csv --audio line.wav -o take.mp4 --head elder --view three-quarter",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("take", type=Path, metavar="TAKE", help="a take in any format")
    parser.add_argument("--audio", type=Path, metavar="WAV", help="its recording; without it the film is silent")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="OUT.mp4", help="the film")
    parser.add_argument("--plot", action="store_true", help="waveform, visemes and main curves under the face")
    parser.add_argument(
        "--size", type=options.whole(), default=720, metavar="PIXELS", help="side of the picture of the face"
    )
    parser.add_argument("--rate", metavar="FPS", help="frames per second; default: the take's, or half of it above 30")
    parser.add_argument("--head", choices=HEADS, default=DEFAULT, help="whose face; default: %(default)s")
    parser.add_argument(
        "--view", choices=tuple(VIEWS), default=FRONT, help="from where it is seen; default: %(default)s"
    )
    parser.add_argument("--model", type=Path, metavar="DIR", help="the model that hears the visemes of --plot")


def run(arguments: argparse.Namespace, report: Reporter) -> int:
    """Films one take."""
    from facetake import formats, preview
    from facetake.render.video import unheard
    from facetake.timebase import parse_rate

    read = [path for path in (arguments.take, arguments.audio) if path]
    inputs.refuse_overwriting([(arguments.take, arguments.out)], read)
    inputs.check_film(arguments.out)
    take = formats.read(arguments.take)
    report.start(str(arguments.take), 0, 1)
    for line in unheard(arguments.audio, take.start) if arguments.audio else []:
        report.warning(str(arguments.take), line)
    preview.render(
        take,
        arguments.audio,
        arguments.out,
        _visemes(arguments) if arguments.plot and arguments.audio else None,
        plot=arguments.plot,
        size=(arguments.size, arguments.size),
        rate=parse_rate(arguments.rate) if arguments.rate else None,
        head=arguments.head,
        view=arguments.view,
        progress=lambda done, total: report.progress(str(arguments.take), done / max(total, 1)),
    )
    report.done(str(arguments.take), [str(arguments.out)])
    return 0


def _visemes(arguments: argparse.Namespace) -> list[VisemeSegment]:
    from facetake import generate, inference, visemes

    options = generate.GenerateOptions(blink=False, gaze=False, head=False)
    made = generate.generate(arguments.audio, options, inference.load(arguments.model))
    return visemes.segments(made.visemes, made.take.rate)
