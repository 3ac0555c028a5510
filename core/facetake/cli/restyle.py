"""`facetake restyle`: a take in another emotion or another actor's manner."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from facetake.cli import inputs, made_take, options
from facetake.cli.terminal import Reporter
from facetake.cli.written import add_force, replacing
from facetake.errors import ConfigError

if TYPE_CHECKING:
    from facetake.restyle import RestyleOptions, RestyleReport

NAME = "restyle"
ABOUT = "change the emotion or the manner of a take and keep its lips in sync"
EXAMPLES = (
    "guard.csv --style angry -o guard_angry.csv",
    "twin.csv --style sad:0.8 --actor bruno -o twin_sad.csv",
    "captured.csv --style happy:0.5 --only brow,eye --range 1.0-2.5 --lock CTRL_L_eye_blink -o happier.csv",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("take", type=Path, metavar="TAKE", help="a take in any format: generated, captured, hand-keyed")
    parser.add_argument("-o", "--out", type=Path, required=True, help="the file to write; its suffix tells the format")
    parser.add_argument("--style", metavar="EMOTION", help="sad, sad:0.8, happy:0.5+surprise:0.3, or neutral")
    parser.add_argument("--actor", metavar="NAME", help="an actor's manner: bruno, or bruno:0.5")
    parser.add_argument("--only", metavar="REGION,...", help="change these regions and no others")
    parser.add_argument("--range", dest="span", metavar="A-B", help="change this stretch alone, in seconds: 1.0-2.5")
    parser.add_argument("--lock", metavar="CONTROL,...", help="controls that keep every value")
    parser.add_argument("--format", dest="form", metavar="NAME", help="format to write, where the suffix does not tell")
    parser.add_argument("--from", dest="source_form", metavar="NAME", help="format of TAKE, where it cannot be told")
    parser.add_argument("--model", type=Path, metavar="DIR", help="a model folder of your own")
    add_force(parser)


def run(arguments: argparse.Namespace, report: Reporter) -> int:
    """Restyles one take."""
    from dataclasses import asdict

    from facetake import formats, inference
    from facetake.restyle import restyle

    options = _options(arguments)
    inputs.refuse_overwriting([(arguments.take, arguments.out)], [arguments.take])
    inputs.check_target(arguments.out)
    take = formats.read(arguments.take, arguments.source_form)
    for note in formats.notes(take):
        report.warning(str(arguments.take), f"{arguments.take}: {note}")
    report.start(str(arguments.take), 0, 1)
    models = inference.load_restyling(arguments.model)
    made = restyle(take, options, models)
    is_copied = made.report is None and arguments.form is None and arguments.out.suffix == arguments.take.suffix
    with replacing(arguments.out, report, str(arguments.take), force=arguments.force):
        if is_copied:
            with formats.beside(arguments.out) as part:
                shutil.copyfile(arguments.take, part)
        else:
            formats.write(made.take, arguments.out, arguments.form)
    if made.report is None:
        report.warning(str(arguments.take), "every strength is 0, so the take was copied as it is")
    else:
        report.note(str(arguments.take), _lines(made.report, options), asdict(made.report))
    made_take.tell(report, str(arguments.take), arguments.out, made.take, arguments.form, _mood(options))
    report.done(str(arguments.take), [str(arguments.out)])
    return 0


def _options(arguments: argparse.Namespace) -> RestyleOptions:
    from facetake import rig
    from facetake.restyle import RestyleOptions, parse_strength, parse_style

    if not arguments.style and not arguments.actor:
        raise ConfigError("nothing to do: give --style, such as sad:0.8, or --actor NAME, or both")
    actor, strength = parse_strength(arguments.actor, "actor") if arguments.actor else (None, 1.0)
    only = _names(arguments.only)
    rig.region_mask(*only)
    return RestyleOptions(
        parse_style(arguments.style) if arguments.style else {},
        actor,
        strength,
        only,
        options.stretch(arguments.span) if arguments.span else None,
        _names(arguments.lock),
    )


def _mood(options: RestyleOptions) -> str:
    """What was asked for, for people."""
    manner = f"{options.actor}'s manner" if options.actor else ""
    return " in ".join(filter(None, (made_take.blend(options.emotions) if options.emotions else "", manner)))


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip()) if text else ()


def _lines(report: RestyleReport, options: RestyleOptions) -> list[str]:
    """What was done, for a person."""
    lines = [
        f"visemes kept       {report.visemes_kept:.0%} of the frames in speech",
        f"lip closures kept  {report.closures_kept} of {report.closures}",
    ]
    if report.style_after is not None and report.style_before is not None:
        asked = "+".join(options.emotions)
        before = f"{report.style_before:.0%}"
        after = f"{report.style_after:.0%}"
        lines.append(f"style              {asked} {before} -> {after} (was {report.recognised})")
    moved = ", ".join(f"{name.removeprefix('CTRL_')} {change:.2f}" for name, change in report.moved)
    return [*lines, f"moved most         {moved}"]
