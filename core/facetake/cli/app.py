"""`facetake app`: the window."""

from __future__ import annotations

import argparse
import signal

from facetake.cli import inputs
from facetake.cli.progress import Reporter

NAME = "app"
ABOUT = "open a window: drop a line, draw its emotion, see the face, export the take"
EXAMPLES = ("", "line.wav")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("audio", nargs="*", metavar="AUDIO", help="recordings to open at once")


def run(arguments: argparse.Namespace, _report: Reporter) -> int:
    """Shows the window until it is closed."""
    from facetake import ui

    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a window's loop would hear of it with the next key only
    return ui.run(inputs.sound_files(arguments.audio))
