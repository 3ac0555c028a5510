"""How Windows shares files, on Linux: one that this process holds open or mapped keeps its name.

There a file is renamed, replaced or removed only once everybody has closed it, and a folder is renamed only once all
files in it are closed; elsewhere an open file outlives its name. Whatever a test does that Windows would refuse is
refused here with the same error, so that a forgotten handle shows on any machine.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

HANDLES: Final = Path("/proc/self/fd")
MAPS: Final = Path("/proc/self/maps")
MEMORY: Final = "/dev/shm/"
"""Where processes share memory: what lies there is no file to Windows."""
SAID: Final = "The process cannot access the file because it is being used by another process"


def are_known() -> bool:
    """Whether this system tells which files a process holds."""
    return HANDLES.is_dir() and MAPS.is_file()


def is_held(path: Path) -> bool:
    """Whether this process has a file, or one in a folder, open or mapped."""
    whole = str(path)
    inside = f"{path}/"
    if any(one == whole or one.startswith(inside) for one in _open()):
        return True
    maps = MAPS.read_bytes()
    name = os.fsencode(path)
    return any(name + ending in maps for ending in (b"\n", b"/"))


def refuse_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the functions of `os` refuse what Windows would refuse."""
    for name in ("replace", "rename", "unlink", "remove"):
        monkeypatch.setattr(os, name, _strict(getattr(os, name)))


def _strict(call: Callable[..., None]) -> Callable[..., None]:
    def strict(*paths: Any, **where: Any) -> None:
        folders = [where.get(name) for name in (("src_dir_fd", "dst_dir_fd") if len(paths) > 1 else ("dir_fd",))]
        for path, folder in zip(paths, folders, strict=True):
            whole = _whole(Path(os.fsdecode(path)), folder)
            if not str(whole).startswith(MEMORY) and is_held(whole):
                raise PermissionError(errno.EACCES, SAID, str(whole))
        call(*paths, **where)

    return strict


def _open() -> Iterator[str]:
    for handle in HANDLES.iterdir():
        try:
            path = handle.readlink()
        except OSError:  # closed meanwhile
            continue
        if not path.is_dir():  # folders are open while they are listed, which Windows allows
            yield str(path)


def _whole(path: Path, folder: int | None) -> Path:
    """A path without links but for its last name, which is what is renamed or removed."""
    if folder is not None:
        path = (HANDLES / str(folder)).readlink() / path
    return Path(os.path.realpath(path.parent)) / path.name
