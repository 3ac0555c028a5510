"""From a drag on the strip to a changed face, in the window.

    xvfb-run -a python tests/bench/bench_strip.py LINE [DRAGS] [SECONDS]

Opens LINE, or as much of it, repeated, as SECONDS say, generates a take, and moves a boundary between two phones with
the mouse so many times (by default 60), each time to another frame; then a key of the jaw likewise. Prints how long it
took from the mouse's event until the picture of the face with that edit was on the screen: the middle, the 95th
percentile and the longest, and likewise until the strip and the curves showed it; and how busy the machine was with
other things meanwhile. Last, how long an event took to be on the face. Needs the ui and preview extras.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

WARM = 5  # drags before the clock counts: what is compiled and loaded is so once
BEAT_MS = 1
PATIENCE_S = 3600.0  # for half an hour to be heard, on a machine that does much else


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
        apart = round(strip._x(1 / 60) - strip._x(0.0)) + 1
        left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        print(f"{window.desk.duration_s(window.desk.lines[0]):.1f} s, {len(phones)} phones, {drags} drags of each")
        print("ms until                    middle   95 %   most   other programs' share of a core")

        def shown() -> bool:
            made = window.desk.line and window.desk.line.top
            return made is not None and made.edits == strip._tried

        def measure(what: str, grabbed: QPoint) -> None:
            spin(lambda: not window.editor.is_busy and window.viewer.shown == window.viewer.asked)
            QTest.mousePress(strip, left, none, grabbed)
            faces, curves, others = [], [], others_s()
            since = time.perf_counter()
            for number in range(drags + WARM):
                step = (1 + number % 5) * apart * (-1 if number % 2 else 1)
                begun = time.perf_counter()
                QTest.mouseMove(strip, grabbed + QPoint(step, 0))
                spin(shown)
                curves.append(time.perf_counter() - begun)
                spin(lambda: window.viewer.shown == window.viewer.asked)
                faces.append(time.perf_counter() - begun)
            busy = (others_s() - others) / (time.perf_counter() - since)
            QTest.mouseRelease(strip, left, none, grabbed)
            for name, taken in (("strip and curves", curves), ("face", faces)):
                told = 1000 * np.percentile(taken[WARM:], [50, 95, 100])
                print(f"{what:8s} {name:17s} {told[0]:7.0f} {told[1]:6.0f} {told[2]:6.0f}   {busy:.2f}", flush=True)

        measure("boundary", QPoint(round(strip._x(at_s)), round(strip.lane("phones").center().y())))
        window.transport.seek(at_s + 0.3)
        window.do("set_key")
        window.transport.seek(at_s + 0.5)
        spin(lambda: not window.editor.is_busy and strip.place("keys") >= 0)
        QApplication.processEvents()
        key = strip.keys.keys(strip.script)[strip.place("keys")]
        measure("key", strip.keys.spot(key, strip.lane("keys")).toPoint())
        begun = time.perf_counter()
        window.do("mark_event")
        spin(lambda: not window.editor.is_busy and window.viewer.shown == window.viewer.asked)
        print(f"an event, for which all of the line is performed anew: {time.perf_counter() - begun:.1f} s")
        window.end()


def others_s() -> float:
    """Seconds that the machine has worked for all but this program; 0 where the system does not tell."""
    try:
        spent = [int(part) for part in Path("/proc/stat").read_text(encoding="utf-8").split()[1:9]]
    except (OSError, ValueError):
        return 0.0
    return (sum(spent) - spent[3] - spent[4]) / os.sysconf("SC_CLK_TCK") - time.process_time()


def repeated(line: Path, seconds: float, folder: Path) -> Path:
    """A sound of that length."""
    sound, rate = soundfile.read(line)
    path = folder / "long.wav"
    soundfile.write(path, np.resize(sound, round(seconds * rate)), rate)
    return path


if __name__ == "__main__":
    main()
