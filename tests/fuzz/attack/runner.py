"""Hands cases to a few processes, looks after them, and gathers how each case ended.

A process that dies or does not come to an end takes its case with it; a new one goes on behind that.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from attack.cell import ACCEPTED, NUMBER, REFUSED, SINCE, SPENT, Fall, doors_of, keep, work

WORK_S: Final = 15.0
"""Seconds of the processor after which a case counts as endless: what ends before is told by its own process."""
PATIENCE_S: Final = 120.0
"""Seconds on the clock after which a case counts as endless, though it does nothing; others may use this machine."""
PREPARING_S: Final = 600.0
CHUNK: Final = 40
MOST_FALLS: Final = 200
"""Of one door: more tell nothing new, and each costs a new process where it ends the old one."""
LOOK_S: Final = 0.2
CLOSING_S: Final = 30.0
"""Seconds that a process may take to end after its line has: Linux closes files first, and frees memory behind that."""
DOORS: Final = "attack.doors"


@dataclass
class Score:
    """How a door held."""

    accepted: int = 0
    refused: int = 0
    falls: list[Fall] = field(default_factory=list)
    skipped: str = ""
    seconds: float = 0.0

    @property
    def cases(self) -> int:
        """How many were tried."""
        return self.accepted + self.refused + len(self.falls)


@dataclass(frozen=True)
class Chunk:
    """Cases of one door, one after the other."""

    door: str
    first: int
    count: int


def shares(weights: dict[str, float], cases: int) -> dict[str, int]:
    """How many of some cases each door gets, by its weight; at least one each."""
    total = sum(weights.values())
    return {name: max(1, math.ceil(cases * weight / total)) for name, weight in weights.items()}


def chunks(wanted: dict[str, int], size: int = CHUNK) -> list[Chunk]:
    """The cases of every door, in turns, so that a run that is stopped has tried all."""
    found = [
        (first / count, Chunk(name, first, min(size, count - first)))
        for name, count in wanted.items()
        for first in range(0, count, size)
    ]
    return [chunk for _, chunk in sorted(found, key=lambda one: one[0])]


def endless(weights: dict[str, float], size: int = CHUNK) -> Iterator[Chunk]:
    """Cases of all doors without end, those of heavy doors more often."""
    done = dict.fromkeys(weights, 0)
    while True:
        name = min(done, key=lambda one: done[one] / weights[one])
        yield Chunk(name, done[name], size)
        done[name] += size


class Keeper:
    """A process with its chunk."""

    def __init__(self, source: str, number: int, room: Path, keep_in: Path | None) -> None:
        """Begins it."""
        self._source = source
        self._room = room
        self._number = number
        self._begun = 0
        self._keep = keep_in
        self.chunk: Chunk | None = None
        self._begin()

    def _begin(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.folder = self._room / f"{self._number}-{self._begun}"
        self._begun += 1
        self.clock: Any = context.RawArray("d", 5)
        self.clock[NUMBER], self.clock[SINCE] = -1.0, time.monotonic()
        self.line, theirs = context.Pipe()
        arguments = (theirs, self.clock, str(self.folder), self._source, self._keep)
        self.process = context.Process(target=work, args=arguments, daemon=True)
        self.process.start()
        theirs.close()

    def give(self, chunk: Chunk, seed: int) -> None:
        """Begins a chunk."""
        self.chunk = chunk
        self.clock[NUMBER], self.clock[SINCE] = -1.0, time.monotonic()
        self.clock[ACCEPTED], self.clock[REFUSED] = 0.0, 0.0
        self.line.send((chunk.door, seed, chunk.first, chunk.count))

    @property
    def overdue(self) -> bool:
        """Whether its case has been open for too long."""
        if self.chunk is None:
            return False
        waited_s = time.monotonic() - float(self.clock[SINCE])
        if self.clock[NUMBER] < 0:
            return waited_s > PREPARING_S
        return waited_s > PATIENCE_S or (waited_s > WORK_S and self._spent_s() - float(self.clock[SPENT]) > WORK_S)

    def _spent_s(self) -> float:
        """Seconds of the processor that its process has taken."""
        try:
            words = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        except OSError:  # it has ended
            return 0.0
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    def again(self) -> str:
        """Ends it, if it has not ended, and begins another; says how it ended."""
        was_alive = self.process.is_alive()
        self.process.kill()
        self.process.join()
        code = self.process.exitcode or 0
        self.line.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        self._begin()
        if was_alive:
            return "does not come to an end"
        return f"kills its process ({signal.Signals(-code).name})" if code < 0 else f"ends its process ({code})"

    def end(self) -> None:
        """Ends it."""
        self.process.kill()
        self.process.join()
        self.line.close()


class Attack:
    """A run over doors; a context manager, which ends its processes."""

    def __init__(
        self, source: str = DOORS, names: Sequence[str] = (), seed: int = 0, jobs: int = 2, keep_in: Path | None = None
    ) -> None:
        """Looks which doors there are.

        Args:
            source: the module with the doors.
            names: of those to try; by default all.
            seed: of all cases.
            jobs: processes.
            keep_in: folder into which the inputs of cases that fell are copied.

        Raises:
            KeyError: there is no door of that name.
        """
        doors = doors_of(source)
        chosen = {name: doors[name] for name in names or doors}
        self.scores = {name: Score() for name in chosen}
        for name, door in chosen.items():
            missing = [module for module in door.needs if find_spec(module) is None]
            self.scores[name].skipped = f"needs {' and '.join(missing)}" if missing else ""
        self.weights = {name: door.weight for name, door in chosen.items() if not self.scores[name].skipped}
        self._seed = seed
        self._keep = keep_in
        self._room = Path(tempfile.mkdtemp(prefix="facetake-attack-"))
        self._keepers = [Keeper(source, number, self._room, keep_in) for number in range(jobs)]

    def __enter__(self) -> Attack:
        """The run itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends its processes and clears its folders."""
        for keeper in self._keepers:
            keeper.end()
        shutil.rmtree(self._room, ignore_errors=True)

    def run(self, todo: Iterator[Chunk], tell: Callable[[Fall], None] = lambda _: None) -> None:
        """Tries chunks until there are no more."""
        while True:
            for keeper in self._keepers:
                if keeper.chunk is None:
                    self._next(keeper, todo)
            busy = {keeper.line: keeper for keeper in self._keepers if keeper.chunk is not None}
            if not busy:
                return
            for line in wait(list(busy), timeout=LOOK_S):
                assert isinstance(line, Connection)
                self._heard(busy[line], tell)
            for keeper in self._keepers:
                if keeper.overdue:
                    self._lost(keeper, tell)

    def _next(self, keeper: Keeper, todo: Iterator[Chunk]) -> None:
        for chunk in todo:
            if len(self.scores[chunk.door].falls) < MOST_FALLS and not self.scores[chunk.door].skipped:
                keeper.give(chunk, self._seed)
                return

    def _heard(self, keeper: Keeper, tell: Callable[[Fall], None]) -> None:
        try:
            found = keeper.line.recv()
        except (EOFError, OSError):
            keeper.process.join(CLOSING_S)
            self._lost(keeper, tell)
            return
        assert keeper.chunk is not None
        if isinstance(found, Fall):
            self._fell(found, tell)
        elif isinstance(found, str):
            self._fell(Fall(keeper.chunk.door, self._seed, -1, "cannot be prepared", found), tell)
            self.scores[keeper.chunk.door].skipped = "cannot be prepared"
            keeper.chunk = None
        else:
            self._count(keeper)
            keeper.chunk = None

    def _count(self, keeper: Keeper) -> None:
        assert keeper.chunk is not None
        score = self.scores[keeper.chunk.door]
        score.accepted += int(keeper.clock[ACCEPTED])
        score.refused += int(keeper.clock[REFUSED])

    def _lost(self, keeper: Keeper, tell: Callable[[Fall], None]) -> None:
        """The case that a process was lost over has fallen; the rest of its chunk goes on in another."""
        assert keeper.chunk is not None
        chunk = keeper.chunk
        number = int(keeper.clock[NUMBER])
        while keeper.line.poll():  # what it said before
            try:
                found = keeper.line.recv()
            except (EOFError, OSError):
                break
            if isinstance(found, Fall):
                self._fell(found, tell)
        self._count(keeper)
        if self._keep is not None and number >= 0:  # it could not do that itself
            keep(
                keeper.folder / "in" / "case",
                Fall(chunk.door, self._seed, number, "ends or holds its process"),
                self._keep,
            )
        self._fell(Fall(chunk.door, self._seed, number, keeper.again()), tell)
        keeper.chunk = None
        if number < 0:
            self.scores[chunk.door].skipped = "cannot be prepared"
        elif left := chunk.first + chunk.count - number - 1:
            keeper.give(Chunk(chunk.door, number + 1, left), self._seed)

    def _fell(self, fall: Fall, tell: Callable[[Fall], None]) -> None:
        self.scores[fall.door].falls.append(fall)
        tell(fall)


def total(scores: dict[str, Score]) -> tuple[int, int]:
    """Cases of all doors, and how many of them fell."""
    return sum(score.cases for score in scores.values()), sum(len(score.falls) for score in scores.values())


def table(scores: dict[str, Score]) -> str:
    """What a person reads of a run."""
    rows = [("door", "cases", "accepted", "refused in words", "past the promise")]
    for name, score in scores.items():
        said = score.skipped and not score.falls
        rows.append(
            (name, "-", "-", "-", score.skipped)
            if said
            else (name, f"{score.cases}", f"{score.accepted}", f"{score.refused}", f"{len(score.falls)}")
        )
    cases, fell = total(scores)
    accepted, refused = (sum(getattr(score, what) for score in scores.values()) for what in ("accepted", "refused"))
    rows.append(("all", f"{cases}", f"{accepted}", f"{refused}", f"{fell}"))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = [
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    return "\n".join(lines)
