"""`facetake package`: zips to hand to a studio."""

from __future__ import annotations

import argparse
from pathlib import Path

from facetake.cli import inputs
from facetake.cli.progress import Reporter

NAME = "package"
ABOUT = "write the Maya, Unreal or Blender plugin as a zip to install"
EXAMPLES = ("maya --out plugins/", "unreal --out plugins/", "blender")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("host", choices=("maya", "unreal", "blender"), help="which program")
    parser.add_argument(
        "-o", "--out", type=Path, default=Path(), metavar="DIR", help="folder for the zip; default: here"
    )


def run(arguments: argparse.Namespace, report: Reporter) -> int:
    """Writes one zip."""
    from facetake.plugin_archive import package

    inputs.make_folder(arguments.out)
    report.done(arguments.host, [str(package(arguments.host, arguments.out))])
    return 0
