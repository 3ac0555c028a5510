"""The engine as a host sees it: a process that takes requests and answers with events.

`EngineClient` starts `facetake worker` when it is first needed, shakes hands, and starts it again after a crash.
Nothing here waits: events are read by a thread, and whoever asked polls them, so that a panel stays alive.
"""

from __future__ import annotations

import atexit
import itertools
import json
import queue
import shutil
import subprocess
import tempfile
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from facetake_host import PROTOCOL, __version__, location
from facetake_host.problems import HostProblem

Event = dict[str, Any]
PATIENCE_S = 120.0
"""A request that says nothing for so long is given up, and the engine with it."""
GOODBYE_S = 3.0  # by choice: nobody waits longer for a host to quit; then it is ended


class Request:
    """One thing asked of the engine, and what has come back."""

    def __init__(self, number: int, do: str, patience_s: float) -> None:
        """Made by `EngineClient.ask`."""
        self.number = number
        self.do = do
        self.is_over = False
        self.process: subprocess.Popen[str] | None = None
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._patience_s = patience_s
        self._heard_s = time.monotonic()

    def poll(self) -> list[Event]:
        """The events since the last look; empty where there are none. The last one is `done` or `failure`."""
        found = []
        while not self._events.empty():
            found.append(self._events.get())
        if found:
            self._heard_s = time.monotonic()
            self.is_over = self.is_over or found[-1]["event"] in ("done", "failure")
        return found

    @property
    def is_overdue(self) -> bool:
        """Whether nothing was heard for longer than the patience lasts."""
        return not self.is_over and time.monotonic() - self._heard_s > self._patience_s

    def put(self, event: Event) -> None:
        """Adds an event, from any thread."""
        self._events.put(event)


