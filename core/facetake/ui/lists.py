"""The lists on the left: the lines of the desk, the takes of the line that is open, and its note."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QItemSelectionModel, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QTableWidget,
    QTableWidgetItem,
)

from facetake.ui.lines import LineTake

PROBLEM = QColor("#f0a04a")
INK = QColor("#d6d9de")
NUMBER = Qt.ItemDataRole.UserRole
LONGEST_SHOWN = 2000  # characters of a tooltip: more fill a screen
Row = tuple[int, str, str, str, bool]
"""A line's number, name, mood and state, and whether that is a problem."""


class LineList(QTableWidget):
    """Lines: name, mood, state.

    Signals:
        chosen: numbers of lines, the one first on which the person clicked or came by keys.
    """

    chosen = Signal(object)

    def __init__(self) -> None:
        """Empty."""
        super().__init__(0, 3)
        self.setObjectName("lines")
        self._rows: list[Row] = []
        self.setHorizontalHeaderLabels(["Line", "Mood", "State"])
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        header = self.horizontalHeader()
        for column in range(3):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        self.itemSelectionChanged.connect(self._tell)

    def show_rows(self, rows: Sequence[Row], chosen: Sequence[int], current: int) -> None:
        """Shows lines, with those that are chosen and the one that is open."""
        self.blockSignals(True)
        self.setRowCount(len(rows))
        for at, (number, name, mood, state, is_problem) in enumerate(rows):
            if at < len(self._rows) and self._rows[at] == rows[at]:
                continue
            for column, text in enumerate((name, mood, state)):
                self._put(at, column, text, number, PROBLEM if is_problem and column == 2 else INK)
        self._rows = list(rows)
        wanted = {at for at, row in enumerate(rows) if row[0] in chosen}
        if wanted != {index.row() for index in self.selectionModel().selectedRows()}:
            self.clearSelection()
            for at in wanted:
                self.selectionModel().select(
                    self.model().index(at, 0),
                    QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows,
                )
        here = next((at for at, row in enumerate(rows) if row[0] == current), -1)
        if here >= 0 and here != self.currentRow():
            self.setCurrentCell(here, 0, QItemSelectionModel.SelectionFlag.NoUpdate)
        self.blockSignals(False)

    def _put(self, row: int, column: int, text: str, number: int, colour: QColor) -> None:
        item = self.item(row, column)
        if item is None:
            item = QTableWidgetItem()
            self.setItem(row, column, item)
        if item.text() != text:
            item.setText(text)
            item.setToolTip(text[:LONGEST_SHOWN])
        item.setData(NUMBER, number)
        item.setForeground(colour)

    def _tell(self) -> None:
        rows = [index.row() for index in self.selectionModel().selectedRows()]
        if rows:
            here = self.currentRow()
            ordered = sorted(rows, key=lambda row: (row != here, row))
            self.chosen.emit([self._rows[row][0] for row in ordered])


class TakeList(QListWidget):
    """Takes of a line; those with a tick are seen beside the one that is shown.

    Signals:
        picked: the number of the take to show.
        ticked: numbers of the takes beside it.
    """

    picked = Signal(int)
    ticked = Signal(object)

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self.setObjectName("takes")
        self.setToolTip("Click a take to show it; tick others to see them beside it")
        self.currentRowChanged.connect(self._pick)
        self.itemChanged.connect(self._tick)

    def show_takes(self, takes: Sequence[LineTake], shown: int, beside: Sequence[int]) -> None:
        """Shows them."""
        self.blockSignals(True)
        while self.count() > len(takes):
            self.takeItem(self.count() - 1)
        for at, made in enumerate(takes):
            item = self.item(at) or QListWidgetItem(self)
            item.setText(made.name)
            item.setToolTip(made.told[:LONGEST_SHOWN])
            item.setData(NUMBER, made.number)
            is_beside = made.number in beside or made.number == shown
            item.setCheckState(Qt.CheckState.Checked if is_beside else Qt.CheckState.Unchecked)
            if made.number == shown:
                self.setCurrentRow(at)
        self.blockSignals(False)

    def _pick(self, row: int) -> None:
        if row >= 0:
            self.picked.emit(self.item(row).data(NUMBER))

    def _tick(self, _item: QListWidgetItem) -> None:
        rows = [self.item(at) for at in range(self.count())]
        self.ticked.emit([one.data(NUMBER) for one in rows if one.checkState() == Qt.CheckState.Checked])


class NoteField(QPlainTextEdit):
    """A note.

    Signals:
        written: the text, once the person goes elsewhere.
    """

    written = Signal(str)

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self.setObjectName("note")
        self.setPlaceholderText("a note about this line")
        self.setTabChangesFocus(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The text counts now."""
        super().focusOutEvent(event)
        self.written.emit(self.toPlainText())
