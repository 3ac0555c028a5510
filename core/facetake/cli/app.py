"""`facetake app`: the window."""

from __future__ import annotations

import argparse
import io
import signal
import sys

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

    for name in ("SIGTERM", "SIGBREAK"):  # a window's loop would hear of them with the next key only
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    return ui.run(inputs.sound_files(arguments.audio))


def open_window() -> int:
    """The program `facetake-app`: the window with the recordings that are dropped on the program's icon.

    Without a console, as on Windows, what would be told there is shown in a box.

    Returns:
        The exit code.
    """
    from facetake.cli import main

    if sys.stderr is not None:
        return main([NAME, *sys.argv[1:]])
    sys.stderr = said = io.StringIO()
    try:
        code = main([NAME, *sys.argv[1:]])
    finally:
        sys.stderr = None
    if code:
        _show(said.getvalue().strip())
    return code


def _show(text: str) -> None:
    """A box with a sentence, by Windows itself: Qt may be what is missing."""
    import ctypes

    stop = 0x10  # the sign of an error
    ctypes.WinDLL("user32").MessageBoxW(None, text, "Facetake", stop)  # type: ignore[attr-defined,unused-ignore]
