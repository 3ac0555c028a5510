"""Paths that requests name, looked at before anything opens them.

A host's scene or a line typed by hand may name a device, a pipe that nobody writes to, a folder or nothing at all.
What is not there is left to whoever reads it, who says what it should have been. Knows no requests.
"""

from __future__ import annotations

import errno
import stat
from pathlib import Path
from typing import Final

from facetake import files
from facetake.errors import ConfigError
from facetake.files.quantities import shown


class SourcePath(str):
    """A path that is read: a file."""


class TargetPath(str):
    """A path that is written: a file, or nothing yet."""


class FolderPath(str):
    """A folder."""


PLACES: Final = (SourcePath, TargetPath, FolderPath)


def check(kind: type, value: str, where: str) -> None:
    """Looks at a path.

    Args:
        kind: one of `PLACES`.
        value: the path.
        where: what to call the field in an error.

    Raises:
        ConfigError: it is empty, no name of a file, or something else than its kind.
    """
    if not value:
        raise ConfigError(f"{where} is empty; name a {'folder' if kind is FolderPath else 'file'}")
    try:
        _look(kind, Path(value))
    except FileNotFoundError:
        pass
    except OSError as error:
        raise ConfigError(f"{where} is {shown(value)}: {files.reason(error)}; check the path") from error


def _look(kind: type, path: Path) -> None:
    if kind is SourcePath and path.is_dir():
        return  # inspect takes a folder of models
    if kind is not FolderPath:
        files.check(path)
    elif not stat.S_ISDIR(files.look(path).st_mode):
        raise NotADirectoryError(errno.ENOTDIR, "it is no folder")
