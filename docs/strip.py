"""The picture of the strip in docs/window.md and README.md: a real window with the example line, edited by hand.

    xvfb-run -s "-screen 0 1280x840x24" python docs/strip.py

Generates the line with its text, makes one phone firmer, leans on a word, types another phone in place of one, holds a
boundary with the mouse, and shoots the window.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from shutil import copy

from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from facetake.ui.window import Window

DOCS = Path(__file__).parent
LINE = DOCS.parent / "examples" / "line.wav"
TEXT = "Hold the bridge until the morning bell. I promise you, we will be back before they find the boat."
SIZE = (1240, 800)
QUALITY = 88  # of the JPEG, by eye: letters stay sharp


def main() -> None:
    """Shoots it."""
    QApplication([])
    window = Window()
    window.resize(*SIZE)
    window.show()

    def settle(until: Callable[[], bool] = lambda: True) -> None:
        QTest.qWait(20)
        while window.maker.is_busy or window.editor.is_busy or not until():
            QTest.qWait(20)

    with tempfile.TemporaryDirectory() as folder:
        window.open([Path(copy(LINE, folder))])
        settle()
        bar, strip = window.time_view.strip_bar, window.tracks
        bar.said.emit(TEXT)
        settle()
        window.fill()
        window.generate()
        settle()
        strip.setFocus()
        words = [one.text for one in strip.script.alignment.words]
        strip.choose(word=words.index("back"))
        bar.stressed.emit(1.0)
        place = [one.symbol for one in strip.script.alignment.phones].index("P")
        strip.choose(phone=place)
        bar.shaped.emit(1.5)
        settle()
        start = next(one for one in strip.script.alignment.words if one.text == "find").start_s
        place = next(n for n, one in enumerate(strip.script.alignment.phones) if one.start_s >= start - 1e-6)
        phone = strip.script.alignment.phones[place]
        window.transport.seek((phone.start_s + phone.end_s) / 2)
        at = QPoint(round(strip._x(phone.end_s)), round(strip.lane("phones").center().y()))
        QTest.mousePress(strip, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
        QTest.mouseMove(strip, at + QPoint(8, 0))
        QTest.mouseRelease(strip, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
        settle(lambda: window.viewer.shown == window.viewer.asked)
        window.grab().save(str(Path(folder) / "strip.png"))
        Image.open(Path(folder) / "strip.png").convert("RGB").save(DOCS / "strip.jpg", quality=QUALITY)
        window.end()


if __name__ == "__main__":
    main()
