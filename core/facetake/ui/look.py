"""How the window looks, and the few words in which its parts are laid out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSplitter, QVBoxLayout, QWidget

STYLE: Final = """
QWidget { background: #24272c; color: #d6d9de; font-size: 13px; }
QPushButton { background: #3a3f47; border: 1px solid #4a505a; border-radius: 4px; padding: 5px 10px; }
QPushButton:hover { background: #464c56; }
QPushButton:disabled { color: #6d737e; background: #2b2e34; }
QPushButton#generate { background: #2f6fb3; border-color: #3f83cb; color: white; font-weight: bold; }
QComboBox, QLineEdit, QPlainTextEdit { background: #1d1f23; border: 1px solid #4a505a; padding: 3px 6px; }
QTableWidget, QListWidget { background: #1d1f23; border: 1px solid #33373e; selection-background-color: #2d4a68; }
QHeaderView::section { background: #2b2e34; border: 0; padding: 3px 6px; color: #9aa1ac; }
QProgressBar { background: #1d1f23; border: 0; border-radius: 4px; max-height: 8px; }
QProgressBar::chunk { background: #3f83cb; border-radius: 4px; }
QScrollBar { background: #1d1f23; border: 0; }
QScrollBar:vertical { width: 12px; }
QScrollBar:horizontal { height: 12px; }
QScrollBar::handle { background: #4a505a; border-radius: 5px; min-width: 24px; min-height: 24px; margin: 1px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: #1d1f23; }
QMenu { border: 1px solid #4a505a; }
QMenu::item:selected, QMenuBar::item:selected { background: #2f6fb3; }
QLabel#title { color: #ffffff; font-weight: bold; }
QLabel#message[kind="problem"] { color: #f0a04a; }
"""


class Scroller(QScrollArea):
    """Scrolls a widget up and down, and is never narrower than it."""

    def __init__(self, widget: QWidget) -> None:
        """Around that one."""
        super().__init__()
        self._widget = widget
        self.setWidget(widget)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def minimumSizeHint(self) -> QSize:
        """As wide as the widget and the bar, and low."""
        width = self._widget.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width()
        return QSize(width, super().minimumSizeHint().height())


def row(*widgets: QWidget, stretch: int = -1) -> QHBoxLayout:
    """Widgets side by side; the one of that index takes what room is left."""
    made = QHBoxLayout()
    made.setContentsMargins(0, 0, 0, 0)
    for at, widget in enumerate(widgets):
        made.addWidget(widget, 1 if at == stretch else 0)
    return made


def column(*parts: QWidget | QHBoxLayout, stretch: int) -> QWidget:
    """Parts below each other; the one of that index takes what room is left."""
    holder = QWidget()
    made = QVBoxLayout(holder)
    made.setContentsMargins(0, 0, 0, 0)
    for at, part in enumerate(parts):
        if isinstance(part, QWidget):
            made.addWidget(part, 1 if at == stretch else 0)
        else:
            made.addLayout(part)
    return holder


def split(direction: Qt.Orientation, widgets: Sequence[QWidget], sizes: Sequence[int]) -> QSplitter:
    """Widgets with borders that a hand moves; sizes: in pixels at first, and as shares of what room is left."""
    made = QSplitter(direction)
    made.setChildrenCollapsible(False)
    for at, widget in enumerate(widgets):
        made.addWidget(widget)
        made.setStretchFactor(at, sizes[at])
    made.setSizes(list(sizes))
    return made
