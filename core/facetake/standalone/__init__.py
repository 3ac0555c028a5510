"""`facetake package standalone`: Facetake in a folder with a Python of its own, which runs wherever it is put.

The folder holds copies of what runs this: `interpreter` names the files of Python, `libraries` those of the system's
libraries that it needs, `distributions` those of Facetake and the packages it stands on; `launchers` adds the programs
that people start. Nothing in it knows where it lies. `trial` has it make a line before it gets its name. Nothing is
fetched; a folder is for systems of the kind that it was made on.
"""

from __future__ import annotations

import compileall
import os
import shutil
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Final

from facetake import __version__, files
from facetake.errors import ConfigError
from facetake.formats import beside
from facetake.plugin_archive import PLUGINS, package
from facetake.standalone import distributions, interpreter, launchers, libraries, trial

NAME: Final = "facetake"
"""Of the folder: where it is unpacked into a person's home, the plugins look for it."""
EVERYDAY: Final = ("cpu", "gpu", "preview", "ui", "live")
"""The extras that go along where they are installed: what the window and the commands for takes need."""
ROOM: Final = 1.3
"""Times the bytes that are copied, which compiled Python adds a fifth to."""


@dataclass(frozen=True)
class Standalone:
    """What was made.

    folder: with its own Python.
    extras: what of Facetake's extras is in it.
    size: bytes.
    rests_on: what it needs of a system, in words.
    """

    folder: Path
    extras: tuple[str, ...]
    size: int
    rests_on: str


def make(out: Path, extras: Sequence[str] = (), told: Callable[[float], None] = lambda _: None) -> Standalone:
    """Makes the folder `facetake` in `out`; it appears whole or not at all.

    Args:
        out: an existing folder.
        extras: names of Facetake's extras; by default those of every day that are installed here.
        told: is called with the share that is done, 0..1.

    Raises:
        ConfigError: there is such a folder, no room, or no right to write; an extra that is not installed; a Python
            that cannot be moved; or what was made does not run.
    """
    target = out / NAME
    if os.path.lexists(target):
        raise ConfigError(f"{target} is there already; remove it, or name another folder with --out")
    chosen = tuple(extras) or distributions.installed(EVERYDAY)
    python = interpreter.find()
    members = {**python.members, **libraries.beside(python), **distributions.members(chosen, python.packages)}
    _check_room(out, members)
    try:
        begun = Path(tempfile.mkdtemp(prefix=f".{NAME}-", dir=out))
        try:
            _copy(members, begun, lambda share: told(0.5 * share))
            libraries.bind(begun, python)
            launchers.write(begun, python)
            _add_plugins(begun)
            _compile(begun)
            told(0.8)
            rests_on = launchers.write_page(begun)
            begun.chmod(0o755)  # others may read it, unlike what is temporary
            trial.run(begun, python)
            told(1.0)
            files.replace(begun, target)
        finally:
            shutil.rmtree(begun, ignore_errors=True)
    except OSError as error:
        raise ConfigError(f"{target} {files.unwritten(error, target)}") from error
    return Standalone(target, chosen, _size(target), rests_on)


def pack(made: Standalone, out: Path) -> Path:
    """Writes the folder into one file, as a zip for Windows and as .tar.gz elsewhere, where files have rights.

    Raises:
        TakeError: it cannot be written.
    """
    stem = f"facetake_standalone_{__version__}_{interpreter.platform_name()}"
    if sys.platform == "win32":
        target = out / f"{stem}.zip"
        with beside(target) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(made.folder.rglob("*")):
                archive.write(path, f"{NAME}/{path.relative_to(made.folder).as_posix()}")
        return target
    target = out / f"{stem}.tar.gz"
    with beside(target) as part, tarfile.open(part, "w:gz", compresslevel=6) as tar:
        tar.add(made.folder, NAME, filter=_of_nobody)
    return target


def _of_nobody(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leaves out whose file it was."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def _check_room(out: Path, members: Mapping[str, Path]) -> None:
    needed = int(ROOM * sum(path.stat().st_size for path in members.values()))
    free = shutil.disk_usage(out).free
    if free < needed:
        raise ConfigError(
            f"{out} has {free / 1e6:.0f} MB free and {needed / 1e6:.0f} are needed; free some, or name another folder "
            "with --out"
        )


def _copy(members: Mapping[str, Path], folder: Path, told: Callable[[float], None]) -> None:
    for number, (name, source) in enumerate(members.items()):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)  # not whose it is nor that it may not be written
        target.chmod(0o755 if os.access(source, os.X_OK) else 0o644)
        told(number / len(members))


def _add_plugins(folder: Path) -> None:
    plugins = folder / "plugins"
    plugins.mkdir()
    for host in PLUGINS:
        package(host, plugins)


def _compile(folder: Path) -> None:
    """Compiles all Python, so that it starts as fast where its folder cannot be written."""
    # not by time, which archives round, and without the folder's path
    compileall.compile_dir(
        folder,
        maxlevels=20,
        quiet=2,
        stripdir=str(folder),
        invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
        workers=1 if sys.platform == "win32" else 0,
    )


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
