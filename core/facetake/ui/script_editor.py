"""What is done on the strip, on the desk: each thing a step, and the shown take performed again with it.

The strip and the desk know nothing of each other; `facetake.ui.solver` performs, in its thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject

from facetake import edits
from facetake.edits import EditedScript, LineEdits, changes
from facetake.errors import FacetakeError
from facetake.script import Alignment
from facetake.ui.desk import Desk
from facetake.ui.lines import LineTake, SpokenLine
from facetake.ui.making import Say
from facetake.ui.solver import Solved, Solver, Wish
from facetake.ui.strip import Strip
from facetake.ui.strip_bar import EMPHASES, STRENGTHS, StripBar

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
            say: takes a sentence, and is_problem.
            show: called after the desk has changed.
            show_take: called where only the shown take has, as during a drag.
            now_s: the playhead.
        """
        super().__init__()
        self.solver = Solver()
        self._desk, self._strip, self._bar = desk, strip, bar
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
        strip.chosen.connect(self._show_chosen)
        strip.typed.connect(self._change)
        strip.asked.connect(self._do)
        bar.said.connect(self._say_text)
        bar.changed.connect(self._change)
        bar.shaped.connect(self._shape)
        bar.stressed.connect(self._stress)
        bar.asked.connect(self._do)

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

    def _act(self, label: str, make: Callable[[EditedScript], LineEdits]) -> None:
        script = self._strip.script
        if script is None:
            return
        try:
            known = make(script)
        except FacetakeError as error:
            self._say(str(error), is_problem=True)
        else:
            self._edit(label, known)

    def _change(self, symbol: str) -> None:
        place = self._strip.phone
        if place >= 0:
            self._act("change phone", lambda script: changes.change(script, place, symbol))

    def _shape(self, strength: float) -> None:
        place = self._strip.phone
        if place >= 0:
            self._act("strength", lambda script: changes.strengthen(script, place, strength))

    def _stress(self, amount: float) -> None:
        word = self._strip.word
        if word >= 0:
            self._act("emphasis", lambda script: changes.emphasise(script, word, amount))

    def _do(self, what: str) -> None:
        """What a key or a button asks of the chosen phone or word."""
        if what == "insert":
            at_s = self._now_s()
            self._act("insert phone", lambda script: changes.insert(script, at_s, NEW_PHONE))
            self._choose_at(at_s)
        elif what == "delete" and self._strip.phone >= 0:
            self._act("delete phone", lambda script: changes.delete(script, self._strip.phone))
        elif what in STRENGTHS and self._strip.word >= 0:
            self._stress(list(EMPHASES.values())[list(STRENGTHS).index(what)])
        elif what in STRENGTHS:
            self._shape(STRENGTHS[what])

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
        self._bar.show_chosen(self._strip.script, self._strip.phone, self._strip.word)


def _are_same(one: LineEdits, other: LineEdits) -> bool:
    """Whether edits give the same take: nothing is nothing, whatever recording it is of."""
    return one == other or (one.is_empty and other.is_empty)
