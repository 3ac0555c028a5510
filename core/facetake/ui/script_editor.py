"""What is done on the strip, on the desk: each thing a step, and the shown take performed again with it.

The strip and the desk know nothing of each other; `facetake.ui.solver` performs, in its thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject

from facetake import edits
from facetake.edits import EditedScript, LineEdits, changes, marks
from facetake.errors import FacetakeError
from facetake.script import Alignment
from facetake.ui.desk import Desk
from facetake.ui.lanes import Edited, Lane
from facetake.ui.lines import LineTake, SpokenLine, cues_of
from facetake.ui.making import Say
from facetake.ui.mark_bar import JAW, MarkBar
from facetake.ui.script_lanes import STRENGTHS
from facetake.ui.solver import Solved, Solver, Wish
from facetake.ui.strip import Strip
from facetake.ui.strip_bar import StripBar

NEW_PHONE = "AH"  # what is inserted, to be changed at once: the mouth of an indifferent vowel
Key = tuple[Path, str]


class ScriptEditor(QObject):
    """Between strip, desk and solver.

    Attributes:
        solver: performs.
    """

    def __init__(
        self,
        desk: Desk,
        strip: Strip,
        bar: StripBar,
        mark_bar: MarkBar,
        say: Say,
        show: Callable[[], None],
        show_take: Callable[[], None],
        now_s: Callable[[], float],
    ) -> None:
        """Of no line yet.

        Args:
            desk: what is worked on.
            strip: where.
            bar: the fields over it.
            mark_bar: those for marks and keys.
            say: takes a sentence, and is_problem.
            show: called after the desk has changed.
            show_take: called where only the shown take has, as during a drag.
            now_s: the playhead.
        """
        super().__init__()
        self.solver = Solver()
        self._desk, self._strip, self._bar, self._mark_bar = desk, strip, bar, mark_bar
        self._say, self._show, self._show_take, self._now_s = say, show, show_take, now_s
        self._own: dict[Key, tuple[Alignment, str]] = {}
        self._failed: dict[Key, str] = {}
        self._pending: Wish | None = None
        self._before: LineTake | None = None
        self._told: tuple[int, tuple[str, ...]] = (0, ())
        self._script: tuple[Key, LineEdits, EditedScript] | None = None
        self.solver.solved.connect(self._take_solved)
        strip.tried.connect(self._try)
        strip.edited.connect(self._edit)
        strip.done.connect(self._act)
        strip.chosen.connect(self._show_chosen)
        strip.typed.connect(self._retype)
        strip.asked.connect(self._do)
        strip.pointed.connect(lambda lane, at_s: self._mark(lane, mark_bar.last(lane), at_s))
        mark_bar.wanted.connect(lambda lane, said: self._mark(lane, said))
        mark_bar.typed.connect(self._retype)
        mark_bar.keyed.connect(strip.key_control)
        bar.said.connect(self._say_text)
        bar.changed.connect(self._retype)
        bar.shaped.connect(self._shape)
        bar.stressed.connect(self._stress)
        bar.asked.connect(lambda what: self._insert("phones") if what == "insert" else self._do(what))

    @property
    def is_busy(self) -> bool:
        """Whether something asked has not come yet."""
        return self._pending is not None

    def end(self) -> None:
        """Ends the thread."""
        self.solver.end()

    def show(self) -> None:
        """Shows the open line's phones and words, and asks for what is not known of it."""
        line = self._desk.line
        self._bar.show_text(line.edits.text if line else "", has_sound=line is not None and line.sound is not None)
        if self._strip.is_dragging:
            return
        self._strip.show_script(self._script_of(line) if line else None)
        self._show_chosen()
        if line is not None and line.sound is not None and self._desk.duration_s(line) and self._is_behind(line):
            self._ask(line, line.edits)

    def _is_behind(self, line: SpokenLine) -> bool:
        """Whether the line's phones are not known, or its shown take lacks its edits."""
        assert line.sound is not None
        if (line.sound, line.edits.text) in self._failed:
            return False
        if (line.sound, line.edits.text) not in self._own:
            return True
        top = line.top
        return top is not None and top.recipe is not None and not _are_same(top.edits, line.edits)

    def _ask(self, line: SpokenLine, known: LineEdits) -> None:
        assert line.sound is not None
        recipe = line.top.recipe if line.top else None
        wish = Wish(line.number, line.shown if recipe else 0, line.sound, recipe, known)
        if wish != self._pending:
            self._pending = wish
            self.solver.ask(wish)

    def _script_of(self, line: SpokenLine) -> EditedScript | None:
        """The open line's phones and words with its edits, as far as they are known."""
        if line.sound is None:
            return None
        key = (line.sound, line.edits.text)
        if key not in self._own:
            key = (line.sound, "")
        if key not in self._own:
            return None
        if self._script is None or self._script[:2] != (key, line.edits):
            own, sha256 = self._own[key]
            self._script = (key, line.edits, edits.apply(line.edits, own, line.sound.name, sha256))
            self._tell_lost(line.number, self._script[2].lost)
        return self._script[2]

    def _tell_lost(self, number: int, lost: tuple[str, ...]) -> None:
        if lost and self._told != (number, lost):
            self._say("; ".join(lost), is_problem=True)
        self._told = (number, lost)

    def _take_solved(self, found: Solved) -> None:
        wish = found.wish
        if wish == self._pending:
            self._pending = None
        line = self._desk.find(wish.number)
        if found.problem:
            self._failed[wish.sound, wish.edits.text] = found.problem
            if line is not None and not wish.edits.is_empty:
                self._say(f"{line.name}: {found.problem}", is_problem=True)
            return
        assert found.script is not None
        if found.told and (wish.sound, wish.edits.text) not in self._own:
            self._say(f"{found.told[0].upper()}{found.told[1:]}.")
        self._own[wish.sound, wish.edits.text] = (found.script.own, found.script.edits.sound_sha256)
        is_tried = self._strip.is_dragging
        if line is not None and found.made is not None and (is_tried or line.edits == wish.edits):
            self._desk.amend(wish.number, wish.take, found.made)
        if is_tried:
            self._show_take()
        else:
            self._show()

    def _try(self, known: LineEdits) -> None:
        """A drag under way: the strip shows it at once, the face as soon as it can."""
        line, script = self._desk.line, self._strip.script
        if line is None or script is None:
            return
        if self._before is None:
            self._before = line.top
        self._strip.show_script(edits.apply(known, script.own, script.edits.sound, script.edits.sound_sha256))
        if line.top is not None and line.top.recipe is not None:
            self._ask(line, known)

    def _edit(self, label: str, known: LineEdits) -> None:
        """A step; the take before it is that of the state before."""
        line = self._desk.line
        if line is None:
            return
        before, self._before = self._before, None
        now = line.top
        if before is not None:
            self._desk.amend(line.number, before.number, before)
        self._desk.edit(label, line.number, known)
        if before is not None and now is not None and now.edits == known:
            self._desk.amend(line.number, now.number, now)
        if line.top is not None and line.top.recipe is None:
            self._say("The shown take was opened or restyled; the edit is in the next one that you generate.")
        self._show()

    def go_to_strip(self) -> None:
        """Puts the keyboard on the strip, at what is chosen or the phone under the playhead."""
        self._strip.setFocus()
        if self._strip.chosen_lane is None:
            self._strip.step(0)

    def type_text(self) -> None:
        """Puts the cursor into what is said."""
        self._bar.text.setFocus()

    def mark_event(self) -> None:
        """Marks what is not speech."""
        self._mark_bar.ask("events")

    def mark_emotion(self) -> None:
        """Marks an emotion."""
        self._mark_bar.ask("emotion")

    def mark_gaze(self) -> None:
        """Marks what is looked at."""
        self._mark_bar.ask("gaze")

    def mark_lock(self) -> None:
        """Locks a region."""
        self._mark_bar.ask("locks")

    def set_key(self) -> None:
        """Sets a key of the control that is shown, of the jaw where none is."""
        self._mark_bar.ask("keys")

    def _act(self, label: str, make: Callable[[EditedScript], Edited], lane: Lane | None = None) -> None:
        """Does something to a line's edits, and chooses what it was done to; says why where it cannot be done.

        By default in the lane in which something is chosen.
        """
        script, lane = self._strip.script, lane or self._strip.chosen_lane
        if script is None:
            return
        try:
            known, place = make(script)
        except FacetakeError as error:
            self._say(str(error), is_problem=True)
            return
        self._edit(label, known)
        if lane is not None:
            self._strip.choose(lane=lane.name, place=place)

    def _retype(self, text: str) -> None:
        lane, place = self._strip.chosen_lane, self._strip.chosen_place
        if lane is not None:
            self._act(f"change {lane.called}", lambda script: lane.retype(script, place, text))

    def _shape(self, strength: float) -> None:
        place = self._strip.phone
        if place >= 0:
            self._act("strength", lambda script: (changes.strengthen(script, place, strength), place))

    def _stress(self, amount: float) -> None:
        word = self._strip.word
        if word >= 0:
            self._act("emphasis", lambda script: (changes.emphasise(script, word, amount), word))

    def _do(self, what: str) -> None:
        """What a key or a button asks of what is chosen."""
        lane, place, script = self._strip.chosen_lane, self._strip.chosen_place, self._strip.script
        if what == "insert":
            self._insert(lane.name if lane is not None else "phones")
        elif lane is None or script is None:
            return
        elif what == "delete" and (left := lane.remove(script, place)) is not None:
            self._act(f"delete {lane.called}", lambda _: (left, min(place, lane.count(script) - 2)))
        elif what in STRENGTHS and (found := lane.resize(script, place, what)) is not None:
            labels = {"phones": "strength", "words": "emphasis"}
            self._act(labels.get(lane.name, f"change {lane.called}"), lambda _: found)

    def _insert(self, lane: str) -> None:
        """Another thing in a lane, at the playhead."""
        if lane in self._mark_bar.lanes:
            self._mark_bar.ask(lane)
            return
        at_s = self._now_s()
        self._act("insert phone", lambda script: (changes.insert(script, at_s, NEW_PHONE), self._strip.chosen_place))
        self._choose_at(at_s)

    def _mark(self, lane: str, said: str, at_s: float | None = None) -> None:
        """Marks something at an instant, by default the playhead or the loop, and chooses it."""
        script, line = self._strip.script, self._desk.line
        if script is None or line is None:
            self._say("Open a recorded line first; what is marked belongs to one.", is_problem=True)
            return
        loop = self._strip.loop if at_s is None and lane in marks.LENGTH_S else None
        from_s, to_s = loop if loop is not None else (self._now_s() if at_s is None else at_s, None)
        if lane == "keys":
            self._strip.key_control(said or JAW, self._strip.keys.mode)
        kind = self._strip.by_name[lane]

        def make(script: EditedScript) -> Edited:
            if lane == "keys":
                return self._strip.keys.put(script, from_s)
            known = script.edits
            if lane == "emotion" and not known.emotion:
                known = replace(known, emotion=cues_of(line.mood))
            return marks.add(known, lane, said, from_s, script.alignment.duration_s, to_s)  # type: ignore[arg-type]

        self._strip.setFocus()
        self._act("set key" if lane == "keys" else f"mark {kind.called}", make, kind)

    def _choose_at(self, at_s: float) -> None:
        """Chooses the phone that was inserted."""
        script = self._strip.script
        if script is None:
            return
        new = [n for n, source in enumerate(script.sources) if source < 0]
        if new:
            self._strip.choose(phone=min(new, key=lambda n: abs(script.alignment.phones[n].start_s - at_s)))

    def _say_text(self, text: str) -> None:
        """Another text of the line: its words and phones are found anew, and edits stay with theirs."""
        line = self._desk.line
        if line is None or text.strip() == line.edits.text:
            return
        try:
            known = edits.parse(edits.text_of(replace(line.edits, text=text.strip())), "the text")
        except FacetakeError as error:
            self._say(str(error), is_problem=True)
            return
        self._failed.pop((line.sound, known.text), None) if line.sound else None
        self._edit("text", known)

    def _show_chosen(self) -> None:
        strip = self._strip
        self._bar.show_chosen(strip.script, strip.phone, strip.word)
        self._mark_bar.show_chosen(strip.script, strip.chosen_lane, strip.chosen_place)
        self._mark_bar.enable(strip.script is not None)


def _are_same(one: LineEdits, other: LineEdits) -> bool:
    """Whether edits give the same take: nothing is nothing, whatever recording it is of."""
    return one == other or (one.is_empty and other.is_empty)
