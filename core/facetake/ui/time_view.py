"""The open line over time: the tracks with their scroll bar. Shows what the desk says of the line, and nothing else."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollBar, QSizePolicy, QVBoxLayout, QWidget

from facetake.take import resample
from facetake.ui import curves, look
from facetake.ui.desk import Desk
from facetake.ui.lines import SpokenLine
from facetake.ui.mark_bar import MarkBar
from facetake.ui.strip import Strip
from facetake.ui.strip_bar import StripBar
from facetake_host.mood import Mood
from facetake_host.panel.tracks import ZOOM
from facetake_host.panel.widgets import ClickBox


class TimeView(QWidget):
    """Waveform, visemes, mood and curves of a line.

    Attributes:
        tracks: with the strip of words and phones.
        strip_bar: what is said, and the phone or word that is chosen.
        mark_bar: what is marked, and the mark or key that is chosen.
        group: which curves; whoever lays this out places it.
    """

    def __init__(self) -> None:
        """Of no line."""
        super().__init__()
        self.tracks = Strip()
        self.strip_bar, self.mark_bar = StripBar(), MarkBar()
        self.bar = QScrollBar(Qt.Orientation.Horizontal)
        self.group = ClickBox()
        self.group.addItems(curves.GROUPS)
        self.group.setObjectName("group")
        self.group.setToolTip("Which curves are shown")
        self._line: tuple[object, ...] = ()
        self._curves: tuple[object, ...] = ()
        self._columns: tuple[object, list[int]] = ((), [])
        self._shown: SpokenLine | None = None
        self.tracks.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(look.row(self.strip_bar, self.mark_bar, stretch=0))
        column.addWidget(self.tracks, 1)
        column.addWidget(self.bar)
        self.tracks.viewed.connect(self._show_view)
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
            self.tracks.open_sound(line.sound if line else None)
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

    def show_spectrum(self) -> None:
        """Shows the spectrogram, or no longer."""
        self.tracks.show_spectrum()

    def end(self) -> None:
        """Ends the spectrogram's thread."""
        self.tracks.spectrogram.end()

    def _show_curves(self, line: SpokenLine | None) -> None:
        self._shown = line
        top = line.top if line else None
        self.tracks.take = top.take if top else None
        if line is None or top is None:
            self._curves = ()
            self.tracks.show_take((), {}, 1.0)
            return
        other = line.others[0] if line.others else None
        group = self.group.currentText()
        rows = self.tracks.rows_seen(top.take)
        wanted = (top, other, group, rows)
        if wanted == self._curves:
            return
        self._curves = wanted
        asked = (line.number, top.number, group)
        if self._columns[0] != asked:  # while a boundary is dragged, the same curves stay
            self._columns = (asked, curves.columns(top.take, group))
        rate = top.take.rate
        shown = curves.shown(top.take, group, rows, self._columns[1])
        behind = curves.shown(resample(other.take, rate), group, rows, self._columns[1]) if other else {}
        start_s = float(top.take.start + rows.start / rate)
        self.tracks.show_take(top.visemes, shown, float(rate / rows.step), start_s=start_s, behind=behind)

    def _show_view(self) -> None:
        """Another stretch is seen."""
        self._show_bar()
        self._show_curves(self._shown)

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
