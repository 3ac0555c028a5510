"""What is on the desk and in no project yet, kept by itself, so that a crash loses nothing.

Each window has a project file of its own in a folder of the person's, written a moment after whatever was done last. A
window that closes takes its file away; one that is left there was of a window that died, and is offered again.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace
from pathlib import Path
from typing import Final

from PySide6.QtCore import QLockFile

from facetake import files
from facetake.errors import FacetakeError
from facetake.ui import project
from facetake.ui.desk import Desk, Lines
from facetake.ui.lines import LineTake, SpokenLine

FOLDER: Final = "unsaved"
LONGEST_TAKE_S: Final = 60.0
"""Longer takes that can be generated again are not kept: writing one would hold the window up."""


class Journal:
    """The file of one window."""

    def __init__(self, folder: Path | None) -> None:
        """In a folder, which need not be there; None keeps nothing."""
        self._folder = folder
        self._path: Path | None = None
        self._lock: QLockFile | None = None
        self._kept: Lines = ()

    def is_behind(self, desk: Desk) -> bool:
        """Whether something was done since it was written last."""
        return self._folder is not None and desk.lines is not self._kept

    def keep(self, desk: Desk) -> None:
        """Writes the desk down, or takes the file away where all is in a project; what cannot be written is not."""
        if not self.is_behind(desk):
            return
        self._kept = desk.lines
        if not desk.is_changed:
            self.clear()
            return
        with contextlib.suppress(FacetakeError, OSError):
            path = self._begun()
            lengths = {sound: facts.duration_s for sound, facts in desk.facts.items()}
            lines = tuple(map(_light, desk.lines))
            project.save(path, lines, lengths)
            _drop_others(path, lines)

    def clear(self) -> None:
        """Takes the file away."""
        if self._path is not None:
            drop(self._path)
        if self._lock is not None:
            self._lock.unlock()
        self._path = self._lock = None

    def left(self) -> list[Path]:
        """Files of windows that died, the last one first."""
        if self._folder is None or not self._folder.is_dir():
            return []
        found = [path for path in self._folder.glob(f"*{project.SUFFIX}") if path != self._path]
        return sorted(filter(_is_left, found), key=lambda path: -path.stat().st_mtime)

    def _begun(self) -> Path:
        if self._path is None:
            assert self._folder is not None
            self._folder.mkdir(parents=True, exist_ok=True)
            names = (f"{os.getpid()}-{number}{project.SUFFIX}" for number in range(1_000_000))
            self._path = next(path for name in names if not (path := self._folder / name).exists())
            self._lock = _lock(self._path)
            self._lock.tryLock(0)
        return self._path


def drop(path: Path) -> None:
    """Takes such a file with its takes away."""
    with contextlib.suppress(OSError):
        files.remove(path)
        files.remove(path.with_suffix(".takes"))
        files.remove(Path(_lock(path).fileName()))


def _light(line: SpokenLine) -> SpokenLine:
    """A line without takes that are long and can be generated again."""
    takes = tuple(one for one in line.takes if not _is_long(one))
    return line if len(takes) == len(line.takes) else replace(line, takes=takes)


def _is_long(made: LineTake) -> bool:
    return made.recipe is not None and made.take.duration_s > LONGEST_TAKE_S


def _drop_others(path: Path, lines: Lines) -> None:
    """Takes of states before that are in the file no longer."""
    folder = path.with_suffix(".takes")
    wanted = {project.name_of(line, made) for line in lines for made in line.takes}
    for one in folder.iterdir() if folder.is_dir() else ():
        if one.name not in wanted:
            files.remove(one)


def _is_left(path: Path) -> bool:
    """Whether nobody holds a file any more."""
    lock = _lock(path)
    if not lock.tryLock(0):
        return False
    lock.unlock()
    return True


def _lock(path: Path) -> QLockFile:
    lock = QLockFile(str(path.with_name(f".{path.name}.lock")))
    lock.setStaleLockTime(0)  # whoever lives holds it; one whose window died is taken over
    return lock
