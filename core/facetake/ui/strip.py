"""The strip: what a line says and what was changed of it over its waveform, by mouse or keyboard.

It changes nothing by itself: it says what it is asked for, and shows what it is given. What stands in a lane, and what
a hand does there, the lanes know (`facetake.ui.lanes`); the other lanes are those of `facetake_host.panel.tracks`.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QWidget

from facetake.edits import EditedScript, LineEdits
from facetake.take import Take
from facetake.ui.key_lane import KeyLane
from facetake.ui.lanes import Grip, Lane
from facetake.ui.mark_lanes import EmotionLane, EventLane, GazeLane, LockLane
from facetake.ui.script_lanes import FRAME_S, PhoneLane, WordLane
from facetake.ui.spectrogram import Spectrogram
from facetake.ui.strip_field import StripField
from facetake_host.panel.tracks import TIME_PX, WAVE, Draw, TrackView

SPECTRUM_PX: Final = 72  # of the spectrogram, by eye: two formants are told apart
LEAST_WIDTH_PX: Final = 200  # as of tracks without a strip
LEAST_SHARE: Final = 0.31  # of lanes without letters, on a small screen: what is in them is still seen
GAP_PX: Final = 3  # between lanes, by eye: closer than where there are few
LETTERED: Final = {"words": 20, "phones": 24, "visemes": 15, "events": 18, "gaze": 18, "locks": 18}
"""Heights of lanes with letters, by eye: they stay as they are, and what room is left is for the others."""
SNAP_PX: Final = 6.0  # from the playhead within which what is dragged goes there
POINTS_PER_PX: Final = 1  # of a curve that is drawn: more are not seen


class Strip(TrackView):
    """Tracks with lanes of words, phones, marks and keys.

    Attributes:
        script: the line's phones and words with its edits; None where they are not known.
        take: that is shown, for the curve of the control that is keyed.
        by_name: the lanes in which a hand does something.
        keys: the lane of keys.

    Signals:
        chosen: another thing is chosen, or none.
        tried: edits that a drag would make, while it lasts.
        edited: what was done, in words, and the edits that it makes.
        done: what is to be done, in words, and what makes edits of a script and says where the thing is then.
        typed: something was typed in place of what the chosen thing says.
        asked: the name of something to do with the chosen one: "delete", "insert", "soft", "normal", "hard".
        pointed: a lane in which nothing stands was double-clicked at an instant.
    """

    chosen = Signal()
    tried = Signal(object)
    edited = Signal(str, object)
    done = Signal(str, object)
    typed = Signal(str)
    asked = Signal(str)
    pointed = Signal(str, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Of no line."""
        super().__init__(parent)
        self.script: EditedScript | None = None
        self.take: Take | None = None
        self.keys = KeyLane(self)
        found = (WordLane(self), PhoneLane(self), EventLane(self), GazeLane(self), LockLane(self), EmotionLane(self))
        self.by_name: dict[str, Lane] = {one.name: one for one in (*found, self.keys)}
        self.spectrogram = Spectrogram()
        self.is_spectrum_shown = True
        self._chosen: tuple[str, int] | None = None
        self._held: tuple[Lane, Grip, QPointF] | None = None
        self._before: EditedScript | None = None
        self._tried: LineEdits | None = None
        self._field: StripField | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.spectrogram.ready.connect(lambda: self.redraw_rows("wave", "spectrum"))
        self.setToolTip(
            f"{self.toolTip()}. Drag a boundary between phones, an end of a mark, or a key; click one to choose it; "
            "Enter types another"
        )

    @property
    def phone(self) -> int:
        """The place of the phone that is chosen; -1 for none."""
        return self.place("phones")

    @property
    def word(self) -> int:
        """The place of the word that is chosen; -1 for none."""
        return self.place("words")

    def place(self, lane: str) -> int:
        """The place of what is chosen in a lane; -1 for nothing."""
        return self._chosen[1] if self._chosen is not None and self._chosen[0] == lane else -1

    @property
    def chosen_lane(self) -> Lane | None:
        """The lane in which something is chosen."""
        return self.by_name[self._chosen[0]] if self._chosen is not None and self.script is not None else None

    @property
    def chosen_place(self) -> int:
        """The place of what is chosen in its lane; -1 for nothing."""
        return self._chosen[1] if self._chosen is not None and self.script is not None else -1

    def is_chosen(self, lane: str, place: int) -> bool:
        """Whether something is the chosen one."""
        return self._chosen == (lane, place)

    @property
    def is_dragging(self) -> bool:
        """Whether something is held."""
        return self._held is not None

    def time_at(self, x: float) -> float:
        """The instant at a place, within what is seen."""
        return self._time(x)

    def x_at(self, time_s: float) -> float:
        """The place of an instant."""
        return self._x(time_s)

    def snapped(self, x: float) -> float:
        """The instant at a place: the playhead's where that is near, else that of the nearest frame."""
        if abs(self._x(self._playhead_s) - x) <= SNAP_PX:
            return self._playhead_s
        return round(self._time(x) / FRAME_S) * FRAME_S

    def rows_seen(self, take: Take) -> slice:
        """The frames of a take that are worth drawing: those in view, and of many some."""
        rate, start_s = float(take.rate), float(take.start)
        first = min(max(0, int((self.view[0] - start_s) * rate) - 1), take.n_frames - 1)
        last = min(max(first + 1, int((self.view[1] - start_s) * rate) + 3), take.n_frames)
        return slice(first, last, max(1, (last - first) // max(1, POINTS_PER_PX * self.width())))

    def rows(self) -> dict[str, tuple[int, Draw]]:
        """With the spectrogram, and with the lanes that are there once the line's phones are known."""
        rows = super().rows()
        found = {"wave": rows["wave"]}
        if self.is_spectrum_shown and self.duration_s:
            found["spectrum"] = (SPECTRUM_PX, self._draw_spectrum)
        there = [one.name for one in self.by_name.values() if self.script is not None and one.is_shown(self.script)]
        heights = {name: self.by_name[name].height_px for name in there}
        mine = {name: (height, self.by_name[name].draw) for name, height in heights.items() if height}
        keyed = {name: row for name, row in mine.items() if name == "keys"}
        found |= {name: mine[name] for name in ("words", "phones") if name in mine}
        found["visemes"] = rows["visemes"]
        found |= {name: row for name, row in mine.items() if name not in keyed}
        found["mood"] = (rows["mood"][0], self._draw_feelings)
        return {**found, **keyed, "curves": rows["curves"]}

    def lanes(self) -> list[QRectF]:
        """Where each of the rows is, and the times below them; letters keep their height, all else has what is left."""
        rows = self.rows()
        fixed, others = self._heights()
        share = max(0.0, self.height() - fixed) / others
        found, top = [], 0.0
        for name, (height, _) in rows.items():
            high = float(LETTERED[name]) if name in LETTERED else share * height
            found.append(QRectF(0, top, self.width(), high))
            top += high + GAP_PX
        return [*found, QRectF(0, top, self.width(), TIME_PX)]

    def minimumSizeHint(self) -> QSize:
        """As low as everything in it is seen."""
        fixed, others = self._heights()
        return QSize(LEAST_WIDTH_PX, round(fixed + LEAST_SHARE * others))

    def _heights(self) -> tuple[int, int]:
        """The height that is always needed, and that of lanes that can be lower, in pixels."""
        rows = self.rows()
        fixed = sum(LETTERED.get(name, 0) for name in rows) + len(rows) * GAP_PX + TIME_PX
        return fixed, sum(height for name, (height, _) in rows.items() if name not in LETTERED)

    def show_spectrum(self) -> None:
        """Shows the spectrogram, or no longer."""
        self.is_spectrum_shown = not self.is_spectrum_shown
        self.updateGeometry()
        self.redraw()

    def open_sound(self, sound: Path | None) -> None:
        """The recording whose spectrogram is shown."""
        self.spectrogram.open(sound)

    def key_control(self, control: str, mode: str) -> None:
        """Shows the lane of keys of a control; of none with ""."""
        self.keys.control = control
        self.keys.mode = "offset" if mode == "offset" else "replace"
        if self.place("keys") >= 0:
            self.choose()
        self.updateGeometry()
        self.redraw()

    def show_script(self, script: EditedScript | None) -> None:
        """Shows phones, words, marks and keys; the chosen one stays chosen where it is still there."""
        if script is self.script:
            return
        before = list(self.rows())
        self.script = script
        if self._chosen is not None:
            name, place = self._chosen
            count = self.by_name[name].count(script) if script is not None else 0
            self._chosen = (name, min(place, count - 1)) if count else None
        if list(self.rows()) == before:
            self.redraw_rows(*self.by_name, "mood")
        else:
            self.updateGeometry()
            self.redraw()

    def choose(self, *, phone: int = -1, word: int = -1, lane: str = "", place: int = -1) -> None:
        """Chooses a phone, a word, or something in any lane by its place; or nothing."""
        pairs = (("phones", phone), ("words", word), (lane, place))
        self._chosen = next(((name, at) for name, at in pairs if at >= 0 and name in self.by_name), None)
        self.redraw_rows(*self.by_name, "mood")
        self.chosen.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Takes hold of something, chooses it, or does what the other lanes do."""
        at = event.position()
        held = self._grip(at)
        if held is not None:
            self._held, self._before, self._tried = (*held, at), self.script, None
            self.choose(lane=held[0].name, place=held[1][0])
        elif (found := self._thing(at)) is not None:
            self.choose(lane=found[0].name, place=found[1])
        elif not self._is_in_lanes(at):
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Moves what is held."""
        at = event.position()
        if self._held is None:
            held = self._grip(at) if not event.buttons() else None
            shape = Qt.CursorShape.SplitHCursor if held and held[1][1] != "whole" else Qt.CursorShape.SizeAllCursor
            self.setCursor(shape if held is not None else Qt.CursorShape.ArrowCursor)
            if event.buttons() and (self.is_drawing or not self._is_in_lanes(at)):
                super().mouseMoveEvent(event)
            return
        assert self._before is not None
        lane, grip, begun = self._held
        known, place = lane.drag(self._before, grip, begun, at)
        if known != self._tried:
            self._tried = known
            self._chosen = (lane.name, place)
            self.tried.emit(known)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A drag is done: one step."""
        if self._held is None:
            super().mouseReleaseEvent(event)
            return
        (lane, grip, _), before, known = self._held, self._before, self._tried
        self._held = self._before = self._tried = None
        if known is not None and before is not None:
            self.edited.emit(f"move {_label(lane, before, grip[0])}", known)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Types something else in its place; where nothing stands, asks for something to stand there."""
        at = event.position()
        if (found := self._thing(at)) is not None:
            self.choose(lane=found[0].name, place=found[1])
            self.type_text()
        elif self.script is not None and self.keys.control and self.keys.box.contains(at):
            self.choose(lane="keys", place=0)
            value = self.keys.value_at(at.y())
            self.done.emit("set key", partial(self.keys.put, at_s=self.snapped(at.x()), value=value))
        elif (lane := next((one for one in self._shown() if one.box.contains(at)), None)) is not None:
            self.pointed.emit(lane.name, self.snapped(at.x()))
        else:
            super().mouseDoubleClickEvent(event)

    def event(self, event: QEvent) -> bool:
        """Keys that mean something here go before the window's commands."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and self._means(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows choose, with Alt they move; Delete, Insert, Enter and 1 2 3 do the rest."""
        if not self._means(event):
            super().keyPressEvent(event)
            return
        key = Qt.Key(event.key())
        is_alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        is_shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        across = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(key)
        up = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(key)
        if across is not None and is_alt:
            self._nudge(across, is_start=is_shift)
        elif across is not None:
            self.step(across)
        elif up is not None and is_alt:
            self._lift(up if is_shift else LIFT * up)
        elif up is not None:
            self._change_lane(-up)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.type_text()
        elif key == Qt.Key.Key_Escape:
            self.choose()
        else:
            self.asked.emit(_ASKED[key])

    def type_text(self) -> None:
        """A field over the chosen thing, in which it says something else; Escape leaves it as it is."""
        lane, script = self.chosen_lane, self.script
        if lane is None or script is None or isinstance(lane, WordLane):
            return
        self._bring_into_view()
        place = self.chosen_place
        box = lane.boxed(lane.box, *lane.span(script, place))
        self._field = StripField(lane.text(script, place), lane.choices(), box, self)
        self._field.setObjectName("strip_field")
        self._field.ended.connect(self._end_typing)

    def _end_typing(self, text: str) -> None:
        field, self._field = self._field, None
        if field is None:
            return
        self.setFocus()  # first: a field that goes with the keyboard on it hands it to the next widget
        field.hide()
        field.deleteLater()
        if text.strip():
            self.typed.emit(text.strip())

    def focusNextPrevChild(self, is_next: bool) -> bool:
        """Tab goes from thing to thing, and on to the next widget after the last."""
        if self.chosen_lane is not None and self.step(1 if is_next else -1):
            return True
        return bool(super().focusNextPrevChild(is_next))

    def step(self, by: int) -> bool:
        """Chooses the next thing in the lane, or the one before; whether there is one."""
        script = self.script
        if script is None:
            return False
        lane = self.chosen_lane or self.by_name["phones"]
        to = self.chosen_place + by if self._chosen is not None else lane.first_after(script, self._playhead_s)
        if not 0 <= to < lane.count(script):
            return False
        self.choose(lane=lane.name, place=to)
        self._bring_into_view()
        return True

    def _means(self, event: QKeyEvent) -> bool:
        """Whether a key does something on the strip."""
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        allowed = {Qt.KeyboardModifier.NoModifier}
        key = Qt.Key(event.key())
        alt = Qt.KeyboardModifier.AltModifier
        if key in _ARROWS:
            allowed |= {alt, alt | Qt.KeyboardModifier.ShiftModifier}
        if modifiers not in allowed or self.script is None:
            return False
        if key in (Qt.Key.Key_Down, Qt.Key.Key_Up) and modifiers == Qt.KeyboardModifier.NoModifier:
            return any(one.count(self.script) for one in self.by_name.values())
        return self.chosen_lane is not None and key in _KEYS

    def _nudge(self, frames: int, *, is_start: bool) -> None:
        lane, script, place = self.chosen_lane, self.script, self.chosen_place
        if lane is not None and script is not None:
            self._do(f"move {_label(lane, script, place)}", lane.nudge(script, place, frames, is_start=is_start))

    def _lift(self, steps: int) -> None:
        lane, script, place = self.chosen_lane, self.script, self.chosen_place
        if lane is not None and script is not None:
            self._do(f"move {_label(lane, script, place)}", lane.lift(script, place, steps))

    def _do(self, label: str, found: tuple[LineEdits, int] | None) -> None:
        if found is not None:
            self.done.emit(label, lambda _: found)

    def _change_lane(self, by: int) -> None:
        """Chooses what is at the same time in the next lane in which anything is, or in the one before."""
        script = self.script
        if script is None:
            return
        names = [one.name for one in self.by_name.values() if one.count(script)]
        lane = self.chosen_lane
        if lane is None:
            wanted = "words" if by < 0 and "words" in names else "phones"
            name, time_s = wanted if wanted in names else names[0], self._playhead_s
        else:
            start_s, end_s = lane.span(script, self.chosen_place)
            name = names[min(max(0, names.index(lane.name) + by), len(names) - 1)]
            time_s = (start_s + end_s) / 2 if by < 0 else start_s
        if lane is None or name != lane.name:
            self.choose(lane=name, place=self.by_name[name].first_after(script, time_s))
            self._bring_into_view()

    def _bring_into_view(self) -> None:
        lane, script = self.chosen_lane, self.script
        assert lane is not None and script is not None
        first_s, last_s = lane.span(script, self.chosen_place)
        start_s, end_s = self.view
        if not start_s <= first_s <= end_s or (last_s > end_s and last_s - first_s < end_s - start_s):
            self.look_at(first_s - (end_s - start_s) / 2, first_s + (end_s - start_s) / 2)

    def _shown(self) -> list[Lane]:
        """The lanes that are there; those that lie over another come before it."""
        script = self.script
        there = [one for one in self.by_name.values() if script is not None and one.is_shown(script)]
        return sorted(there, key=lambda one: one.height_px > 0)

    def _grip(self, at: QPointF) -> tuple[Lane, Grip] | None:
        script = self.script
        found = ((one, one.grip(script, at)) for one in self._shown()) if script is not None else ()
        return next(((lane, grip) for lane, grip in found if grip is not None), None)

    def _thing(self, at: QPointF) -> tuple[Lane, int] | None:
        script = self.script
        found = ((one, one.at(script, at)) for one in self._shown()) if script is not None else ()
        return next(((lane, place) for lane, place in found if place is not None), None)

    def _is_in_lanes(self, at: QPointF) -> bool:
        return any(one.height_px and one.box.contains(at) for one in self._shown())

    def _draw_wave(self, painter: QPainter, lane: QRectF) -> None:
        """From the sound itself, where the peaks that are known of all of it are too coarse."""
        width = self.width()
        is_coarse = bool(self._wave) and self._x(self._duration_s / len(self._wave)) - self._x(0.0) > 1.0
        peaks = self.spectrogram.peaks(self.view, width) if is_coarse else None
        if peaks is None:
            super()._draw_wave(painter, lane)
            return
        middle, scale = lane.center().y(), 0.46 * lane.height() / max(self._loudest, 1e-6)
        painter.setPen(QPen(WAVE, 1.0))
        for x, peak in enumerate(peaks.tolist()):
            painter.drawLine(QPointF(x + 0.5, middle - scale * peak), QPointF(x + 0.5, middle + scale * peak))

    def _draw_spectrum(self, painter: QPainter, lane: QRectF) -> None:
        self.spectrogram.draw(painter, lane, self.view)

    def _draw_feelings(self, painter: QPainter, lane: QRectF) -> None:
        self._draw_mood(painter, lane)
        if self.script is not None:
            self.by_name["emotion"].draw(painter, lane)


def _label(lane: Lane, script: EditedScript, place: int) -> str:
    """A thing, as steps name it."""
    return lane.text(script, place) if isinstance(lane, PhoneLane) else lane.called


LIFT: Final = 5  # hundredths of a control's range by Alt and an arrow, by choice; with Shift one
_ASKED: Final = {
    Qt.Key.Key_Delete: "delete",
    Qt.Key.Key_Backspace: "delete",
    Qt.Key.Key_Insert: "insert",
    Qt.Key.Key_1: "soft",
    Qt.Key.Key_2: "normal",
    Qt.Key.Key_3: "hard",
}
_ARROWS: Final = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)
_KEYS: Final = {*_ASKED, *_ARROWS, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape}
