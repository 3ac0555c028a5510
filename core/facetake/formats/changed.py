"""Files that somebody changed, or that are nobody's here: told by their SHA-256, and kept beside what replaces them.

Does not know who remembers what was written.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from facetake import files


def is_foreign(path: Path, known: Collection[str]) -> bool:
    """Whether a file is there, is not empty, and is none of those that we know by their SHA-256."""
    return path.is_file() and path.stat().st_size > 0 and files.hash_of(path) not in known


def set_aside(path: Path, known: Collection[str]) -> str:
    """Keeps a file that nobody here wrote under the next free name beside it; gives that name, or "".

    Args:
        path: which is about to be replaced.
        known: SHA-256 of what may go.

    Raises:
        OSError: it cannot be read or kept.
    """
    if not is_foreign(path, known):
        return ""
    for number in itertools.count(1):
        name = path.with_name(f"{path.stem}.changed-{number}{path.suffix}")
        with suppress(FileExistsError):
            _second_name(Path(os.path.realpath(path)), name)
            return name.name
    raise AssertionError


def _second_name(path: Path, name: Path) -> None:
    """A second name for a file that is about to lose its first; a copy where the disk knows no such thing."""
    try:
        os.link(path, name)
    except FileExistsError:
        raise
    except OSError:
        with name.open("xb") as copy:
            try:
                with path.open("rb") as file:
                    shutil.copyfileobj(file, copy)
            except BaseException:  # half a file would pass for what somebody made
                copy.close()
                files.remove(name)
                raise
