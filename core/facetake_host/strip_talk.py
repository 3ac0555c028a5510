"""What a strip asks the engine about one line: its words and phones, and one change after another; undone and redone.

Each change is kept beside the sound at once, by the engine. Nothing here waits: whoever shows the strip polls.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from facetake_host import phones
from facetake_host.engine import EngineClient, Event, Request
from facetake_host.phones import Change, LinePhones
from facetake_host.problems import HostProblem

UNDO, REDO, PUT = "undo", "redo", "put"


class StripTalk:
    """The talk about the line that is open.

    Attributes:
        line: as the engine told it last.
    """

    def __init__(self, engine: EngineClient, say: Callable[[str], object]) -> None:
        """Of no line; `say` takes what the engine has to say."""
        self._engine = engine
        self._say = say
        self.line = LinePhones()
        self._sound: Path | None = None
        self._said: Mapping[str, object] = {}
        self._wanted = deque[Change]()
        self._request: Request | None = None
        self._asked: Change = {}
        self._is_paused = False
        self._past: dict[str, list[str]] = {UNDO: [], REDO: []}

    @property
    def is_waiting(self) -> bool:
        """Whether an answer is to come."""
        return self._request is not None or (bool(self._wanted) and not self._is_paused)

    def open(self, sound: Path | None, said: Mapping[str, object]) -> None:
        """Another line, or the same with other words: `said` as `jobs.words` gives it. None closes it."""
        if sound != self._sound:
            self._past = {UNDO: [], REDO: []}
            self.line = LinePhones()
        self._sound, self._said = sound, said
        self._drop()
        self._wanted = deque([{}]) if sound else deque()

    def change(self, change: Change) -> None:
        """Asks for a change, after those that were asked for before."""
        if self._sound is not None:
            self._wanted.append(change)

    def travel(self, way: str) -> None:
        """Asks for the state before the last change, `UNDO`, or for the one that was undone, `REDO`."""
        self.change({"do": way})

    def pause(self) -> None:
        """Leaves the engine to a job: a line that is not heard yet waits."""
        self._is_paused = True
        if self._request is not None and not self._asked:
            self._drop()
            self._wanted.appendleft({})

    def resume(self) -> None:
        """Goes on."""
        self._is_paused = False

    def poll(self) -> bool:
        """Asks what is next, and hears answers; whether there is something new to show."""
        if self._request is None and self._wanted and not self._is_paused:
            self._send(self._wanted.popleft())
        request = self._request
        if request is None:
            return False
        for event in request.poll():
            if event["event"] == "warning":
                self._say(event["message"])
            elif event["event"] == "failure":
                self._say(event["message"])
                self._wanted.clear()  # what was asked after it was meant for another state
            elif event["event"] == "done":
                self._take(event["result"])
        if not request.is_over:
            return False
        self._request = None
        return True

    def _send(self, change: Change) -> None:
        self._asked = change
        if change.get("do") in self._past:
            past = self._past[str(change["do"])]
            if not past:
                self._say(f"There is nothing to {change['do']} on the strip.")
                return
            change = {"do": PUT, "edits": past[-1]}
        try:
            of = {"change": change, "of": self.line.edits}
            self._request = self._engine.ask("phones", audio=str(self._sound), **self._said, **of)
        except HostProblem as problem:
            self._say(str(problem))

    def _take(self, result: Event) -> None:
        before = self.line.edits
        try:
            self.line = phones.read(result)
        except HostProblem as problem:
            self._say(str(problem))
            return
        if result.get("is_stale"):
            self._past = {UNDO: [], REDO: []}
            self._wanted.clear()
        elif self._asked and before != self.line.edits:
            self._keep(before)

    def _keep(self, before: str) -> None:
        """The state before a change is what undo brings back; after one that is no undo, nothing is to be redone."""
        way = str(self._asked.get("do"))
        if way in self._past:
            self._past[way].pop()
            self._past[REDO if way == UNDO else UNDO].append(before)
        else:
            self._past[UNDO].append(before)
            self._past[REDO].clear()

    def _drop(self) -> None:
        """Forgets the answer that is to come."""
        if self._request is not None:
            with suppress(HostProblem):
                self._engine.cancel(self._request)
            self._request = None
