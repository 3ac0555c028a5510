"""What must not be lost when takes are made again, and what alone may go: one place that replaces and removes.

A version that was approved and what somebody changed by hand are kept. A file goes where this ledger's runs began it.
Knows files and their hashes; does not know rows or how a take is made.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from facetake import files
from facetake.errors import BatchError
from facetake.files import remove
from facetake.formats.changed import is_foreign, set_aside
from facetake.formats.files import begun_with, beside

APPROVED: Final = "approved"  # folder of approved versions, beside the takes


@dataclass(frozen=True)
class WrittenFile:
    """A file as it was written.

    Attributes:
        name: relative to the folder of results.
        bytes: its size, by which a file lost to a power cut is found.
        sha256, mtime_ns: of its content, and its time; empty and 0 where that is not known.
    """

    name: str
    bytes: int
    sha256: str = ""
    mtime_ns: int = 0


def approved_path(folder: Path, row: str) -> Path:
    """Where the approved version of a row's take is kept; its id may contain dots."""
    return folder / APPROVED / f"{row}.npz"


def make_folder(folder: Path) -> None:
    """Makes a folder for results, if it is not there. Raises BatchError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:  # a NUL is a ValueError
        raise BatchError(f"the folder {folder} cannot be made ({files.reason(error)}); name another") from error


def put_down(
    folder: Path,
    names: Sequence[str],
    known: Sequence[str],
    write: Callable[[Sequence[Path]], None],
    former: Sequence[str] = (),
) -> tuple[tuple[WrittenFile, ...], tuple[str, ...]]:
    """Replaces all files of a take, after they are whole.

    Where somebody has changed one of those that are there, all that would be lost are kept beside the new ones.

    Args:
        folder: of results.
        names: of the files, relative to it.
        known: SHA-256 of what earlier runs wrote there.
        write: gets a path for each.
        former: of files of an earlier version of the take that this one does not have. They would pass for its own:
            what a run wrote is removed, what somebody has changed is kept under another name.

    Returns:
        The files as they were written, and the names under which changed ones were kept.

    Raises:
        BatchError, TakeError: a folder cannot be made, a file cannot be written.
    """
    paths = [folder / name for name in names]
    kept = list[str]()
    make_folder(paths[0].parent)
    with ExitStack() as stack:
        parts = [stack.enter_context(beside(path)) for path in paths]
        write(parts)
        written = tuple(_written(part, name) for part, name in zip(parts, names, strict=True))
        new = [one.sha256 for one in written]
        if any(is_foreign(path, (*known, *new)) for path in paths):
            kept += filter(None, (set_aside(path, (one,)) for path, one in zip(paths, new, strict=True)))
    for path in (folder / name for name in former):
        if is_foreign(path, known):
            kept += filter(None, [set_aside(path, known)])
        if path.is_file():
            remove(path)
    return written, tuple(kept)


def _written(path: Path, name: str) -> WrittenFile:
    stamp = path.stat()
    return WrittenFile(name, stamp.st_size, files.hash_of(path), stamp.st_mtime_ns)


def sweep(folder: Path, names: Iterable[str], mark: str) -> None:
    """Takes away what killed runs, processes and nodes of one ledger had begun to write.

    Args:
        folder: of results; nothing outside it is touched, wherever links lead.
        names: of files that its rows write, relative to it.
        mark: of the ledger; what anybody else has begun beside these files has another one, or none.
    """
    root = Path(os.path.realpath(folder))
    for place in {folder, folder / APPROVED, *((folder / name).parent for name in names)}:
        with suppress(OSError, ValueError):  # a folder that is not there, or cannot be
            if not Path(os.path.realpath(place)).is_relative_to(root):
                continue
            for begun in place.glob(begun_with(mark)):
                with suppress(OSError):
                    begun.unlink()
