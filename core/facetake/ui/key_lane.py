"""The lane of keys: one control of the face, as the take has it, and the keys that a hand sets in it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from facetake import rig
from facetake.edits import EditedScript, KeyedCurve, LineEdits, keying
from facetake.errors import ConfigError
from facetake.ui.lanes import EDGE, Edited, Grip, Lane
from facetake.ui.script_lanes import FRAME_S
from facetake_host.panel.tracks import FAINT, WAVE

KEY = QColor("#f0a04a")
POINT_PX = 5.0  # of a key, half its width, by eye
HOLD_PX = 8.0  # from a key within which the mouse takes hold of it
STEP = 0.01  # of a control's range, by choice: what one step of the keyboard changes
MARGIN_PX = 8  # above the largest value and below the least, so that keys there are whole


class KeyLane(Lane):
    """Keys of the control that is chosen.

    Attributes:
        control: its full name; "" for none, and the lane is not there.
        mode: "replace" for keys that take the curve's place, "offset" for such as are added to it.
    """

    name = "keys"
    called = "key"
    height_px = 140
    control = ""
    mode: keying.Mode = "replace"
    _known: tuple[tuple[KeyedCurve, ...], str, str, list[keying.Key]] = ((), "", "", [])

    def is_shown(self, script: EditedScript) -> bool:
        """Where a control is chosen."""
        return bool(self.control)

    def keys(self, script: EditedScript) -> list[keying.Key]:
        """The keys of that control."""
        asked = (script.edits.curves, self.control, self.mode)
        if self._known[0] is not asked[0] or self._known[1:3] != asked[1:]:
            found = keying.keys(script.edits, self.control, self.mode) if self.control else []
            self._known = (*asked, found)
        return self._known[3]

    def count(self, script: EditedScript) -> int:
        """How many there are."""
        return len(self.keys(script))

    def span(self, script: EditedScript, place: int) -> tuple[float, float]:
        """The frame of one."""
        at_s = self.keys(script)[place].at_s
        return at_s, at_s + FRAME_S

    def seen(self, script: EditedScript) -> range:
        """Places of those in view."""
        there = self.keys(script)
        return range(bisect_left(there, self.strip.view[0], key=_at), bisect_right(there, self.strip.view[1], key=_at))

    def first_after(self, script: EditedScript, time_s: float) -> int:
        """The place of the first that is not before an instant, or of the last one."""
        there = self.keys(script)
        return min(bisect_left(there, time_s, key=_at), len(there) - 1)

    def at(self, script: EditedScript, point: QPointF) -> int | None:
        """The key there."""
        found = self.grip(script, point)
        return found[0] if found is not None else None

    def grip(self, script: EditedScript, point: QPointF) -> Grip | None:
        """The key that is near."""
        if not self.box.contains(point):
            return None
        there = self.keys(script)
        away = [((self.spot(there[n], self.box) - point).manhattanLength(), n) for n in self.seen(script)]
        nearest = min(away, default=(2 * HOLD_PX + 1, 0))
        return (nearest[1], "whole") if nearest[0] <= 2 * HOLD_PX else None

    def drag(self, script: EditedScript, grip: Grip, begun: QPointF, point: QPointF) -> Edited:
        """Moves a key over time and value."""
        key = self.keys(script)[grip[0]]
        moved = keying.move(
            script.edits, key, self.strip.snapped(point.x()), self.value_at(point.y()), script.alignment.duration_s
        )
        return moved, grip[0]

    def nudge(self, script: EditedScript, place: int, frames: int, *, is_start: bool) -> Edited | None:
        """Moves it by frames."""
        key = self.keys(script)[place]
        to_s = (round(key.at_s / FRAME_S) + frames) * FRAME_S
        return keying.move(script.edits, key, to_s, key.value, script.alignment.duration_s), place

    def lift(self, script: EditedScript, place: int, steps: int) -> Edited | None:
        """Moves its value."""
        key = self.keys(script)[place]
        low, high = keying.limits(self.control, self.mode)
        value = key.value + steps * STEP * (high - low)
        return keying.move(script.edits, key, key.at_s, value, script.alignment.duration_s), place

    def text(self, script: EditedScript, place: int) -> str:
        """Its value."""
        return f"{self.keys(script)[place].value:g}"

    def retype(self, script: EditedScript, place: int, text: str) -> Edited:
        """Another value. Raises ConfigError for what is no number."""
        key = self.keys(script)[place]
        try:
            value = float(text.replace(",", "."))
        except ValueError as error:
            raise ConfigError(f"the value of a key is a number, not {text!r}; type such as 0.4") from error
        if not np.isfinite(value):
            raise ConfigError(f"the value of a key is a number, not {text!r}; type such as 0.4")
        return keying.move(script.edits, key, key.at_s, value, script.alignment.duration_s), place

    def remove(self, script: EditedScript, place: int) -> LineEdits | None:
        """Takes it away."""
        return keying.remove(script.edits, self.keys(script)[place])

    def put(self, script: EditedScript, at_s: float, value: float | None = None) -> Edited:
        """Sets a key at an instant, by default where the curve is; and its place."""
        if value is None:
            value = self.usual(at_s) if self.mode == "replace" else 0.0
        made = keying.put(script.edits, self.control, self.mode, at_s, value, self.usual, script.alignment.duration_s)
        return made, keying.at(made, self.control, self.mode, at_s)

    def usual(self, at_s: float) -> float:
        """The control's value in the take at an instant; at rest where there is no take."""
        take, column = self.strip.take, rig.NAMES.index(self.control)
        if take is None:
            return float(rig.NEUTRAL[column])
        frame = round((at_s - float(take.start)) * float(take.rate))
        return float(take.values[min(max(frame, 0), take.n_frames - 1), column])

    def value_at(self, y: float) -> float:
        """The value at a height of the lane."""
        low, high = keying.limits(self.control, self.mode)
        inner = self.box.adjusted(0, MARGIN_PX, 0, -MARGIN_PX)
        return low + (inner.bottom() - y) / max(1.0, inner.height()) * (high - low)

    def spot(self, key: keying.Key, lane: QRectF) -> QPointF:
        """Where a key is."""
        return QPointF(self.strip.x_at(key.at_s), self._height(key.value, lane))

    def draw(self, painter: QPainter, lane: QRectF) -> None:
        """The control's curve, and the keys over it."""
        script = self.strip.script
        assert script is not None
        painter.setPen(QPen(FAINT, 1.0, Qt.PenStyle.DotLine))
        painter.drawLine(*(QPointF(x, self._height(0.0, lane)) for x in (lane.left(), lane.right())))
        if self.mode == "replace":
            self._draw_curve(painter, lane)
        there = self.keys(script)
        shown = self.seen(script)
        near = there[max(0, shown.start - 1) : shown.stop + 1]
        for before, after in zip(near, near[1:], strict=False):
            if before.curve == after.curve:
                self._draw_between(painter, lane, before, after)
        for place in shown:
            spot = self.spot(there[place], lane)
            corners = ((-POINT_PX, 0.0), (0.0, -POINT_PX), (POINT_PX, 0.0), (0.0, POINT_PX))
            box = QPolygonF([spot + QPointF(*by) for by in corners])
            is_chosen = self.strip.is_chosen(self.name, place)
            painter.setPen(QPen(self.chosen_colour() if is_chosen else EDGE, 2.0 if is_chosen else 1.0))
            painter.setBrush(KEY)
            painter.drawPolygon(box)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(KEY)
        what = "" if self.mode == "replace" else ", added"
        painter.drawText(QPointF(6, lane.top() + 13), f"{self.control.removeprefix('CTRL_')}{what}")

    def _draw_curve(self, painter: QPainter, lane: QRectF) -> None:
        take = self.strip.take
        if take is None:
            return
        rows = self.strip.rows_seen(take)
        values = take.values[rows, rig.NAMES.index(self.control)]
        times_s = float(take.start) + np.arange(rows.start, rows.stop, rows.step) / float(take.rate)
        points = [QPointF(self.strip.x_at(t), self._height(v, lane)) for t, v in zip(times_s, values, strict=True)]
        painter.setPen(QPen(WAVE, 1.5))
        painter.drawPolyline(QPolygonF(points))

    def _draw_between(self, painter: QPainter, lane: QRectF, before: keying.Key, after: keying.Key) -> None:
        """The way from one key to the next, eased as it is laid."""
        shares = np.linspace(0.0, 1.0, 17)
        eased = shares * shares * (3.0 - 2.0 * shares)
        points = [
            QPointF(
                self.strip.x_at(before.at_s + share * (after.at_s - before.at_s)),
                self._height(before.value + way * (after.value - before.value), lane),
            )
            for share, way in zip(shares, eased, strict=True)
        ]
        painter.setPen(QPen(KEY, 1.5))
        painter.drawPolyline(QPolygonF(points))

    def _height(self, value: float, lane: QRectF) -> float:
        low, high = keying.limits(self.control, self.mode)
        inner = lane.adjusted(0, MARGIN_PX, 0, -MARGIN_PX)
        return inner.bottom() - (value - low) / (high - low) * inner.height()


def _at(key: keying.Key) -> float:
    return key.at_s
