"""What reaches the user's eyes: output in any encoding, errors as one sentence, how far a command has come.

Progress is a bar on a terminal, or one JSON event a line. Knows nothing of what is said or done.
"""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from io import TextIOWrapper
from typing import Literal, TextIO

from facetake import files
from facetake.errors import ConfigError, line
from facetake.files import json_text

CLOSED = frozenset({errno.EPIPE, errno.EINVAL})
"""What a pipe says whose reader has gone: EPIPE, and on Windows EINVAL."""


def prepare() -> None:
    """Lets standard output and errors take any letter, whoever writes there, as `say` does: argparse, a library."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def say(text: str) -> None:
    """Writes text to standard output at once.

    Letters that its encoding lacks are written as backslash escapes, as a path may hold any. When the reader of a pipe
    has gone, the rest is dropped and the work goes on.

    Raises:
        ConfigError: standard output is full.
    """
    out = sys.stdout
    if out is None:  # a Windows program without a console
        return
    try:
        out.write(_encodable(text, out))
        out.flush()
    except OSError as error:
        _drop(out)
        if error.errno not in CLOSED:
            raise ConfigError(
                f"cannot write to standard output ({files.reason(error)}); free some space or write elsewhere"
            ) from error


def tell(text: str) -> None:
    """Writes text to standard error at once; where nobody listens, nothing happens."""
    with suppress(OSError, AttributeError):  # None has no `write`
        sys.stderr.write(_encodable(text, sys.stderr))
        sys.stderr.flush()


def _encodable(text: str, stream: TextIO) -> str:
    """Text with letters that the encoding of a stream lacks as backslash escapes."""
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def is_debugging() -> bool:
    """Whether the user asked for tracebacks and warnings."""
    return bool(os.environ.get("FACETAKE_DEBUG"))


def _drop(out: TextIO) -> None:
    """Sends what is still to come nowhere, so that Python does not complain when it flushes at exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())


WIDTH = 30  # characters, by eye: with a label of 50 the line stays below 100


def add_option(parser: argparse.ArgumentParser, default: str = argparse.SUPPRESS) -> None:
    """Declares `--progress` and `--quiet`.

    Args:
        parser: of a command.
        default: of `--progress`; none where an outer parser has one, so that both may stand before or after.
    """
    parser.add_argument("--progress", choices=("auto", "json", "none"), default=default, help="json: one event a line")
    loud = default if default == argparse.SUPPRESS else False
    parser.add_argument("-q", "--quiet", action="store_true", default=loud, help="say nothing but errors")


class Reporter:
    """Tells progress on standard error; JSON events go to standard output.

    Events are start, progress, report, warning, failure and done, each an object with `event` and what it is about.
    They are plain ASCII, so that a reader need not know the encoding.
    """

    def __init__(self, mode: Literal["auto", "json", "none"], *, quiet: bool = False) -> None:
        """Chooses how to tell.

        Args:
            mode: "auto" draws a bar if standard error is a terminal.
            quiet: of what is for people, say errors only; events stay as they are.
        """
        self._json = mode == "json"
        self._quiet = quiet
        self._bar = mode == "auto" and not quiet and sys.stderr is not None and sys.stderr.isatty()
        self._shown = -1
        self._is_drawn = False
        self._label = ""

    def start(self, item: str, index: int, count: int) -> None:
        """An input is begun: the `index`-th of `count`, from 0."""
        self._shown = -1
        self._event("start", item=item, index=index, count=count)
        self._label = item if count == 1 else f"{index + 1}/{count} {item}"
        self._draw(0.0, self._label[-50:])

    def progress(self, item: str, share: float) -> None:
        """A share 0..1 of an input is done."""
        percent = int(100 * share)
        if percent == self._shown:
            return
        self._shown = percent
        self._event("progress", item=item, share=round(share, 3))
        self._draw(share, self._label[-50:])

    def overall(self, share: float, text: str) -> None:
        """A share 0..1 of many inputs is done; the text says how many, and how long it will take yet."""
        self._event("progress", item="all", share=round(share, 4), message=text)
        self._draw(share, f"{text[:58]:58s}")

    def warning(self, item: str, message: str) -> None:
        """Something the user should know, though the input is done."""
        message = line(message)
        if not self._quiet:
            self._line(f"facetake: warning: {message}")
        self._event("warning", item=item, message=message)

    def note(self, item: str, lines: Sequence[str], facts: Mapping[str, object]) -> None:
        """What was found out about an input: lines for a person on standard error, facts for a program."""
        self._event("report", item=item, **facts)
        if not self._json and not self._quiet:
            self._line("\n".join(map(line, lines)))

    def answer(self, item: str, text: str, facts: Mapping[str, object]) -> None:
        """What the command was asked for: a text on standard output, which may be piped on, or facts for a program."""
        self._event("report", item=item, **facts)
        if not self._json:
            say(text)

    def failure(self, item: str, message: str, outputs: Sequence[str] = ()) -> None:
        """An input failed, perhaps after some of its files were written; others go on."""
        message = line(message)
        self._line(f"facetake: error: {message}")
        self._event("failure", item=item, message=message, outputs=list(outputs))
        self._list(outputs)

    def ended(self, item: str, output: str, why: str, **more: object) -> None:
        """One input of many is done; said to programs only, as a person has the overall bar."""
        self._event("done", item=item, outputs=[output], why=why, **more)

    def done(self, item: str, outputs: Sequence[str]) -> None:
        """An input is done and these files are written."""
        self._event("done", item=item, outputs=list(outputs))
        self.clear()
        self._list(outputs)

    def error(self, message: str) -> None:
        """The command ends here."""
        message = line(message)
        self._line(f"facetake: error: {message}")
        self._event("failure", message=message)

    def clear(self) -> None:
        """Takes the bar off the terminal, so that other text may follow."""
        if self._is_drawn:
            self._is_drawn = False
            tell("\r" + " " * (WIDTH + 62) + "\r")

    def _draw(self, share: float, label: str) -> None:
        if self._bar:
            full = int(WIDTH * share)
            self._is_drawn = True
            tell(f"\r[{'#' * full}{'.' * (WIDTH - full)}] {int(100 * share):3d} % {label}")

    def _line(self, text: str) -> None:
        self.clear()
        tell(text + "\n")

    def _list(self, outputs: Sequence[str]) -> None:
        if not self._json and not self._quiet:
            say("".join(f"{output}\n" for output in outputs))

    def _event(self, event: str, **about: object) -> None:
        if self._json:
            say(json_text.dump(json_text.finite({"event": event, **about})) + "\n")
