"""The strip: words and phones of the open line over its waveform, changed with the mouse or the keyboard.

It changes nothing by itself: it says what it is asked for, and shows what it is given. The other lanes are those of
`facetake_host.panel.tracks`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QCompleter, QLineEdit, QWidget

from facetake import phones
from facetake.edits import EditedScript, LineEdits, changes
from facetake.edits.changes import Edge
from facetake.script import Phone, Word
from facetake_host.panel.tracks import INK, WAVE, Draw, TrackView

WORD_PX: Final = 32
PHONE_PX: Final = 44
"""Heights of the lanes, by eye: letters are read, and a mouse hits them."""
GRAB_PX: Final = 5.0  # from a boundary within which the mouse takes hold of it
SNAP_PX: Final = 6.0  # from the playhead within which a boundary goes there
FRAME_S: Final = 1 / 60  # boundaries lie on frames
FIELD_PX: Final = 64.0  # of the field in which a phone is typed, at least: two letters, a digit and the cursor
WORD = QColor("#2d4a3f")
STRESSED = QColor("#4f8a6f")
PHONE = QColor("#3a526c")
UNSURE = QColor("#2f3c4b")
EDITED = QColor("#7a5a24")
CHOSEN = QColor("#ffd65c")
EDGE = QColor("#1d1f23")
NEUTRAL_STRENGTH: Final = 1.0
HARD_PX: Final = 5
SOFT_PX: Final = 2
"""Thickness of the bar under a phone that is shaped firmly, and under one that is hardly shaped; by eye."""


class Strip(TrackView):
    """Tracks with lanes of words and phones.

    Signals:
        chosen: another phone or word is chosen, or none.
        tried: edits that a drag would make, while it lasts.
        edited: what was done, in words, and the edits that it makes.
        typed: a phone was typed in place of the chosen one.
        asked: the name of something to do with the chosen one: "delete", "insert", "soft", "normal", "hard".
    """

    chosen = Signal()
    tried = Signal(object)
    edited = Signal(str, object)
    typed = Signal(str)
    asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Of no line."""
        super().__init__(parent)
        self.script: EditedScript | None = None
        self.phone = -1
        self.word = -1
        self._grabbed: tuple[int, Edge] | None = None
        self._before: EditedScript | None = None
        self._tried: LineEdits | None = None
        self._field: QLineEdit | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip(
            f"{self.toolTip()}. Drag a boundary between phones; click a phone or a word to choose it; Enter types "
            "another phone"
        )

    @property
    def is_dragging(self) -> bool:
        """Whether a boundary is held."""
        return self._grabbed is not None

    def rows(self) -> dict[str, tuple[int, Draw]]:
        """With the words and the phones below the waveform, once they are known."""
        rows = super().rows()
        if self.script is None:
            return rows
        more: dict[str, tuple[int, Draw]] = {"phones": (PHONE_PX, self._draw_phones)}
        if self._has_words():
            more = {"words": (WORD_PX, self._draw_words), **more}
        return {"wave": rows["wave"], **more, **{name: row for name, row in rows.items() if name != "wave"}}

    def _has_words(self, script: EditedScript | None = None) -> bool:
        found = script or self.script
        return found is not None and bool(found.alignment.words)

    def show_script(self, script: EditedScript | None) -> None:
        """Shows phones and words; the chosen one stays chosen where it is still there."""
        if script is self.script:
            return
        count = len(script.alignment.phones) if script else 0
        words = len(script.alignment.words) if script else 0
        self.phone = min(self.phone, count - 1)
        self.word = min(self.word, words - 1)
        is_same = script is not None and self.script is not None and self._has_words(script) == self._has_words()
        self.script = script
        if is_same:
            self.redraw_rows("words", "phones")
        else:
            self.redraw()

    def choose(self, *, phone: int = -1, word: int = -1) -> None:
        """Chooses a phone, a word, or neither."""
        self.phone, self.word = phone, word
        self.redraw_rows("words", "phones")
        self.chosen.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Takes hold of a boundary, chooses a phone or a word, or does what the other lanes do."""
        at = event.position()
        self._grabbed = self._boundary(at)
        if self._grabbed is not None:
            self._before, self._tried = self.script, None
            self.choose(phone=self._grabbed[0])
        elif (phone := self._at(at, "phones")) is not None:
            self.choose(phone=phone)
        elif (word := self._at(at, "words")) is not None:
            self.choose(word=word)
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Moves the boundary that is held."""
        if self._grabbed is None:
            is_over = not event.buttons() and self._boundary(event.position()) is not None
            self.setCursor(Qt.CursorShape.SplitHCursor if is_over else Qt.CursorShape.ArrowCursor)
            if event.buttons() and not self._is_in_script(event.position()):
                super().mouseMoveEvent(event)
            return
        assert self._before is not None
        place, edge = self._grabbed
        known = changes.move(self._before, place, edge, self._snapped(event.position().x()))
        if known != self._tried:
            self._tried = known
            self.tried.emit(known)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A drag is done: one step."""
        if self._grabbed is None:
            super().mouseReleaseEvent(event)
            return
        before, place = self._before, self._grabbed[0]
        known, self._grabbed, self._before, self._tried = self._tried, None, None, None
        if known is not None and before is not None:
            self.edited.emit(f"move {before.alignment.phones[place].symbol}", known)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Types another phone in its place."""
        phone = self._at(event.position(), "phones")
        if phone is None:
            super().mouseDoubleClickEvent(event)
        else:
            self.choose(phone=phone)
            self.type_phone()

    def event(self, event: QEvent) -> bool:
        """Keys that mean something here go before the window's commands."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and self._means(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows choose, with Alt they move a boundary; Delete, Insert, Enter and 1 2 3 do the rest."""
        if not self._means(event):
            super().keyPressEvent(event)
            return
        key = event.key()
        is_alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(key))
        if is_alt and step is not None:
            self._nudge(step, is_start=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif step is not None:
            self.step(step)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._change_lane(to_words=key == Qt.Key.Key_Up)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.type_phone()
        elif key == Qt.Key.Key_Escape:
            self.choose()
        else:
            self.asked.emit(_ASKED[Qt.Key(key)])

    def type_phone(self) -> None:
        """A field over the chosen phone, in which another one is typed; Escape leaves it as it is."""
        if self.script is None or self.phone < 0:
            return
        self._bring_into_view()
        phone = self.script.alignment.phones[self.phone]
        lane = self.lane("phones")
        left, width = self._x(phone.start_s), max(FIELD_PX, self._x(phone.end_s) - self._x(phone.start_s))
        field = QLineEdit(phone.symbol, self)
        field.setObjectName("phone_field")
        field.setCompleter(_completer(field))
        field.setGeometry(QRectF(left, lane.top(), width, lane.height()).toRect())
        field.editingFinished.connect(self._end_typing)
        field.installEventFilter(self)
        self._field = field
        field.selectAll()
        field.show()
        field.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """In the field Enter takes what is typed, and Escape leaves the phone as it is."""
        if watched is not self._field or not isinstance(event, QKeyEvent) or event.key() not in _ENDS_TYPING:
            return bool(super().eventFilter(watched, event))
        if event.type() == QEvent.Type.KeyPress and self._field is not None:
            self._end_typing(self._field.text() if event.key() != Qt.Key.Key_Escape else "")
        event.accept()
        return True

    def _end_typing(self, text: str = "") -> None:
        field, self._field = self._field, None
        if field is None:
            return
        self.setFocus()  # first: a field that goes with the keyboard on it hands it to the next widget
        field.hide()
        field.deleteLater()
        if text.strip():
            self.typed.emit(text.strip().upper())

    def focusNextPrevChild(self, is_next: bool) -> bool:
        """Tab goes from phone to phone, and on to the next widget after the last."""
        if self._is_chosen and self.step(1 if is_next else -1):
            return True
        return bool(super().focusNextPrevChild(is_next))

    def step(self, by: int) -> bool:
        """Chooses the next phone or word, or the one before; whether there is one."""
        script = self.script
        if script is None:
            return False
        if self.word >= 0:
            to, count = self.word + by, len(script.alignment.words)
        else:
            to = self.phone + by if self.phone >= 0 else self._under_playhead()
            count = len(script.alignment.phones)
        if not 0 <= to < count:
            return False
        self.choose(**({"word": to} if self.word >= 0 else {"phone": to}))
        self._bring_into_view()
        return True

    @property
    def _is_chosen(self) -> bool:
        return self.script is not None and (self.phone >= 0 or self.word >= 0)

    def _means(self, event: QKeyEvent) -> bool:
        """Whether a key does something on the strip."""
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        allowed = {Qt.KeyboardModifier.NoModifier}
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            alt = Qt.KeyboardModifier.AltModifier
            allowed |= {alt, alt | Qt.KeyboardModifier.ShiftModifier}
        if modifiers not in allowed or self.script is None:
            return False
        if key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            return bool(self.script.alignment.phones)
        return self._is_chosen and key in _KEYS

    def _nudge(self, frames: int, *, is_start: bool) -> None:
        """Moves the end of the chosen phone, or its start, by frames."""
        if self.script is None or self.phone < 0:
            return
        phone = self.script.alignment.phones[self.phone]
        at_s = phone.start_s if is_start else phone.end_s
        to_s = (round(at_s / FRAME_S) + frames) * FRAME_S
        known = changes.move(self.script, self.phone, "start" if is_start else "end", max(0.0, to_s))
        self.edited.emit(f"move {phone.symbol}", known)

    def _change_lane(self, *, to_words: bool) -> None:
        script = self.script
        if script is None:
            return
        words, there = script.alignment.words, script.alignment.phones
        if to_words and words:
            phone = there[self.phone if self.phone >= 0 else self._under_playhead()]
            middle_s = (phone.start_s + phone.end_s) / 2
            self.choose(word=max((n for n, one in enumerate(words) if one.start_s <= middle_s), default=0))
        elif not to_words:
            start_s = words[self.word].start_s if self.word >= 0 else self._playhead_s
            place = next((n for n, one in enumerate(there) if one.end_s > start_s), len(there) - 1)
            self.choose(phone=self.phone if self.phone >= 0 else place)

    def _under_playhead(self) -> int:
        there = self.script.alignment.phones if self.script else ()
        return next((n for n, one in enumerate(there) if one.end_s > self._playhead_s), len(there) - 1)

    def _bring_into_view(self) -> None:
        assert self.script is not None
        script = self.script.alignment
        one = script.words[self.word] if self.word >= 0 else script.phones[self.phone]
        start_s, end_s = self.view
        if not (start_s <= one.start_s and one.end_s <= end_s):
            self.look_at(one.start_s - (end_s - start_s) / 2, one.start_s + (end_s - start_s) / 2)

    def _is_in_script(self, at: QPointF) -> bool:
        return any(self.lane(name).contains(at) for name in ("words", "phones") if name in self.rows())

    def _at(self, at: QPointF, name: str) -> int | None:
        """The phone or the word at a point of its lane."""
        if self.script is None or name not in self.rows() or not self.lane(name).contains(at):
            return None
        time_s = self._time(at.x())
        shown = self.script.alignment
        there: Sequence[Phone | Word] = shown.phones if name == "phones" else shown.words
        return next((n for n, one in enumerate(there) if one.start_s <= time_s < one.end_s), None)

    def _boundary(self, at: QPointF) -> tuple[int, Edge] | None:
        """The end of a phone that is near a point of its lane; of two phones that touch, the end of the first."""
        if self.script is None or not self.lane("phones").contains(at):
            return None
        found: list[tuple[float, int, Edge]] = []
        for place, phone in enumerate(self.script.alignment.phones):
            found.append((abs(self._x(phone.end_s) - at.x()), place, "end"))
            found.append((abs(self._x(phone.start_s) - at.x()), place, "start"))
        away, place, edge = min(found, key=lambda one: (round(one[0], 3), one[2] == "start"), default=(1e9, 0, "end"))
        return (place, edge) if away <= GRAB_PX else None

    def _snapped(self, x: float) -> float:
        """The instant at a place: the playhead's where that is near, else that of the nearest frame."""
        if abs(self._x(self._playhead_s) - x) <= SNAP_PX:
            return self._playhead_s
        return round(self._time(x) / FRAME_S) * FRAME_S

    def _draw_words(self, painter: QPainter, lane: QRectF) -> None:
        assert self.script is not None
        for place, word in enumerate(self.script.alignment.words):
            box = self._box(lane, word.start_s, word.end_s)
            if box is None:
                continue
            painter.fillRect(box, WORD)
            if word.emphasis > 0:
                painter.fillRect(box.adjusted(0, (1 - word.emphasis) * box.height(), 0, 0), STRESSED)
            self._letters(painter, box, word.text, 12, is_bold=word.emphasis > 0)
            self._frame(painter, box, is_chosen=place == self.word)

    def _draw_phones(self, painter: QPainter, lane: QRectF) -> None:
        assert self.script is not None
        for place, phone in enumerate(self.script.alignment.phones):
            box = self._box(lane, phone.start_s, phone.end_s)
            if box is None:
                continue
            painter.fillRect(box, PHONE if phone.confidence >= 0.5 else UNSURE)
            if self._is_edited(place):
                painter.fillRect(box, EDITED)
            if phone.strength != NEUTRAL_STRENGTH:
                thick = HARD_PX if phone.strength > NEUTRAL_STRENGTH else SOFT_PX
                painter.fillRect(box.adjusted(2, box.height() - thick - 1, -2, -1), INK)
            self._letters(painter, box, phones.base(phone.symbol), 12, is_bold=phone.strength > NEUTRAL_STRENGTH)
            self._frame(painter, box, is_chosen=place == self.phone)
        if not self.script.alignment.phones:
            self._hint(painter, lane, "no phone was heard")

    def _is_edited(self, place: int) -> bool:
        assert self.script is not None
        source = self.script.sources[place]
        if source < 0:
            return True
        one, own = self.script.alignment.phones[place], self.script.own.phones[source]
        return _told(one) != _told(own)

    def _box(self, lane: QRectF, start_s: float, end_s: float) -> QRectF | None:
        """A box of the lane, where some of it is seen."""
        if end_s < self.view[0] or start_s > self.view[1]:
            return None
        left = self._x(start_s)
        return QRectF(left, lane.top(), self._x(end_s) - left, lane.height())

    def _letters(
        self,
        painter: QPainter,
        box: QRectF,
        text: str,
        size: int,
        *,
        is_bold: bool = False,
    ) -> None:
        font = QFont(painter.font())
        font.setPixelSize(size)
        font.setBold(is_bold)
        painter.setFont(font)
        if painter.fontMetrics().horizontalAdvance(text) > box.width():
            return  # it would hide its neighbours' letters
        painter.setPen(INK)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _frame(self, painter: QPainter, box: QRectF, *, is_chosen: bool) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(EDGE, 1.0))
        painter.drawRect(box)
        if is_chosen:
            painter.setPen(QPen(CHOSEN if self.hasFocus() else WAVE, 2.0))
            painter.drawRect(box.adjusted(1.5, 1.5, -1.5, -1.5))


def _told(phone: Phone) -> tuple[object, ...]:
    return phone.symbol, phone.start_s, phone.end_s, phone.strength


def _completer(field: QLineEdit) -> QCompleter:
    completer = QCompleter([one for one in phones.PHONES if one != phones.SILENCE], field)
    completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
    return completer


_ASKED: Final = {
    Qt.Key.Key_Delete: "delete",
    Qt.Key.Key_Backspace: "delete",
    Qt.Key.Key_Insert: "insert",
    Qt.Key.Key_1: "soft",
    Qt.Key.Key_2: "normal",
    Qt.Key.Key_3: "hard",
}
_ENDS_TYPING: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape)
_KEYS: Final = {
    *_ASKED,
    *(Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape),
}
