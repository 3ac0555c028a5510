"""The way back to a host for one request: its events, and whether it was cancelled."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from facetake.errors import line


class RequestCancelled(Exception):  # noqa: N818  it is no error
    """The host no longer wants the result."""


class Channel:
    """Sends the events of one request."""

    def __init__(self, number: object, send: Callable[[dict[str, Any]], None]) -> None:
        """Belongs to the request of that id."""
        self.number = number
        self._send = send
        self._flag = threading.Event()
        self._percent = -1

    def cancel(self) -> None:
        """Ends the request at its next report of progress."""
        self._flag.set()

    def start(self) -> None:
        """The request's turn has come. Raises RequestCancelled where it was cancelled while it waited."""
        self._look()
        self._tell("start")

    def progress(self, share: float) -> None:
        """A share 0..1 is done; told once per percent. Raises RequestCancelled when the host asked for that."""
        self._look()
        if int(100 * share) > self._percent:
            self._percent = int(100 * share)
            self._tell("progress", share=round(share, 3))

    def warning(self, message: str) -> None:
        """Something the user should know, though the request succeeds."""
        self._tell("warning", message=line(message))

    def failure(self, message: str, kind: str = "ConfigError") -> None:
        """The request ends without a result."""
        self._tell("failure", message=line(message), kind=kind)

    def done(self, result: dict[str, Any]) -> None:
        """The request ends with a result."""
        self._tell("done", result=result)

    def _look(self) -> None:
        if self._flag.is_set():
            raise RequestCancelled

    def _tell(self, event: str, **about: object) -> None:
        self._send({"id": self.number, "event": event, **about})
