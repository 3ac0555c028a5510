"""What reaches the user's eyes: standard output in any encoding, and errors as one sentence.

Knows nothing of what is said.
"""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from io import TextIOWrapper
from typing import TextIO

from facetake import files
from facetake.errors import ConfigError

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
