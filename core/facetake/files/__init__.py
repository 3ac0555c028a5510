"""Files from outside, read where they are files: regular ones, and no larger than their kind can be.

A device such as /dev/zero and a pipe that nobody writes to read for ever. What is wrong is an `OSError` whose
`strerror` is for people, as those of the system are, so that one `except` tells of all. What is in a file is not known
here.
"""

from __future__ import annotations

import codecs
import errno
import os
import stat
from pathlib import Path
from typing import Final, TextIO

MOST_TEXT: Final = 1 << 26
"""Bytes of a text that is read at once, such as settings, cues and lists: 64 MB."""
LONGEST_REASON: Final = 300
"""Characters of a reason: libraries write paragraphs, or repeat what they could not read."""
MOST_BYTES: Final = 1 << 32
"""Bytes of a file of numbers, such as a face model or a network: 4 GB."""


def check(path: Path, most: int = MOST_BYTES) -> int:
    """The bytes of a regular file, before anything opens it.

    Args:
        path: the file.
        most: bytes that it may have.

    Raises:
        OSError: there is none of that name, it is a folder, a device or a pipe, or it is larger.
    """
    about = look(path)
    if stat.S_ISDIR(about.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(about.st_mode):
        raise OSError(errno.EINVAL, "a device or a pipe is no file")
    if about.st_size > most:
        size, bound = _megabytes(about.st_size), _megabytes(most)
        raise OSError(errno.EFBIG, f"it has {size}; {bound} are the most that is read of such a file")
    return about.st_size


def _megabytes(size: int) -> str:
    return f"{-(-size // 1_000_000)} MB"


def look(path: Path) -> os.stat_result:
    """What the system says of a path. OSError where there is nothing of that name, or can be nothing."""
    try:
        return path.stat()
    except ValueError as error:  # a NUL, or half a letter
        raise OSError(errno.EINVAL, "no file can have this name") from error


def read_bytes(path: Path, most: int = MOST_BYTES) -> bytes:
    """All of a file. OSError as of `check`."""
    check(path, most)
    return path.read_bytes()


def read_text(path: Path, most: int = MOST_TEXT) -> str:
    """A text in UTF-8, or in what its byte order mark says, without that mark.

    Raises:
        OSError: as `check`.
        UnicodeDecodeError: it is no such text.
    """
    data = read_bytes(path, most)
    return data.decode(encoding(data)).replace("\r\n", "\n").replace("\r", "\n")


def encoding(head: bytes) -> str:
    """How to decode a text that begins with these bytes: UTF-16 as Excel's "Unicode text", where it is marked so."""
    return "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"


def open_text(path: Path) -> TextIO:
    """A text opened to be read line by line, decoded as by `read_text`. OSError where it cannot be opened."""
    with path.open("rb") as file:
        name = encoding(file.read(2))
    return path.open(encoding=name)


def reason(error: Exception) -> str:
    """Why a file could not be read, in one line: what the system says, or the beginning of what a library says."""
    words = " ".join(str(getattr(error, "strerror", None) or error or type(error).__name__).split())
    return words if len(words) <= LONGEST_REASON else f"{words[:LONGEST_REASON]}..."
