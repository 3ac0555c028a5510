"""The open line over time: the tracks with their scroll bar. Shows what the desk says of the line, and nothing else."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollBar, QSizePolicy, QVBoxLayout, QWidget

from facetake.take import resample
from facetake.ui import curves
from facetake.ui.desk import Desk
from facetake.ui.lines import SpokenLine
from facetake.ui.strip import Strip
from facetake.ui.strip_bar import StripBar
from facetake_host.mood import Mood
from facetake_host.panel.tracks import ZOOM
from facetake_host.panel.widgets import ClickBox


class TimeView(QWidget):
    """Waveform, visemes, mood and curves of a line.

    Attributes:
        tracks: with the strip of words and phones.
        strip_bar: what is said, and what is chosen on the strip.
        group: which curves; whoever lays this out places it.
    """

    def __init__(self) -> None:
        """Of no line."""
        super().__init__()
        self.tracks = Strip()
        self.strip_bar = StripBar()
        self.bar = QScrollBar(Qt.Orientation.Horizontal)
        self.group = ClickBox()
        self.group.addItems(curves.GROUPS)
        self.group.setObjectName("group")
        self.group.setToolTip("Which curves are shown")
        self._line: tuple[object, ...] = ()
        self._curves: tuple[object, ...] = ()
        self.tracks.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.strip_bar)
        column.addWidget(self.tracks, 1)
        column.addWidget(self.bar)
        self.tracks.viewed.connect(self._show_bar)
        self.bar.valueChanged.connect(self._scroll)
        self._show_bar()

    def show_line(self, desk: Desk, line: SpokenLine | None) -> bool:
        """Shows a line, with the curves of the chosen group; whether another recording, or length of it, is seen."""
        facts = desk.facts.get(line.sound) if line and line.sound else None
        duration_s = desk.duration_s(line) if line else 0.0
        seen = (line.number if line else 0, line.sound if line else None, duration_s, facts)
        is_other = seen != self._line
        mood = desk.mood(line) if line else Mood()
        if is_other:
            self._line, self._curves = seen, ()
            self.tracks.show_sound(duration_s, facts.envelope if facts else (), mood)
        if not self.tracks.is_drawing:
            self.tracks.mood = mood
        self._show_curves(line)
        self.tracks.redraw()
        return is_other

    def show_take(self, line: SpokenLine | None) -> None:
        """Shows what was made of the line it shows already, and no more, as while a boundary is dragged."""
        self._show_curves(line)

    def zoom_in(self) -> None:
        """More detail about the playhead."""
        self.tracks.zoom(ZOOM)

    def zoom_out(self) -> None:
        """Less detail."""
        self.tracks.zoom(1 / ZOOM)

    def zoom_whole(self) -> None:
        """The line from end to end."""
        self.tracks.look_at(0.0, self.tracks.duration_s)

    def loop(self) -> None:
        """What is seen plays again and again, or no more."""
        is_marked = self.tracks.loop is not None or not self.tracks.duration_s
        self.tracks.put_loop(None if is_marked else self.tracks.view)
        self.tracks.looped.emit()

    def _show_curves(self, line: SpokenLine | None) -> None:
        top = line.top if line else None
        other = line.others[0] if line and line.others else None
        group = self.group.currentText()
        wanted = (top, other, group)
        if wanted == self._curves:
            return
        self._curves = wanted
        if top is None:
            self.tracks.show_take((), {}, 1.0)
            return
        shown = curves.shown(top.take, group)
        behind = curves.named(resample(other.take, top.take.rate), list(shown)) if other else {}
        start_s = float(top.take.start)
        self.tracks.show_take(top.visemes, shown, float(top.take.rate), start_s=start_s, behind=behind)

    def _show_bar(self) -> None:
        """The scroll bar, in milliseconds; none where the whole line is seen."""
        start_s, end_s = self.tracks.view
        page = round(1000 * (end_s - start_s))
        self.bar.blockSignals(True)
        self.bar.setRange(0, max(0, round(1000 * self.tracks.duration_s) - page))
        self.bar.setPageStep(page)
        self.bar.setValue(round(1000 * start_s))
        self.bar.blockSignals(False)
        self.bar.setVisible(self.bar.maximum() > 0)

    def _scroll(self, start_ms: int) -> None:
        start_s, end_s = self.tracks.view
        self.tracks.look_at(start_ms / 1000, start_ms / 1000 + end_s - start_s)
