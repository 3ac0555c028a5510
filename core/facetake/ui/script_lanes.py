"""The lanes of words and of phones: heard or aligned, and changed by hand."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from facetake import phones
from facetake.edits import EditedScript, LineEdits, changes
from facetake.script import Phone, Word
from facetake.ui.lanes import Edited, Grip, Lane
from facetake_host.panel.tracks import FAINT, INK

WORD = QColor("#2d4a3f")
STRESSED = QColor("#4f8a6f")
PHONE = QColor("#3a526c")
UNSURE = QColor("#2f3c4b")
EDITED = QColor("#7a5a24")
HARD_PX: Final = 5
SOFT_PX: Final = 2
"""Thickness of the bar under a phone that is shaped firmly, and under one that is hardly shaped; by eye."""
STRENGTHS: Final = {"soft": 0.5, "normal": 1.0, "hard": 1.5}
"""How firmly a phone is shaped, as `facetake.script.Phone` has it."""
EMPHASES: Final = {"no stress": 0.0, "stress": 0.5, "strong stress": 1.0}
"""How much a word is leant on, as `facetake.script.Word` has it."""
SYMBOLS: Final = tuple(one for one in phones.PHONES if one != phones.SILENCE)
FRAME_S: Final = 1 / 60  # boundaries lie on frames
LETTER_PX: Final = 4  # of a box, at least, for it to be drawn by itself: thinner ones are one stretch


class _Spans(Lane):
    """Things in order, none over another."""

    def there(self, script: EditedScript) -> Sequence[Phone | Word]:
        """The things."""
        raise NotImplementedError

    def count(self, script: EditedScript) -> int:
        """How many there are."""
        return len(self.there(script))

    def span(self, script: EditedScript, place: int) -> tuple[float, float]:
        """From when to when one is."""
        one = self.there(script)[place]
        return one.start_s, one.end_s

    def first_after(self, script: EditedScript, time_s: float) -> int:
        """The place of the first that has not ended at an instant, or of the last one."""
        there = self.there(script)
        return min(bisect_right(there, time_s, key=_end), len(there) - 1)

    def seen(self, script: EditedScript) -> range:
        """Places of those in view."""
        there = self.there(script)
        return range(
            bisect_left(there, self.strip.view[0], key=_end), bisect_right(there, self.strip.view[1], key=_start)
        )

    def is_crowded(self, script: EditedScript) -> bool:
        """Whether so many are in view that none of them can be told from its neighbours."""
        return len(self.seen(script)) * LETTER_PX > self.strip.width()

    def grip(self, script: EditedScript, point: QPointF) -> Grip | None:
        """What a press takes hold of; nothing where no one can see what."""
        return None if self.is_crowded(script) else super().grip(script, point)

    def draw_crowd(self, painter: QPainter, lane: QRectF, colour: QColor) -> None:
        """Where things are, without what they are."""
        script = self.strip.script
        assert script is not None
        there = self.there(script)
        begun_s = ended_s = -1.0
        least_s = self.strip.time_at(1.0) - self.strip.time_at(0.0)
        for place in self.seen(script):
            start_s, end_s = there[place].start_s, there[place].end_s
            if start_s - ended_s > least_s:
                if ended_s > begun_s:
                    painter.fillRect(self.boxed(lane, begun_s, ended_s), colour)
                begun_s = start_s
            ended_s = end_s
        if ended_s > begun_s:
            painter.fillRect(self.boxed(lane, begun_s, ended_s), colour)


class WordLane(_Spans):
    """Words, each as high as it is leant on."""

    name = "words"
    called = "word"
    height_px = 32

    def there(self, script: EditedScript) -> Sequence[Word]:
        """The words."""
        return script.alignment.words

    def grip(self, script: EditedScript, point: QPointF) -> Grip | None:
        """Nothing: words follow their phones."""
        return None

    def resize(self, script: EditedScript, place: int, name: str) -> Edited | None:
        """No, some or strong stress."""
        amount = list(EMPHASES.values())[list(STRENGTHS).index(name)]
        return changes.emphasise(script, place, amount), place

    def draw(self, painter: QPainter, lane: QRectF) -> None:
        """Boxes, and the words in them."""
        script = self.strip.script
        assert script is not None
        if self.is_crowded(script):
            self.draw_crowd(painter, lane, WORD)
            return
        for place in self.seen(script):
            word = script.alignment.words[place]
            box = self.boxed(lane, word.start_s, word.end_s)
            painter.fillRect(box, WORD)
            if word.emphasis > 0:
                painter.fillRect(box.adjusted(0, (1 - word.emphasis) * box.height(), 0, 0), STRESSED)
            self.letters(painter, box, word.text, is_bold=word.emphasis > 0)
            self.frame(painter, box, place)


class PhoneLane(_Spans):
    """Phones, whose ends a hand moves."""

    name = "phones"
    called = "phone"
    height_px = 44

    def there(self, script: EditedScript) -> Sequence[Phone]:
        """The phones."""
        return script.alignment.phones

    def is_shown(self, script: EditedScript) -> bool:
        """Always: where there are none, it says so."""
        return True

    def drag(self, script: EditedScript, grip: Grip, begun: QPointF, point: QPointF) -> Edited:
        """Moves an end of a phone; its neighbour gives way."""
        place, part = grip
        edge: changes.Edge = "start" if part == "start" else "end"
        return changes.move(script, place, edge, self.strip.snapped(point.x())), place

    def nudge(self, script: EditedScript, place: int, frames: int, *, is_start: bool) -> Edited | None:
        """Moves its end, or its start, by frames."""
        phone = script.alignment.phones[place]
        to_s = (round((phone.start_s if is_start else phone.end_s) / FRAME_S) + frames) * FRAME_S
        return changes.move(script, place, "start" if is_start else "end", max(0.0, to_s)), place

    def text(self, script: EditedScript, place: int) -> str:
        """Its symbol."""
        return script.alignment.phones[place].symbol

    def choices(self) -> tuple[str, ...]:
        """All phones."""
        return SYMBOLS

    def retype(self, script: EditedScript, place: int, text: str) -> Edited:
        """Another phone. Raises ConfigError for what is none."""
        return changes.change(script, place, text.upper()), place

    def resize(self, script: EditedScript, place: int, name: str) -> Edited | None:
        """Soft, normal or hard."""
        return changes.strengthen(script, place, STRENGTHS[name]), place

    def remove(self, script: EditedScript, place: int) -> LineEdits | None:
        """Silence in its place."""
        return changes.delete(script, place)

    def draw(self, painter: QPainter, lane: QRectF) -> None:
        """Boxes; amber where a hand was, with a bar where a phone is shaped firmly or hardly."""
        script = self.strip.script
        assert script is not None
        if not script.alignment.phones:
            painter.setPen(FAINT)
            painter.drawText(lane, Qt.AlignmentFlag.AlignCenter, "no phone was heard")
        if self.is_crowded(script):
            self.draw_crowd(painter, lane, PHONE)
            return
        for place in self.seen(script):
            phone = script.alignment.phones[place]
            box = self.boxed(lane, phone.start_s, phone.end_s)
            painter.fillRect(box, PHONE if phone.confidence >= 0.5 else UNSURE)
            if _is_edited(script, place):
                painter.fillRect(box, EDITED)
            if phone.strength != STRENGTHS["normal"]:
                thick = HARD_PX if phone.strength > STRENGTHS["normal"] else SOFT_PX
                painter.fillRect(box.adjusted(2, box.height() - thick - 1, -2, -1), INK)
            self.letters(painter, box, phones.base(phone.symbol), is_bold=phone.strength > STRENGTHS["normal"])
            self.frame(painter, box, place)


def _is_edited(script: EditedScript, place: int) -> bool:
    source = script.sources[place]
    return source < 0 or _told(script.alignment.phones[place]) != _told(script.own.phones[source])


def _told(phone: Phone) -> tuple[object, ...]:
    return phone.symbol, phone.start_s, phone.end_s, phone.strength


def _start(one: Phone | Word) -> float:
    return one.start_s


def _end(one: Phone | Word) -> float:
    return one.end_s
