"""From a drag on the strip to a changed face, in the window.

    xvfb-run -a python tests/bench/bench_strip.py LINE [DRAGS] [SECONDS]

Opens LINE, or its first SECONDS repeated to that length, generates a take, and moves a boundary between two phones with
the mouse so many times (by default 60), each time to another frame. Prints how long it took from the mouse's event
until the picture of the face with that edit was on the screen: the middle, the 95th percentile and the longest, and
likewise until the strip and the curves showed it. Needs the ui and preview extras.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

WARM = 5  # drags before the clock counts: what is compiled and loaded is so once
BEAT_MS = 1
PATIENCE_S = 60.0  # for one picture, on a machine that does much else


def main() -> None:
    """Everything, printed."""
    from PySide6.QtCore import QEventLoop, QPoint, Qt, QTimer
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from facetake.ui.window import Window

    line = Path(sys.argv[1])
    drags = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    with tempfile.TemporaryDirectory() as folder:
        if len(sys.argv) > 3:
            line = repeated(line, float(sys.argv[3]), Path(folder))
        QApplication([])
        window = Window()
        window.show()
        beat = QTimer(interval=BEAT_MS)  # wakes the loop that waits, without keeping a core busy
        beat.start()

        def spin(until: Callable[[], bool]) -> float:
            """Lets the window live until something is so; the seconds that took."""
            begun = time.perf_counter()
            while not until():
                QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
                assert time.perf_counter() - begun < PATIENCE_S, window.message.text()
            return time.perf_counter() - begun

        window.open([line])
        spin(lambda: not window.maker.is_busy and not window.editor.is_busy)
        window.generate()
        spin(lambda: not window.maker.is_busy and not window.editor.is_busy)
        strip = window.tracks
        assert strip.script is not None
        phones = strip.script.alignment.phones
        place = max(range(len(phones) - 1), key=lambda n: phones[n].end_s - phones[n].start_s)
        at_s = phones[place].end_s
        strip.look_at(at_s - 1.0, at_s + 1.0)
        window.transport.seek(at_s - 0.05)
        spin(lambda: window.viewer.shown == window.viewer.asked)
        y = round(strip.lane("phones").center().y())
        grabbed = QPoint(round(strip._x(at_s)), y)
        QTest.mousePress(strip, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, grabbed)
        faces, curves = [], []
        apart = round(strip._x(1 / 60) - strip._x(0.0)) + 1

        def shown() -> bool:
            made = window.desk.line and window.desk.line.top
            return made is not None and made.edits == strip._tried

        for number in range(drags + WARM):
            step = (1 + number % 5) * apart * (-1 if number % 2 else 1)
            begun = time.perf_counter()
            QTest.mouseMove(strip, grabbed + QPoint(step, 0))
            spin(shown)
            curves.append(time.perf_counter() - begun)
            spin(lambda: window.viewer.shown == window.viewer.asked)
            faces.append(time.perf_counter() - begun)
        QTest.mouseRelease(strip, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, grabbed)
        print(f"{window.desk.duration_s(window.desk.lines[0]):.1f} s, {len(phones)} phones, {drags} drags")
        print("ms until           middle   95 %   most")
        for name, taken in (("strip and curves", curves), ("face", faces)):
            told = 1000 * np.percentile(taken[WARM:], [50, 95, 100])
            print(f"{name:17s} {told[0]:7.0f} {told[1]:6.0f} {told[2]:6.0f}")
        window.end()


def repeated(line: Path, seconds: float, folder: Path) -> Path:
    """A sound of that length."""
    sound, rate = soundfile.read(line)
    path = folder / "long.wav"
    soundfile.write(path, np.resize(sound, round(seconds * rate)), rate)
    return path


if __name__ == "__main__":
    main()
