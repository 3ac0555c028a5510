"""`facetake app`: the window."""

from __future__ import annotations

import argparse
import io
import signal
import sys
from pathlib import Path

from facetake.cli import inputs
from facetake.cli.terminal import Reporter
from facetake.inspection import is_folder

NAME = "app"
ABOUT = "open a window: drop lines, draw their emotion, see the face, compare takes, export them"
EXAMPLES = ("", "line.wav", "recordings/", "show.facetake")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument(
        "audio", nargs="*", metavar="AUDIO", help="recordings, takes, folders or a project to open at once"
    )


def run(arguments: argparse.Namespace, _report: Reporter) -> int:
    """Shows the window until it is closed."""
    from facetake import ui

    for name in ("SIGTERM", "SIGBREAK"):  # a window's loop would hear of them with the next key only
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    return ui.run([path for name in arguments.audio for path in _stands_for(name)])


def _stands_for(name: str) -> list[Path]:
    """A folder as it is, since the window looks for recordings and takes in it; files of a pattern one by one."""
    return [Path(name)] if name and is_folder(Path(name)) else inputs.sound_files([name])


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
