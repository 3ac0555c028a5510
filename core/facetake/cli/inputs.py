"""Which files a command works on and where its results go. Knows nothing of what is in them."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from facetake.errors import ConfigError

SOUND = frozenset(".wav .flac .ogg .oga .opus .mp3 .aif .aiff .aifc .au .caf .w64 .m4a .aac .mp4 .mov".split())
FILM = (".mp4", ".mov", ".mkv")
WILD = frozenset("*?[")


def sound_files(names: Sequence[str]) -> list[Path]:
    """Files that names, folders and patterns stand for, in order, each once.

    A folder stands for the sound files in it, not below it. Patterns are expanded here because Windows' shells do not.

    Raises:
        ConfigError: a folder without sound files, or a pattern that matches nothing.
    """
    found: dict[Path, None] = {}
    for name in names:
        found |= dict.fromkeys(_stands_for(name))
    return list(found)


def _stands_for(name: str) -> Iterable[Path]:
    if not name:
        raise ConfigError("an input has an empty name; give a sound file, a folder or a pattern")
    path = Path(name)
    if is_folder(path):
        inside = sorted(child for child in path.iterdir() if child.suffix.lower() in SOUND and child.is_file())
        if not inside:
            raise ConfigError(f"folder {path} holds no sound files; name the files or another folder")
        return inside
    if WILD & set(name) and not os.path.lexists(name):
        matches = sorted(map(Path, glob.glob(name)))  # noqa: PTH207  Path.glob refuses absolute patterns
        if not matches:
            raise ConfigError(f"no file matches {name}; check the pattern")
        return matches
    return [path]


def is_folder(path: Path) -> bool:
    """Whether there is a folder of that name; a name too long is none, where `Path.is_dir` raises."""
    return os.path.isdir(path)  # noqa: PTH112


def outputs_for(inputs: Sequence[Path], out: Path | None, suffix: str) -> list[Path]:
    """Where each input's result goes: beside it, in the folder `out`, or, for one input, in the file `out`.

    Raises:
        ConfigError: the folder of the results is missing or cannot be made.
    """
    if out is not None and len(inputs) == 1 and not is_folder(out) and (out.suffix or out.exists()):
        if not is_folder(out.parent):
            raise ConfigError(f"there is no folder {out.parent} for {out.name}; make it first")
        return [out]
    if out is not None:
        make_folder(out)
    return [(path.parent if out is None else out) / (path.stem + suffix) for path in inputs]


def refuse_overwriting(results: Iterable[tuple[Path, Path]], kept: Iterable[Path]) -> None:
    """Makes sure that no result replaces another or a file that is read.

    Args:
        results: pairs of an input and a file it becomes.
        kept: files that are read, by any spelling of their path.

    Raises:
        ConfigError: two results are one file, or a result is a file that is read.
    """
    read = {_identity(path) for path in kept}
    owners: dict[str, Path] = {}
    for source, target in results:
        place = _identity(target)
        if place in read:
            raise ConfigError(f"{target} is an input and would be overwritten by a result; name another place")
        if place in owners:
            raise ConfigError(f"{owners[place]} and {source} would both write {target}; give them different names")
        owners[place] = source


def _identity(path: Path) -> str:
    return os.path.normcase(os.path.realpath(path))


def make_folder(folder: Path) -> None:
    """Makes a folder for results.

    Raises:
        ConfigError: a file of that name is in the way, or it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"cannot make the folder {folder} for results: {error.strerror or error}") from error


def check_film(out: Path) -> None:
    """Makes sure, before anything is done, that a film can have this name.

    Raises:
        ConfigError: another suffix than a film's, or a folder that is not there.
    """
    if out.suffix.lower() not in FILM:
        raise ConfigError(f"{out} is no film's name; end it in .mp4")
    if not is_folder(out.parent):
        raise ConfigError(f"there is no folder {out.parent} for {out.name}; make it first")
