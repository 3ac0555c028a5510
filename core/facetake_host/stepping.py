"""One job at a time, a step a call: for a host whose timer calls a function, and for tests, which do so themselves."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from facetake_host import jobs
from facetake_host.engine import EngineClient
from facetake_host.host import Host
from facetake_host.jobs import Job, JobResult, Status
from facetake_host.problems import HostProblem


class Runner:
    """Takes the steps of a job, and tells what it made and what went wrong.

    Attributes:
        status: how far the job is.
        made: the last take that is in the scene; None before the first.
        generated: the last one that was no restyled one.
        cancel: set by `stop`; each job gets a new one.

    Beside the job there may be windows that are open on a line: what is saved there is brought in when no job runs.
    """

    def __init__(self, host: Host) -> None:
        """Nothing runs yet."""
        self._host = host
        self._job: Job | None = None
        self.status = Status(0.0, "")
        self.made: JobResult | None = None
        self.generated: JobResult | None = None
        self.cancel = threading.Event()
        self._windows: list[tuple[Job, threading.Event]] = []

    @property
    def is_busy(self) -> bool:
        """Whether a job runs."""
        return self._job is not None

    @property
    def is_waiting(self) -> bool:
        """Whether a window is open that something may come from."""
        return bool(self._windows)

    def start(self, begin: Callable[[threading.Event], Job]) -> bool:
        """Begins a job, unless one runs; whether it could begin, for a problem is told as any other."""
        if self.is_busy:
            return False
        self.cancel = threading.Event()
        self.status = Status(0.0, "")
        self._job = jobs.guarded(self._host, lambda: begin(self.cancel))
        return self.is_busy

    def follow(self, begin: Callable[[threading.Event], Job]) -> bool:
        """Begins a job that waits for a person in a window, beside those of `start`; whether it could begin."""
        cancel = threading.Event()
        job = jobs.guarded(self._host, lambda: begin(cancel))
        if job is not None:
            self._windows.append((job, cancel))
        return job is not None

    def step(self) -> bool:
        """Takes one step; whether there are more."""
        if self._job is not None:
            self._step(self._job)
        elif self._windows:
            self._step_window()
        return self.is_busy or self.is_waiting

    def _step_window(self) -> None:
        """Looks at the window whose turn it is; each has one in turn."""
        window = self._windows[0]
        found = jobs.guarded(self._host, lambda: next(window[0], None))
        if isinstance(found, JobResult):
            self._keep(found)
        elif found is not None:
            self._look(found)
        if window in self._windows:  # else the scene has gone meanwhile
            self._windows.remove(window)
            self._windows += [window] if found is not None else []

    def _keep(self, found: JobResult) -> None:
        self.generated = found if found.sound is not None else self.generated
        self.made = jobs.with_sound(self.made, found)
        self._host.tell(jobs.summary(found))

    def _look(self, status: Status) -> None:
        self.status = status
        if status.news:
            self._host.tell(status.news)

    def _step(self, job: Job) -> None:
        found = jobs.guarded(self._host, lambda: next(job, None))
        if isinstance(found, JobResult):
            self._keep(found)
        elif found is not None:
            self._look(found)
        elif self._job is job:  # at its end, or its problem was told
            self._job = None

    def play(self, engine: EngineClient, subject: str = "Facetake") -> bool:
        """Begins to send the last take to Unreal's Live Link; whether it could begin."""

        def begin(cancel: threading.Event) -> Job:
            if self.made is None:
                raise HostProblem("nothing was made here yet; generate or restyle a line first")
            return jobs.play(engine, self.made, cancel, subject)

        return self.start(begin)

    def test(self, engine: EngineClient) -> bool:
        """Begins to ask the engine whether it can be used; whether it could begin."""
        return self.start(lambda cancel: jobs.connection(engine, cancel))

    def finish(self) -> None:
        """Takes every step that is left; for use without a window."""
        while self.step():
            time.sleep(jobs.PAUSE_S)

    def stop(self) -> None:
        """Asks the job to stop; without one, nothing more comes from the windows that are open."""
        self.cancel.set()
        for _, cancel in () if self.is_busy else self._windows:
            cancel.set()

    def drop(self) -> None:
        """Ends the job now, as its scene is about to go; the engine learns of it."""
        self.stop()
        if self._job is not None:
            self._step(self._job)
        self._windows.clear()
        self._job = self.made = self.generated = None
