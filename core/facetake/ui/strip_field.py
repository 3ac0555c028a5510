"""The field over something on the strip, in which it is made to say something else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCompleter, QLineEdit, QWidget

LEAST_PX: Final = 64  # wide, at least: two letters, a digit and the cursor
ENDS: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape)


class StripField(QLineEdit):
    """A field with the keyboard on it.

    Signals:
        ended: what was typed; "" where things are to stay as they are.
    """

    ended = Signal(str)

    def __init__(self, text: str, choices: Sequence[str], box: QRectF, parent: QWidget) -> None:
        """Over a box of its parent, or as much wider as is needed and there is room; `choices` are offered."""
        super().__init__(text, parent)
        completer = QCompleter(list(choices), self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setCompleter(completer)
        longest = max((self.fontMetrics().horizontalAdvance(one) for one in (text, *choices)), default=0)
        width = min(max(LEAST_PX, box.width(), longest + LEAST_PX / 2), parent.width())
        left = min(max(0.0, box.left()), parent.width() - width)
        height = max(box.height(), self.sizeHint().height())
        top = min(box.top(), parent.height() - height)
        self.setGeometry(QRectF(left, top, width, height).toRect())
        self.editingFinished.connect(lambda: self.ended.emit(""))  # the keyboard has gone elsewhere
        self.selectAll()
        self.show()
        self.setFocus()

    def event(self, event: QEvent) -> bool:
        """Enter takes what is typed, and Escape leaves things as they are; neither is a command of the window."""
        if isinstance(event, QKeyEvent) and event.key() in ENDS:
            if event.type() == QEvent.Type.KeyPress:
                self.ended.emit(self.text() if event.key() != Qt.Key.Key_Escape else "")
            event.accept()
            return True
        return bool(super().event(event))
