"""Hands on the strip of a window: what tests drive it with, each in a process of its own. The folder is argument 1."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from agreement import Witness, spin
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox

from facetake import edits
from facetake.script import Phone
from facetake.ui.window import Window

LEFT, NONE, ALT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.AltModifier
SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
application = QApplication([])
QMessageBox.question = lambda *_: QMessageBox.StandardButton.Discard  # type: ignore[method-assign]
folder = Path(sys.argv[1])
a = folder / "a.wav"
window = Window()
window.show()
strip, bar, marks = window.tracks, window.time_view.strip_bar, window.time_view.mark_bar
_now: dict[str, Any] = {"window": window, "witness": Witness(window, folder)}


def take_over(other: Window) -> None:
    """Another window is the one that all this is about."""
    _now.update(window=other, witness=Witness(other, folder))


def settle() -> None:
    """Waits until all that was asked has come."""
    spin(lambda: not _now["window"].maker.is_busy and not _now["window"].editor.is_busy)


def tell(**more: Any) -> None:
    """Prints how it stands, and whether everything that is seen agrees."""
    settle()
    now = _now["window"]
    facts = {"title": now.title.text(), "said": now.message.text(), "kind": now.message.property("kind")}
    print(json.dumps({**facts, "disagreed": _now["witness"].check(), **more}), flush=True)


def phones() -> tuple[Phone, ...]:
    """Of the open line, with its edits."""
    script = _now["window"].tracks.script
    return script.alignment.phones if script else ()


def at(time_s: float, lane: str = "phones") -> QPoint:
    """A place in a lane."""
    now = _now["window"].tracks
    box = now.by_name[lane].box if lane in now.by_name else now.lane(lane)
    return QPoint(round(now.x_at(time_s)), round(box.center().y()))


def pull(start: QPoint, end: QPoint) -> None:
    """Drags from a point to another."""
    now = _now["window"].tracks
    QTest.mousePress(now, LEFT, NONE, start)
    for part in (0.3, 0.6, 1.0):
        QTest.mouseMove(now, start + (end - start) * part)
        application.processEvents()
    QTest.mouseRelease(now, LEFT, NONE, end)
    settle()


def drag(place: int, by_s: float) -> None:
    """Drags the end of a phone."""
    start = at(phones()[place].end_s)
    now = _now["window"].tracks
    pull(start, start + QPoint(round(now.x_at(by_s) - now.x_at(0.0)), 0))


def key(name: str, modifiers: Qt.KeyboardModifier = NONE) -> None:
    """Presses a key on the strip."""
    QTest.keyClick(_now["window"].tracks, getattr(Qt.Key, f"Key_{name}"), modifiers)
    settle()


def write(text: str) -> None:
    """Enter, a text, and Enter again."""
    key("Return")
    field = _now["window"].tracks._field
    field.setText(text)
    QTest.keyClick(field, Qt.Key.Key_Return)
    settle()


def digest() -> str:
    """Of the values of the take that is shown."""
    return hashlib.sha256(_now["window"].desk.line.top.take.values.tobytes()).hexdigest()


def text() -> str:
    """Of the file of edits, as it would be written."""
    return edits.text_of(_now["window"].desk.line.edits)


def begin(path: Path | None = None) -> None:
    """Opens a line and generates it."""
    _now["window"].activateWindow()
    _now["window"].open([path or a])
    settle()
    _now["window"].generate()
    settle()
