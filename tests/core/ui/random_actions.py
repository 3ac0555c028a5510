"""A restless person at the window: `random_actions.py FOLDER COUNT SEED`, with the mouse and the keyboard of QTest.

Opens what lies in the folder, does COUNT things at random, and looks after each whether face, curves, label, lists and
export agree. Prints as JSON how often each thing was done, and the disagreements with what led to them.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox, QWidget

sys.path.insert(0, str(Path(__file__).parent))

from agreement import Witness, spin  # noqa: E402  after the path

from facetake.ui.window import Window  # noqa: E402  likewise

LEFT = Qt.MouseButton.LeftButton
KEYS = {
    "undo": "Ctrl+Z",
    "redo": "Ctrl+Shift+Z",
    "fill": "Ctrl+M",
    "clear": "Ctrl+Backspace",
    "generate": "Ctrl+G",
    "restyle": "Ctrl+R",
    "cancel": "Escape",
    "next take": "]",
    "previous take": "[",
    "compare": "C",
    "exchange": "X",
    "one frame on": "Right",
    "one frame back": "Left",
    "start": "Home",
    "end": "End",
    "loop": "L",
    "zoom in": "+",
    "zoom out": "-",
    "whole": "0",
    "mark an event": "Ctrl+1",
    "mark an emotion": "Ctrl+2",
    "mark a look": "Ctrl+3",
    "lock": "Ctrl+4",
    "set a key": "Ctrl+5",
    "spectrogram": "S",
    "next line": "PgDown",
    "previous line": "PgUp",
    "remove take": "Shift+Delete",
    "all lines": "Ctrl+A",
    "save": "Ctrl+S",
    "export": "Ctrl+E",
}
RARE = {"remove lines": "Delete", "three seeds": "Ctrl+T", "every line": "Ctrl+Shift+G"}
RARELY = 0.03  # by choice, of all that is done: else nothing is left, or nothing else is done
OFTEN = 0.08  # likewise: without takes there is nothing to disagree


class Restless:
    """Does one thing after another."""

    def __init__(self, window: Window, folder: Path, seed: int) -> None:
        """At that window."""
        self.window = window
        self.folder = folder
        self.chance = random.Random(seed)
        self.files = [*sorted(folder.glob("*.wav")), *sorted(folder.glob("*.json"))]
        self.deeds: list[tuple[str, Callable[[], None]]] = [
            ("open", self._open),
            ("line", self._click_line),
            ("take", self._click_take),
            ("tick", self._tick_take),
            ("stroke", self._stroke),
            ("seek", self._seek),
            ("slide", self._slide),
            ("box", self._choose),
            ("wheel", self._wheel),
            ("check", self._check_box),
            ("note", self._note),
            ("play", self._play),
            ("mark a loop", self._mark),
        ]

    def begin(self) -> str:
        """Opens everything, so that there is something to be restless with."""
        self.window.open(self.files)
        spin(lambda: not self.window.maker.is_busy)
        return "open all"

    def act(self) -> str:
        """One thing; what it was."""
        if self.chance.random() < OFTEN:
            name = self.chance.choice(["generate", "restyle"])
            self._press(KEYS[name])
        elif self.chance.random() < RARELY:
            name = self.chance.choice(sorted(RARE))
            self._press(RARE[name])
        elif self.chance.random() < len(KEYS) / (len(KEYS) + 1.5 * len(self.deeds)):
            name = self.chance.choice(sorted(KEYS))
            self._press(KEYS[name])
        else:
            name, deed = self.chance.choice(self.deeds)
            deed()
        QApplication.processEvents()
        if self.chance.random() < 0.8:
            spin(lambda: not self.window.maker.is_busy)
        return name

    def _press(self, key: str) -> None:
        """By the key itself, as a shortcut."""
        from PySide6.QtGui import QKeySequence

        combined = QKeySequence(key)[0]  # type: ignore[index]
        QTest.keyClick(self.window, combined.key(), combined.keyboardModifiers())

    def _open(self) -> None:
        self.window.open(self.chance.sample(self.files, self.chance.choice([1, 1, 2])))

    def _click_line(self) -> None:
        table = self.window.lines
        if table.rowCount():
            place = table.visualRect(table.model().index(self.chance.randrange(table.rowCount()), 0)).center()
            held = self.chance.choice([Qt.KeyboardModifier.NoModifier] * 3 + [Qt.KeyboardModifier.ControlModifier])
            QTest.mouseClick(table.viewport(), LEFT, held, place)

    def _click_take(self) -> None:
        takes = self.window.takes
        if takes.count():
            box = takes.visualItemRect(takes.item(self.chance.randrange(takes.count())))
            QTest.mouseClick(takes.viewport(), LEFT, pos=QPoint(box.left() + 60, box.center().y()))

    def _tick_take(self) -> None:
        takes = self.window.takes
        if takes.count():
            box = takes.visualItemRect(takes.item(self.chance.randrange(takes.count())))
            QTest.mouseClick(takes.viewport(), LEFT, pos=QPoint(box.left() + 10, box.center().y()))

    def _stroke(self) -> None:
        tracks = self.window.tracks
        lane = tracks.mood_lane()
        spots = [
            QPoint(self.chance.randrange(tracks.width()), round(lane.top() + self.chance.random() * lane.height()))
            for _ in range(3)
        ]
        self._drag(tracks, spots)

    def _mark(self) -> None:
        tracks = self.window.tracks
        y = round(tracks.time_lane().center().y())
        self._drag(tracks, [QPoint(self.chance.randrange(tracks.width()), y) for _ in range(2)])

    def _drag(self, widget: QWidget, spots: list[QPoint]) -> None:
        QTest.mousePress(widget, LEFT, pos=spots[0])
        for spot in spots[1:]:
            QTest.mouseMove(widget, spot)
        QTest.mouseRelease(widget, LEFT, pos=spots[-1])

    def _seek(self) -> None:
        tracks = self.window.tracks
        QTest.mouseClick(tracks, LEFT, pos=QPoint(self.chance.randrange(tracks.width()), 10))

    def _slide(self) -> None:
        form = self.window.settings
        slider = self.chance.choice([form.weight, form.energy, form.gain, form.strength]).slider
        key = self.chance.choice([Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp])
        slider.setFocus()
        if key == Qt.Key.Key_PageUp:
            QTest.mouseClick(slider, LEFT, pos=QPoint(self.chance.randrange(slider.width()), slider.height() // 2))
        else:
            QTest.keyClick(slider, key)

    def _choose(self) -> None:
        form = self.window.settings
        box = self.chance.choice([form.emotion, form.style_name, form.region, self.window.time_view.group, form.actor])
        box.setFocus()
        QTest.keyClick(box, self.chance.choice([Qt.Key.Key_Up, Qt.Key.Key_Down]))

    def _wheel(self) -> None:
        """Over a choice or a slider nothing changes."""
        from PySide6.QtCore import QPointF
        from PySide6.QtGui import QWheelEvent

        form = self.window.settings
        box = self.chance.choice([form.emotion, form.region, form.seed, form.gain.slider])
        before = (form.emotion.currentText(), form.region.currentText(), form.seed.value(), form.gain.value())
        spot = QPointF(box.rect().center())
        turned = QWheelEvent(
            spot,
            QPointF(box.mapToGlobal(box.rect().center())),
            QPoint(),
            QPoint(0, -120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(box, turned)
        after = (form.emotion.currentText(), form.region.currentText(), form.seed.value(), form.gain.value())
        assert before == after, "the wheel changed a setting"

    def _check_box(self) -> None:
        form = self.window.settings
        box = self.chance.choice([form.listen, form.blink, form.gaze, form.head])
        QTest.mouseClick(box, LEFT, pos=QPoint(8, box.height() // 2))

    def _note(self) -> None:
        self.window.note.setFocus()
        QTest.keyClicks(self.window.note, self.chance.choice(["too much", "again", " "]))
        self.window.lines.setFocus()

    def _play(self) -> None:
        self._press("Space")
        QTest.qWait(self.chance.randrange(150))
        if self.window.transport.player.is_playing:
            self._press("Space")


def main() -> int:
    """Opens the window, lets the person loose, and tells."""
    folder, count, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    QApplication(sys.argv[:1])
    exported = [str(folder / "exported.csv"), str(folder / "exported.npz"), ""]
    person: Any = None
    QFileDialog.getSaveFileName = lambda _, title, *rest: (  # type: ignore[method-assign]
        (str(folder / "lines.facetake") if "project" in title else person.chance.choice(exported)),
        "",
    )
    QMessageBox.question = lambda *_: QMessageBox.StandardButton.Discard  # type: ignore[method-assign]
    window = Window()
    window.show()
    person = Restless(window, folder, seed)
    witness = Witness(window, folder)
    done: Counter[str] = Counter()
    told: list[dict[str, Any]] = []
    last: list[str] = []
    for number in range(count):
        name = person.act() if number else person.begin()
        done[name] += 1
        last = [*last[-9:], name]
        if found := witness.check():
            told.append({"number": number, "after": last, "found": found})
            window.grab().save(str(folder / f"disagreement_{number}.png"))
    window.end()
    print(json.dumps({"seed": seed, "done": done, "takes": witness.n_takes, "told": told}))
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
