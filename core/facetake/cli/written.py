"""What this person's commands wrote, by SHA-256, so that what somebody changed since is kept when it is made again.

The list is in the person's own folder for state, holds no names and has an end. Without it nothing is lost: whatever is
not known to be ours is kept.
"""

from __future__ import annotations

import argparse
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from facetake import files
from facetake.cli.terminal import Reporter
from facetake.errors import ConfigError
from facetake.files import user_folders

NAME: Final = "written.txt"
LINE: Final = 65  # bytes: 64 digits and a line feed
MOST_LINES: Final = 20_000  # 1.3 MB, read in a few milliseconds: the takes of a year or two at a desk
_HASH: Final = re.compile(rb"^[0-9a-f]{64}$", re.MULTILINE)


def add_force(parser: argparse.ArgumentParser) -> None:
    """Declares `--force`."""
    parser.add_argument("--force", action="store_true", help="replace files that somebody changed, too, and keep none")


@contextmanager
def replacing(target: Path, report: Reporter, item: str, *, force: bool) -> Iterator[None]:
    """Keeps, beside it, a file that the block replaces, unless it is as a command of this person wrote it.

    Args:
        target: which the block writes; where that fails, or writes the same again, nothing is kept.
        report: whom to tell of what was kept.
        item: what the file is made from.
        force: keep nothing.

    Raises:
        ConfigError: the file cannot be kept.
    """
    aside = None if force else _set_aside(target)
    try:
        yield
    finally:
        if aside is not None and _is_same(aside, target):  # also where the block failed before it replaced anything
            _remove(aside)
            aside = None
    if aside is not None:
        report.warning(item, f"{target} was not as facetake wrote it here; it is kept as {aside.name}")
    if target.is_file():  # and no pipe or device
        remember(files.hash_of(target))


def _set_aside(target: Path) -> Path | None:
    """Where a file is kept that is none of ours; None where there is none."""
    from facetake.formats.changed import set_aside

    if not target.is_file():
        return None
    try:
        name = set_aside(target, known())
    except OSError as error:
        reason = files.reason(error)
        raise ConfigError(
            f"{target} was not written by facetake here and cannot be kept ({reason}); name another, or add --force"
        ) from error
    return target.with_name(name) if name else None


def _is_same(aside: Path, target: Path) -> bool:
    """Whether both are there and hold the same; what cannot be compared is kept."""
    with suppress(OSError):
        return files.hash_of(aside) == files.hash_of(target)
    return False


def _remove(path: Path) -> None:
    with suppress(OSError):
        files.remove(path)


def known() -> frozenset[str]:
    """SHA-256 of what was written; nothing where no list can be read."""
    with suppress(OSError, RuntimeError):
        return frozenset(one.decode() for one in _lines(_place()))
    return frozenset()


def remember(sha256: str) -> None:
    """Adds what was written to the list; where that cannot be, nothing happens.

    A line is appended at once, so that several commands may do so together.
    """
    with suppress(OSError, RuntimeError):
        path = _place()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists() and files.check(path) >= MOST_LINES * LINE:
            _shorten(path)
        with path.open("ab", buffering=0) as file:
            file.write(f"{sha256}\n".encode())


def _place() -> Path:
    return user_folders.state() / "facetake" / NAME


def _lines(path: Path) -> list[bytes]:
    """The newest lines of the list that are hashes."""
    files.check(path)
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - MOST_LINES * LINE))
        return _HASH.findall(file.read(MOST_LINES * LINE))


def _shorten(path: Path) -> None:
    """Forgets the older half. A line that another command adds meanwhile may go: its file is then kept in vain."""
    part = path.with_name(f"{NAME}.{secrets.token_hex(6)}")
    try:
        part.write_bytes(b"".join(line + b"\n" for line in _lines(path)[-MOST_LINES // 2 :]))
        files.replace(part, path)
    except BaseException:
        _remove(part)
        raise
