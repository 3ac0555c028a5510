"""`facetake worker`: the engine behind Maya, Unreal and the window, one JSON object a line.

A host writes requests to standard input: `{"id": 7, "do": "generate", "audio": "line.wav", ...}`. Events come back on
standard output, each with the request's id: `start`, `progress` (share 0..1), `warning`, `failure` (message) and `done`
(result). Requests run one after another; `cancel` ends the named one, waiting or running. Whatever a library prints
goes to standard error. When standard input ends, as a file of requests does, what was asked is still answered; once
nobody reads the answers, because the host quit or died, the worker drops everything and ends.

Knows the pipe and the queue; what a request does is in `facetake.worker.requests`.
"""

from __future__ import annotations

import errno
import os
import queue
import select
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, Final, TextIO

from facetake import files
from facetake.errors import ConfigError, sentence
from facetake.files import json_text
from facetake.files.quantities import shown
from facetake.worker.channel import Channel, RequestCancelled
from facetake.worker.requests import Session, act

PATIENCE_S: Final = 10.0  # for the running request to put its files away once the host is gone
LOOK_S: Final = 0.1  # between looks whether anybody still reads, once standard input has ended
LONGEST_LINE: Final = 1 << 24  # characters of a request
GONE: Final = (errno.EPIPE, errno.EINVAL)  # what a pipe says whose reader has gone; EINVAL on Windows
Request = dict[str, Any]


def serve() -> int:
    """Answers requests on standard input until it ends or `shutdown` is asked for; returns the exit code.

    Raises:
        ConfigError: standard input or output is closed, or the answers cannot be written.
    """
    if sys.stdin is None or sys.stdout is None:
        raise ConfigError("the worker reads requests from standard input and answers on standard output; open both")
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="ascii", newline="\n")
    if sys.stderr is not None:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    worker = Worker(out)
    worker.start()
    try:
        with suppress(OSError):
            if worker.listen(_lines(os.fdopen(sys.stdin.fileno(), encoding="utf-8", errors="replace", closefd=False))):
                worker.finish()
    finally:  # also where it is told to end
        worker.stop()
    with suppress(OSError):  # what could not be written is told below
        out.close()
    if worker.lost is not None and worker.lost.errno not in GONE:
        reason = files.reason(worker.lost)
        raise ConfigError(f"cannot write answers to standard output ({reason}); free some space or write elsewhere")
    if worker.is_busy:  # a request that does not look at its cancellation; its temporary files are told by name
        os._exit(0)
    return 0


def _lines(stream: TextIO) -> Iterator[str]:
    """The lines of a stream; of one that is too long the beginning, which is no request."""
    while line := stream.readline(LONGEST_LINE):
        yield line
        while len(line) == LONGEST_LINE and not line.endswith("\n"):
            line = stream.readline(LONGEST_LINE)


class Worker:
    """Reads requests in one thread and runs them in another, so that one that runs can be cancelled.

    Attributes:
        lost: why an answer could not be written, once one could not.
    """

    def __init__(self, out: TextIO) -> None:
        """Answers to `out`, a line an event."""
        self._out = out
        self._lock = threading.Lock()
        self._waiting: queue.Queue[tuple[Request, Channel] | None] = queue.Queue()
        self._open: dict[object, Channel] = {}
        self._session = Session()
        self.lost: OSError | None = None
        self._thread = threading.Thread(target=self._work, name="work", daemon=True)

    def start(self) -> None:
        """Begins to take requests."""
        self._thread.start()

    @property
    def is_busy(self) -> bool:
        """Whether a request still runs."""
        return self._thread.is_alive()

    def listen(self, lines: Iterable[str]) -> bool:
        """Takes requests until the lines end, one asks to shut down, or nobody reads; whether the lines ended."""
        return all(self.lost is None and self._take(line) for line in lines if line.strip())

    def finish(self) -> None:
        """Waits until everything is answered, or nobody reads any more."""
        self._waiting.put(None)
        while self.is_busy and self.lost is None and _is_read(self._out):
            self._thread.join(LOOK_S)

    def stop(self) -> None:
        """Cancels everything and waits a while for the running request to put its files away."""
        for channel in list(self._open.values()):
            channel.cancel()
        self._waiting.put(None)
        self._thread.join(PATIENCE_S)

    def _take(self, line: str) -> bool:
        """Queues or answers one request; False where it asks to shut down."""
        try:
            request = json_text.load(line)
            do = request["do"]
            number = request["id"]
        except (ValueError, TypeError, KeyError):
            Channel(None, self._send).failure(f"this is no request: {line.strip()[:80]}")
            return True
        channel = Channel(number, self._send)
        if do == "shutdown":
            channel.done({})
            return False
        if do == "cancel":
            self._cancel(channel, request.get("request"))
        elif isinstance(number, int | str) and number not in self._open:
            self._open[number] = channel
            self._waiting.put((request, channel))
        else:
            channel.failure(f"the id {shown(number)} is no text or number, or belongs to a request that still runs")
        return True

    def _cancel(self, channel: Channel, number: object) -> None:
        found = self._open.get(number) if isinstance(number, int | str) else None
        if found:
            found.cancel()
        channel.done({"cancelled": bool(found)})

    def _work(self) -> None:
        while (item := self._waiting.get()) is not None:
            self._answer(*item)

    def _answer(self, request: Request, channel: Channel) -> None:
        """Runs one request; whatever it raises becomes its failure, and the worker lives on."""
        try:
            channel.start()
            result = act(request, channel, self._session)
        except RequestCancelled:
            self._end(channel, lambda: channel.failure("cancelled", kind="Cancelled"))
        except Exception as error:
            message = sentence(error)
            kind = type(error).__name__
            self._end(channel, lambda: channel.failure(message, kind=kind))
        else:
            self._end(channel, lambda: channel.done(result))

    def _end(self, channel: Channel, tell: Callable[[], None]) -> None:
        self._open.pop(channel.number, None)  # before the answer, as its id may be used again from then on
        tell()

    def _send(self, event: dict[str, Any]) -> None:
        """Writes an event; once one cannot be written, everything is cancelled."""
        with self._lock:
            if self.lost is not None:
                return
            try:
                self._out.write(json_text.dump(json_text.finite(event)) + "\n")
                self._out.flush()
                return
            except OSError as error:
                self.lost = error
        for channel in list(self._open.values()):
            channel.cancel()


def _is_read(out: TextIO) -> bool:
    """Whether anybody may still read what is written to a pipe; always so of files and where it cannot be asked."""
    if not hasattr(select, "poll"):
        return True
    looking = select.poll()
    looking.register(out.fileno(), 0)
    return not any(event & (select.POLLERR | select.POLLHUP) for _, event in looking.poll(0))
