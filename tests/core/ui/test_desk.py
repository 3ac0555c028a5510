"""The desk: lines, takes, and every step undone and done again, without a window."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from facetake import rig
from facetake.edits import EmotionCue, LineEdits
from facetake.take import Take
from facetake.ui.desk import Desk, SoundFacts
from facetake.ui.lines import LONGEST_NOTE, LineTake, SpokenLine
from facetake_host.mood import Mood


def a_take(value: float, frames: int = 4) -> LineTake:
    """A take that is told from others by its first control."""
    values = np.tile(rig.NEUTRAL, (frames, 1))
    values[:, 0] = value
    return LineTake(0, f"value {value:g}", Take(rig.clamp(values), Fraction(60)))


def a_desk(*names: str) -> Desk:
    """With lines of a second each."""
    desk = Desk()
    sounds = [Path(f"/{name}.wav") for name in names]
    desk.add(sounds, names)
    desk.facts.update({sound: SoundFacts(1.0, [0.1]) for sound in sounds})
    return desk


def happy(weight: float) -> Mood:
    """Happy for a second."""
    mood = Mood(1.0)
    mood.fill("happy", weight)
    return mood


def test_strokes_are_undone_one_by_one_and_survive_another_line() -> None:
    """Each stroke is a step; opening another line in between loses none of them."""
    desk = a_desk("a", "b")
    for weight in (0.2, 0.5, 0.9):
        desk.draw([1], lambda _, weight=weight: happy(weight))  # type: ignore[misc]
        desk.open(2)
        desk.open(1)
    drawn = [desk.mood(desk.lines[0]).weights["happy"][0]]
    while desk.undo() == "draw":
        drawn.append(desk.mood(desk.lines[0]).weights["happy"][0])
        assert desk.open_number == 1
    assert drawn == [0.9, 0.5, 0.2, 0.0]
    assert desk.redo() == "open" and desk.redo() == "draw" and desk.mood(desk.lines[0]).weights["happy"][0] == 0.2


def test_undo_opens_the_line_that_it_changes() -> None:
    """A take of the first line, undone while the second is open, opens the first."""
    desk = a_desk("a", "b")
    desk.add_take(1, a_take(0.1))
    desk.open(2)
    assert desk.undo() == "take" and desk.open_number == 1 and desk.line is not None and desk.line.top is None
    desk.open(2)
    assert desk.redo() == "take" and desk.open_number == 1 and desk.line.title == "a, take 1: value 0.1"


def test_a_project_s_lines_are_none_that_were_there() -> None:
    """A take that is made of a line while a project is opened in its place comes to none of the project's lines."""
    desk = a_desk("a")
    desk.put((SpokenLine(1, "b", Path("/b.wav")),))
    assert desk.add_take(1, a_take(0.1)) is None and desk.line is not None and desk.line.name == "b"
    assert not desk.line.takes and not desk.is_changed


def test_what_is_merely_looked_at_is_no_step() -> None:
    """Showing another take changes no project, and stays when something else is undone."""
    desk = a_desk("a", "b")
    desk.add_take(1, a_take(0.1))
    desk.add_take(1, a_take(0.2))
    desk.kept = desk.lines
    desk.draw([2], lambda _: happy(0.5))
    desk.show(1, 1)
    desk.show_beside(1, [2])
    desk.undo()
    assert not desk.is_changed
    assert desk.lines[0].shown == 1 and desk.lines[0].beside == (2,)
    desk.exchange(1)
    assert (desk.lines[0].shown, desk.lines[0].beside) == (2, (1,))
    assert desk.lines[0].title == "a, take 2: value 0.2  |  take 1: value 0.1"


def test_a_take_for_a_line_that_has_gone_is_dropped() -> None:
    """What was under way for a line that was removed meanwhile comes to nothing."""
    desk = a_desk("a", "b")
    desk.remove([1])
    assert desk.add_take(1, a_take(0.1)) is None
    assert desk.open_number == 2 and [one.name for one in desk.lines] == ["b"]
    assert desk.undo() == "remove lines" and desk.open_number == 1


def test_a_recording_that_is_there_is_opened_and_not_added() -> None:
    """Opening it again makes no line and no step."""
    desk = a_desk("a", "b")
    desk.add([Path("/a.wav")], ["a"])
    assert len(desk.lines) == 2 and desk.open_number == 1 and len(desk.undos) == 1


def test_numbers_of_takes_and_lines_are_given_once() -> None:
    """After one was removed, the next has another number, so that nobody takes it for the old one."""
    desk = a_desk("a")
    desk.add_take(1, a_take(0.1))
    desk.add_take(1, a_take(0.2))
    desk.show(1, 1)
    desk.remove_take(1)
    desk.add_take(1, a_take(0.3))
    assert [one.number for one in desk.lines[0].takes] == [2, 3]
    desk.remove([1])
    desk.add([Path("/b.wav")], ["b"])
    assert desk.open_number == 2


