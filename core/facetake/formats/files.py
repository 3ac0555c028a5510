"""Opening and replacing files: every failure becomes one sentence that names the file.

Knows the file system and its errors. Does not know what a take is or how any format looks.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from facetake.errors import TakeError


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
        reason = error.strerror or str(error)
        raise TakeError(f"{path}: cannot be read ({reason}); check the path and its permissions") from error


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """Gives a temporary path in the folder of `path`; it becomes `path` when the block succeeds.

    So an output file appears whole or not at all, and an older one survives a failure. A link is followed; a
    device (`/dev/stdout`) is written directly, since replacing it would remove it.

    Args:
        path: the file the user asked for; its folder must exist. An existing file is replaced.

    Yields:
        The path to write to. It does not exist yet and keeps the suffix of `path`.

    Raises:
        TakeError: the folder is missing or unwritable, a folder is in the way, the disk is full.
    """
    target = Path(os.path.realpath(path))
    try:
        if target.exists() and not target.is_file():
            _refuse_folder(target)
            yield target
            return
        _refuse_read_only(target)
        yield from _replacing(target)
    except OSError as error:
        reason = error.strerror or str(error)
        raise TakeError(
            f"{path}: cannot be written ({reason}); check the folder, its permissions and free space"
        ) from error


def _replacing(target: Path) -> Iterator[Path]:
    """Yields a new name beside `target`, then renames it over `target`, or removes it on any failure."""
    # The name is short and ours, so that a target of the longest allowed length still has room beside it.
    temporary = target.with_name(f".facetake-{secrets.token_hex(6)}{target.suffix[:16]}")
    try:
        yield temporary
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _refuse_folder(target: Path) -> None:
    """Raises IsADirectoryError where a folder has the name of the file to be written."""
    if target.is_dir():
        raise IsADirectoryError(0, "a folder of that name is in the way")


def _refuse_read_only(target: Path) -> None:
    """Raises PermissionError for a file that is marked read-only: renaming over it would ignore the mark."""
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(0, "the file there is read-only")
