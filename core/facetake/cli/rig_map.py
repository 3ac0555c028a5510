"""`facetake rig-map`: maps from takes to rigs of your own: begun, checked, learnt from poses, listed."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from facetake.cli import inputs, rigs
from facetake.cli.terminal import Reporter, add_option
from facetake.cli.written import add_force, replacing
from facetake.errors import ConfigError
from facetake.files.spelling import meant

if TYPE_CHECKING:
    from facetake.rig.maps.examination import Examined

NAME = "rig-map"
ABOUT = "map takes onto a rig of your own: begin a map, check it, or learn it from poses"
EXAMPLES = (
    "list",
    "new names.txt -o hero.toml",
    "new --like vrm -o hero.toml",
    "check hero.toml --take line.csv -o hero.png",
    "fit line.csv poses.csv -o hero.toml",
)
SHOWN = 8  # names on a line of what was found; all are in the events for programs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options of its four verbs."""
    verbs = parser.add_subparsers(required=True, metavar="VERB", dest="verb")
    verbs.add_parser("list", help="the maps that ship")
    new = verbs.add_parser("new", help="begin a map from a list of control names, filled in where they are known")
    new.add_argument("names", nargs="?", type=Path, metavar="NAMES.txt", help="names of controls, one a line")
    new.add_argument("--like", metavar="MAP", help="a shipped map to begin from, or to know names by")
    new.add_argument("-o", "--out", type=Path, required=True, metavar="MAP.toml")
    check = verbs.add_parser("check", help="find controls that never move, end too early, or do not rest")
    check.add_argument("map", metavar="MAP", help="a shipped map's name, or a .toml")
    check.add_argument("--take", type=Path, help="also play a take through it")
    check.add_argument("--model", type=Path, metavar="DIR", help="a model folder of your own")
    check.add_argument("-o", "--out", type=Path, metavar="PNG", help="a picture of how far each control moves")
    fit = verbs.add_parser("fit", help="learn a map from a take and the rig's values in the same frames")
    fit.add_argument("take", type=Path, metavar="TAKE", help="a take in any format")
    fit.add_argument(
        "values", type=Path, metavar="VALUES", help="the rig's values: .csv with a column a control, or .json"
    )
    fit.add_argument(
        "--source", choices=("arkit", "rig", "visemes"), default="arkit", help="what the map takes its inputs from"
    )
    fit.add_argument("--model", type=Path, metavar="DIR", help="a model folder of your own")
    fit.add_argument("-o", "--out", type=Path, required=True, metavar="MAP.toml")
    for verb in (new, fit):
        add_force(verb)
    for verb in verbs.choices.values():
        add_option(verb)


def run(arguments: argparse.Namespace, report: Reporter) -> int:
    """Does what the verb says."""
    return {"list": _list, "new": _new, "check": _check, "fit": _fit}[arguments.verb](arguments, report)


def _list(_arguments: argparse.Namespace, report: Reporter) -> int:
    from facetake.rig import maps

    for name in maps.shipped():
        found = maps.load(name)
        facts = {"about": found.about, "controls": list(found.names)}
        report.answer(name, f"{name:26s} {len(found.controls):4d}  {found.about}\n", facts)
    return 0


def _new(arguments: argparse.Namespace, report: Reporter) -> int:
    from facetake.rig import maps
    from facetake.rig.maps import skeleton, writing

    _check_out(arguments.out, [arguments.names] if arguments.names else [])
    if arguments.like is not None and arguments.like not in maps.shipped():
        known = meant(arguments.like, maps.shipped()) or f": {', '.join(maps.shipped())}"
        raise ConfigError(f"--like {arguments.like}: it is none of the maps that ship{known}")
    if arguments.names is None:
        if arguments.like is None:
            raise ConfigError("name a file of control names, one a line, or a map to begin from with --like")
        _put(arguments, maps.place_of(arguments.like).read_text(encoding="utf-8"), report, arguments.like)
        return 0
    names = skeleton.read_names(arguments.names)
    begun, left = skeleton.begin(names, arguments.like)
    if begun is None:
        raise ConfigError(
            f"{arguments.names}: not one of {len(names)} names is known, such as {names[0]!r}; begin from a map with "
            "--like, or learn one with 'facetake rig-map fit'"
        )
    lines = [f"{len(begun.controls)} of {len(names)} names are filled in"]
    if left:
        lines.append(f"to fill in by hand, as comments at the end: {_some(left)}")
    report.note(str(arguments.names), lines, {"known": list(begun.names), "left": left})
    _put(arguments, writing.text_of(begun, left), report, str(arguments.names))
    return 0


