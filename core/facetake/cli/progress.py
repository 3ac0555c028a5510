"""How far a command has come: a bar on a terminal, or one JSON event a line. Knows nothing of what is done."""

from __future__ import annotations

import json
import sys
from typing import Literal

WIDTH = 30


class Reporter:
    """Tells progress on standard error; JSON events go to standard output.

    Events are start, progress, warning, failure and done, each an object with `event` and what it is about.
    """

    def __init__(self, mode: Literal["auto", "json", "none"]) -> None:
        """Chooses how to tell: "auto" draws a bar if standard error is a terminal."""
        self._json = mode == "json"
        self._bar = mode == "auto" and sys.stderr.isatty()
        self._shown = -1
        self.is_quiet = self._json

    def start(self, item: str, index: int, count: int) -> None:
        """An input is begun: the `index`-th of `count`, from 0."""
        self._shown = -1
        self._event("start", item=item, index=index, count=count)
        self._label = item if count == 1 else f"{index + 1}/{count} {item}"

    def progress(self, item: str, share: float) -> None:
        """A share 0..1 of an input is done."""
        percent = int(100 * share)
        if percent == self._shown:
            return
        self._shown = percent
        self._event("progress", item=item, share=round(share, 3))
        if self._bar:
            full = WIDTH * percent // 100
            print(f"\r[{'#' * full}{'.' * (WIDTH - full)}] {percent:3d} % {self._label[-50:]}", end="", file=sys.stderr)

    def warning(self, item: str, message: str) -> None:
        """Something the user should know, though the input is done."""
        self._say(f"facetake: warning: {message}")
        self._event("warning", item=item, message=message)

    def failure(self, item: str, message: str) -> None:
        """An input failed; others go on."""
        self._say(f"facetake: error: {message}")
        self._event("failure", item=item, message=message)

    def done(self, item: str, outputs: list[str]) -> None:
        """An input is done and these files are written."""
        self._event("done", item=item, outputs=outputs)
        self._clear()
        if not self._json:
            print("\n".join(outputs))

    def error(self, message: str) -> None:
        """The command ends here."""
        self._say(f"facetake: error: {message}")
        self._event("failure", message=message)

    def _say(self, text: str) -> None:
        self._clear()
        print(text, file=sys.stderr)

    def _clear(self) -> None:
        if self._bar and self._shown >= 0:
            print("\r" + " " * (WIDTH + 62) + "\r", end="", file=sys.stderr)

    def _event(self, event: str, **about: object) -> None:
        if self._json:  # in ASCII, which every pipe carries, whatever the letters of a path
            print(json.dumps({"event": event, **about}), flush=True)


def unforeseen(error: Exception) -> str:
    """What to tell of an error that nothing foresaw, in one sentence."""
    return f"something unforeseen went wrong ({type(error).__name__}: {error}); FACETAKE_DEBUG=1 shows where"
