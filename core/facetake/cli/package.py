"""`facetake package`: what is handed to a studio, plugins as zips and Facetake as a folder."""

from __future__ import annotations

import argparse
from pathlib import Path

from facetake.cli import inputs
from facetake.cli.terminal import Reporter
from facetake.errors import ConfigError

NAME = "package"
ABOUT = "write the Maya, Unreal or Blender plugin as a zip, or Facetake as a folder with a Python of its own"
EXAMPLES = ("maya --out plugins/", "unreal --out plugins/", "blender", "standalone --out ready/ --archive")
STANDALONE = "standalone"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument(
        "host",
        choices=("maya", "unreal", "blender", STANDALONE),
        help=f"the program, or {STANDALONE}: all in a folder that runs where it is put, on systems of this kind",
    )
    parser.add_argument(
        "-o", "--out", type=Path, default=Path(), metavar="DIR", help="folder for the result; default: here"
    )
    parser.add_argument(
        "--extras",
        metavar="NAME,...",
        help=f"{STANDALONE}: which extras go along; default: of cpu, gpu, preview, ui and live those installed",
    )
    parser.add_argument(
        "--archive",
        action="store_true",
        help=f"{STANDALONE}: also as one file to hand out (.zip, or .tar.gz elsewhere)",
    )


def run(arguments: argparse.Namespace, report: Reporter) -> int:
    """Writes one zip, or the folder."""
    inputs.make_folder(arguments.out)
    if arguments.host == STANDALONE:
        return _make_standalone(arguments, report)
    if arguments.extras or arguments.archive:
        raise ConfigError(f"--extras and --archive are for {STANDALONE}; leave them out for {arguments.host}")
    from facetake.plugin_archive import package

    report.done(arguments.host, [str(package(arguments.host, arguments.out))])
    return 0


def _make_standalone(arguments: argparse.Namespace, report: Reporter) -> int:
    from facetake import standalone

    extras = [name.strip() for name in (arguments.extras or "").split(",") if name.strip()]
    report.start(STANDALONE, 0, 1)
    made = standalone.make(arguments.out, extras, lambda share: report.progress(STANDALONE, share))
    told = f"{made.folder}: {made.size / 1e6:.0f} MB with {', '.join(made.extras)}; it needs {made.rests_on}"
    facts = {"folder": str(made.folder), "bytes": made.size, "extras": made.extras, "rests_on": made.rests_on}
    report.note(STANDALONE, [told], {"made": facts})
    outputs = [made.folder]
    if arguments.archive:
        outputs.append(standalone.pack(made, arguments.out))
    report.done(STANDALONE, [str(path) for path in outputs])
    return 0
