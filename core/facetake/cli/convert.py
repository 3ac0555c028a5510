"""`facetake convert`: a take from one file format to another."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from facetake.cli import generate, inputs, made_take, rigs
from facetake.cli.terminal import Reporter
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
    "take.csv --rig-map vrm -o take.vrm.csv",
    "take.csv --mesh character.glb -o talking.glb",
)

WHOLE = "json"
"""A format of takes that leaves nothing out: what values of a rig cannot hold is told where they are written."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("take", type=Path, metavar="TAKE", help="a take in any format")
    parser.add_argument("-o", "--out", type=Path, required=True, help="the file to write; its suffix tells the format")
    parser.add_argument(
        "--format",
        dest="form",
        metavar="NAME",
        help="csv, json, npz, txt, a2f-json, a2f-csv, livelink-csv, anim, usd; glb with --mesh",
    )
    parser.add_argument("--from", dest="source_form", metavar="NAME", help="format of TAKE, where it cannot be told")
    parser.add_argument(
        "--full-range",
        action="store_true",
        help="of a Live Link Face recording: take lids and smiles, which a phone ends at about 0.9, to 1",
    )
    parser.add_argument("--rate", metavar="FPS", help="frames per second; default: the take's own")
    rigs.add_arguments(parser)
    add_force(parser)


def run(arguments: argparse.Namespace, report: Reporter) -> int:
    """Converts one take."""
    from facetake import formats
    from facetake.take import resample
    from facetake.timebase import parse_rate

    for name in (arguments.source_form, arguments.form if _is_take(arguments) else None):
        generate.take_suffix(name)
    inputs.refuse_overwriting([(arguments.take, arguments.out)], [arguments.take, *rigs.read_files(arguments)])
    inputs.check_target(arguments.out)
    write = _writer(arguments, report)
    take = _read(arguments)
    for note in formats.notes(take):
        report.warning(str(arguments.take), f"{arguments.take}: {note}")
    if arguments.rate:
        take = resample(take, parse_rate(arguments.rate))
    report.start(str(arguments.take), 0, 1)
    with replacing(arguments.out, report, str(arguments.take), force=arguments.force):
        write(take)
    made_take.tell(report, str(arguments.take), arguments.out, take, arguments.form if _is_take(arguments) else WHOLE)
    report.done(str(arguments.take), [str(arguments.out)])
    return 0


def _is_take(arguments: argparse.Namespace) -> bool:
    """Whether the result is a take, and no values of another rig."""
    is_mesh = arguments.form == "glb" or arguments.out.suffix.lower() in (".glb", ".vrm")
    return not arguments.rig_map and arguments.mesh is None and not is_mesh


def _writer(arguments: argparse.Namespace, report: Reporter) -> Callable[[Take], None]:
    """What writes the result; every mistake in what is asked for shows before a take is read."""
    from facetake import formats
    from facetake.formats import rig_values

    if _is_take(arguments):
        return lambda take: formats.write(take, arguments.out, arguments.form)
    if rig_values.form_of(arguments.out, arguments.form) == "glb":
        rig_values.needed(arguments.mesh)
    elif arguments.mesh is not None:
        raise ConfigError(f"{arguments.out}: a mesh is animated in a .glb; end the name so, or leave --mesh out")
    rig_map = rigs.chosen(arguments)
    assert rig_map is not None  # one of the two options is there

    def write(take: Take) -> None:
        found = rig_values.of(take, rig_map, rigs.visemes_of(take, rig_map))
        for note in rig_values.write(found, take, arguments.out, arguments.form, arguments.mesh):
            report.warning(str(arguments.take), f"{arguments.out}: {note}")

    return write


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
