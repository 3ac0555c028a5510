"""What must not be lost when a take is made again: the version that was approved, and what somebody changed by hand."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from facetake.audio import hash_of

APPROVED: Final = "approved"  # folder of approved versions, beside the takes


def approved_path(folder: Path, row: str) -> Path:
    """Where the approved version of a row's take is kept; its id may contain dots."""
    return folder / APPROVED / f"{row}.npz"


def set_aside(path: Path, known: Sequence[str]) -> str:
    """Keeps a file that nobody here wrote under the next free name beside it; gives that name, or "".

    Args:
        path: which is about to be replaced.
        known: SHA-256 of what may go.

    Raises:
        OSError: it cannot be kept.
    """
    if not path.is_file() or path.stat().st_size == 0 or hash_of(path) in known:
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
        with name.open("xb") as copy, path.open("rb") as file:
            shutil.copyfileobj(file, copy)
