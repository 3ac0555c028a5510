"""Names of files as people read them: one that is written with other bytes or capitals than the file has.

macOS takes an accent apart from its letter, and neither it nor Windows tells capitals: a list that works there names
files that other systems do not find. Knows no kinds of files.
"""

from __future__ import annotations

import os
import unicodedata
from functools import lru_cache
from pathlib import Path


def as_stored(path: Path) -> Path:
    """A path with each part called as it is on the disk, where that differs in how accents are written alone.

    Args:
        path: where nothing need be; a part of which there is none, or which is there twice so, stays as it is.
    """
    if os.path.lexists(path) or path.parent == path:
        return path
    folder = as_stored(path.parent)
    same = [name for name in _alike(folder, path.name) if _plain(name) == _plain(path.name)]
    return folder / (same[0] if len(same) == 1 else path.name)


def differing(path: Path) -> str:
    """What follows in a message that there is no such file: the one whose name has other capitals; empty where none."""
    same = _alike(path.parent, path.name)
    return f"; there is '{same[0]}', and capitals count here" if same else ""


def _alike(folder: Path, name: str) -> list[str]:
    """The names in a folder that are a name's but for capitals and how accents are written."""
    try:
        known = _names(folder, folder.stat().st_mtime_ns)
    except (OSError, ValueError):  # no folder, or no name that one can have
        return []
    return known.get(_plain(name).casefold(), [])


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name)


@lru_cache(maxsize=4)
def _names(folder: Path, written_ns: int) -> dict[str, list[str]]:
    """All names in a folder by how they are compared, read once: a list may miss thousands there.

    Args:
        folder: any.
        written_ns: when it was written last; what was read before that counts no more.
    """
    del written_ns
    found: dict[str, list[str]] = {}
    for name in sorted(one.name for one in folder.iterdir()):
        found.setdefault(_plain(name).casefold(), []).append(name)
    return found
