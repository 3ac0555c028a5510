"""Has takes made of the lines of a desk, one task after another, and puts what comes of it on the desk. No Qt."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from facetake.take import Take
from facetake.ui import tasks
from facetake.ui.desk import Desk, SoundFacts
from facetake.ui.lines import LineSettings, LineTake, SpokenLine
from facetake.ui.tasks import Queued, Task, TaskQueue
from facetake_host.engine import EngineClient

WRITTEN: Final = "Written: "
SEEDS: Final = 3  # side by side, by choice: more faces are too small to judge
Say = Callable[..., None]


class Maker:
    """The work on a desk.

    Attributes:
        work: what the engine does.
        films: what is filmed, meanwhile.
    """

    def __init__(self, engine: EngineClient, desk: Desk, say: Say, show: Callable[[], None]) -> None:
        """Nothing to do yet.

        Args:
            engine: started when it is needed.
            desk: what is worked on.
            say: takes a sentence, and is_problem.
            show: called after the desk, or what there is to do, has changed.
        """
        self._engine = engine
        self._desk = desk
        self._say = say
        self._show = show
        self.work = TaskQueue()
        self.films = TaskQueue()

    @property
    def is_busy(self) -> bool:
        """Whether anything runs or waits."""
        return self.work.is_busy or self.films.is_busy

    def step(self) -> bool:
        """One step of whatever runs; whether there is more to do."""
        is_busy = self.work.step()
        return self.films.step() or is_busy

    def cancel(self) -> None:
        """Ends whatever runs or waits, films too."""
        if self.work.cancel() + self.films.cancel():
            self._say(tasks.CANCELLED)
        self._show()

    def end(self) -> None:
        """Ends it and waits; what was begun leaves no file behind."""
        self.films.finish()
        self.work.finish()

    def look_at(self, line: SpokenLine) -> None:
        """Asks for a recording's length and waveform, unless they are known."""
        sound = line.sound
        known = self._desk.facts.get(sound) if sound is not None else None
        if sound is not None and (known is None or not known.envelope):
            self._queue(
                line, line.name, partial(tasks.look, self._engine, sound), partial(self._learn, line.number, sound)
            )

    def open_take(self, line: SpokenLine, path: Path) -> None:
        """Reads a take of a line."""
        self._queue(line, path.name, partial(tasks.open_take, self._engine, path), partial(self._keep, line.number))

    def generate(self, lines: Sequence[SpokenLine]) -> None:
        """A take of each line, by its mood and its settings."""
        for line in lines:
            self._generate(line, line.settings)
        self._show()

    def generate_seeds(self, line: SpokenLine) -> None:
        """Takes of a line that differ in their seeds, to be seen side by side."""
        made: list[int] = []
        for by in range(SEEDS):
            settings = replace(line.settings, seed=line.settings.seed + by)
            self._generate(line, settings, lambda number: self._show_seeds(line.number, made, number))
        self._show()

    def restyle(self, lines: Sequence[SpokenLine], style: str, actor: str) -> None:
        """The shown take of each line in another style."""
        for line in lines:
            if line.top is not None:
                label = f"{style.replace(':', ' ')}{f' as {actor}' if actor else ''}, restyled from {line.top.number}"
                begin = partial(tasks.restyle, self._engine, line.top, style, actor, label)
                self._queue(line, label, begin, partial(self._keep, line.number))
        self._show()

    def film(self, take: Take, sound: Path | None, path: Path) -> None:
        """A film of a take."""

        def fail(text: str) -> None:
            self._say(text, is_problem=text != tasks.CANCELLED)
            self._show()

        def done(written: Path) -> None:
            self._say(f"{WRITTEN}{written}")
            self._show()

        self.films.add(Queued(0, f"film {path.name}", partial(tasks.film, take, sound, path), done, fail))
        self._show()

    def _generate(self, line: SpokenLine, settings: LineSettings, then: Callable[[int], None] = lambda _: None) -> None:
        if line.sound is None:
            self._desk.problems[line.number] = "it has no recording to generate from"
            return
        gained = "".join(f", {name} {factor:g}" for name, factor in settings.gains.items())
        label = f"{line.feeling}{f', seed {settings.seed}' if settings.seed else ''}{gained}"

        begin = partial(tasks.generate, self._engine, line.sound, line.mood, settings, line.edits, label)

        def keep(found: tuple[LineTake, tuple[str, ...]]) -> None:
            if number := self._keep(line.number, *found):
                then(number)

        self._queue(line, label, begin, keep)

    def _queue(
        self,
        line: SpokenLine,
        label: str,
        begin: Callable[[threading.Event], Task[Any]],
        done: Callable[[Any], object],
    ) -> None:
        self.work.add(Queued(line.number, f"{line.name}: {label}", begin, done, partial(self._fail, line.number)))

    def _learn(self, number: int, sound: Path, facts: SoundFacts) -> None:
        self._desk.facts[sound] = facts
        self._desk.problems.pop(number, None)
        self._show()

    def _keep(self, number: int, made: LineTake, cues: Sequence[str] = ()) -> int:
        """Keeps a take of a line, with the mood that was heard for it; its number, or 0 where the line has gone."""
        line = self._desk.find(number)
        mood = None
        if line is not None and cues:
            mood = self._desk.mood(line)
            mood.follow(cues)
        line = self._desk.add_take(number, made, mood)
        if line is None or line.top is None:
            self._say("A take was made of a line that is no longer there.")
            return 0
        self._desk.problems.pop(number, None)
        length = f"{float(made.take.duration_s):.1f} s, {made.take.n_frames} frames"
        self._say(f"{line.name}: take {line.top.name}, {length}. {made.told}".rstrip())
        self._show()
        return line.shown

    def _show_seeds(self, number: int, made: list[int], take: int) -> None:
        """One more of the takes is there; all that are there are shown beside each other."""
        made.append(take)
        self._desk.show(number, made[0])
        self._desk.show_beside(number, made[1:])
        self._show()

    def _fail(self, number: int, text: str) -> None:
        line = self._desk.find(number)
        if text != tasks.CANCELLED and line is not None:
            folder = f"{line.sound.parent}{os.sep}" if line.sound else ""
            self._desk.problems[number] = text.replace(folder, "") if folder else text  # what is wrong stands first
            if not line.takes and line.sound not in self._desk.facts:
                self._desk.pass_over(number)
        self._say(text, is_problem=text != tasks.CANCELLED)
        self._show()
