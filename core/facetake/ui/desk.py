"""The desk: lines, which of them is open, and every step undone and done again. What the window shows follows from it.

No Qt, no engine: both ask it and tell it. What is only known of files (how long, how loud, what is wrong with them) is
no step, and stays when steps are undone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from facetake.edits import LineEdits
from facetake.ui.lines import LONGEST_NOTE, LineSettings, LineTake, SpokenLine, cues_of, mood_of
from facetake_host.mood import Mood

MOST_STEPS: Final = 1000  # undone: an afternoon's work; takes of older ones may leave the memory
Lines = tuple[SpokenLine, ...]


@dataclass(frozen=True)
class SoundFacts:
    """What is known of a recording: its length, and its peaks in equal stretches."""

    duration_s: float
    envelope: Sequence[float] = ()


@dataclass(frozen=True)
class Step:
    """What was done, to which line, and the lines before or after it."""

    label: str
    number: int
    lines: Lines


@dataclass
class Desk:
    """Lines and what was done with them.

    Attributes:
        lines: in order.
        open_number: of the line that is open; 0 for none.
        chosen: numbers of the lines that commands are for; the open one among them.
        facts: of recordings, once they were looked at.
        problems: what is wrong with a line, by its number.
        kept: the lines as the project file has them.
    """

    lines: Lines = ()
    open_number: int = 0
    chosen: tuple[int, ...] = ()
    facts: dict[Path, SoundFacts] = field(default_factory=dict)
    problems: dict[int, str] = field(default_factory=dict)
    kept: Lines = ()
    undos: list[Step] = field(default_factory=list)
    redos: list[Step] = field(default_factory=list)
    _last_number: int = 0

    @property
    def line(self) -> SpokenLine | None:
        """The line that is open."""
        return self.find(self.open_number)

    @property
    def is_changed(self) -> bool:
        """Whether something is not in the project file; what is merely looked at is no change."""
        return len(self.lines) != len(self.kept) or not all(map(_is_alike, self.lines, self.kept))

    def find(self, number: int) -> SpokenLine | None:
        """The line of that number."""
        return next((one for one in self.lines if one.number == number), None)

    def duration_s(self, line: SpokenLine) -> float:
        """How long a line is: its recording, or its take where it has none; 0 where that is not known yet."""
        if line.sound is not None:
            facts = self.facts.get(line.sound)
            return facts.duration_s if facts else 0.0
        return float(line.top.take.start + line.top.take.duration_s) if line.top else 0.0

    def mood(self, line: SpokenLine) -> Mood:
        """What is drawn for a line, or its cues, as long as it is; to be drawn on."""
        duration_s = self.duration_s(line)
        if line.edits.emotion:
            return mood_of(line.edits.emotion, duration_s)
        return line.mood.stretched(duration_s) if line.mood else Mood(duration_s)

    def state(self, line: SpokenLine) -> str:
        """How it stands with a line, for lists."""
        if line.number in self.problems:
            return self.problems[line.number]
        return {0: "no take", 1: "1 take"}.get(len(line.takes), f"{len(line.takes)} takes")

    def choose(self, numbers: Sequence[int]) -> None:
        """Opens the first of some lines; commands are for all of them."""
        there = tuple(dict.fromkeys(number for number in numbers if self.find(number)))
        if there:
            self.chosen = there
            self.open_number = there[0]

    def pass_over(self, number: int) -> None:
        """Opens another one of the chosen lines in place of one that cannot be read."""
        if number == self.open_number:
            self.open_number = next((one for one in self.chosen if one not in self.problems), number)

    def open(self, number: int) -> None:
        """Opens a line, and chooses no other."""
        if self.find(number):
            self.open_number = number
            self.chosen = (number,)

    def add(self, sounds: Iterable[Path | None], names: Iterable[str]) -> list[SpokenLine]:
        """Adds lines in one step and opens the first; recordings that are there already are opened and not added."""
        there = {one.sound: one for one in self.lines if one.sound is not None}
        found = []
        new = []
        for sound, name in zip(sounds, names, strict=True):
            line = there.get(sound) if sound is not None else None
            if line is None:
                self._last_number += 1
                line = SpokenLine(self._last_number, name, sound)
                new.append(line)
                if sound is not None:
                    there[sound] = line
            found.append(line)
        if new:
            self._step("open", new[0].number, (*self.lines, *new))
        if found:
            self.open_number = found[0].number
            self.chosen = tuple(dict.fromkeys(one.number for one in found))
        return found

    def put(self, lines: Lines) -> None:
        """The lines of a project, in place of everything; nothing to undo.

        They get numbers of their own: what is still made of a line that was here must not come to one of them.
        """
        numbered = enumerate(lines, self._last_number + 1)
        self.lines = self.kept = tuple(replace(one, number=number) for number, one in numbered)
        self.undos.clear()
        self.redos.clear()
        self.problems.clear()
        self._last_number += len(lines)
        self.open_number = self.lines[0].number if lines else 0
        self.chosen = (self.open_number,) if lines else ()

    def remove(self, numbers: Sequence[int]) -> None:
        """Takes lines away."""
        left = tuple(one for one in self.lines if one.number not in numbers)
        if left != self.lines:
            self._step("remove lines", numbers[0], left)
            self._mend_choice()

    def draw(self, numbers: Sequence[int], mood: Callable[[SpokenLine], Mood]) -> None:
        """A mood for lines, each by itself: a stroke, a fill; it is no longer heard in the voice.

        Where a line has cues of emotion, they follow what is drawn.
        """

        def drawn(one: SpokenLine) -> SpokenLine:
            new, settings = mood(one), replace(one.settings, listen=False)
            known = replace(one.edits, emotion=cues_of(new)) if one.edits.emotion else one.edits
            return replace(one, mood=new, settings=settings, edits=known)

        self._change("draw", numbers, drawn)

    def set(self, numbers: Sequence[int], change: Callable[[LineSettings], LineSettings]) -> None:
        """Other settings for lines; where the mood is to be heard in the voice, cues of emotion go."""

        def changed(one: SpokenLine) -> SpokenLine:
            settings = change(one.settings)
            known = replace(one.edits, emotion=()) if settings.listen else one.edits
            return one if settings == one.settings else replace(one, settings=settings, edits=known)

        self._change("settings", numbers, changed)

    def write_note(self, number: int, note: str) -> None:
        """A note for a line, cut where it is longer than notes are."""
        self._change(
            "note",
            [number],
            lambda one: one if one.note == note[:LONGEST_NOTE] else replace(one, note=note[:LONGEST_NOTE]),
        )

    def move_sound(self, number: int, sound: Path) -> None:
        """A line's recording lies elsewhere."""
        self._change("find sound", [number], lambda one: replace(one, sound=sound))

    def edit(self, label: str, number: int, edits: LineEdits) -> None:
        """Another state of what was changed of a line by hand: a step."""
        self._change(label, [number], lambda one: one if one.edits == edits else replace(one, edits=edits))

    def start_with(self, number: int, edits: LineEdits) -> None:
        """The edits that lie beside the recording of a line as it is opened: no step."""
        self._look(number, lambda one: replace(one, edits=edits))

    def amend(self, number: int, take: int, made: LineTake) -> None:
        """A take as it is with other edits, in its place: it follows from a step, and is none itself."""

        def amended(one: SpokenLine) -> SpokenLine:
            there = one.find(take)
            if there is None:
                return one
            label, known = there.label, made.told or there.told
            new = replace(made, number=take, label=label, told=known)
            return replace(one, takes=tuple(new if old is there else old for old in one.takes))

        self._look(number, amended)

    def add_take(self, number: int, made: LineTake, mood: Mood | None = None) -> SpokenLine | None:
        """One more take of a line, and the mood that was heard for it; None where the line has gone meanwhile."""
        self._change(
            "take", [number], lambda one: replace(one.with_take(made), mood=one.mood if mood is None else mood)
        )
        return self.find(number)

    def remove_take(self, number: int) -> None:
        """Takes the take away that a line shows."""
        self._change("remove take", [number], lambda one: one.without_take(one.shown) if one.top else one)

    def show(self, number: int, take: int) -> None:
        """Shows one of a line's takes; a way of looking, and no step."""
        self._look(number, lambda one: replace(one, shown=take) if one.find(take) else one)

    def show_next(self, number: int, by: int) -> None:
        """Shows the take after, or before, the one that is shown."""
        line = self.find(number)
        if line is not None and line.takes:
            at = [one.number for one in line.takes].index(line.shown) if line.top else 0
            self.show(number, line.takes[(at + by) % len(line.takes)].number)

    def show_beside(self, number: int, takes: Sequence[int]) -> None:
        """Shows takes beside the one that is shown; none for that one alone. No step either."""
        self._look(number, lambda one: replace(one, beside=tuple(t for t in takes if one.find(t) and t != one.shown)))

    def compare(self, number: int) -> None:
        """Shows the take before the shown one, or else another, beside it; or the shown one alone."""
        line = self.find(number)
        if line is not None and line.top is not None:
            others = [one.number for one in line.takes if one.number != line.shown]
            near = [other for other in others if other < line.shown][-1:] or others[:1]
            self.show_beside(number, [] if line.others else near)

    def exchange(self, number: int) -> None:
        """Shows the first take beside in place of the one that is shown, and that one beside."""

        def exchanged(one: SpokenLine) -> SpokenLine:
            if not one.others:
                return one
            other = one.others[0].number
            rest = tuple(each for each in one.beside if each not in (other, one.shown))
            return replace(one, shown=other, beside=(one.shown, *rest))

        self._look(number, exchanged)

    def undo(self) -> str:
        """Takes back the last step and opens its line; what it was, or "" where there is none."""
        return self._travel(self.undos, self.redos)

    def redo(self) -> str:
        """Does the last step taken back again; likewise."""
        return self._travel(self.redos, self.undos)

    def _look(self, number: int, change: Callable[[SpokenLine], SpokenLine]) -> None:
        """Another way to look at a line."""
        self.lines = tuple(change(one) if one.number == number else one for one in self.lines)

    def _change(self, label: str, numbers: Sequence[int], change: Callable[[SpokenLine], SpokenLine]) -> None:
        lines = tuple(change(one) if one.number in numbers else one for one in self.lines)
        if lines != self.lines:
            self._step(label, next(number for number in numbers if self.find(number)), lines)

    def _step(self, label: str, number: int, lines: Lines) -> None:
        self.undos.append(Step(label, number, self.lines))
        del self.undos[:-MOST_STEPS]
        self.redos.clear()
        self.lines = lines

    def _travel(self, source: list[Step], target: list[Step]) -> str:
        if not source:
            return ""
        step = source.pop()
        target.append(Step(step.label, step.number, self.lines))
        self.lines = tuple(self._looked_at(one) for one in step.lines)
        if self.find(step.number):
            self.open(step.number)
        self._mend_choice()
        return step.label

    def _looked_at(self, line: SpokenLine) -> SpokenLine:
        """A line of another step: where it is the same line now, it is looked at as now."""
        now = self.find(line.number)
        return now if now is not None and _is_alike(line, now) else line

    def _mend_choice(self) -> None:
        """Opens another line where the one that was open has gone."""
        self.chosen = tuple(number for number in self.chosen if self.find(number))
        if self.line is None:
            self.open_number = self.chosen[0] if self.chosen else (self.lines[-1].number if self.lines else 0)
        if not self.chosen and self.open_number:
            self.chosen = (self.open_number,)


def _is_alike(one: SpokenLine, other: SpokenLine) -> bool:
    """Whether two states of a line differ at most in what is looked at."""
    return vars(replace(one, shown=0, beside=())) == vars(replace(other, shown=0, beside=()))
