"""`facetake convert`: a take from one file format to another."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from facetake.cli import generate, inputs, made_take
from facetake.cli.progress import Reporter
from facetake.cli.written import add_force, replacing
from facetake.errors import ConfigError

if TYPE_CHECKING:
    from facetake.take import Take

NAME = "convert"
ABOUT = "write a take in another format or at another frame rate"
EXAMPLES = (
    "take.csv -o take.json",
    "take.csv -o take.a2f.json --format a2f-json",
    "phone.csv --from livelink-csv -o take.csv --rate 24",
    "phone.csv -o take.csv --full-range",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("take", type=Path, metavar="TAKE", help="a take in any format")
    parser.add_argument("-o", "--out", type=Path, required=True, help="the file to write; its suffix tells the format")
    parser.add_argument(
        "--format", dest="form", metavar="NAME", help="csv, json, npz, txt, a2f-json, a2f-csv, livelink-csv, anim, usd"
    )
    parser.add_argument("--from", dest="source_form", metavar="NAME", help="format of TAKE, where it cannot be told")
    parser.add_argument(
        "--full-range",
        action="store_true",
        help="of a Live Link Face recording: take lids and smiles, which a phone ends at about 0.9, to 1",
    )
    parser.add_argument("--rate", metavar="FPS", help="frames per second; default: the take's own")
    add_force(parser)


def run(arguments: argparse.Namespace, report: Reporter) -> int:
    """Converts one take."""
    from facetake import formats
    from facetake.take import resample
    from facetake.timebase import parse_rate

    for name in (arguments.form, arguments.source_form):
        generate.take_suffix(name)
    inputs.refuse_overwriting([(arguments.take, arguments.out)], [arguments.take])
    inputs.check_target(arguments.out)
    take = _read(arguments)
    for note in formats.notes(take):
        report.warning(str(arguments.take), f"{arguments.take}: {note}")
    if arguments.rate:
        take = resample(take, parse_rate(arguments.rate))
    report.start(str(arguments.take), 0, 1)
    with replacing(arguments.out, report, str(arguments.take), force=arguments.force):
        formats.write(take, arguments.out, arguments.form)
    made_take.tell(report, str(arguments.take), arguments.out, take)
    report.done(str(arguments.take), [str(arguments.out)])
    return 0


def _read(arguments: argparse.Namespace) -> Take:
    """The take, as it was asked for."""
    from facetake import formats
    from facetake.formats import live_link_face_csv

    if not arguments.full_range:
        return formats.read(arguments.take, arguments.source_form)
    form = arguments.source_form or formats.read_recognised(arguments.take)[0]
    if form != "livelink-csv":
        raise ConfigError(f"--full-range is for recordings of Live Link Face, not for {form}; leave it out")
    return live_link_face_csv.read(arguments.take, full_range=True)
