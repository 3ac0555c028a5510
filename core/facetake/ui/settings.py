"""The settings on the right: the mood that is drawn, how a take is made, and how one is restyled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from facetake import rig
from facetake.ui.lines import LineSettings
from facetake_host.mood import EMOTIONS
from facetake_host.panel.widgets import ClickBox, NumberedSlider

OWN: Final = "own manner"
MOST_SEED: Final = 2**31 - 1  # what the field holds
MOST_SHOWN_GAIN: Final = 300  # hundredths, by choice: beyond it most controls stand at their ends
MOST_SHOWN_ENERGY: Final = 200  # hundredths: all that the engine takes
GAINED: Final = ("upper", "lower", *(name for name in rig.REGIONS if name not in ("ear", "neck")))
"""Regions and groups whose movement is worth scaling."""


class SettingsPanel(QWidget):
    """Everything that a take is made by.

    Signals:
        changed: a change of the settings, as a function from the old to the new.
        asked: the name of a command.
        brushed: another emotion to draw.
    """

    changed = Signal(object)
    asked = Signal(str)
    brushed = Signal(str)

    def __init__(self) -> None:
        """As for no line."""
        super().__init__()
        self.emotion, self.style_name, self.actor, self.region = (ClickBox() for _ in range(4))
        self.emotion.addItems(EMOTIONS)
        self.style_name.addItems(["neutral", *EMOTIONS])
        self.style_name.setCurrentText("happy")
        self.actor.addItems([OWN])
        self.region.addItems(GAINED)
        self.weight, self.strength = NumberedSlider(70), NumberedSlider(80)
        self.energy = NumberedSlider(100, MOST_SHOWN_ENERGY)
        self.gain = NumberedSlider(100, MOST_SHOWN_GAIN)
        self.gains = QLabel()
        self.gains.setWordWrap(True)
        self.seed = _Seed()
        self.listen = QCheckBox("from the voice")
        self.listen.setToolTip("Hear the emotion in the line; what was heard is drawn, to be changed and made again")
        self.blink, self.gaze, self.head = (QCheckBox(name) for name in ("blinks", "gaze", "head"))
        self._settings = LineSettings()
        for name in "emotion weight listen style_name strength actor region gain energy seed".split():
            getattr(self, name).setObjectName(name)
        self._lay_out()
        self._connect()
        self.show_settings(self._settings)

    @property
    def style_request(self) -> tuple[str, str]:
        """The style with its strength, and the actor or ""."""
        actor = self.actor.currentText()
        return f"{self.style_name.currentText()}:{self.strength.value() / 100:g}", "" if actor == OWN else actor

    def learn_actors(self, actors: list[str]) -> None:
        """The actors that the engine knows."""
        if self.actor.count() == 1:
            self.actor.addItems(actors)

    def show_settings(self, settings: LineSettings) -> None:
        """Shows those of a line, without telling them back."""
        self._settings = settings
        for box, value in (
            (self.listen, settings.listen),
            (self.blink, settings.blink),
            (self.gaze, settings.gaze),
            (self.head, settings.head),
        ):
            _quietly(box, lambda box=box, value=value: box.setChecked(value))  # type: ignore[misc]
        _quietly(self.seed, lambda: self.seed.setValue(settings.seed))
        self.energy.show_value(round(100 * settings.energy))
        self.gain.show_value(round(100 * settings.gains.get(self.region.currentText(), 1.0)))
        told = ", ".join(f"{name} {factor:g}" for name, factor in settings.gains.items())
        self.gains.setText(told)
        self.gains.setVisible(bool(told))

    def _lay_out(self) -> None:
        mood, take, style = (QFormLayout() for _ in range(3))
        for form in (mood, take, style):
            form.setLabelAlignment(Qt.AlignmentFlag.AlignRight)
            form.setContentsMargins(0, 0, 0, 0)
        mood.addRow("Emotion", self.emotion)
        mood.addRow("Weight", self.weight)
        mood.addRow("", _row(self._button("Whole line", "fill"), self._button("Clear", "clear")))
        mood.addRow("", self.listen)
        take.addRow("Add", _row(self.blink, self.gaze, self.head))
        take.addRow("Acting", self.energy)
        take.addRow("Gain of", _row(self.region, self.gain))
        take.addRow("", self.gains)
        take.addRow("Seed", self.seed)
        go = self._button("Generate", "generate")
        take.addRow("", _row(go, self._button("Three seeds", "generate_three")))
        style.addRow("Style", _row(self.style_name, self.strength))
        style.addRow("Actor", self.actor)
        style.addRow("", self._button("Restyle", "restyle"))
        column = QVBoxLayout(self)
        column.setSpacing(14)
        for form in (mood, take, style):
            column.addLayout(form)
        column.addStretch(1)

    def _button(self, text: str, command: str) -> QPushButton:
        made = QPushButton(text)
        made.setObjectName(command)
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        made.clicked.connect(lambda: self.asked.emit(command))
        return made

    def _connect(self) -> None:
        for name in ("listen", "blink", "gaze", "head"):
            getattr(self, name).toggled.connect(lambda on, name=name: self._change(name, on))
        self.seed.valueChanged.connect(lambda value: self._change("seed", value))
        self.energy.settled.connect(lambda value: self._change("energy", value / 100))
        self.gain.settled.connect(self._gain)
        self.region.currentTextChanged.connect(lambda _: self.show_settings(self._settings))
        self.emotion.currentTextChanged.connect(self.brushed.emit)

    def _change(self, name: str, value: object) -> None:
        self.changed.emit(lambda settings: replace(settings, **{name: value}))

    def _gain(self, hundredths: int) -> None:
        region = self.region.currentText()

        def changed(settings: LineSettings) -> LineSettings:
            rest = {name: factor for name, factor in settings.gains.items() if name != region}
            return replace(settings, gains=rest if hundredths == 100 else {**rest, region: hundredths / 100})

        self.changed.emit(changed)


class _Seed(QSpinBox):
    """A seed, which the wheel leaves alone."""

    def __init__(self) -> None:
        super().__init__()
        self.setMaximum(MOST_SEED)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Left to whatever scrolls around it."""
        event.ignore()


def _quietly(widget: QWidget, act: Callable[[], object]) -> None:
    """Does something to a widget that tells nobody."""
    widget.blockSignals(True)
    act()
    widget.blockSignals(False)


def _row(*widgets: QWidget) -> QLayout:
    row = QHBoxLayout()
    for widget in widgets:
        widget.setSizePolicy(QSizePolicy.Policy.Preferred, widget.sizePolicy().verticalPolicy())
        row.addWidget(widget)
    return row