def test_a_note_of_any_length() -> None:
    """Ten thousand characters are kept, what no page holds is cut, and the same text again is no step."""
    desk = a_desk("a")
    desk.write_note(1, "x" * 10_000)
    desk.write_note(1, "x" * 10_000)
    assert len(desk.lines[0].note) == 10_000 and len(desk.undos) == 2
    desk.write_note(1, "y" * 1_000_000)
    assert len(desk.lines[0].note) == LONGEST_NOTE


def test_moods_in_words() -> None:
    """One even emotion has its weight, what changes has its names."""
    line = SpokenLine(1, "a", None)
    drawn = Mood(2.0)
    drawn.paint("sad", 0.0, 0.2, 1.0, 0.8)
    assert line.feeling == "neutral"
    assert replace(line, mood=happy(0.7)).feeling == "happy 0.7"
    assert replace(line, mood=drawn).feeling == "sad"
    assert replace(line, settings=replace(line.settings, listen=True)).feeling == "from the voice"


def test_cues_of_emotion_and_the_voice_exclude_one_another() -> None:
    """Where cues are marked the mood is no longer heard in the voice, and where that is asked for cues go."""
    desk = a_desk("a")
    desk.set([1], lambda settings: replace(settings, listen=True))
    desk.edit("mark", 1, LineEdits(emotion=(EmotionCue(0.5, "happy:0.7"),)))
    marked = desk.lines[0]
    desk.set([1], lambda settings: replace(settings, listen=True))
    heard = desk.lines[0]

    assert marked.feeling == "happy" and not marked.settings.listen
    assert heard.feeling == "from the voice" and not heard.edits.emotion
    desk.undo()
    assert desk.lines[0].feeling == "happy"


def test_a_mood_fits_a_recording_that_turns_out_longer() -> None:
    """What was filled before the length was known holds to the end."""
    desk = a_desk("a")
    desk.facts.clear()
    desk.draw([1], lambda line: happy(0.5))
    desk.facts[Path("/a.wav")] = SoundFacts(9.0)
    assert desk.mood(desk.lines[0]).cues() == "0.0 happy:0.5\n9.0 happy:0.5\n"


class DeskMachine(RuleBasedStateMachine):
    """Anything in any order; a slow obvious history stands beside."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = a_desk("a", "b", "c")
        self.past = [self.told()]
        self.at = 0

    def told(self) -> list[tuple[object, ...]]:
        """What is there, by value."""
        return [
            (
                one.number,
                one.name,
                one.note,
                one.mood.cues() if one.mood else "",
                one.settings.seed,
                tuple((each.number, float(each.take.values[0, 0])) for each in one.takes),
            )
            for one in self.desk.lines
        ]

    def did(self) -> None:
        """Something was done; it is a step where it changed something."""
        if self.told() != self.past[self.at]:
            self.past = [*self.past[: self.at + 1], self.told()]
            self.at += 1

    @rule(number=st.integers(1, 4), value=st.sampled_from([0.1, 0.2, 0.3]))
    def take(self, number: int, value: float) -> None:
        """One more take."""
        self.desk.add_take(number, a_take(value))
        self.did()

    @rule(number=st.integers(1, 4))
    def drop(self, number: int) -> None:
        """One take less."""
        self.desk.remove_take(number)
        self.did()

    @rule(number=st.integers(1, 3), note=st.sampled_from(["", "louder", "less brow"]))
    def note(self, number: int, note: str) -> None:
        """A note."""
        self.desk.write_note(number, note)
        self.did()

    @rule(number=st.integers(1, 3), seed=st.integers(0, 2))
    def seed(self, number: int, seed: int) -> None:
        """Another seed."""
        self.desk.set([number], lambda old: replace(old, seed=seed))
        self.did()

    @rule(numbers=st.lists(st.integers(1, 4), min_size=1, max_size=2))
    def choose(self, numbers: list[int]) -> None:
        """A look elsewhere."""
        self.desk.choose(numbers)

    @rule(number=st.integers(1, 3), take=st.integers(0, 5))
    def show(self, number: int, take: int) -> None:
        """Another take."""
        self.desk.show(number, take)
        self.desk.compare(number)

    @rule(number=st.integers(1, 3))
    def remove(self, number: int) -> None:
        """One line less."""
        self.desk.remove([number])
        self.did()

    @rule()
    def undo(self) -> None:
        """One step back; the first step, which opened the lines, stays."""
        if self.at:
            assert self.desk.undo()
            self.at -= 1

    @precondition(lambda self: self.at + 1 < len(self.past))
    @rule()
    def redo(self) -> None:
        """One step on."""
        assert self.desk.redo()
        self.at += 1

    @invariant()
    def agrees(self) -> None:
        """The desk is where the history is, and what is open and shown is there."""
        assert self.told() == self.past[self.at]
        assert (self.desk.line is None) == (not self.desk.lines)
        assert all(self.desk.find(number) for number in self.desk.chosen)
        for line in self.desk.lines:
            assert (line.top is None) == (not line.takes)
            assert line.shown not in [one.number for one in line.others]


DeskMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestDesk = DeskMachine.TestCase
