"""Which files a command works on and where its results go. Knows nothing of what is in them."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Sequence
from pathlib import Path

from facetake.errors import ConfigError

SOUND = frozenset(".wav .flac .ogg .oga .opus .mp3 .aif .aiff .aifc .au .caf .w64 .m4a .aac .mp4 .mov".split())
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
    path = Path(name)
    if path.is_dir():
        inside = sorted(child for child in path.iterdir() if child.suffix.lower() in SOUND and child.is_file())
        if not inside:
            raise ConfigError(f"folder {path} holds no sound files; name the files or another folder")
        return inside
    if WILD & set(name) and not path.exists():
        matches = sorted(map(Path, glob.glob(name)))  # noqa: PTH207  Path.glob refuses absolute patterns
        if not matches:
            raise ConfigError(f"no file matches {name}; check the pattern")
        return matches
    return [path]


def outputs_for(inputs: Sequence[Path], out: Path | None, suffix: str) -> list[Path]:
    """Where each input's result goes: beside it, in the folder `out`, or, for one input, in the file `out`.

    Raises:
        ConfigError: two inputs would write the same file, an input would be overwritten, or `out` cannot be a folder.
    """
    if out is not None and len(inputs) == 1 and not out.is_dir() and (out.suffix or out.exists()):
        targets = [out]
    else:
        if out is not None:
            make_folder(out)
        targets = [(path.parent if out is None else out) / (path.stem + suffix) for path in inputs]
    owners: dict[Path, Path] = {}
    for source, target in zip(inputs, targets, strict=True):
        if target in owners:
            raise ConfigError(f"{owners[target]} and {source} would both write {target}; give them different names")
        if target == source:
            raise ConfigError(f"{source} would be overwritten by its own result; name another place with -o")
        owners[target] = source
    return targets


def make_folder(folder: Path) -> None:
    """Makes a folder for results.

    Raises:
        ConfigError: a file of that name is in the way, or it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"cannot make the folder {folder} for results: {error.strerror or error}") from error
