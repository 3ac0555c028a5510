"""A person at the window: `session.py LINE FOLDER` does with real mouse and keyboard what an animator does.

Runs the window in this process on the display that DISPLAY names, moves the pointer and types with xdotool from a
second thread, and prints what happened as JSON. Pictures of the whole screen go to the folder.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QPoint, QTimer, Signal
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from facetake.ui.window import Window

LINE = Path(sys.argv[1])
FOLDER = Path(sys.argv[2])
SOURCE = Path(__file__).with_name("drag_source.py")
PATIENCE_S = 60.0


class Person(QObject):
    """Acts from a thread of its own; looks at the window in the window's thread."""

    asked = Signal(object)

    def __init__(self, window: Window) -> None:
        """In front of that window."""
        super().__init__()
        self.window = window
        self.facts = dict[str, Any]()
        self._answer: Any = None
        self._answered = threading.Event()
        self.asked.connect(self._look)
        self.beats: list[float] = []
        self._heart = QTimer(self, interval=1)
        self._heart.timeout.connect(lambda: self.beats.append(time.monotonic()))
        self._heart.start()

    def see(self, look: Callable[[], Any]) -> Any:
        """What the window's thread finds."""
        self._answered.clear()
        self.asked.emit(look)
        assert self._answered.wait(PATIENCE_S)
        return self._answer

    def wait(self, look: Callable[[], Any]) -> None:
        """Waits until something is so."""
        end = time.monotonic() + PATIENCE_S
        while not self.see(look):
            assert time.monotonic() < end, "waited in vain"
            time.sleep(0.01)

    def _look(self, look: Callable[[], Any]) -> None:
        self._answer = look()
        self._answered.set()

    def at(self, widget: QWidget, x: float = 0.5, y: float = 0.5) -> tuple[int, int]:
        """A point of a widget on the screen."""
        point = self.see(lambda: widget.mapToGlobal(QPoint(round(x * widget.width()), round(y * widget.height()))))
        return point.x(), point.y()

    def do(self, *words: object) -> None:
        """One command of xdotool."""
        subprocess.run(["xdotool", *map(str, words)], check=True)

    def click(self, widget: QWidget) -> None:
        """Presses and releases the button over a widget."""
        self.do("mousemove", *self.at(widget), "click", 1)

    def drag(self, points: list[tuple[int, int]]) -> None:
        """Moves along points with the button down."""
        self.do("mousemove", *points[0], "mousedown", 1)
        time.sleep(0.2)
        for point in points[1:]:
            self.do("mousemove", *point)
            time.sleep(0.05)
        self.do("mouseup", 1)

    def picture(self, name: str) -> None:
        """Photographs the screen."""
        path = str(FOLDER / f"{name}.png")
        self.see(lambda: QApplication.primaryScreen().grabWindow(0).save(path))

    def work(self) -> None:
        """The whole visit."""
        window = self.window
        panel = self.window.panel
        self.wait(lambda: window.isVisible() and window.viewer.pictures > 0)
        self._drop(panel.tracks)
        self.wait(lambda: panel.tracks.duration_s > 0)
        self._draw()
        self.picture("drawn")
        self._generate()
        self.do("mousemove", *self.at(panel.tracks, 0.415, 0.1), "click", 1)
        self.wait(lambda: window.player.time_s > 2.4)
        time.sleep(0.5)
        self.picture("generated")
        self._play()
        self._export()
        self._restyle()
        self.picture("restyled")

    def _drop(self, target: QWidget) -> None:
        """A file from another program."""
        source = subprocess.Popen(
            [sys.executable, str(SOURCE), str(LINE), "1190", "10"], stdout=subprocess.PIPE, text=True
        )
        assert source.stdout is not None
        source.stdout.readline()
        time.sleep(0.5)
        x, y = self.at(target, 0.5, 0.1)
        self.drag([(1240, 40), (1200, 60), (1100, 90), (900, y), (x + 40, y), (x + 5, y), (x, y)])
        time.sleep(0.5)
        source.kill()
        source.communicate()

    def _draw(self) -> None:
        """Happy that rises, then angry."""
        panel = self.window.panel
        lane = self.see(panel.tracks.mood_lane)
        height = self.see(panel.tracks.height)

        def at(x: float, weight: float) -> tuple[int, int]:
            return self.at(panel.tracks, x, (lane.bottom() - weight * lane.height()) / height)

        self.drag([at(0.03, 0.1), at(0.15, 0.3), at(0.3, 0.7), at(0.45, 0.9), at(0.52, 0.9)])
        self.click(panel.emotion)
        time.sleep(0.4)
        self.do("type", "angry")
        self.do("key", "Return")
        self.wait(lambda: panel.emotion.currentText() == "angry")
        self.drag([at(0.56, 0.1), at(0.65, 0.5), at(0.8, 0.9), at(0.97, 0.9)])
        self.facts["cues"] = self.see(panel.tracks.mood.cues)

    def _generate(self) -> None:
        """Twice, as the first line waits for the engine to start."""
        for name in ("cold", "warm"):
            made = threading.Event()
            self.see(partial(self.window.panel.made.connect, lambda _, made=made: made.set()))
            x, y = self.at(self.window.panel.go)
            self.do("mousemove", x, y)
            time.sleep(0.3)
            self.see(self.beats.clear)
            begun = time.monotonic()
            self.do("click", 1)
            assert made.wait(PATIENCE_S)
            self.facts[f"{name}_s"] = time.monotonic() - begun
            self.wait(lambda: not self.window.panel.is_busy)
            beats = self.see(lambda: list(self.beats))
            self.facts[f"{name}_block_s"] = max(b - a for a, b in zip(beats, beats[1:], strict=False))
        self.facts["layers"] = self.see(lambda: [one.name for one in self.window.host.scene.layers])
        self.facts["message"] = self.see(self.window.panel.message.text)

    def _play(self) -> None:
        before = self.see(lambda: self.window.viewer.pictures)
        self.do("key", "space")
        self.wait(lambda: self.window.player.time_s > 5.0)
        self.picture("playing")
        self.do("key", "space")
        self.wait(lambda: not self.window.player.is_playing)
        self.facts["pictures"] = self.see(lambda: self.window.viewer.pictures) - before
        self.facts["played_s"] = self.see(lambda: self.window.player.time_s)

    def _export(self) -> None:
        button = self.see(lambda: self.window.findChild(QPushButton, "export"))
        for name in ("take.json", "take.anim", "take.mp4"):
            if name == "take.json":
                self.do("key", "ctrl+e")
            else:  # without a window manager nobody gives the keyboard back after a dialog
                self.click(button)
            time.sleep(1.0)
            self.do("type", str(FOLDER / name))
            self.do("key", "Return")
            self.wait(partial(self._says, f"Written: {FOLDER / name}"))
        take = self.see(lambda: self.window.host.take)
        self.facts["value"] = float(take.values.sum())

    def _says(self, text: str) -> bool:
        return self.window.panel.message.text() == text

    def _restyle(self) -> None:
        def count() -> int:
            return len(self.window.host.scene.layers)

        before = self.see(count)
        self.click(self.window.panel.change)
        self.wait(lambda: count() == before + 1 and not self.window.panel.is_busy)
        self.click(self.see(lambda: self.window.findChild(QPushButton, "undo")))
        self.wait(lambda: count() == before)
        self.click(self.see(lambda: self.window.findChild(QPushButton, "redo")))
        self.wait(lambda: count() == before + 1)
        self.facts["restyled"] = self.see(lambda: self.window.host.scene.layers[-1].name)


def main() -> int:
    """Opens the window, lets the person work, closes it."""
    application = QApplication(sys.argv[:1])
    window = Window()
    window.move(0, 0)
    window.show()
    person = Person(window)
    failed = list[BaseException]()

    def visit() -> None:
        try:
            person.work()
        except BaseException as error:
            failed.append(error)
            person.picture("failed")
            raise
        finally:
            QTimer.singleShot(0, application, application.quit)

    thread = threading.Thread(target=visit)
    thread.start()
    application.exec()
    thread.join()
    window.end()
    print(json.dumps(person.facts))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
