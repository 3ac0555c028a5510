"""The picture of a line over time: waveform, visemes, emotions drawn with the mouse, curves, and a playhead."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from facetake_host.mood import EMOTIONS, STEP_S, Mood

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
LEAST_SHARE = 0.5  # of those heights, on a small screen: a mouse still hits them
ZOOM = 1.25  # a notch of the wheel, by eye
LEAST_VIEW_S = 0.1  # six frames across: single ones are told apart
LEAST_LOOP_S = 0.05  # what is shorter was a click
STEPS_S = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 600)  # between labels, as people count
LOOP = QColor(255, 214, 92, 36)  # as the playhead, by eye so faint that curves are seen through it


Draw = Callable[[QPainter, QRectF], None]


class TrackView(QWidget):
    """Shows one line.

    Signals:
        drawn: the person has drawn emotion.
        sought: the person has put the playhead somewhere, in seconds.
        viewed: another stretch of the line is seen.
        looped: the person has marked a stretch in the lane of times, or none by a click there.
    """

    drawn = Signal()
    sought = Signal(float)
    viewed = Signal()
    looped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        """Empty."""
        super().__init__(parent)
        self.mood = Mood()
        self.brush = EMOTIONS[0]
        self._duration_s = 0.0
        self._playhead_s = 0.0
        self._wave: Sequence[float] = ()
        self._loudest = 0.0
        self._visemes: Sequence[tuple[str, float, float]] = ()
        self._viseme_ends: Sequence[float] = ()
        self._curves: Mapping[str, Sequence[float]] = {}
        self._behind: Mapping[str, Sequence[float]] = {}
        self._curve_fps = 30.0
        self._curve_start_s = 0.0
        self._view = (0.0, 0.0)
        self.loop: tuple[float, float] | None = None
        self._last: QPointF | None = None
        self._marked_s: float | None = None
        self._canvas: QPixmap | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setObjectName("tracks")
        self.setToolTip(
            "Draw emotion in its lane; click the waveform to move the playhead; drag along the times to loop; "
            "turn the wheel to zoom"
        )

    def sizeHint(self) -> QSize:
        """As high as its lanes."""
        heights = [height for height, _ in self.rows().values()]
        return QSize(420, sum(heights) + TIME_PX + len(heights) * GAP_PX)

    def rows(self) -> dict[str, tuple[int, Draw]]:
        """The lanes above the times, from above: how high each is, and what draws it."""
        return {
            "wave": (WAVE_PX, self._draw_wave),
            "visemes": (VISEME_PX, self._draw_visemes),
            "mood": (MOOD_PX, self._draw_mood),
            "curves": (CURVE_PX, self._draw_curves),
        }

    def minimumSizeHint(self) -> QSize:
        """As low as a mouse can be used in."""
        return QSize(200, round(LEAST_SHARE * self.sizeHint().height()))

    @property
    def is_drawing(self) -> bool:
        """Whether a stroke is under way."""
        return self._last is not None

    @property
    def view(self) -> tuple[float, float]:
        """The stretch of the line that is seen, in seconds."""
        return self._view

    def look_at(self, start_s: float, end_s: float) -> None:
        """Shows a stretch of the line, within it and no shorter than a few frames."""
        width = min(self._duration_s, max(end_s - start_s, LEAST_VIEW_S))
        start_s = min(max(0.0, start_s), self._duration_s - width)
        if (start_s, start_s + width) != self._view:
            self._view = (start_s, start_s + width)
            self.redraw()
            self.viewed.emit()

    def zoom(self, factor: float, at_s: float | None = None) -> None:
        """Shows so many times as much detail, about an instant, by default the playhead."""
        start_s, end_s = self._view
        about_s = min(end_s, max(start_s, self._playhead_s if at_s is None else at_s))
        self.look_at(about_s - (about_s - start_s) / factor, about_s + (end_s - about_s) / factor)

    def put_loop(self, loop: tuple[float, float] | None) -> None:
        """Marks the stretch that plays again and again, or none."""
        self.loop = loop
        self.redraw()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zooms about the pointer."""
        if self._duration_s > 0 and event.angleDelta().y():
            factor = ZOOM if event.angleDelta().y() > 0 else 1 / ZOOM
            self.zoom(factor, self._time(event.position().x()))
        event.accept()

    @property
    def duration_s(self) -> float:
        """Length of the line."""
        return self._duration_s

    def show_sound(self, duration_s: float, envelope: Sequence[float], mood: Mood) -> None:
        """Another line: its waveform and what is drawn of its mood, and nothing else yet."""
        self._duration_s = duration_s
        self._wave = envelope
        self._loudest = max(envelope, default=0.0)
        self._visemes = self._viseme_ends = ()
        self._curves = {}
        self._behind = {}
        self.mood = mood
        self._last = self._marked_s = None
        self._playhead_s = 0.0
        self.loop = None
        self._view = (0.0, duration_s)
        self.redraw()
        self.viewed.emit()

    def show_take(
        self,
        visemes: Sequence[tuple[str, float, float]],
        curves: Mapping[str, Sequence[float]],
        fps: float,
        *,
        start_s: float = 0.0,
        behind: Mapping[str, Sequence[float]] | None = None,
    ) -> None:
        """What was made of the line, from an instant on; behind: another take's curves, drawn faint."""
        if visemes is not self._visemes:
            self._visemes, self._viseme_ends = visemes, [end_s for _, _, end_s in visemes]
        self._curves = curves
        self._behind = behind or {}
        self._curve_fps = fps
        self._curve_start_s = start_s
        self.redraw_rows("visemes", "curves")

    def put_playhead(self, time_s: float) -> None:
        """Moves the line that shows where playback is; where that is out of sight, the view follows."""
        self._playhead_s = time_s
        start_s, end_s = self._view
        if not start_s <= time_s <= end_s:
            self.look_at(time_s, time_s + end_s - start_s)
        self.update()

    def lanes(self) -> list[QRectF]:
        """Where each of the rows is, and the times below them: as high as there is room for."""
        heights = [height for height, _ in self.rows().values()]
        fixed = TIME_PX + len(heights) * GAP_PX
        share = max(0.0, self.height() - fixed) / sum(heights)
        found = []
        top = 0.0
        for height in (*(share * one for one in heights), float(TIME_PX)):
            found.append(QRectF(0, top, self.width(), height))
            top += height + GAP_PX
        return found

    def lane(self, name: str) -> QRectF:
        """Where one of the rows is."""
        return self.lanes()[list(self.rows()).index(name)]

    def mood_lane(self) -> QRectF:
        """Where emotion is drawn."""
        return self.lane("mood")

    def time_lane(self) -> QRectF:
        """Where a stretch to loop is marked."""
        return self.lanes()[-1]

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begins to draw or to mark, or moves the playhead."""
        at = event.position()
        self._last = at if self.mood_lane().contains(at) else None
        self._marked_s = self._time(at.x()) if self.time_lane().contains(at) else None
        self._act(at)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Goes on."""
        self._act(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends."""
        was_drawn = self._last is not None and self._duration_s > 0
        was_marked = self._marked_s is not None and self._duration_s > 0
        self._last = self._marked_s = None
        if was_drawn:
            self.drawn.emit()
        if was_marked:
            self.looped.emit()

    def _act(self, at: QPointF) -> None:
        if self._duration_s <= 0:
            return
        if self._marked_s is not None:
            ends = sorted((self._marked_s, self._time(at.x())))
            self.put_loop((ends[0], ends[1]) if ends[1] - ends[0] >= LEAST_LOOP_S else None)
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
        start_s, end_s = self._view
        return min(end_s, max(start_s, start_s + x / max(1, self.width()) * (end_s - start_s)))

    def _weight(self, y: float) -> float:
        lane = self.mood_lane().adjusted(0, 4, 0, -4)
        return min(1.0, max(0.0, (lane.bottom() - y) / lane.height()))

    def _x(self, time_s: float) -> float:
        start_s, end_s = self._view
        return (time_s - start_s) / (end_s - start_s) * self.width() if end_s > start_s else 0.0

    def redraw(self) -> None:
        """Draws the lanes anew, after something in them has changed."""
        self._canvas = None
        self.update()

    def redraw_rows(self, *names: str) -> None:
        """Draws some lanes anew, where nothing else has changed."""
        if self._canvas is None or self.loop is not None:
            self.redraw()
            return
        painter = QPainter(self._canvas)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for (name, (_, draw)), lane in zip(self.rows().items(), self.lanes(), strict=False):
            if name in names:
                self._draw_lane(painter, lane, draw)
        painter.end()
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
            painter.drawLine(QPointF(x, 0), QPointF(x, self.time_lane().top() - GAP_PX))

    def _lanes(self) -> QPixmap:
        scale = self.devicePixelRatioF()
        canvas = QPixmap(self.size() * scale)
        canvas.setDevicePixelRatio(scale)
        painter = QPainter(canvas)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), GROUND)
        draws = (*(draw for _, draw in self.rows().values()), self._draw_times)
        for lane, draw in zip(self.lanes(), draws, strict=True):
            self._draw_lane(painter, lane, draw)
        if self.loop is not None:
            left, right = (self._x(end) for end in self.loop)
            painter.fillRect(QRectF(left, 0, right - left, self.height()), LOOP)
        painter.end()
        return canvas

    def _draw_lane(self, painter: QPainter, lane: QRectF, draw: Draw) -> None:
        painter.save()
        painter.setClipRect(lane)
        painter.fillRect(lane, GROUND if draw == self._draw_times else LANE)
        draw(painter, lane)
        painter.restore()

    def _draw_wave(self, painter: QPainter, lane: QRectF) -> None:
        if not self._wave:
            self._hint(painter, lane, "Drop a recorded line here")
            return
        middle = lane.center().y()
        loudest = max(self._loudest, 1e-6)
        step_s = self._duration_s / len(self._wave)
        painter.setPen(QPen(WAVE, max(1.0, self._x(step_s) - self._x(0.0))))
        first, last = self._seen(len(self._wave), 1 / step_s if step_s else 1.0, 0.0)
        for index in range(first, last):
            x = self._x((index + 0.5) * step_s)
            half = 0.46 * lane.height() * self._wave[index] / loudest
            painter.drawLine(QPointF(x, middle - half), QPointF(x, middle + half))

    def _seen(self, count: int, per_s: float, start_s: float) -> tuple[int, int]:
        """The first of so many points that is in view, and the one past the last; one beyond either edge."""
        low, high = ((edge - start_s) * per_s for edge in self._view)
        return max(0, int(low) - 1), min(count, int(high) + 3)

    def _draw_visemes(self, painter: QPainter, lane: QRectF) -> None:
        font = painter.font()
        font.setPixelSize(10)
        painter.setFont(font)
        first = bisect_left(self._viseme_ends, self._view[0])
        last = min(len(self._visemes), bisect_left(self._viseme_ends, self._view[1]) + 1)
        apart = max(1, (last - first) // max(1, self.width()))  # of more than there are pixels, some
        for index in range(first, last, apart):
            name, start_s, end_s = self._visemes[index]
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
            weights = self.mood.weights[name]
            first, last = self._seen(len(weights), 1 / STEP_S, 0.0)
            apart = max(1, (last - first) // max(1, self.width()))
            points = [
                QPointF(self._x(step * STEP_S), inner.bottom() - weights[step] * inner.height())
                for step in (*range(first, last, apart), last - 1)
            ]
            colour = QColor(COLOURS[name])
            painter.setPen(QPen(colour, 2))
            painter.drawPolyline(QPolygonF(points))
            colour.setAlpha(50)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            floor = [QPointF(point.x(), inner.bottom()) for point in (points[0], points[-1])]
            painter.drawPolygon(QPolygonF([floor[0], *points, floor[1]]))
            painter.setBrush(Qt.BrushStyle.NoBrush)
        for row, name in enumerate(shown):
            painter.setPen(COLOURS[name])
            painter.drawText(QPointF(6, lane.top() + 15 + 14 * row), name)

    def _draw_curves(self, painter: QPainter, lane: QRectF) -> None:
        if not self._curves:
            self._hint(painter, lane, "curves")
        left = 6.0
        shown = [values for each in (self._curves, self._behind) for values in each.values() if values]
        low = min([0.0, *map(min, shown)])
        high = max([0.5, *map(max, shown)])
        scale = (lane.height() - 22) / (high - low)

        def points(values: Sequence[float]) -> QPolygonF:
            first, last = self._seen(len(values), self._curve_fps, self._curve_start_s)
            drawn = QPolygonF()
            for index in range(first, last):
                x = self._x(self._curve_start_s + index / self._curve_fps)
                drawn.append(QPointF(x, lane.bottom() - 3 - (values[index] - low) * scale))
            return drawn

        for row, (name, values) in enumerate(self._curves.items()):
            colour = CURVES[row % len(CURVES)]
            if name in self._behind:
                painter.setPen(QPen(colour, 1.0, Qt.PenStyle.DotLine))
                painter.drawPolyline(points(self._behind[name]))
            painter.setPen(QPen(colour, 1.5))
            painter.drawPolyline(points(values))
            painter.drawText(QPointF(left, lane.top() + 13), name)
            left += painter.fontMetrics().horizontalAdvance(name) + 12

    def _draw_times(self, painter: QPainter, lane: QRectF) -> None:
        painter.setPen(FAINT)
        start_s, end_s = self._view
        apart_px = (lane.width() / (end_s - start_s)) if end_s > start_s else 0.0
        step = next((one for one in STEPS_S if one * apart_px > 60), STEPS_S[-1])
        number = int(start_s / step)
        while number * step <= end_s and end_s > start_s:
            painter.drawText(QPointF(self._x(number * step) + 3, lane.top() + 13), f"{number * step:g} s")
            number += 1

    def _hint(self, painter: QPainter, lane: QRectF, text: str) -> None:
        painter.setPen(FAINT)
        painter.drawText(lane, Qt.AlignmentFlag.AlignCenter, text)
