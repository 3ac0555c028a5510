"""The picture of the strip in docs/window.md and README.md, and a film of how it comes about.

    xvfb-run -s "-screen 0 1280x980x24" python docs/strip.py [FOLDER]

Edits the example line in a real window with mouse and keyboard: drags a boundary, types another phone, leans on a word,
marks an event, an emotion, a look and a lock, keys a control, takes it all back and does it again, and shoots the
window. Into FOLDER go the film of it (edit.mp4) and a picture after each thing.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from shutil import copy

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from facetake.render.video import write_video
from facetake.ui.window import Window

DOCS = Path(__file__).parent
LINE = DOCS.parent / "examples" / "line.wav"
TEXT = "Hold the bridge until the morning bell. I promise you, we will be back before they find the boat."
SIZE = (1240, 940)  # higher than a window is at first: all lanes are there
QUALITY = 84  # of the JPEG, by eye: letters stay sharp
HELD = 12  # frames of the film that each thing is looked at
RATE = Fraction(12)  # frames a second of the film: each is a state of the window, not an instant
LEFT, NONE, ALT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.AltModifier


class Film:
    """A window, and pictures of what becomes of it."""

    def __init__(self, window: Window, folder: Path | None) -> None:
        """Of that window; without a folder nothing is kept."""
        self.window, self.folder = window, folder
        self.frames: list[NDArray[np.uint8]] = []
        self.count = 0

    def settle(self) -> None:
        """Waits until everything that was asked for is seen."""
        window = self.window
        QTest.qWait(20)

        def is_busy() -> bool:
            face = window.viewer.shown != window.viewer.asked
            return window.maker.is_busy or window.editor.is_busy or face or window.tracks.spectrogram.is_busy

        while is_busy():
            QTest.qWait(20)

    def shoot(self, frames: int = 1) -> None:
        """The window as it is, for so many frames."""
        if self.folder is not None:
            image = self.window.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
            rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
            self.frames += [rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()] * frames

    def after(self, name: str) -> None:
        """What became of a thing that was done."""
        self.settle()
        self.shoot(HELD)
        self.count += 1
        if self.folder is not None:
            self.window.grab().save(str(self.folder / f"{self.count:02d}_{name}.png"))

    def drag(self, start: QPoint, end: QPoint) -> None:
        """With the mouse on the strip, and what is seen meanwhile."""
        strip = self.window.tracks
        QTest.mousePress(strip, LEFT, NONE, start)
        for part in np.linspace(0.1, 1.0, 8):
            QTest.mouseMove(strip, start + (end - start) * part)
            self.settle()
            self.shoot()
        QTest.mouseRelease(strip, LEFT, NONE, end)

    def type(self, text: str) -> None:
        """Enter, what the chosen thing is to say, and Enter again."""
        strip = self.window.tracks
        QTest.keyClick(strip, Qt.Key.Key_Return)
        field = strip._field
        assert field is not None
        field.setText(text)
        self.shoot(HELD // 2)
        QTest.keyClick(field, Qt.Key.Key_Return)


def edit(film: Film) -> None:
    """One thing after another."""
    window = film.window
    strip = window.tracks

    def at(time_s: float, lane: str) -> QPoint:
        return QPoint(round(strip.x_at(time_s)), round(strip.by_name[lane].box.center().y()))

    def place_of(word: str) -> tuple[int, float, float]:
        """The first phone of a word, and when it is."""
        assert strip.script is not None
        start_s = next(one for one in strip.script.alignment.words if one.text == word).start_s
        there = strip.script.alignment.phones
        place = next(n for n, one in enumerate(there) if one.start_s >= start_s - 1e-6)
        return place, there[place].start_s, there[place].end_s

    film.after("generated")
    _, start_s, end_s = place_of("find")
    window.transport.seek((start_s + end_s) / 2)
    film.drag(at(end_s, "phones"), at(end_s, "phones") + QPoint(14, 0))
    film.after("a_boundary_dragged")
    strip.choose(phone=place_of("promise")[0])
    window.transport.seek(place_of("promise")[1] + 0.03)
    film.type("M")
    film.after("another_phone")
    QTest.mouseClick(strip, LEFT, NONE, at(place_of("back")[1] + 0.1, "words"))
    QTest.keyClick(strip, Qt.Key.Key_3)
    window.transport.seek(place_of("back")[1] + 0.1)
    film.after("a_word_leant_on")
    window.transport.seek(5.4)
    window.do("mark_event")
    film.type("laugh:0.9")
    window.transport.seek(5.62)
    film.after("a_laugh")
    window.transport.seek(0.4)
    window.do("mark_emotion")
    film.type("happy:0.7")
    window.transport.seek(3.5)
    window.do("mark_emotion")
    film.type("angry:0.8")
    film.after("two_emotions")
    window.transport.seek(2.3)
    window.do("mark_gaze")
    window.transport.seek(3.4)
    window.do("mark_gaze")
    film.type("free")
    film.after("looks")
    window.transport.seek(1.2)
    window.do("mark_lock")
    film.after("a_lock")
    window.transport.seek(4.0)
    marks = window.time_view.mark_bar
    marks.sort.setCurrentText("Key")
    marks.sort.activated.emit(marks.sort.currentIndex())
    marks.said.setEditText("L_brow_raiseOut.translateY")
    marks.said.textActivated.emit(marks.said.currentText())
    window.do("set_key")
    film.settle()
    assert strip.script is not None
    spot = strip.keys.spot(strip.keys.keys(strip.script)[strip.place("keys")], strip.lane("keys")).toPoint()
    film.drag(spot, QPoint(spot.x() + 10, round(strip.lane("keys").top()) + 10))
    film.after("a_key_dragged")
    steps = _steps(window.undo, lambda: window.desk.line is not None and window.desk.line.edits.count, film)
    film.after("all_undone")
    for _ in range(steps):
        window.redo()
        film.settle()
        film.shoot(2)
    film.after("all_done_again")


def _steps(act: Callable[[], None], more: Callable[[], object], film: Film) -> int:
    """Does something until there is nothing more of it; how often."""
    count = 0
    while more():
        act()
        film.settle()
        film.shoot(2)
        count += 1
    return count


def main() -> None:
    """Shoots it."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    QApplication([])
    window = Window()
    window.resize(*SIZE)
    window.show()
    film = Film(window, out)
    with tempfile.TemporaryDirectory() as folder:
        window.open([Path(copy(LINE, folder))])
        film.settle()
        window.time_view.strip_bar.said.emit(TEXT)
        film.settle()
        window.generate()
        film.settle()
        edit(film)
        window.tracks.setFocus()
        film.settle()
        window.grab().save(str(Path(folder) / "strip.png"))
        Image.open(Path(folder) / "strip.png").convert("RGB").save(DOCS / "strip.jpg", quality=QUALITY)
        if out is not None:
            write_video(out / "edit.mp4", film.frames, RATE)
        window.end()


if __name__ == "__main__":
    main()
