"""Fields over the tracks: what is to be marked, and the mark that is chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCompleter, QPushButton, QWidget

from facetake import rig
from facetake.edits import EditedScript
from facetake.emotion import EMOTIONS
from facetake.events import KINDS
from facetake.gaze import WORDS
from facetake.ui import look
from facetake.ui.lanes import Lane
from facetake.ui.mark_lanes import NEW
from facetake_host.panel.widgets import ClickBox

LEAST_PX: Final = 56  # wide: on a small screen a choice is still hit, and read once it is open
SHARES: Final = tuple(f"{share / 10:.1f}" for share in range(1, 11))
LOUDNESS: Final = "by loudness"
JAW: Final = rig.NAMES[int(rig.columns("C_jaw.Y")[0])]
SHORT: Final = {name.removeprefix("CTRL_"): name for name in rig.NAMES}
"""Names of controls as they are shown, and as they are."""


@dataclass(frozen=True)
class Sort:
    """One sort of thing that can be marked.

    Attributes:
        lane: that it stands in.
        title: for people.
        choices: what it may say; other things can be typed.
        sizes: how large it may be, or for keys how they count.
        tip: what it does.
    """

    lane: str
    title: str
    choices: tuple[str, ...]
    sizes: tuple[str, ...]
    tip: str


SORTS: Final = (
    Sort(
        "events", "Event", KINDS, (LOUDNESS, *SHARES), "What is not speech: at the playhead, or over the loop (Ctrl+1)"
    ),
    Sort("emotion", "Emotion", EMOTIONS, SHARES, "An emotion from the playhead on (Ctrl+2)"),
    Sort("gaze", "Gaze", WORDS, (), "What is looked at from the playhead on; or a point, 0.3,0.1,0.6 (Ctrl+3)"),
    Sort("locks", "Lock", tuple(rig.REGIONS), (), "A region that edits of phones and words leave alone (Ctrl+4)"),
    Sort("keys", "Key", tuple(SHORT), ("replace", "offset"), "A key of a control at the playhead (Ctrl+5)"),
)
_PLACES: Final = {one.lane: place for place, one in enumerate(SORTS)}


class MarkBar(QWidget):
    """Fields that mark something, or change what is chosen.

    Signals:
        wanted: something to be marked: its lane, and what it says.
        typed: what the chosen mark is to say.
        keyed: the full name of the control whose keys are shown, and how they count; "" for none.
    """

    wanted = Signal(str, str)
    typed = Signal(str)
    keyed = Signal(str, str)

    def __init__(self) -> None:
        """Of no line."""
        super().__init__()
        self.sort, self.said, self.amount = ClickBox(), ClickBox(), ClickBox()
        self.mark = QPushButton("Mark")
        self.sort.addItems([one.title for one in SORTS])
        self.said.setEditable(True)
        self.said.setInsertPolicy(ClickBox.InsertPolicy.NoInsert)
        for box in (self.sort, self.said, self.amount):
            box.setMinimumWidth(LEAST_PX)
        self._last = {**NEW, "keys": JAW.removeprefix("CTRL_")}
        self._is_chosen = False
        self._filled = ""
        for name in ("sort", "said", "amount", "mark"):
            getattr(self, name).setObjectName(f"mark_{name}")
        self.setLayout(look.row(self.sort, self.said, self.amount, self.mark, stretch=1))
        self.sort.activated.connect(lambda _: self.show_sort(self.kind.lane))
        self.said.textActivated.connect(lambda _: self._say())
        line = self.said.lineEdit()
        assert line is not None
        line.returnPressed.connect(self._say)
        self.amount.textActivated.connect(lambda _: self._say())
        self.mark.clicked.connect(lambda: self.ask(self.kind.lane))
        self.show_sort("events")

    @property
    def kind(self) -> Sort:
        """The sort of thing that is shown."""
        return SORTS[self.sort.currentIndex()]

    @property
    def lanes(self) -> tuple[str, ...]:
        """The lanes in which something can be marked."""
        return tuple(_PLACES)

    def last(self, lane: str) -> str:
        """What was said last of a sort of thing."""
        return self._last[lane]

    def ask(self, lane: str) -> None:
        """Asks for one to be marked, as it was said last."""
        if lane != self.kind.lane:
            self._is_chosen = False
            self._fill(lane, self._last[lane])
        said = self._said() if not self._is_chosen else self._last[lane]
        self._last[lane] = said
        self.wanted.emit(lane, SHORT.get(said, said) if lane == "keys" else said)

    def show_sort(self, lane: str) -> None:
        """Another sort of thing, as it was said last."""
        self._is_chosen = False
        self._fill(lane, self._last[lane])
        self.keyed.emit(self._control() if lane == "keys" else "", self.amount.currentText())

    def show_chosen(self, script: EditedScript | None, lane: Lane | None, place: int) -> None:
        """Shows the mark or the key that is chosen; or that none is."""
        is_mark = script is not None and lane is not None and lane.name in _PLACES
        if is_mark and script is not None and lane is not None:
            self._is_chosen = lane.name != "keys"
            self._fill(lane.name, lane.text(script, place) if self._is_chosen else self._last["keys"])
        else:
            if self._is_chosen:
                self.show_sort(self.kind.lane)
            self._is_chosen = False

    def enable(self, is_ready: bool) -> None:
        """Whether there is a line to mark."""
        self.mark.setEnabled(is_ready)

    def _fill(self, lane: str, text: str) -> None:
        """Shows a sort, and one that says something."""
        one = SORTS[_PLACES[lane]]
        if self._filled != lane:
            self._filled = lane
            self.sort.setCurrentIndex(_PLACES[lane])
            self.said.clear()
            self.said.addItems(list(one.choices))
            completer = QCompleter(list(one.choices), self.said)
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            self.said.setCompleter(completer)
            mode = self.amount.currentText()
            self.amount.clear()
            self.amount.addItems(list(one.sizes))
            self.amount.setCurrentText(mode)
            self.amount.setVisible(bool(one.sizes))
            self.mark.setToolTip(one.tip)
        name, _, share = text.partition(":")
        is_plain = "+" not in text and (not share or f"{_number(share):.1f}" in SHARES)
        self.said.setEditText(name if is_plain and one.sizes else text)
        line = self.said.lineEdit()
        assert line is not None
        line.setCursorPosition(0)
        if lane != "keys" and one.sizes:
            self.amount.setCurrentText(f"{_number(share):.1f}" if share else one.sizes[0 if lane == "events" else -1])

    def _said(self) -> str:
        """What is said, with its size."""
        text = self.said.currentText().strip()
        share = self.amount.currentText()
        has_size = self.kind.lane in ("events", "emotion") and ":" not in text and "+" not in text
        return f"{text}:{float(share):g}" if has_size and share not in ("", LOUDNESS) else text

    def _control(self) -> str:
        text = self.said.currentText().strip()
        return SHORT.get(text, text if text in rig.NAMES else "")

    def _say(self) -> None:
        """Something else is said: of the chosen mark, or of the next one."""
        if self.kind.lane == "keys":
            if self._control():
                self._last["keys"] = self.said.currentText().strip()
            self.keyed.emit(self._control(), self.amount.currentText())
        elif self._is_chosen:
            self.typed.emit(self._said())
        else:
            self._last[self.kind.lane] = self._said()


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
