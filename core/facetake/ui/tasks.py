"""What takes a while, as stories, and the queue that tells them: looking at files, generating, restyling, filming.

A task is a generator: it yields how far it is and returns what it made, so that whoever has a timer takes a step at a
time and the window never waits. No Qt.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeVar, cast

from facetake import formats, preview
from facetake.edits import SUFFIX, LineEdits, edits_file
from facetake.errors import FacetakeError, sentence
from facetake.take import Take
from facetake.ui.desk import SoundFacts
from facetake.ui.lines import LineSettings, LineTake, Recipe, Visemes
from facetake_host import curves, jobs
from facetake_host.engine import EngineClient
from facetake_host.jobs import Status
from facetake_host.mood import Mood
from facetake_host.problems import HostProblem, JobCancelled

T = TypeVar("T")
RATE: Final = "60"  # frames per second of what is generated, as the face moves on the screen
Task = Generator[Status, None, T]
CUES: Final = "emotion.txt"  # as takes name it in their origin
CANCELLED: Final = "Cancelled; what was made before is there."


def look(engine: EngineClient, sound: Path, cancel: threading.Event) -> Task[SoundFacts]:
    """A recording's length and waveform."""
    _check(sound)
    found = (yield from jobs.answer(engine, "inspect", {"path": str(sound)}, sound.name, cancel))["facts"]
    return SoundFacts(found["duration_s"], found.get("envelope", ()))


def open_take(engine: EngineClient, path: Path, cancel: threading.Event) -> Task[LineTake]:
    """A take from a file, and the visemes that it shows."""
    take = yield from _apart(lambda: formats.read(path), path.name)
    visemes = yield from _visemes(engine, path, path.name, cancel)
    return LineTake(0, path.name, take, visemes, " ".join(formats.notes(take)))


def generate(
    engine: EngineClient,
    sound: Path,
    mood: Mood | None,
    settings: LineSettings,
    edits: LineEdits,
    label: str,
    cancel: threading.Event,
) -> Task[tuple[LineTake, tuple[str, ...]]]:
    """A take of a recording; and, where the mood was to be heard, the cues of what was heard."""
    _check(sound)
    out = engine.folder / "made.json"
    take_out = engine.folder / "made.npz"
    emotion = "auto" if settings.listen else _cues(engine, mood)
    if edits.emotion:
        emotion = ""  # what stands on the strip counts
    edited = engine.folder / f"line{SUFFIX}"
    edits_file.write(edits, edited)
    asked: dict[str, object] = {
        "audio": str(sound),
        "emotion": emotion,
        "rate": RATE,
        "out": str(out),
        "take_out": str(take_out),
    }
    asked |= {"take_out": str(take_out), "edits": str(edited), "exact": True}
    news: list[str] = []
    yield from _noting(jobs.answer(engine, "generate", {**asked, **settings.request()}, label, cancel), news)
    found = curves.load(out)
    told = " ".join(f"{one[:1].upper()}{one[1:].rstrip('.')}." for one in (found.heard, *news) if one)
    recipe = Recipe(settings, "" if settings.listen else cues_of(mood))
    made = LineTake(0, label, _read(take_out), tuple(found.visemes), told, recipe, edits)
    return made, found.cues


def restyle(
    engine: EngineClient, made: LineTake, style: str, actor: str, label: str, cancel: threading.Event
) -> Task[LineTake]:
    """A take in another style, and the visemes that it shows."""
    source = engine.folder / "source.npz"
    take_out = engine.folder / "restyled.npz"
    yield Status(0.0, label)
    formats.write(made.take, source)
    asked = {"take": str(source), "style": style, "actor": actor}
    asked |= {"out": str(engine.folder / "restyled.json"), "take_out": str(take_out)}
    yield from jobs.answer(engine, "restyle", asked, label, cancel)
    visemes = yield from _visemes(engine, take_out, label, cancel)
    return LineTake(0, label, _read(take_out), visemes)


def film(take: Take, sound: Path | None, out: Path, cancel: threading.Event) -> Task[Path]:
    """A film of a take; none is left where it was cancelled."""
    share = 0.0

    def advance(done: int, total: int) -> None:
        nonlocal share
        share = done / max(1, total)
        if cancel.is_set():
            raise JobCancelled

    yield from _apart(lambda: preview.render(take, sound, out, progress=advance), out.name, lambda: share)
    return out


def _noting(task: Task[T], news: list[str]) -> Task[T]:
    """A task as it is; what the engine has to say on the way is noted."""
    try:
        while True:
            status = next(task)
            if status.news:
                news.append(status.news)
            yield status
    except StopIteration as end:
        return cast(T, end.value)


