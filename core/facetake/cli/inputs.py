"""Which files a command works on and where its results go. Knows nothing of what is in them."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path

from facetake import files
from facetake.errors import ConfigError
from facetake.inspection import SOUND, is_folder

FILM = (".mp4", ".m4v", ".mov", ".mkv")
WILD = frozenset("*?[")
TOLD = 3  # clashes that a sentence lists


def sound_files(names: Sequence[str]) -> list[Path]:
    """Files that names, folders and patterns stand for, in order, each once.

    A folder stands for the sound files in it, not below it. Patterns are expanded here because Windows' shells do not.

    Raises:
        ConfigError: an empty name, a folder without sound files or that cannot be read, a pattern without a match.
    """
    found: dict[str, Path] = {}
    for name in names:
        for path in _stands_for(name):
            found.setdefault(identity(path), path)
    return list(found.values())


def _stands_for(name: str) -> Iterable[Path]:
    if not name:
        raise ConfigError("an input has an empty name; name a sound file, a folder or a pattern")
    path = Path(name)
    if is_folder(path):
        return _inside(path)
    if WILD & set(name) and not os.path.lexists(name):  # unlike Path.exists it does not fail on a name too long
        matches = sorted(map(Path, glob.glob(name)))  # noqa: PTH207  Path.glob refuses absolute patterns
        if not matches:
            raise ConfigError(f"no file matches {name}; check the pattern")
        return [inside for match in matches for inside in (_inside(match) if is_folder(match) else [match])]
    return [path]


def _inside(folder: Path) -> list[Path]:
    try:
        found = sorted(child for child in folder.iterdir() if child.suffix.lower() in SOUND and child.is_file())
    except OSError as error:
        raise ConfigError(f"cannot read the folder {folder}: {files.reason(error)}") from error
    if not found:
        raise ConfigError(f"folder {folder} holds no sound files; name the files or another folder")
    return found


def outputs_for(sources: Sequence[Path], out: Path | None, suffix: str) -> list[Path]:
    """Where each input's result goes: beside it, in the folder `out`, or, for one input, in the file `out`.

    Raises:
        ConfigError: `out` cannot be written, or cannot be a folder.
    """
    if out is None:
        return [path.with_name(path.stem + suffix) for path in sources]
    if len(sources) == 1 and not is_folder(out) and (out.suffix or os.path.lexists(out)):
        check_target(out)
        return [out]
    _check_folder(out)
    return [out / (path.stem + suffix) for path in sources]


def _check_folder(folder: Path) -> None:
    """Raises ConfigError where a file stands in the way of a folder that is there or is to be made."""
    for part in (folder, *folder.parents):
        if is_folder(part):
            return
        if os.path.lexists(part):
            raise ConfigError(f"cannot make the folder {folder} for results: {part} is a file; name another with -o")


def refuse_overwriting(written: Sequence[tuple[Path, Path]], inputs: Sequence[Path]) -> None:
    """Makes sure that no file is written twice and none that is read is overwritten.

    Args:
        written: each source with a file it will write.
        inputs: everything that is read.

    Raises:
        ConfigError: two results would share a file, of which the first few pairs are named together, or a result would
            replace an input.
    """
    read = {identity(path): path for path in inputs}
    owners: dict[str, Path] = {}
    shared: list[str] = []
    for source, target in written:
        key = identity(target)
        if key in read:
            raise ConfigError(f"{read[key]} would be overwritten by a result; name another place with -o")
        if key in owners:
            both = f"{owners[key]} and {source}" if owners[key] != source else f"two results of {source}"
            shared.append(f"{both} would both write {target}")
        owners[key] = source
    if shared:
        more = f", and {len(shared) - TOLD} more such" if len(shared) > TOLD else ""
        raise ConfigError(
            f"{'; '.join(shared[:TOLD])}{more}; give them different names, or name only the files that are meant"
        )


def check_target(target: Path, *, may_make_folder: bool = False) -> None:
    """Finds before the work what would stop its result from being written.

    Raises:
        ConfigError: a folder is in the way, there is no folder to write to, or the name is too long.
    """
    try:
        if target.is_dir():
            raise ConfigError(f"{target} cannot be written: a folder of that name is in the way")
        if not target.parent.is_dir() and not may_make_folder:
            raise ConfigError(f"{target} cannot be written: there is no folder {target.parent}; make it first")
    except OSError as error:
        raise ConfigError(f"{target} cannot be written: {files.reason(error)}; choose another name") from error


def check_film(out: Path) -> None:
    """Finds before the work what would stop a film from being made.

    Raises:
        ConfigError: no film's name, no place for it, or the `preview` extra is missing.
    """
    if out.suffix.lower() not in FILM:
        raise ConfigError(f"{out} is no film's name; end it in .mp4")
    check_target(out)
    missing = [name for name in ("PIL", "av", "numba") if find_spec(name) is None]
    if missing:
        raise ConfigError(f'a film needs {" and ".join(missing)}; pip install "facetake[preview]"')


def make_folder(folder: Path) -> None:
    """Makes a folder for results, if it is not there.

    Raises:
        ConfigError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"cannot make the folder {folder} for results: {files.reason(error)}") from error


def identity(path: Path) -> str:
    """The same text for every way to write one path: relative, through links, and on Windows in any case."""
    try:
        return os.path.normcase(os.path.realpath(path))
    except (OSError, ValueError):  # a name that no file can have: whoever opens it says so
        return os.path.normcase(path)
