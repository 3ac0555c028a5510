"""The strip in the panel: words and phones of the line under its waveform, changed with the mouse or the keyboard.

It changes nothing by itself: it says what it is asked for, as the engine's `phones` takes it, and shows the answer. The
keys are those of the window's strip.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QCompleter, QLineEdit, QWidget

from facetake_host.panel.tracks import GROUND, HEAD, INK, WAVE, Draw, TrackView
from facetake_host.phones import EMPHASES, STRENGTHS, SYMBOLS, Change, Edge, LinePhone, LinePhones, LineWord

WORD_PX = 26
PHONE_PX = 34
"""Heights of the lanes, by eye: letters are read, and a mouse hits them."""
GRAB_PX = 5.0  # from a boundary within which the mouse takes hold of it
SNAP_PX = 6.0  # from the playhead within which a boundary goes there
FRAME_S = 1 / 60  # boundaries lie on frames
FIELD_PX = 64.0  # of the field in which a phone is typed, at least
NEW_PHONE = "AH"  # what is inserted, to be changed at once
WORD = QColor("#2d4a3f")
STRESSED = QColor("#4f8a6f")
PHONE = QColor("#3a526c")
UNSURE = QColor("#2f3c4b")
EDITED = QColor("#7a5a24")
BAR_PX = {True: 5, False: 2}
"""Thickness of the bar under a phone that is shaped firmly, and under one that is hardly shaped; by eye."""
LEVELS = {Qt.Key.Key_1: 0, Qt.Key.Key_2: 1, Qt.Key.Key_3: 2}  # which of `STRENGTHS` or `EMPHASES` a key chooses
DELETES = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
ENDS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape)
KEYS = {*LEVELS, *DELETES, *ENDS, Qt.Key.Key_Insert}


class PhoneTracks(TrackView):
    """Tracks with lanes of words and phones.

    Signals:
        changed: what to do with a phone or a word, as the engine takes it.
        asked: "undo" or "redo".
    """

    changed = Signal(dict)
    asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Of no line."""
        super().__init__(parent)
        self.line = LinePhones()
        self.phone = self.word = -1
        self._shown: LinePhones | None = None  # while a boundary is held
        self._grabbed: tuple[int, Edge] | None = None
        self._field: QLineEdit | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip(
            f"{self.toolTip()}. Drag a boundary between phones; click a phone or a word to choose it; Enter types "
            "another phone; 1, 2, 3 make it soft, normal or hard; Insert and Delete add and take away"
        )

    def rows(self) -> dict[str, tuple[int, Draw]]:
        """With the words and the phones below the waveform, once they are known."""
        rows = super().rows()
        more: dict[str, tuple[int, Draw]] = {}
        if self.line.words:
            more["words"] = (WORD_PX, self._draw_words)
        if self.line.phones:
            more["phones"] = (PHONE_PX, self._draw_phones)
        return {"wave": rows["wave"], **more, **{name: row for name, row in rows.items() if name != "wave"}}

    def show_line(self, line: LinePhones) -> None:
        """Shows words and phones; what is chosen stays chosen where it is still there."""
        self.line, self._shown, self._grabbed = line, None, None
        self.phone = min(self.phone, len(line.phones) - 1)
        self.word = min(self.word, len(line.words) - 1)
        self.updateGeometry()
        self.redraw()

    def choose(self, *, phone: int = -1, word: int = -1) -> None:
        """Chooses a phone, a word, or neither."""
        self.phone, self.word = phone, word
        self.redraw_rows("words", "phones")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Takes hold of a boundary, chooses a phone or a word, or does what the other lanes do."""
        at = event.position()
        self._grabbed = self._boundary(at)
        if self._grabbed is not None:
            self.choose(phone=self._grabbed[0])
        elif (phone := self._at(at, "phones", self.line.phones)) is not None:
            self.choose(phone=phone)
        elif (word := self._at(at, "words", self.line.words)) is not None:
            self.choose(word=word)
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Moves the boundary that is held."""
        if self._grabbed is None:
            is_over = not event.buttons() and self._boundary(event.position()) is not None
            self.setCursor(Qt.CursorShape.SplitHCursor if is_over else Qt.CursorShape.ArrowCursor)
            if event.buttons():
                super().mouseMoveEvent(event)
            return
        self._shown = self.line.moved(*self._grabbed, self._snapped(event.position().x()))
        self.redraw_rows("phones")

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A drag is done: one change."""
        if self._grabbed is None:
            super().mouseReleaseEvent(event)
            return
        (place, edge), shown, self._grabbed = self._grabbed, self._shown, None
        if shown is not None:
            self._move(place, edge, shown)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Types another phone in its place."""
        phone = self._at(event.position(), "phones", self.line.phones)
        if phone is None:
            super().mouseDoubleClickEvent(event)
        else:
            self.choose(phone=phone)
            self.type_phone()

    def event(self, event: QEvent) -> bool:
        """Keys that mean something here go before the host's own."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and self._means(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows choose, with Alt they move a boundary; Delete, Insert, Enter and 1 2 3 do the rest; Ctrl+Z undoes."""
        if not self._means(event):
            super().keyPressEvent(event)
            return
        key, modifiers = Qt.Key(event.key()), event.modifiers()
        is_shifted = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            self.asked.emit("redo" if key == Qt.Key.Key_Y or is_shifted else "undo")
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            by = 1 if key == Qt.Key.Key_Right else -1
            if modifiers & Qt.KeyboardModifier.AltModifier:
                self._nudge(by, "start" if is_shifted else "end")
            else:
                self.step(by)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._change_lane(to_words=key == Qt.Key.Key_Up)
        elif key == Qt.Key.Key_Escape:
            self.choose()
        elif key in ENDS:
            self.type_phone()
        else:
            self._do(key)

    def step(self, by: int) -> None:
        """Chooses the next phone or word, or the one before."""
        count = len(self.line.words) if self.word >= 0 else len(self.line.phones)
        place = self.word if self.word >= 0 else self.phone
        place = self._under_playhead() if place < 0 else min(count - 1, max(0, place + by))
        self.choose(**({"word": place} if self.word >= 0 else {"phone": place}))
        one = self.line.words[place] if self.word >= 0 else self.line.phones[place]
        start_s, end_s = self.view
        if not (start_s <= one.start_s and one.end_s <= end_s):
            self.look_at(one.start_s - (end_s - start_s) / 2, one.start_s + (end_s - start_s) / 2)

    def type_phone(self) -> None:
        """A field over the chosen phone, in which another one is typed; Escape leaves it as it is."""
        if self.phone < 0:
            return
        phone, lane = self.line.phones[self.phone], self.lane("phones")
        left, width = self._x(phone.start_s), max(FIELD_PX, self._x(phone.end_s) - self._x(phone.start_s))
        field = QLineEdit(phone.letters, self)
        field.setObjectName("phone_field")
        completer = QCompleter(list(SYMBOLS), field)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        field.setCompleter(completer)
        field.setGeometry(QRectF(left, lane.top(), width, lane.height()).toRect())
        field.editingFinished.connect(self._end_typing)
        field.installEventFilter(self)
        self._field = field
        field.selectAll()
        field.show()
        field.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """In the field Enter takes what is typed, and Escape leaves the phone as it is."""
        if watched is not self._field or not isinstance(event, QKeyEvent) or event.key() not in ENDS:
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
            self.changed.emit({"do": "change", "place": self.phone, "symbol": text.strip().upper()})

    def _means(self, event: QKeyEvent) -> bool:
        """Whether a key does something on the strip."""
        key, modifiers = Qt.Key(event.key()), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
        alt, none = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.NoModifier
        if not self.line.phones:
            return False
        if key in (Qt.Key.Key_Z, Qt.Key.Key_Y):
            return modifiers == control or (key == Qt.Key.Key_Z and modifiers == control | shift)
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            return modifiers in (none, alt, alt | shift) and max(self.phone, self.word) >= 0
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            return modifiers == none
        return modifiers == none and key in KEYS and max(self.phone, self.word) >= 0

    def _do(self, key: Qt.Key) -> None:
        """What a key asks of the chosen phone or word."""
        change: Change = {}
        if key in LEVELS and self.word >= 0:
            change = {"do": "emphasise", "place": self.word, "amount": EMPHASES[LEVELS[key]]}
        elif key in LEVELS:
            change = {"do": "strengthen", "place": self.phone, "strength": STRENGTHS[LEVELS[key]]}
        elif key in DELETES and self.phone >= 0:
            change = {"do": "delete", "place": self.phone}
        elif key == Qt.Key.Key_Insert:
            change = {"do": "insert", "at_s": self._playhead_s, "symbol": NEW_PHONE}
        if change:
            self.changed.emit(change)

    def _nudge(self, frames: int, edge: Edge) -> None:
        """Moves an end of the chosen phone by frames."""
        if self.phone < 0:
            return
        phone = self.line.phones[self.phone]
        at_s = phone.start_s if edge == "start" else phone.end_s
        shown = self.line.moved(self.phone, edge, max(0.0, (round(at_s / FRAME_S) + frames) * FRAME_S))
        self._move(self.phone, edge, shown)

    def _move(self, place: int, edge: Edge, shown: LinePhones) -> None:
        self._shown = shown
        to_s = shown.phones[place].start_s if edge == "start" else shown.phones[place].end_s
        self.changed.emit({"do": "move", "place": place, "edge": edge, "to_s": to_s})

    def _change_lane(self, *, to_words: bool) -> None:
        phones, words = self.line.phones, self.line.words
        if to_words and words:
            phone = phones[self.phone if self.phone >= 0 else self._under_playhead()]
            middle_s = (phone.start_s + phone.end_s) / 2
            self.choose(word=max((n for n, one in enumerate(words) if one.start_s <= middle_s), default=0))
        elif not to_words:
            start_s = words[self.word].start_s if self.word >= 0 else self._playhead_s
            place = next((n for n, one in enumerate(phones) if one.end_s > start_s), len(phones) - 1)
            self.choose(phone=self.phone if self.phone >= 0 else place)

    def _under_playhead(self) -> int:
        phones = self.line.phones
        return next((n for n, one in enumerate(phones) if one.end_s > self._playhead_s), len(phones) - 1)

    def _at(self, at: QPointF, name: str, there: Sequence[LinePhone | LineWord]) -> int | None:
        """The phone or the word at a point of its lane."""
        if not there or not self.lane(name).contains(at):
            return None
        time_s = self._time(at.x())
        return next((n for n, one in enumerate(there) if one.start_s <= time_s < one.end_s), None)

    def _boundary(self, at: QPointF) -> tuple[int, Edge] | None:
        """The end of a phone that is near a point of its lane; of two phones that touch, the end of the first."""
        if not self.line.phones or not self.lane("phones").contains(at):
            return None
        found: list[tuple[float, int, Edge]] = []
        for place, phone in enumerate(self.line.phones):
            found.append((abs(self._x(phone.end_s) - at.x()), place, "end"))
            found.append((abs(self._x(phone.start_s) - at.x()), place, "start"))
        away, place, edge = min(found, key=lambda one: (round(one[0], 3), one[2] == "start"))
        return (place, edge) if away <= GRAB_PX else None

    def _snapped(self, x: float) -> float:
        """The instant at a place: the playhead's where that is near, else that of the nearest frame."""
        if abs(self._x(self._playhead_s) - x) <= SNAP_PX:
            return self._playhead_s
        return round(self._time(x) / FRAME_S) * FRAME_S

    def _draw_words(self, painter: QPainter, lane: QRectF) -> None:
        for place, word in enumerate(self.line.words):
            box = self._box(lane, word)
            painter.fillRect(box, WORD)
            painter.fillRect(box.adjusted(0, (1 - word.emphasis) * box.height(), 0, 0), STRESSED)
            self._letters(painter, box, word.text, is_bold=word.emphasis > 0)
            self._frame(painter, box, is_chosen=place == self.word)

    def _draw_phones(self, painter: QPainter, lane: QRectF) -> None:
        for place, phone in enumerate((self._shown or self.line).phones):
            box = self._box(lane, phone)
            plain = PHONE if phone.confidence >= 0.5 else UNSURE
            painter.fillRect(box, EDITED if phone.is_edited else plain)
            if phone.strength != 1.0:
                thick = BAR_PX[phone.strength > 1.0]
                painter.fillRect(box.adjusted(2, box.height() - thick - 1, -2, -1), INK)
            self._letters(painter, box, phone.letters, is_bold=phone.strength > 1.0)
            self._frame(painter, box, is_chosen=place == self.phone)

    def _box(self, lane: QRectF, one: LinePhone | LineWord) -> QRectF:
        left = self._x(one.start_s)
        return QRectF(left, lane.top(), self._x(one.end_s) - left, lane.height())

    def _letters(self, painter: QPainter, box: QRectF, text: str, *, is_bold: bool) -> None:
        font = QFont(painter.font())
        font.setPixelSize(11)
        font.setBold(is_bold)
        painter.setFont(font)
        if painter.fontMetrics().horizontalAdvance(text) <= box.width():  # else it would hide its neighbours' letters
            painter.setPen(INK)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _frame(self, painter: QPainter, box: QRectF, *, is_chosen: bool) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(GROUND, 1.0))
        painter.drawRect(box)
        if is_chosen:
            painter.setPen(QPen(HEAD if self.hasFocus() else WAVE, 2.0))
            painter.drawRect(box.adjusted(1.5, 1.5, -1.5, -1.5))
