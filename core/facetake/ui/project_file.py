"""The project file that a window has open: one window holds it, and a second one is told and never writes over it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QLockFile

from facetake.errors import ConfigError
from facetake.ui import project
from facetake.ui.desk import Desk, SoundFacts
from facetake.ui.project import Project


class ProjectFile:
    """A file, or none yet.

    Attributes:
        path: of it; None before the first saving.
    """

    def __init__(self) -> None:
        """None yet."""
        self.path: Path | None = None
        self._digest = ""
        self._lock: QLockFile | None = None

    def open(self, path: Path, desk: Desk) -> Project:
        """Takes a project in place of what is on the desk; what is to be told of it stands in it.

        Raises:
            ConfigError: it cannot be read; everything is as before.
        """
        found = project.load(path)
        desk.put(found.lines)
        desk.facts.update({sound: SoundFacts(length) for sound, length in found.durations_s.items() if length})
        self.path, self._digest = path, found.digest
        return found

    def hold(self, path: Path) -> str:
        """Takes hold of a file for this window, in place of the one before; why that cannot be, or ""."""
        lock = QLockFile(str(path.with_name(f".{path.name}.lock")))
        if self._lock is not None and self._lock.fileName() == lock.fileName():
            return ""
        lock.setStaleLockTime(0)  # whoever lives holds it; one whose window died is taken over
        if not lock.tryLock(0) and lock.error() == QLockFile.LockError.LockFailedError:
            return (
                f"{path} is open in another window{_holder(lock)}; it can be looked at and changed here, and saved "
                "under another name only"
            )
        self.let_go()
        self._lock = lock if lock.isLocked() else None
        return ""

    def let_go(self) -> None:
        """Lets go of the file."""
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None

    def save(self, path: Path, desk: Desk) -> None:
        """Writes the desk into a file, which is this window's from then on.

        Raises:
            ConfigError: another window holds it, or somebody has changed it meanwhile.
            TakeError: it cannot be written.
        """
        if held := self.hold(path):
            raise ConfigError(held)
        lengths = {sound: facts.duration_s for sound, facts in desk.facts.items()}
        self._digest = project.save(path, desk.lines, lengths, self._digest if path == self.path else None)
        self.path, desk.kept = path, desk.lines


def _holder(lock: QLockFile) -> str:
    """Who holds a lock, as far as it says."""
    told = lock.getLockInfo()
    parts = [str(one) for one in told[-3:]] if isinstance(told, tuple) else []
    return f" (process {parts[0]} on {parts[1]})" if len(parts) > 1 else ""