def _check(arguments: argparse.Namespace, report: Reporter) -> int:
    from facetake import formats
    from facetake.rig import maps
    from facetake.rig.maps.examination import examine

    read = [path for path in (arguments.take, Path(arguments.map)) if path]
    if arguments.out is not None:
        if arguments.out.suffix.lower() != ".png":
            raise ConfigError(f"{arguments.out} is no picture's name; end it in .png")
        inputs.refuse_overwriting([(Path(arguments.map), arguments.out)], read)
        inputs.check_target(arguments.out)
    found = maps.load(arguments.map)
    take = formats.read(arguments.take) if arguments.take else None
    shown = rigs.visemes_of(take, found, arguments.model) if take else None
    examined = examine(found, take.values if take else None, shown)
    report.note(arguments.map, _told(examined, len(found.controls), take is not None), _facts(examined, found.names))
    if arguments.out is not None:
        from facetake.preview import rig_sheet
        from facetake.report import png

        with formats.beside(arguments.out) as part:
            part.write_bytes(png.encode(rig_sheet.draw(found, examined)))
        report.done(arguments.map, [str(arguments.out)])
    return 0


def _told(examined: Examined, count: int, has_take: bool) -> list[str]:
    """What was found, for a person."""
    lines = [f"{count} controls; every name is known"]
    if examined.dead:
        lines.append(f"never move, whatever moves on our face: {_some(examined.dead)}")
    if examined.still:
        where = "ten poses, every viseme and the take" if has_take else "ten poses and every viseme"
        lines.append(f"do not move in {where}: {_some(examined.still)}")
    lines += [f"{name}: {what}" for name, what in list(examined.saturated.items())[:SHOWN]]
    if len(examined.saturated) > SHOWN:
        lines.append(f"and {len(examined.saturated) - SHOWN} more end at their range")
    lines += [f"{name} is {value:g} on a face at rest, not its neutral" for name, value in examined.restless.items()]
    return lines


def _facts(examined: Examined, names: tuple[str, ...]) -> dict[str, object]:
    return {
        "dead": list(examined.dead),
        "still": list(examined.still),
        "saturated": dict(examined.saturated),
        "restless": dict(examined.restless),
        "reach": dict(zip(names, examined.reach.tolist(), strict=True)),
    }


def _fit(arguments: argparse.Namespace, report: Reporter) -> int:
    from dataclasses import asdict, replace

    from facetake import formats, inference, visemes
    from facetake.formats import rig_values
    from facetake.rig.maps import fitting, writing
    from facetake.take import resample

    _check_out(arguments.out, [arguments.take, arguments.values])
    take = formats.read(arguments.take)
    wanted = rig_values.read(arguments.values)
    if wanted.rate != take.rate and len(wanted.values) != take.n_frames:
        take = resample(take, wanted.rate)
    shown = None
    if arguments.source == "visemes":
        shown = visemes.weights(inference.load_classifier(arguments.model).seen(take), take.rate)
    found, told, left = fitting.fit(take.values, wanted.names, wanted.values, arguments.source, shown)
    about = f"learnt from {arguments.take.name} and {arguments.values.name}"
    worst = sorted(told, key=lambda one: one.explained)
    lines = [f"{len(told)} of {len(wanted.names)} controls are learnt from {take.n_frames} frames"]
    lines += [
        f"{one.name}: {one.explained:.0%} explained by {one.terms} inputs, off by {one.rms:.3g} on average and "
        f"{one.worst:.3g} at frame {one.worst_frame}"
        for one in worst[:SHOWN]
    ]
    if left:
        lines.append(f"stand still or follow nothing, as comments at the end: {_some(left)}")
    report.note(str(arguments.values), lines, {"controls": [asdict(one) for one in told], "left": list(left)})
    _put(arguments, writing.text_of(replace(found, about=about), left), report, str(arguments.values))
    return 0


def _check_out(out: Path, read: list[Path]) -> None:
    if out.suffix.lower() != ".toml":
        raise ConfigError(f"{out} is no map's name; end it in .toml")
    inputs.refuse_overwriting([(path, out) for path in read[:1]], read)
    inputs.check_target(out)


def _put(arguments: argparse.Namespace, text: str, report: Reporter, item: str) -> None:
    """Writes a map, and keeps one that somebody has worked on since."""
    from facetake.formats import beside

    out: Path = arguments.out
    with replacing(out, report, item, force=arguments.force), beside(out) as part:
        part.write_text(text, encoding="utf-8", newline="\n")
    report.done(item, [str(out)])


def _some(names: list[str] | tuple[str, ...]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
