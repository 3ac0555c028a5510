"""Widgets that a hand on the wheel does not change, and that say their number."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSlider, QWidget


class ClickBox(QComboBox):
    """A choice that changes by clicks and keys only: a wheel that scrolls past leaves it alone."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Left to whatever scrolls around it."""
        event.ignore()


class NumberedSlider(QWidget):
    """A slider in hundredths with its number beside it.

    Signals:
        valueChanged: the hundredths, while it moves.
        settled: the hundredths, once the hand lets go or a key was pressed.
    """

    valueChanged = Signal(int)
    settled = Signal(int)

    def __init__(self, hundredths: int, most: int = 100) -> None:
        """From 0 to `most` hundredths."""
        super().__init__()
        self.slider = _StillSlider(Qt.Orientation.Horizontal)
        self.slider.setMaximum(most)
        self.number = QLabel()
        self.number.setFixedWidth(self.number.fontMetrics().horizontalAdvance("0.000"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.slider, 1)
        row.addWidget(self.number)
        self.slider.valueChanged.connect(self._tell)
        self.slider.sliderReleased.connect(lambda: self.settled.emit(self.value()))
        self.setValue(hundredths)
        self._tell(hundredths)

    def value(self) -> int:
        """The hundredths."""
        return int(self.slider.value())

    def setValue(self, hundredths: int) -> None:
        """Moves it."""
        self.slider.setValue(hundredths)

    def show_value(self, hundredths: int) -> None:
        """Moves it without a signal; not from under a hand that drags it."""
        if self.slider.isSliderDown():
            return
        self.slider.blockSignals(True)
        self.slider.setValue(hundredths)
        self.slider.blockSignals(False)
        self.number.setText(f"{hundredths / 100:.2f}")

    def _tell(self, hundredths: int) -> None:
        self.number.setText(f"{hundredths / 100:.2f}")
        self.valueChanged.emit(hundredths)
        if not self.slider.isSliderDown():
            self.settled.emit(hundredths)


class _StillSlider(QSlider):
    """A slider that the wheel leaves alone."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Left to whatever scrolls around it."""
        event.ignore()
