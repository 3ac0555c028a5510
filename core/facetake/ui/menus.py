"""The menus of the window, with what was opened lately and the presets, and the buttons beside them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QInputDialog, QMainWindow, QMenu, QMessageBox, QPushButton, QWidget

from facetake.ui import look
from facetake.ui.commands import COMMANDS
from facetake.ui.desk import Desk
from facetake.ui.filing import Filing

CORNER = (("Undo", "undo"), ("Redo", "redo"), ("Export...", "export"))


class Menus(QObject):
    """Every command of the window.

    Attributes:
        actions: by the names of their commands.

    Signals:
        asked: the name of a command.
        opened: a file that was opened before is to be opened again.
        chosen: settings for the chosen lines.
    """

    asked = Signal(str)
    opened = Signal(object)
    chosen = Signal(object)

    def __init__(self, window: QMainWindow, desk: Desk, filing: Filing) -> None:
        """Fills the window's menu bar; `filing` has what is remembered."""
        super().__init__(window)
        self._window, self._desk, self._filing = window, desk, filing
        menus: dict[str, QMenu] = {}
        self.actions: dict[str, QAction] = {}
        for one in COMMANDS:
            if one.menu not in menus:
                menus[one.menu] = window.menuBar().addMenu(one.menu)
            if one.is_line_before:
                menus[one.menu].addSeparator()
            action = QAction(one.text, window)
            action.setShortcuts([QKeySequence(key) for key in one.key.split(", ")])
            action.triggered.connect(lambda _, name=one.name: self.asked.emit(name))
            menus[one.menu].addAction(action)
            self.actions[one.name] = action
        self._corner = QWidget(window.menuBar())
        self._corner.setLayout(look.row(*(self._button(text, command) for text, command in CORNER)))
        self._corner.setContentsMargins(0, 4, 8, 0)
        window.menuBar().setCornerWidget(self._corner)
        self._recent, self._presets = QMenu("Open recent", window), QMenu("Presets", window)
        menus["File"].insertMenu(self.actions["save"], self._recent)
        menus["Take"].insertMenu(self.actions["keep_preset"], self._presets)
        for menu in (self._recent, self._presets):
            menu.aboutToShow.connect(self._fill)
        self._fill()

    def keep_preset(self) -> None:
        """Asks for a name and keeps the open line's settings under it."""
        line = self._desk.line
        name, is_given = QInputDialog.getText(self._window, "Keep settings", "Name") if line else ("", False)
        if line is not None and is_given and name.strip():
            self._filing.remembered.keep(name.strip(), line.settings)
            self._fill()

    def drop_preset(self) -> None:
        """Asks for a preset and forgets it."""
        names = sorted(self._filing.remembered.presets)
        name, is_given = (
            QInputDialog.getItem(self._window, "Forget a preset", "Name", names, 0, False) if names else ("", False)
        )
        if is_given:
            self._filing.remembered.drop(name)
            self._fill()

    def show_keys(self) -> None:
        """A box with every command and its keys."""
        rows = "".join(f"<tr><td>{one.text}&nbsp;&nbsp;</td><td><b>{one.key}</b></td></tr>" for one in COMMANDS)
        QMessageBox.information(self._window, "Keys", f"<table>{rows}</table>")

    def _button(self, text: str, command: str) -> QPushButton:
        made = QPushButton(text)
        made.setObjectName(command)
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        made.clicked.connect(lambda: self.asked.emit(command))
        return made

    def _fill(self) -> None:
        """What is remembered."""
        remembered = self._filing.remembered
        self._recent.clear()
        for path in remembered.recent:
            self._recent.addAction(str(path)).triggered.connect(lambda _, path=Path(path): self.opened.emit(path))
        self._presets.clear()
        for name in sorted(remembered.presets):
            kept = remembered.presets[name]
            self._presets.addAction(name).triggered.connect(lambda _, kept=kept: self.chosen.emit(kept))
        self._recent.setEnabled(not self._recent.isEmpty())
        self._presets.setEnabled(not self._presets.isEmpty())
