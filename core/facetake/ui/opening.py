"""What files that are opened or dropped stand for: recordings, takes of them, folders of both. No Qt."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from facetake import formats
from facetake.inspection import SOUND, is_folder, is_take
from facetake.ui.desk import Lines
from facetake.ui.project import SUFFIX

NAMED: Final = 3  # files named to a person, by choice; the others are counted
_WILD: Final = " ".join(f"*{suffix}" for suffix in (SUFFIX, *sorted(SOUND), *formats.suffixes()))
FILTER: Final = f"Sounds, takes and projects ({_WILD});;All files (*)"


@dataclass
class Opened:
    """A line to be: a recording, or none, and takes of it."""

    name: str
    sound: Path | None
    takes: list[Path] = field(default_factory=list)


@dataclass
class Sorted:
    """Lines to be, in order, and what a person should know of the rest."""

    lines: list[Opened]
    told: str = ""


def sort(paths: Iterable[Path]) -> Sorted:
    """Which lines files stand for: each recording, with the takes that have its name and lie beside it.

    A folder stands for the recordings in it and their takes, or, where there is none, for its takes. A take whose
    recording is not named brings it along where it lies beside.
    """
    sounds: dict[tuple[Path, str], Opened] = {}
    takes: list[Path] = []
    lines: list[Opened] = []
    strange: list[Path] = []
    for path in (each.absolute() for one in paths for each in _stands_for(one)):
        if path.suffix.lower() in SOUND:
            made = Opened(path.stem, path)
            sounds.setdefault((path.parent, path.stem), made)
            lines.append(made)
        elif is_take(path):
            takes.append(path)
        else:
            strange.append(path)
    for path in takes:
        key = (path.parent, path.stem)
        if key not in sounds:
            beside = next((sound for suffix in sorted(SOUND) if (sound := path.with_suffix(suffix)).is_file()), None)
            made = Opened(path.stem, beside)
            lines.append(made)
            if beside is not None:
                sounds[key] = made
        else:
            made = sounds[key]
        made.takes.append(path)
    return Sorted(lines, _told(strange) if strange else "" if lines else "There is no recording and no take in it.")


def _told(strange: Sequence[Path]) -> str:
    names = ", ".join(path.name for path in strange[:NAMED])
    more = f" and {len(strange) - NAMED} more" if len(strange) > NAMED else ""
    return f"Left aside, as it is no sound, take or project by its name: {names}{more}."


def _stands_for(path: Path) -> list[Path]:
    if not is_folder(path):
        return [path]
    try:
        found = sorted(Path(one.path) for one in os.scandir(path) if one.is_file())
    except OSError:
        return []
    sounds = [one for one in found if one.suffix.lower() in SOUND]
    stems = {one.stem for one in sounds}
    return sounds + [one for one in found if is_take(one) and (not sounds or one.stem in stems)]


def targets(lines: Lines, folder: Path, suffix: str) -> dict[int, Path]:
    """Where the shown takes of lines go, by the lines' numbers: named after the line, no name twice."""
    taken: set[str] = set()
    found = {}
    for line in lines:
        if line.top is not None:
            name, number = line.name, 2
            while name.casefold() in taken:
                name, number = f"{line.name}_{number}", number + 1
            taken.add(name.casefold())
            found[line.number] = folder / f"{name}{suffix}"
    return found
