"""`facetake app`: a window for everyone without Maya or Unreal; the panel in it is the one that Maya shows.

Needs the `ui` and `preview` extras.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from facetake.errors import ConfigError


def run(paths: Sequence[Path]) -> int:
    """Shows the window, with recordings opened in it, until it is closed; returns the exit code.

    Raises:
        ConfigError: an extra is missing, or there is no display.
    """
    try:
        from PySide6.QtWidgets import QApplication

        from facetake.ui.window import Window
    except ImportError as error:
        raise ConfigError(f'the window cannot open ({error}); pip install "facetake[ui,preview]"') from error
    application = QApplication.instance() or QApplication(sys.argv[:1])
    window = Window()
    window.show()
    if paths:
        window.panel.open(list(paths))
    code = application.exec()
    window.end()
    return int(code)
