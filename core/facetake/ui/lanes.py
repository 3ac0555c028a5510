"""A lane of the strip: things in order of time, of which a hand chooses one, drags it, types in it and takes it away.

Lanes know what stands in them and what a hand does to it; the strip knows mouse and keyboard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, Literal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from facetake.edits import EditedScript, LineEdits
from facetake_host.panel.tracks import INK, WAVE

if TYPE_CHECKING:
    from facetake.ui.strip import Strip

Part = Literal["start", "end", "whole"]
Grip = tuple[int, Part]
"""The place of a thing in its lane, and which part of it a hand holds."""
Edited = tuple[LineEdits, int]
"""Edits, and the place at which the thing that was changed is then."""
GRAB_PX: Final = 5.0  # from an end within which the mouse takes hold of it
LETTERS_PX: Final = 11
CHOSEN = QColor("#ffd65c")
EDGE = QColor("#1d1f23")
AMOUNTS: Final = {"soft": 0.3, "normal": 0.6, "hard": 1.0}
"""How large an event or an emotion is by the keys 1, 2 and 3, by choice: hardly seen, plain, and all there is."""


class Lane:
    """What stands in one lane.

    Attributes:
        name: of the lane.
        called: what one thing in it is called, in labels of steps.
        height_px: of the lane, by eye; 0 where it lies over another.
    """

    name: ClassVar[str]
    called: ClassVar[str]
    height_px: ClassVar[int] = 0

    def __init__(self, strip: Strip) -> None:
        """Of a strip."""
        self.strip = strip

    @property
    def box(self) -> QRectF:
        """Where the lane is."""
        return self.strip.lane(self.name)

    def is_shown(self, script: EditedScript) -> bool:
        """Whether the lane is there for a line."""
        return self.count(script) > 0

    def count(self, script: EditedScript) -> int:
        """How many things stand in it."""
        raise NotImplementedError

    def span(self, script: EditedScript, place: int) -> tuple[float, float]:
        """From when to when one of them is, in seconds."""
        raise NotImplementedError

    def first_after(self, script: EditedScript, time_s: float) -> int:
        """The place of the first thing that has not ended at an instant, or of the last one."""
        count = self.count(script)
        return next((n for n in range(count) if self.span(script, n)[1] > time_s), count - 1)

    def seen(self, script: EditedScript) -> range:
        """Places of things that may be in view."""
        start_s, end_s = self.strip.view
        shown = [n for n in range(self.count(script)) if _meets(self.span(script, n), start_s, end_s)]
        return range(shown[0], shown[-1] + 1) if shown else range(0)

    def at(self, script: EditedScript, point: QPointF) -> int | None:
        """The place of what stands at a point of the lane."""
        if not self.box.contains(point):
            return None
        time_s = self.strip.time_at(point.x())
        return next((n for n in self.seen(script) if _holds(self.span(script, n), time_s)), None)

    def grip(self, script: EditedScript, point: QPointF) -> Grip | None:
        """What a press at a point takes hold of: the end that is near."""
        if not self.box.contains(point):
            return None
        found: list[tuple[float, bool, int]] = []
        for place in self.seen(script):
            ends = self.span(script, place)
            found += [(round(abs(self.strip.x_at(ends[n]) - point.x()), 3), n == 0, place) for n in (0, 1)]
        away, is_start, place = min(found, key=lambda one: one[:2], default=(GRAB_PX + 1, False, 0))
        return (place, "start" if is_start else "end") if away <= GRAB_PX else None

    def drag(self, script: EditedScript, grip: Grip, begun: QPointF, point: QPointF) -> Edited:
        """What a drag from one point to another makes of the edits."""
        raise NotImplementedError

    def nudge(self, script: EditedScript, place: int, frames: int, *, is_start: bool) -> Edited | None:
        """Moves an end by frames; None where that is nothing."""
        return None

    def lift(self, script: EditedScript, place: int, steps: int) -> Edited | None:
        """Makes a value larger by so many hundredths of its range; None where there is none."""
        return None

    def text(self, script: EditedScript, place: int) -> str:
        """What it says, as `retype` takes it."""
        raise NotImplementedError

    def choices(self) -> tuple[str, ...]:
        """What it may say, as far as that can be listed."""
        return ()

    def retype(self, script: EditedScript, place: int, text: str) -> Edited:
        """Makes it say something else. Raises FacetakeError for what it cannot say."""
        raise NotImplementedError

    def resize(self, script: EditedScript, place: int, name: str) -> Edited | None:
        """Makes it "soft", "normal" or "hard"; None where that is nothing."""
        return None

    def remove(self, script: EditedScript, place: int) -> LineEdits | None:
        """Takes it away; None where that is nothing."""
        return None

    def draw(self, painter: QPainter, lane: QRectF) -> None:
        """The lane."""
        raise NotImplementedError

    def boxed(self, lane: QRectF, start_s: float, end_s: float) -> QRectF:
        """Where something is in the lane."""
        left = self.strip.x_at(start_s)
        return QRectF(left, lane.top(), self.strip.x_at(end_s) - left, lane.height())

    def letters(self, painter: QPainter, box: QRectF, text: str, *, is_bold: bool = False) -> None:
        """A word in a box; none where it would hide its neighbours' letters."""
        font = QFont(painter.font())
        font.setPixelSize(LETTERS_PX)
        font.setBold(is_bold)
        painter.setFont(font)
        if painter.fontMetrics().horizontalAdvance(text) <= box.width():
            painter.setPen(INK)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def frame(self, painter: QPainter, box: QRectF, place: int) -> None:
        """The edge of a box, and another where it is the chosen one."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(EDGE, 1.0))
        painter.drawRect(box)
        if self.strip.is_chosen(self.name, place):
            painter.setPen(QPen(self.chosen_colour(), 2.0))
            painter.drawRect(box.adjusted(1.5, 1.5, -1.5, -1.5))

    def chosen_colour(self) -> QColor:
        """Bright where the keyboard is on the strip."""
        return CHOSEN if self.strip.hasFocus() else WAVE


def _meets(span: tuple[float, float], start_s: float, end_s: float) -> bool:
    return span[1] >= start_s and span[0] <= end_s


def _holds(span: tuple[float, float], time_s: float) -> bool:
    return span[0] <= time_s < span[1]
