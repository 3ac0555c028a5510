"""The picture of a line over time: waveform, visemes, emotions drawn with the mouse, curves, and a playhead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from facetake_host.panel.mood import EMOTIONS, STEP_S, Mood

GROUND = QColor("#1d1f23")
LANE = QColor("#26292f")
INK = QColor("#cfd3da")
FAINT = QColor("#6d737e")
WAVE = QColor("#6e96be")
HEAD = QColor("#ffd65c")
VISEME = (QColor("#3a526c"), QColor("#544268"))
COLOURS = {
    "happy": QColor("#f0c84a"),
    "sad": QColor("#5d9be0"),
    "angry": QColor("#e2604e"),
    "surprise": QColor("#e39bd8"),
    "fear": QColor("#a587e6"),
    "disgusted": QColor("#8cc265"),
}
CURVES = (QColor("#ee7a60"), QColor("#68bedc"), QColor("#aad26e"), QColor("#d2a0e6"), QColor("#f0c86e"))
WAVE_PX = 80
VISEME_PX = 24
MOOD_PX = 110
CURVE_PX = 130
TIME_PX = 18
GAP_PX = 6
"""Heights of the lanes and what lies between, by eye; larger than a preview's, for a mouse has to hit them."""


class TrackView(QWidget):
    """Shows one line.

    Signals:
        drawn: the person has drawn emotion.
        sought: the person has put the playhead somewhere, in seconds.
    """

    drawn = Signal()
    sought = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Empty."""
        super().__init__(parent)
        self.mood = Mood()
        self.brush = EMOTIONS[0]
        self._duration_s = 0.0
        self._playhead_s = 0.0
        self._wave: Sequence[float] = ()
        self._visemes: Sequence[tuple[str, float, float]] = ()
        self._curves: Mapping[str, Sequence[float]] = {}
        self._curve_fps = 30.0
        self._last: QPointF | None = None
        self._canvas: QPixmap | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setObjectName("tracks")
        self.setToolTip("Draw emotion in its lane; click the waveform to move the playhead")

    def sizeHint(self) -> QSize:
        """As high as its lanes."""
        return QSize(420, WAVE_PX + VISEME_PX + MOOD_PX + CURVE_PX + TIME_PX + 4 * GAP_PX)

    minimumSizeHint = sizeHint

    @property
    def duration_s(self) -> float:
        """Length of the line."""
        return self._duration_s

    def show_sound(self, duration_s: float, envelope: Sequence[float], mood: Mood) -> None:
        """Another line: its waveform and what is drawn of its mood, and nothing else yet."""
        self._duration_s = duration_s
        self._wave = envelope
        self._visemes = ()
        self._curves = {}
        self.mood = mood
        self._playhead_s = 0.0
        self.redraw()

    def show_take(
        self, visemes: Sequence[tuple[str, float, float]], curves: Mapping[str, Sequence[float]], fps: float
    ) -> None:
        """What was made of the line."""
        self._visemes = visemes
        self._curves = curves
        self._curve_fps = fps
        self.redraw()

    def put_playhead(self, time_s: float) -> None:
        """Moves the line that shows where playback is."""
        self._playhead_s = time_s
        self.update()

    def mood_lane(self) -> QRectF:
        """Where emotion is drawn."""
        return QRectF(0, WAVE_PX + VISEME_PX + 2 * GAP_PX, self.width(), MOOD_PX)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begins to draw, or moves the playhead."""
        self._last = event.position() if self.mood_lane().contains(event.position()) else None
        self._act(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Goes on."""
        self._act(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends."""
        if self._last is not None:
            self.drawn.emit()
        self._last = None

    def _act(self, at: QPointF) -> None:
        if self._duration_s <= 0:
            return
        if self._last is None:
            self.put_playhead(self._time(at.x()))
            self.sought.emit(self._playhead_s)
            return
        before = self._last
        self._last = at
        start = (self._time(before.x()), self._weight(before.y()))
        end = (self._time(at.x()), self._weight(at.y()))
        self.mood.paint(self.brush, *start, *end)
        self.redraw()

    def _time(self, x: float) -> float:
        return min(self._duration_s, max(0.0, x / max(1, self.width()) * self._duration_s))

    def _weight(self, y: float) -> float:
        lane = self.mood_lane().adjusted(0, 4, 0, -4)
        return min(1.0, max(0.0, (lane.bottom() - y) / lane.height()))

    def _x(self, time_s: float) -> float:
        return time_s / self._duration_s * self.width() if self._duration_s else 0.0

    def redraw(self) -> None:
        """Draws the lanes anew, after something in them has changed."""
        self._canvas = None
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another size, another picture."""
        self._canvas = None

    def paintEvent(self, event: QPaintEvent) -> None:
        """The lanes, drawn once for as long as they stay the same, and the playhead over them."""
        if self._canvas is None:
            self._canvas = self._lanes()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._canvas)
        if self._duration_s:
            painter.setPen(QPen(HEAD, 1.5))
            x = self._x(self._playhead_s)
            painter.drawLine(QPointF(x, 0), QPointF(x, self.sizeHint().height() - TIME_PX - GAP_PX))

    def _lanes(self) -> QPixmap:
        scale = self.devicePixelRatioF()
        canvas = QPixmap(self.size() * scale)
        canvas.setDevicePixelRatio(scale)
        painter = QPainter(canvas)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), GROUND)
        top = 0.0
        for height, draw in (
            (WAVE_PX, self._draw_wave),
            (VISEME_PX, self._draw_visemes),
            (MOOD_PX, self._draw_mood),
            (CURVE_PX, self._draw_curves),
            (TIME_PX, self._draw_times),
        ):
            lane = QRectF(0, top, self.width(), height)
            if height != TIME_PX:
                painter.fillRect(lane, LANE)
            painter.save()
            draw(painter, lane)
            painter.restore()
            top += height + GAP_PX
        painter.end()
        return canvas

    def _draw_wave(self, painter: QPainter, lane: QRectF) -> None:
        if not self._wave:
            self._hint(painter, lane, "Drop a recorded line here")
            return
        middle = lane.center().y()
        loudest = max([*self._wave, 1e-6])
        painter.setPen(QPen(WAVE, max(1.0, lane.width() / len(self._wave))))
        for index, peak in enumerate(self._wave):
            x = (index + 0.5) / len(self._wave) * lane.width()
            half = 0.46 * lane.height() * peak / loudest
            painter.drawLine(QPointF(x, middle - half), QPointF(x, middle + half))

    def _draw_visemes(self, painter: QPainter, lane: QRectF) -> None:
        font = painter.font()
        font.setPixelSize(10)
        painter.setFont(font)
        for index, (name, start_s, end_s) in enumerate(self._visemes):
            if name == "sil":
                continue
            box = QRectF(self._x(start_s), lane.top(), self._x(end_s) - self._x(start_s), lane.height())
            painter.fillRect(box, VISEME[index % 2])
            if box.width() > 7:
                painter.setPen(INK)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, name)
        if not self._visemes:
            self._hint(painter, lane, "visemes")

    def _draw_mood(self, painter: QPainter, lane: QRectF) -> None:
        inner = lane.adjusted(0, 4, 0, -4)
        shown = [name for name in EMOTIONS if any(self.mood.weights[name])] if self._duration_s else []
        if not shown:
            self._hint(painter, lane, f"draw emotion here: {self.brush}")
        for name in shown:
            points = [
                QPointF(self._x(step * STEP_S), inner.bottom() - weight * inner.height())
                for step, weight in enumerate(self.mood.weights[name])
            ]
            colour = QColor(COLOURS[name])
            painter.setPen(QPen(colour, 2))
            painter.drawPolyline(QPolygonF(points))
            colour.setAlpha(50)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawPolygon(QPolygonF([QPointF(0, inner.bottom()), *points, QPointF(self.width(), inner.bottom())]))
            painter.setBrush(Qt.BrushStyle.NoBrush)
        for row, name in enumerate(shown):
            painter.setPen(COLOURS[name])
            painter.drawText(QPointF(6, lane.top() + 15 + 14 * row), name)

    def _draw_curves(self, painter: QPainter, lane: QRectF) -> None:
        if not self._curves:
            self._hint(painter, lane, "curves")
        left = 6.0
        shown = [value for values in self._curves.values() for value in values]
        low = min([0.0, *shown])
        high = max([0.5, *shown])
        scale = (lane.height() - 22) / (high - low)
        for row, (name, values) in enumerate(self._curves.items()):
            painter.setPen(QPen(CURVES[row % len(CURVES)], 1.5))
            painter.drawPolyline(
                QPolygonF(
                    [
                        QPointF(self._x(index / self._curve_fps), lane.bottom() - 3 - (value - low) * scale)
                        for index, value in enumerate(values)
                    ]
                )
            )
            painter.drawText(QPointF(left, lane.top() + 13), name)
            left += painter.fontMetrics().horizontalAdvance(name) + 12

    def _draw_times(self, painter: QPainter, lane: QRectF) -> None:
        painter.setPen(FAINT)
        step = next((one for one in (1, 2, 5, 10, 30, 60, 300) if self._x(one) > 60), 600)
        for second in range(0, int(self._duration_s) + 1, step):
            painter.drawText(QPointF(self._x(second) + 3, lane.top() + 13), f"{second} s")

    def _hint(self, painter: QPainter, lane: QRectF, text: str) -> None:
        painter.setPen(FAINT)
        painter.drawText(lane, Qt.AlignmentFlag.AlignCenter, text)
