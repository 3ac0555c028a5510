"""A person at the window: `session.py LINE OTHER FOLDER` does forty things with real mouse and keyboard.

Runs the window in this process on the display that DISPLAY names, moves the pointer and types with xdotool from a
second thread. After each thing it looks whether face, curves, label, lists and export agree, and prints what happened
as JSON. Pictures of the whole screen go to the folder.
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
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

sys.path.insert(0, str(Path(__file__).parent))

from agreement import Witness  # noqa: E402  after the path

from facetake.ui.window import Window  # noqa: E402  likewise

LINE = Path(sys.argv[1])
OTHER = Path(sys.argv[2])
FOLDER = Path(sys.argv[3])
SOURCE = Path(__file__).with_name("drag_source.py")
PATIENCE_S = 300.0  # of a machine that does much else


class Person(QObject):
    """Acts from a thread of its own; looks at the window in the window's thread."""

    asked = Signal(object)

    def __init__(self, window: Window) -> None:
        """In front of that window."""
        super().__init__()
        self.window = window
        self.witness = Witness(window, FOLDER)
        self.facts = dict[str, Any](disagreed=[], done=[])
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
            assert time.monotonic() < end, f"waited in vain; the window says {self.see(self.window.message.text)!r}"
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

    def key(self, name: str) -> None:
        """Presses a key."""
        self.do("key", name)
        time.sleep(0.1)

    def click(self, widget: QWidget, x: float = 0.5, y: float = 0.5, *held: str) -> None:
        """Presses and releases the button over a widget, with keys held."""
        self.do("mousemove", *self.at(widget, x, y))
        time.sleep(0.1)
        self.do(
            *(word for key in held for word in ("keydown", key)), "click", 1, *(w for k in held for w in ("keyup", k))
        )
        time.sleep(0.1)

    def click_row(self, name: str, row: int, x: float = 0.5) -> None:
        """Clicks a row of the list of lines or of takes, late enough not to be the second half of a double click."""
        time.sleep(QGuiApplication.styleHints().mouseDoubleClickInterval() / 1000 + 0.1)
        widget = getattr(self.window, name)

        def place() -> tuple[int, int]:
            box = widget.visualRect(widget.model().index(row, 0))
            point = widget.viewport().mapToGlobal(QPoint(round(box.left() + x * 100), box.center().y()))
            return point.x(), point.y()

        self.do("mousemove", *self.see(place), "click", 1)
        time.sleep(0.1)

    def drag(self, points: list[tuple[int, int]]) -> None:
        """Moves along points with the button down."""
        self.do("mousemove", *points[0], "mousedown", 1)
        time.sleep(0.2)
        for point in points[1:]:
            self.do("mousemove", *point)
            time.sleep(0.05)
        self.do("mouseup", 1)
        time.sleep(0.1)

    def picture(self, name: str) -> None:
        """Photographs the screen."""
        path = str(FOLDER / f"{name}.png")
        self.see(lambda: QGuiApplication.primaryScreen().grabWindow(0).save(path))

    def step(self, name: str, act: Callable[[], object], until: Callable[[], Any] = lambda: True) -> None:
        """One thing: done, waited for, and looked at."""
        act()
        self.wait(until)
        self.wait(lambda: not self.window.maker.is_busy and not self.window.transport.player.is_playing)
        found = self.see(self.witness.check)
        self.facts["done"].append(name)
        if found:
            self.facts["disagreed"].append({"after": name, "found": found})
            self.picture(f"disagreed_{len(self.facts['done'])}")

    def button(self, name: str) -> QPushButton:
        """A button by its name."""
        found = self.see(lambda: self.window.findChild(QPushButton, name))
        assert isinstance(found, QPushButton)
        return found

    def work(self) -> None:
        """The whole visit."""
        window = self.window
        self.wait(lambda: window.isVisible() and window.viewer.pictures > 0)
        self._draw()
        self._make()
        self._look_around()
        self._change()
        self._export()

    def title(self, part: str) -> Callable[[], bool]:
        """Whether the title has that in it."""
        return lambda: part in self.window.title.text()

    def _draw(self) -> None:
        """A line dropped from another program; happy that rises, then angry; a stroke undone and done again."""
        window = self.window
        tracks = window.tracks
        self.step("drop a line", partial(self._drop, tracks), lambda: tracks.duration_s > 0)
        self.step("draw happy", partial(self._stroke, [(0.03, 0.1), (0.15, 0.3), (0.3, 0.7), (0.45, 0.9), (0.52, 0.9)]))
        self.step("choose angry", self._choose_angry, lambda: window.settings.emotion.currentText() == "angry")
        self.step("draw angry", partial(self._stroke, [(0.56, 0.1), (0.65, 0.5), (0.8, 0.9), (0.97, 0.9)]))
        both = self.see(lambda: tracks.mood.cues())
        self.picture("drawn")
        self.step("undo a stroke", partial(self.key, "ctrl+z"), lambda: "angry" not in tracks.mood.cues())
        assert "happy" in self.see(lambda: tracks.mood.cues())
        self.step("redo it", partial(self.key, "ctrl+shift+z"), lambda: tracks.mood.cues() == both)
        self.facts["cues"] = both

    def _make(self) -> None:
        """Twice, as the first line waits for the engine to start; a second line; three seeds."""
        window = self.window
        tracks = window.tracks
        both = self.facts["cues"]
        self.step("generate", partial(self._timed, "cold", self.button("generate")), self.title("take 1"))
        self.step("generate again", partial(self._timed, "warm", self.button("generate")), self.title("take 2"))
        self.step("click the waveform", partial(self.click, tracks, 0.415, 0.05), lambda: window.transport.now_s > 2.4)
        self.picture("generated")
        self.step("one frame on", partial(self.key, "Right"))
        now_s = self.see(lambda: window.transport.now_s)
        self.step("one frame back", partial(self.key, "Left"), lambda: window.transport.now_s < now_s)
        self.facts["frame_s"] = now_s - self.see(lambda: window.transport.now_s)
        self.step("to the end", partial(self.key, "End"), lambda: window.transport.now_s > 5.9)
        self.step("to the start", partial(self.key, "Home"), lambda: window.transport.now_s == 0.0)
        self.see(lambda: window.open([OTHER]))
        self.step("open another line", lambda: None, self.title(OTHER.stem))
        assert self.see(lambda: tracks.mood.is_neutral)
        self.step("three seeds", partial(self.key, "ctrl+t"), self.title("seed 2"))
        self.picture("seeds")
        self.step("back to the first line", partial(self.click_row, "lines", 0), self.title(LINE.stem))
        assert self.see(lambda: tracks.mood.cues()) == both
        self.step("the next line", partial(self.key, "Next"), self.title(OTHER.stem))
        self.step("the line before", partial(self.key, "Prior"), self.title(LINE.stem))

    def _look_around(self) -> None:
        """Takes beside each other, zoom, loop, playing, and a wheel that changes nothing."""
        window = self.window
        tracks = window.tracks
        self.step("show the first take", partial(self.click_row, "takes", 0, 0.8), self.title("take 1"))
        self.step("the next take", partial(self.key, "bracketright"), self.title("take 2"))
        self.step("compare", partial(self.key, "c"), self.title("|  take 1"))
        self.step("exchange", partial(self.key, "x"), self.title(f"{LINE.stem}, take 1"))
        self.step("alone", partial(self.key, "c"), lambda: "|" not in window.title.text())
        self.step("tick the second", partial(self.click_row, "takes", 1, 0.1), self.title("|  take 2"))
        self.step("untick it", partial(self.click_row, "takes", 1, 0.1), lambda: "|" not in window.title.text())
        self.step("zoom in", partial(self.key, "plus"), lambda: tracks.view[1] < tracks.duration_s)
        self.step("loop what is seen", partial(self.key, "l"), lambda: tracks.loop is not None)
        self.step("loop nothing", partial(self.key, "l"), lambda: tracks.loop is None)
        self.step("see all", partial(self.key, "0"), lambda: tracks.view == (0.0, tracks.duration_s))
        before = self.see(lambda: (window.settings.emotion.currentText(), window.settings.weight.value()))
        self.step("turn the wheel over choices", self._turn_wheel)
        assert self.see(lambda: (window.settings.emotion.currentText(), window.settings.weight.value())) == before
        self.step("play", self._play)

    def _change(self) -> None:
        """Restyles, and takes it back; a note; every line at once; a film that is cancelled."""
        window = self.window
        self.step("restyle", partial(self.click, self.button("restyle")), self.title("restyled from 1"))
        self.picture("restyled")
        self.step("undo it", partial(self.click, self.button("undo")), self.title("take 1"))
        self.step("redo it again", partial(self.click, self.button("redo")), self.title("restyled from 1"))
        self.facts["restyled"] = self.see(window.title.text)
        self.step("write a note", self._note, lambda: window.note.toPlainText() == "too much brow")
        self.step("choose every line", partial(self.key, "ctrl+a"), lambda: len(window.desk.chosen) == 2)
        self.step("the mood over all", partial(self.key, "ctrl+m"))
        self.step("generate all", partial(self.key, "ctrl+g"), self.title("take 4"))
        self.step("undo one of them", partial(self.key, "ctrl+z"), lambda: True)
        self.step("redo that", partial(self.key, "ctrl+shift+z"), lambda: True)
        self.click_row("lines", 0)
        self.step("cancel a film", self._cancel_film, lambda: window.message.text().startswith("Cancelled"))
        self.facts["left_of_film"] = [path.name for path in FOLDER.glob("*film*")]

    def _export(self) -> None:
        """What is typed into the dialog is written."""
        button = self.button("export")
        for name in ("take.json", "take.anim", "take.mp4"):
            self.step(
                f"export {name}",
                partial(self._type_into_dialog, button, name),
                partial(self._says, f"Written: {FOLDER / name}"),
            )
        line = self.see(lambda: self.window.desk.line)
        self.facts["value"] = float(line.top.take.values.sum())

    def _drop(self, target: QWidget) -> None:
        """A file from another program."""
        source = subprocess.Popen(
            [sys.executable, str(SOURCE), str(LINE), "1290", "10"], stdout=subprocess.PIPE, text=True
        )
        assert source.stdout is not None
        source.stdout.readline()
        time.sleep(0.5)
        x, y = self.at(target, 0.5, 0.1)
        self.drag([(1340, 40), (1300, 60), (1100, 90), (900, y), (x + 40, y), (x + 5, y), (x, y)])
        time.sleep(0.5)
        source.kill()
        source.communicate()

    def _stroke(self, spots: list[tuple[float, float]]) -> None:
        """Draws in the lane of moods, by shares of its width and weights."""
        tracks = self.window.tracks
        lane = self.see(tracks.mood_lane)
        height = self.see(tracks.height)
        self.drag([self.at(tracks, x, (lane.bottom() - weight * lane.height()) / height) for x, weight in spots])

    def _choose_angry(self) -> None:
        self.click(self.window.settings.emotion)
        time.sleep(0.4)
        self.do("type", "angry")
        self.key("Return")

    def _timed(self, name: str, button: QWidget) -> None:
        """Presses Generate, and keeps how long it took and how long the window was not alive."""
        x, y = self.at(button)
        self.do("mousemove", x, y)
        time.sleep(0.3)
        self.see(self.beats.clear)
        begun = time.monotonic()
        self.do("click", 1)
        self.wait(lambda: self.window.maker.is_busy)
        self.wait(lambda: not self.window.maker.is_busy)
        self.facts[f"{name}_s"] = time.monotonic() - begun
        beats = self.see(lambda: list(self.beats))
        self.facts[f"{name}_block_s"] = max(b - a for a, b in zip(beats, beats[1:], strict=False))

    def _turn_wheel(self) -> None:
        for widget in (self.window.settings.emotion, self.window.settings.weight.slider):
            self.do("mousemove", *self.at(widget), "click", 5, "click", 5, "click", 4)
        time.sleep(0.2)

    def _play(self) -> None:
        before = self.see(lambda: self.window.viewer.pictures)
        self.key("space")
        self.wait(lambda: self.window.transport.now_s > 3.0)
        self.picture("playing")
        self.key("space")
        self.wait(lambda: not self.window.transport.player.is_playing)
        self.facts["pictures"] = self.see(lambda: self.window.viewer.pictures) - before
        self.facts["played_s"] = self.see(lambda: self.window.transport.now_s)

    def _note(self) -> None:
        self.click(self.window.note)
        self.do("type", "too much brow")
        self.click(self.window.viewer)
        self.click_row("lines", 0)

    def _cancel_film(self) -> None:
        self.see(lambda: self.window.filing.export_to(FOLDER / "film.mp4"))
        self.wait(lambda: self.window.maker.films.status.share > 0.02)
        self.key("Escape")

    def _type_into_dialog(self, button: QWidget, name: str) -> None:
        self.click(button)
        time.sleep(1.0)
        self.do("type", str(FOLDER / name))
        self.key("Return")

    def _says(self, text: str) -> bool:
        return bool(self.window.message.text() == text)


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
            QTimer.singleShot(0, application, partial(application.exit, 0))

    thread = threading.Thread(target=visit)
    thread.start()
    application.exec()
    thread.join()
    window.end()
    print(json.dumps(person.facts))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