class EngineClient:
    """The client of one `facetake worker`."""

    def __init__(
        self,
        command: Sequence[str] | None = None,
        patience_s: float = PATIENCE_S,
        window: Sequence[str] | None = None,
    ) -> None:
        """Starts nothing yet.

        Args:
            command: how to start the worker; by default `location.command` finds it.
            patience_s: after how long without a word it is given up.
            window: how to start the window beside it; by default the same program does.
        """
        self._command = command
        self._window = window
        self._patience_s = patience_s
        self._program = ""
        self._numbers = itertools.count(1)
        self._process: subprocess.Popen[str] | None = None
        self._open: dict[int, Request] = {}
        self._lock = threading.Lock()
        self._said: deque[str] = deque(maxlen=20)  # the end of its standard error
        self._readers: list[threading.Thread] = []
        self._mourned: set[int] = set()  # processes whose end was told; who asks them later is told at once
        self._folder: Path | None = None
        self.greeting: Request | None = None
        self.about: Event = {}
        """What the engine said of itself: its emotions, actors and regions."""

    @property
    def is_running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def program(self) -> str:
        """What was started last: the path of a Python; empty where nothing was."""
        return self._program

    def window_command(self) -> list[str]:
        """How to start the window of this engine, what it is to open behind. Raises HostProblem as `start`."""
        return list(self._window or (*(self._command or location.command())[:-1], "app"))

    @property
    def folder(self) -> Path:
        """Where results are exchanged; made when first needed, removed by `close`. Raises HostProblem."""
        if self._folder is None or not self._folder.is_dir():
            try:
                self._folder = Path(tempfile.mkdtemp(prefix="facetake-"))
            except OSError as error:
                raise HostProblem(f"no temporary folder can be made ({error.strerror}); free some space") from error
        return self._folder

    def start(self) -> Request:
        """Starts the process if need be; returns its greeting, whose failure says why it cannot be used.

        Raises:
            HostProblem: the engine is not installed or does not start.
        """
        if self.is_running and self.greeting is not None:
            return self.greeting
        command = list(self._command or location.command())
        self._program = command[0]
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                env=location.clean_environment(),
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            raise HostProblem(f"the engine does not start ({command[0]}: {error.strerror or error})") from error
        atexit.register(self.close)  # closing twice does no harm
        self._mourned.discard(self._process.pid)  # systems give numbers again
        self._said.clear()
        self._readers.clear()
        for stream, read in ((self._process.stdout, self._listen), (self._process.stderr, self._note)):
            name = f"{'told' if read == self._listen else 'said'} by {self._process.pid}"
            thread = threading.Thread(target=read, args=(self._process, stream), name=name, daemon=True)
            thread.start()
            self._readers.append(thread)
        self.greeting = self._send("hello", {"protocol": PROTOCOL})
        return self.greeting

    def ask(self, do: str, **fields: object) -> Request:
        """Sends a request, starting the engine first if need be.

        Raises:
            HostProblem: the engine cannot be started.
        """
        self.start()
        return self._send(do, fields)

    def cancel(self, request: Request) -> None:
        """Tells the engine that a request is no longer wanted."""
        if self.is_running and not request.is_over:
            self._send("cancel", {"request": request.number})

    def kill(self) -> None:
        """Ends the process at once; the next request starts another."""
        if self._process is not None:
            self._process.kill()

    def close(self) -> None:
        """Ends the engine and removes what was exchanged with it."""
        process = self._process
        if process is not None and process.poll() is None:
            self._send("shutdown", {})
            try:
                process.wait(GOODBYE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for thread in self._readers:
            thread.join(GOODBYE_S)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._process = self._folder = None
        atexit.unregister(self.close)

    def _send(self, do: str, fields: dict[str, object]) -> Request:
        request = Request(next(self._numbers), do, self._patience_s)
        request.process = process = self._process
        line = json.dumps({"id": request.number, "do": do, **fields}, allow_nan=False)  # a ValueError is the panel's
        with self._lock:
            self._open[request.number] = request
            with suppress(OSError, ValueError):  # it has died; the reading thread tells everyone
                assert process is not None and process.stdin is not None
                process.stdin.write(line + "\n")
                process.stdin.flush()
            is_late = process is not None and process.pid in self._mourned
        if is_late and process is not None:
            self._mourn(process)
        return request

    def _listen(self, process: subprocess.Popen[str], lines: IO[str]) -> None:
        """Hands every event to its request; when the process ends, tells those that still wait."""
        with lines:
            for line in lines:
                self._hand_over(line)
        process.wait()
        for thread in self._readers:
            if thread.name == f"said by {process.pid}":  # its last words are worth a moment
                thread.join(GOODBYE_S)
        with self._lock, suppress(OSError):
            assert process.stdin is not None
            process.stdin.close()
        self._mourn(process)

    def _hand_over(self, line: str) -> None:
        try:
            event = json.loads(line)
            number = event["id"]
        except (ValueError, TypeError, KeyError):
            return  # not ours: whatever else prints goes elsewhere, but a crash may cut a line
        with self._lock:
            request = self._open.get(number)
            if request and event["event"] in ("done", "failure"):
                del self._open[number]
                if request.do == "hello":
                    self.about = event.get("result", {})
        if request:
            request.put(event)

    def _mourn(self, process: subprocess.Popen[str]) -> None:
        """Tells every request that waits for a process that it has ended, and what it said last."""
        with self._lock:
            self._mourned.add(process.pid)
            left = [request for request in self._open.values() if request.process is process]
            for request in left:
                del self._open[request.number]
        for request in left:
            request.put({"event": "failure", "kind": "EngineStopped", "message": self._last_words(process)})

    def _last_words(self, process: subprocess.Popen[str]) -> str:
        said = next((line for line in reversed(list(self._said)) if line.strip()), "it said nothing")
        if "No module named" in said:
            return f"the Python at {self._program} has no Facetake in it ({said}); install the engine there"
        return f"the engine stopped (exit code {process.returncode}: {said}); try once more"

    def _note(self, _process: subprocess.Popen[str], lines: IO[str]) -> None:
        with lines:
            self._said.extend(line.strip() for line in lines)


def check_greeting(event: Event) -> None:
    """Makes sure that engine and plugin belong together.

    Raises:
        HostProblem: they differ in version.
    """
    if event["event"] == "failure":
        raise HostProblem(event["message"])
    result = event["result"]
    if result.get("protocol") != PROTOCOL or result.get("version") != __version__:
        raise HostProblem(
            f"the engine is of version {result.get('version')} and the plugin of {__version__}; "
            "install both from the same release"
        )
