"""The row over the tracks: what is said in the line, and the chosen phone or word."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QPushButton, QWidget

from facetake import phones
from facetake.edits import EditedScript
from facetake.ui import look
from facetake.ui.script_lanes import EMPHASES, STRENGTHS, SYMBOLS
from facetake_host.panel.widgets import ClickBox


class StripBar(QWidget):
    """Fields that show what is chosen on the strip, and change it.

    Signals:
        said: another text of the line.
        changed: another symbol for the chosen phone.
        shaped: another strength for it.
        stressed: another emphasis for the chosen word.
        asked: "insert" or "delete".
    """

    said = Signal(str)
    changed = Signal(str)
    shaped = Signal(float)
    stressed = Signal(float)
    asked = Signal(str)

    def __init__(self) -> None:
        """Of no line."""
        super().__init__()
        self.text = QLineEdit()
        self.text.setPlaceholderText("Type what is said in the line, and its words stand on the strip")
        self.phone, self.strength, self.emphasis = ClickBox(), ClickBox(), ClickBox()
        self.phone.addItems(SYMBOLS)
        self.strength.addItems(list(STRENGTHS))
        self.emphasis.addItems(list(EMPHASES))
        self.insert, self.delete = QPushButton("Insert"), QPushButton("Delete")
        named = (("text", "said"), ("phone", "phone"), ("strength", "firmness"), ("emphasis", "stress"))
        for attribute, name in (*named, ("insert", "insert_phone"), ("delete", "delete_phone")):
            getattr(self, attribute).setObjectName(name)
        self.phone.setToolTip("The chosen phone (Enter on the strip types one)")
        self.strength.setToolTip("How firmly it is shaped (1, 2, 3 on the strip)")
        self.emphasis.setToolTip("How much the chosen word is leant on (1, 2, 3 on the strip)")
        self.insert.setToolTip("A phone at the playhead (Insert)")
        self.delete.setToolTip("The chosen phone goes (Delete)")
        fields = (self.text, self.phone, self.strength, self.emphasis, self.insert, self.delete)
        self.setLayout(look.row(*fields, stretch=0))
        self.text.editingFinished.connect(lambda: self.said.emit(self.text.text()))
        self.phone.textActivated.connect(self.changed)
        self.strength.textActivated.connect(lambda name: self.shaped.emit(STRENGTHS[name]))
        self.emphasis.textActivated.connect(lambda name: self.stressed.emit(EMPHASES[name]))
        self.insert.clicked.connect(lambda: self.asked.emit("insert"))
        self.delete.clicked.connect(lambda: self.asked.emit("delete"))

    def show_text(self, text: str, *, has_sound: bool) -> None:
        """Shows what is said; not under a hand that types."""
        self.text.setEnabled(has_sound)
        if not self.text.hasFocus() or not has_sound:
            self.text.setText(text)
            self.text.setCursorPosition(0)

    def show_chosen(self, script: EditedScript | None, phone: int, word: int) -> None:
        """Shows a phone or a word of a script, or that none is chosen."""
        has_phone, has_word = script is not None and phone >= 0, script is not None and word >= 0
        for box in (self.phone, self.strength, self.delete):
            box.setEnabled(has_phone)
        self.emphasis.setEnabled(has_word)
        self.insert.setEnabled(script is not None and bool(script.alignment.phones))
        if script is not None and has_phone:
            one = script.alignment.phones[phone]
            self.phone.setCurrentText(phones.base(one.symbol))
            self.strength.setCurrentText(_nearest(STRENGTHS, one.strength))
        if script is not None and has_word:
            self.emphasis.setCurrentText(_nearest(EMPHASES, script.alignment.words[word].emphasis))


def _nearest(names: dict[str, float], amount: float) -> str:
    return min(names, key=lambda name: abs(names[name] - amount))
