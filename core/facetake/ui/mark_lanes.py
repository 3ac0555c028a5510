"""The lanes of what is marked by hand: events, what is looked at, locks; cues of emotion, as flags over the mood."""

from __future__ import annotations

from typing import ClassVar, Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from facetake import rig
from facetake.edits import EditedScript, LineEdits, marks
from facetake.emotion import EMOTIONS
from facetake.events import KINDS
from facetake.gaze import WORDS
from facetake.ui.lanes import AMOUNTS, EDGE, GRAB_PX, LETTERS_PX, Edited, Grip, Lane
from facetake.ui.script_lanes import FRAME_S
from facetake_host.panel.tracks import COLOURS, INK

EVENT = QColor("#7a3f52")
GAZE = QColor("#2f5560")
LOCK = QColor("#4a4a55")
FLAG = QColor("#b9c0cc")
FLAG_PX: Final = 16.0  # of the lane of moods, from above, where cues are; below it emotion is drawn
NEW: Final = {"events": "laugh:0.6", "emotion": "happy:0.7", "gaze": "camera", "locks": "mouth"}
"""What a mark says before a person has said anything else."""


class MarkLane(Lane):
    """Marks of one kind, each over a stretch."""

    name: ClassVar[marks.Kind]
    colour: ClassVar[QColor]
    height_px = 24

    def count(self, script: EditedScript) -> int:
        """How many there are."""
        return marks.count(script.edits, self.name)

    def span(self, script: EditedScript, place: int) -> tuple[float, float]:
        """From when to when one counts."""
        return marks.span(script.edits, self.name, place, script.alignment.duration_s)

    def grip(self, script: EditedScript, point: QPointF) -> Grip | None:
        """The end that is near, or all of it."""
        found = super().grip(script, point)
        if found is None and (place := self.at(script, point)) is not None:
            return place, "whole"
        return found

    def drag(self, script: EditedScript, grip: Grip, begun: QPointF, point: QPointF) -> Edited:
        """Moves an end, or all of it."""
        place, part = grip
        to_s = self.strip.snapped(point.x())
        if part == "whole":
            start_s, _ = self.span(script, place)
            to_s = start_s + self.strip.time_at(point.x()) - self.strip.time_at(begun.x())
        return marks.move(script.edits, self.name, place, part, to_s, script.alignment.duration_s)

    def nudge(self, script: EditedScript, place: int, frames: int, *, is_start: bool) -> Edited | None:
        """Moves its end, or its start, by frames."""
        start_s, end_s = self.span(script, place)
        to_s = (round((start_s if is_start else end_s) / FRAME_S) + frames) * FRAME_S
        part: marks.Part = "start" if is_start else "end"
        return marks.move(script.edits, self.name, place, part, max(0.0, to_s), script.alignment.duration_s)

    def text(self, script: EditedScript, place: int) -> str:
        """What it says."""
        return marks.text(script.edits, self.name, place)

    def retype(self, script: EditedScript, place: int, text: str) -> Edited:
        """Makes it say something else."""
        return marks.retype(script.edits, self.name, place, text, script.alignment.duration_s)

    def remove(self, script: EditedScript, place: int) -> LineEdits | None:
        """Takes it away."""
        return marks.remove(script.edits, self.name, place)

    def draw(self, painter: QPainter, lane: QRectF) -> None:
        """Boxes, and what they say."""
        script = self.strip.script
        assert script is not None
        for place in self.seen(script):
            box = self.boxed(lane, *self.span(script, place))
            painter.fillRect(box, self.colour)
            self.letters(painter, box, self.text(script, place).replace("_", " "))
            self.frame(painter, box, place)


class EventLane(MarkLane):
    """What is not speech, filled as high as it is large."""

    name = "events"
    called = "event"
    colour = EVENT

    def choices(self) -> tuple[str, ...]:
        """All kinds."""
        return KINDS

    def resize(self, script: EditedScript, place: int, name: str) -> Edited | None:
        """Small, plain, or all there is."""
        return marks.amount(script.edits, self.name, place, AMOUNTS[name])


class _CueLane(MarkLane):
    """Cues, each of which counts from its instant on: it has no end to be moved."""

    def grip(self, script: EditedScript, point: QPointF) -> Grip | None:
        """The instant that is near; never the end, which is the next one's."""
        if not self.box.contains(point):
            return None
        found = ((abs(self.strip.x_at(self.span(script, n)[0]) - point.x()), n) for n in self.seen(script))
        away, place = min(found, default=(GRAB_PX + 1, 0))
        return (place, "start") if away <= GRAB_PX else None

    def nudge(self, script: EditedScript, place: int, frames: int, *, is_start: bool) -> Edited | None:
        """Moves it by frames."""
        return super().nudge(script, place, frames, is_start=True)


class GazeLane(_CueLane):
    """What is looked at."""

    name = "gaze"
    called = "look"
    colour = GAZE

    def choices(self) -> tuple[str, ...]:
        """The words for it; points are typed."""
        return WORDS


class LockLane(MarkLane):
    """Regions that no edit of a phone or a word changes; one above the other where they overlap."""

    name = "locks"
    called = "lock"
    colour = LOCK

    def choices(self) -> tuple[str, ...]:
        """All regions."""
        return tuple(rig.REGIONS)


class EmotionLane(_CueLane):
    """Cues of emotion, as flags over the lane in which it is drawn."""

    name = "emotion"
    called = "emotion"
    height_px = 0

    @property
    def box(self) -> QRectF:
        """The upper edge of the lane of moods."""
        lane = self.strip.mood_lane()
        return QRectF(lane.left(), lane.top(), lane.width(), FLAG_PX)

    def at(self, script: EditedScript, point: QPointF) -> int | None:
        """The flag there, by its letters."""
        if not self.box.contains(point):
            return None
        width = self.strip.fontMetrics().horizontalAdvance
        for place in reversed(self.seen(script)):
            left = self.strip.x_at(self.span(script, place)[0])
            if left <= point.x() <= left + width(self.text(script, place)) + LETTERS_PX:
                return place
        return None

    def choices(self) -> tuple[str, ...]:
        """All emotions."""
        return EMOTIONS

    def resize(self, script: EditedScript, place: int, name: str) -> Edited | None:
        """A little of it, much, or all there is."""
        return marks.amount(script.edits, self.name, place, AMOUNTS[name])

    def draw(self, painter: QPainter, lane: QRectF) -> None:
        """A pole at each cue, and what it says beside it, where that does not hide the next."""
        script = self.strip.script
        font = painter.font()
        font.setPixelSize(LETTERS_PX)
        painter.setFont(font)
        for place in self.seen(script) if script is not None else ():
            assert script is not None
            text = self.text(script, place)
            left, right = (self.strip.x_at(at_s) for at_s in self.span(script, place))
            is_chosen = self.strip.is_chosen(self.name, place)
            colour = self.chosen_colour() if is_chosen else COLOURS.get(text.partition(":")[0], FLAG)
            painter.setPen(QPen(colour, 2.0 if is_chosen else 1.0))
            painter.drawLine(QPointF(left, lane.top()), QPointF(left, lane.bottom()))
            wide = painter.fontMetrics().horizontalAdvance(text) + 6
            if wide <= right - left or is_chosen:
                box = QRectF(left, lane.top(), wide, FLAG_PX)
                painter.fillRect(box, EDGE)
                painter.setPen(INK if not is_chosen else colour)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
