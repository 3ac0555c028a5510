"""Opening and replacing files: every failure becomes one sentence that names the file.

Knows the file system and its errors. Does not know what a take is or how any format looks.
"""

from __future__ import annotations

import os
import re
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from facetake import files
from facetake.errors import TakeError

BEGUN: Final = ".facetake-"  # how the name of a file begins that is not whole yet
ABANDONED_S: Final = 86_400.0  # after which nobody writes what was begun any more
_UNMARKED: Final = re.compile(rf"{re.escape(BEGUN)}[0-9a-f]{{12}}(\.[^.]*)?")
_mark: ContextVar[str] = ContextVar("mark", default="")
_begun: ContextVar[Mapping[Path, Path]] = ContextVar("begun", default=MappingProxyType({}))
"""Temporary paths of outer blocks, and the path asked for with each."""


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Names `path` in whatever goes wrong inside the block.

    A `TakeError` raised inside says where and what ("line 3, column frame: ..."); it leaves with the path in front.

    Raises:
        TakeError: for every TakeError, OSError and text decoding error inside the block.
    """
    try:
        yield
    except TakeError as error:
        raise TakeError(f"{path}: {error}") from error
    except FileNotFoundError as error:
        raise TakeError(f"{path}: there is no such file; check the path") from error
    except IsADirectoryError as error:
        raise TakeError(f"{path}: this is a folder, not a file; name one of the files in it") from error
    except UnicodeDecodeError as error:
        raise TakeError(f"{path}: this is not text (byte {error.start}); is it another kind of file?") from error
    except OSError as error:
        reason = files.reason(error)
        raise TakeError(f"{path}: cannot be read ({reason}); check the path and its permissions") from error


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """Gives a temporary path in the folder of `path`; it becomes `path` when the block succeeds.

    So an output file appears whole or not at all, and an older one survives a failure. A link is followed; a
    device (`/dev/stdout`) is written directly, since replacing it would remove it. So is a path that an outer block
    gave: errors name the file that this one is for.

    Args:
        path: the file the user asked for; its folder must exist. An existing file is replaced.

    Yields:
        The path to write to. It does not exist yet and keeps the suffix of `path`.

    Raises:
        TakeError: the folder is missing or unwritable, a folder is in the way, the disk is full.
    """
    begun = _begun.get()
    asked = begun.get(path, path)
    target = Path(os.path.realpath(path))
    try:
        if path in begun:
            yield path
            return
        if target.exists() and not target.is_file():
            _refuse_folder(target)
            yield target
            return
        _refuse_read_only(target)
        yield from _replacing(target, asked)
    except OSError as error:
        raise TakeError(f"{asked}: {files.unwritten(error, asked)}") from error


@contextmanager
def marking(mark: str) -> Iterator[None]:
    """Lets files that are begun inside the block carry a mark, so that whoever has it can find them after a crash.

    Args:
        mark: a few letters and digits.
    """
    token = _mark.set(f"{mark}-")
    try:
        yield
    finally:
        _mark.reset(token)


def begun_with(mark: str) -> str:
    """The pattern of names of files that were begun under a mark."""
    return f"{BEGUN}{mark}-*"


def _replacing(target: Path, asked: Path) -> Iterator[Path]:
    """Yields a new name beside `target`, then renames it over `target`, or removes it on any failure."""
    # The name is short and ours, so that a target of the longest allowed length still has room beside it.
    if not _mark.get():
        _sweep(target.parent)
    temporary = target.with_name(f"{BEGUN}{_mark.get()}{secrets.token_hex(6)}{target.suffix[:16]}")
    token = _begun.set({**_begun.get(), temporary: asked})
    try:
        yield temporary
        files.replace(temporary, target)
    except BaseException:
        with suppress(OSError):  # what went wrong is worth more than what is left
            files.remove(temporary)
        raise
    finally:
        _begun.reset(token)


@cache
def _sweep(folder: Path) -> None:
    """Takes away what a command that was killed had begun in a folder, once in a process and a day later.

    What carries a mark is its ledger's. What is younger may still be written; nothing is written for a day without
    being touched.
    """
    with suppress(OSError):
        for begun in os.scandir(folder):
            if _UNMARKED.fullmatch(begun.name) and time.time() - begun.stat().st_mtime > ABANDONED_S:
                with suppress(OSError):
                    Path(begun.path).unlink()


def _refuse_folder(target: Path) -> None:
    """Raises IsADirectoryError where a folder has the name of the file to be written."""
    if target.is_dir():
        raise IsADirectoryError(0, "a folder of that name is in the way")


def _refuse_read_only(target: Path) -> None:
    """Raises PermissionError for a file that is marked read-only: renaming over it would ignore the mark."""
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(0, "the file there is read-only")