def cues_of(mood: Mood | None) -> str:
    """The lines of a cue file for what is drawn; "" where that is nothing."""
    return "" if mood is None or mood.is_neutral else mood.cues()


def _check(sound: Path) -> None:
    if not sound.is_file():
        raise HostProblem(f"there is no sound file {sound}; was it moved? use Find recordings")


def _cues(engine: EngineClient, mood: Mood | None) -> str:
    """What is drawn, as a file of cues for the engine."""
    if not (text := cues_of(mood)):
        return "neutral"
    path = engine.folder / CUES
    path.write_text(text, encoding="utf-8", newline="\n")
    return str(path)


def _visemes(engine: EngineClient, path: Path, label: str, cancel: threading.Event) -> Task[Visemes]:
    found = yield from jobs.answer(engine, "visemes", {"path": str(path)}, label, cancel)
    return tuple((one["viseme"], one["start_s"], one["end_s"]) for one in found["visemes"])


def _read(path: Path) -> Take:
    """A take that the engine wrote, in memory, so that its file can be written again."""
    take = formats.read(path)
    head = None if take.head is None else take.head.copy()
    return replace(take, values=take.values.copy(), head=head)


def _apart(act: Callable[[], T], label: str, share: Callable[[], float] = lambda: 0.0) -> Task[T]:
    """Does something in a thread of its own, and yields until it is done; what it raises is raised here."""
    made: list[T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            made.append(act())
        except BaseException as error:  # told in the other thread
            failed.append(error)

    thread = threading.Thread(target=run, name=label, daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            yield Status(share(), label)
    finally:
        thread.join()
    if failed:
        raise failed[0]
    return made[0]


@dataclass
class Queued:
    """A task that waits or runs.

    Attributes:
        number: of the line that it is for; 0 for none.
        label: for people.
        begin: makes the task, given what cancels it.
        done: takes what it made.
        fail: takes a sentence.
    """

    number: int
    label: str
    begin: Callable[[threading.Event], Task[Any]]
    done: Callable[[Any], object]
    fail: Callable[[str], None]


class TaskQueue:
    """Tasks, one after another.

    Attributes:
        status: how far the one is that runs.
    """

    def __init__(self) -> None:
        """Nothing to do."""
        self._waiting: deque[Queued] = deque()
        self._running: Queued | None = None
        self._task: Task[Any] | None = None
        self._cancel = threading.Event()
        self.status = Status(0.0, "")

    @property
    def is_busy(self) -> bool:
        """Whether anything runs or waits."""
        return self._running is not None or bool(self._waiting)

    @property
    def label(self) -> str:
        """What runs, or ""."""
        return self._running.label if self._running else ""

    @property
    def count(self) -> int:
        """How many tasks run or wait."""
        return len(self._waiting) + (self._running is not None)

    def states(self) -> dict[int, str]:
        """How it stands with the lines that have tasks, by their numbers: "37 %" or "waiting"."""
        found = {one.number: "waiting" for one in self._waiting}
        if self._running is not None:
            found[self._running.number] = f"{100 * self.status.share:.0f} %"
        return found

    def add(self, queued: Queued) -> None:
        """One more, behind all others."""
        self._waiting.append(queued)

    def cancel(self) -> int:
        """Forgets what waits and asks what runs to stop; how many tasks that were."""
        number = self.count
        self._waiting.clear()
        self._cancel.set()
        return number

    def finish(self) -> None:
        """Cancels everything, and waits until what ran has put its files away."""
        self.cancel()
        if self._task is not None:
            self._task.close()
        self._task = self._running = None

    def step(self) -> bool:
        """One step; whether there is more to do."""
        if self._task is None and not self._begin():
            return False
        running = self._running
        assert running is not None and self._task is not None
        try:
            self.status = next(self._task)
            return True
        except StopIteration as end:
            self._end()
            running.done(end.value)
        except JobCancelled:
            self._end()
            running.fail(CANCELLED)
        except (HostProblem, FacetakeError) as problem:
            self._end()
            running.fail(str(problem))
        except Exception as error:  # a window must not break
            self._end()
            running.fail(sentence(error))
        return self.is_busy

    def _begin(self) -> bool:
        if not self._waiting:
            return False
        self._running = self._waiting.popleft()
        self._cancel = threading.Event()
        self._task = self._running.begin(self._cancel)
        return True

    def _end(self) -> None:
        self._task = self._running = None
        self.status = Status(0.0, "")
