"""Files from outside, read where they are files: regular ones, and no larger than their kind can be.

A device such as /dev/zero and a pipe that nobody writes to read for ever. What is wrong is an `OSError` whose
`strerror` is for people, as those of the system are, so that one `except` tells of all. What is in a file is not known
here.
"""

from __future__ import annotations

import codecs
import errno
import hashlib
import os
import shutil
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TextIO

from facetake.errors import FacetakeError

MOST_TEXT: Final = 1 << 26
"""Bytes of a text that is read at once, such as settings, cues and lists: 64 MB."""
ANY_SIZE: Final = 1 << 50
"""Bytes that no file has: where it may be of any size, and what counts is that it is a file."""
LONGEST_REASON: Final = 300
"""Characters of a reason: libraries write paragraphs, or repeat what they could not read."""
MOST_BYTES: Final = 1 << 32
"""Bytes of a file of numbers, such as a face model or a network: 4 GB."""
WAITS_S: Final = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Before another try where a file is held: virus scanners and indexers, which look at new files, let go by then."""
LONGEST_ON_WINDOWS: Final = 259
"""Characters of a whole path, where Windows has not been told to take longer ones."""
NOT_IN_NAMES: Final = frozenset('<>:"|?*')
"""What Windows allows in no name."""
IS_WINDOWS: Final = os.name == "nt"


class HeldError(PermissionError):
    """A file that keeps its name or its place, because another program has it open."""


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
        size = _megabytes(about.st_size)
        bound = _megabytes(most)
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


def hash_of(path: Path, kind: type[FacetakeError] | None = None) -> str:
    """SHA-256 of the bytes of a file of any size, read in pieces.

    Args:
        path: the file.
        kind: of error to raise where it cannot be read, which depends on what it is a file of.

    Raises:
        FacetakeError: of that kind; OSError where none is given.
    """
    try:
        check(path, ANY_SIZE)
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        if kind is None:
            raise
        raise kind(f"cannot read {path}: {reason(error)}") from error


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


def replace(part: Path, target: Path) -> None:
    """Gives a finished file or folder its name; a file of that name goes.

    Windows refuses that while anybody has one of them open.

    Raises:
        HeldError: another program has one of them open, and does not let go within a moment.
        OSError: it cannot be done for another reason.
    """
    _patiently(lambda: part.replace(target), target)


def remove(path: Path) -> None:
    """Takes a file or a folder with all that is in it away, if it is there. OSError as of `replace`."""
    with suppress(FileNotFoundError):
        _patiently(lambda: shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(), path)


def _patiently(act: Callable[[], object], path: Path) -> None:
    """Acts on a file, again after a while where another program holds it."""
    for wait_s in (*WAITS_S, None):
        try:
            act()
            return
        except PermissionError as error:
            if error.errno != errno.EACCES:  # what other systems say of a file that is somebody else's is EPERM
                raise
            if wait_s is None:
                raise HeldError(errno.EACCES, "another program may have it open", str(path)) from error
        time.sleep(wait_s)


def unwritten(error: OSError, path: Path) -> str:
    """Why a file could not be written and what to do, to follow its name in a message."""
    if isinstance(error, HeldError):
        return "cannot be written, as another program, such as Excel or a player, may have it open; close it there"
    if IS_WINDOWS and len(str(path.absolute())) > LONGEST_ON_WINDOWS and error.errno in (errno.ENOENT, errno.EINVAL):
        return (
            f"cannot be written (its path is longer than the {LONGEST_ON_WINDOWS} characters that Windows takes); "
            "shorten its name or its folders', or turn on long paths in Windows"
        )
    if IS_WINDOWS and NOT_IN_NAMES & set(path.name) and error.errno in (errno.ENOENT, errno.EINVAL):
        return f"cannot be written (Windows allows none of {' '.join(sorted(NOT_IN_NAMES))} in names); name another"
    return f"cannot be written ({reason(error)}); check the folder, its permissions and free space"


def reason(error: Exception) -> str:
    """Why a file could not be read, in one line: what the system says, or the beginning of what a library says."""
    words = " ".join(str(getattr(error, "strerror", None) or error or type(error).__name__).split())
    return words if len(words) <= LONGEST_REASON else f"{words[:LONGEST_REASON]}..."
