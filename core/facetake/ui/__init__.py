"""`facetake app`: a window for everyone without Maya or Unreal, and for lists of lines.

What is there and what undo brings back is plain Python (`lines`, `desk`, `project`, `opening`, `tasks`, `making`,
`commands`, `preferences`, `curves`); the other modules show it.

Needs the `ui` and `preview` extras.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from facetake.errors import ConfigError

SCREENS: Final = ("WAYLAND_DISPLAY", "DISPLAY", "QT_QPA_PLATFORM")
"""Variables of which one names what Qt shows a window on, where that is not known without."""


def run(paths: Sequence[Path]) -> int:
    """Shows the window, with recordings opened in it, until it is closed; returns the exit code.

    Raises:
        ConfigError: an extra is missing, or there is no display.
    """
    try:
        from PySide6.QtWidgets import QApplication

        from facetake.ui import preferences
        from facetake.ui.window import Window
    except ImportError as error:
        raise ConfigError(f'the window cannot open ({error}); pip install "facetake[ui,preview]"') from error
    application = QApplication.instance() or _application(QApplication)
    window = Window(remembered=preferences.load(preferences.place()))
    window.show()
    window.offer_left()
    if paths:
        window.open(list(paths))
    code = application.exec()
    window.end()
    return int(code)


def _application(kind: type[Any]) -> Any:
    """Qt's application. ConfigError where there is nothing to show it on: Qt would end the process with an abort."""
    if sys.platform.startswith("linux") and not any(map(os.environ.get, SCREENS)):
        raise ConfigError(
            "no window can open, as there is no screen here; every command but 'facetake app' does without"
        )
    return kind(sys.argv[:1])
