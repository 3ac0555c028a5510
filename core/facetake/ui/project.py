"""A project: a small JSON file with the lines of a desk, and a folder beside it with their takes.

Paths are relative to the file, so that a project moves with its recordings; recordings that moved are looked for.
A file that somebody else has written meanwhile is never overwritten. No Qt.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from facetake import edits, files, formats
from facetake.edits import LineEdits
from facetake.errors import ConfigError, TakeError
from facetake.files import json_text, quantities
from facetake.ui.desk import Lines
from facetake.ui.lines import LineTake, Recipe, SpokenLine, Visemes, settings_of
from facetake_host.mood import Mood

SUFFIX: Final = ".facetake"
FORMAT: Final = "facetake-project-1"
MOST_SEARCHED: Final = 20_000  # files looked at for a recording that moved: a second or two on a disk
REMEDY: Final = "open another copy of the project, or mend the file"


@dataclass(frozen=True)
class Project:
    """A project as it was read.

    Attributes:
        lines: of it.
        durations_s: of their recordings, by their paths.
        told: what a person should know: recordings that moved or are gone, takes that cannot be read.
        digest: of the file.
    """

    lines: Lines
    durations_s: Mapping[Path, float]
    told: tuple[str, ...]
    digest: str


def digest(path: Path) -> str:
    """Tells one state of a project file from another; "" where there is none."""
    try:
        return sha256(files.read_bytes(path, files.MOST_TEXT)).hexdigest()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({files.reason(error)}); check the path") from error


def save(path: Path, lines: Lines, durations_s: Mapping[Path, float], known: str | None = None) -> str:
    """Writes a project; takes first, and those that are there already not again.

    Args:
        path: the file; a folder of takes with its stem lies beside it.
        lines: to write.
        durations_s: of their recordings, by their paths.
        known: the digest of the file as it was read or written last; None to write whatever is there.

    Returns:
        The digest of what was written.

    Raises:
        ConfigError: somebody else has changed the file meanwhile.
        TakeError: something cannot be written.
    """
    if known is not None and digest(path) != known:
        raise ConfigError(
            f"{path} was changed by another window or program since it was opened; save under another name"
        )
    folder = path.with_suffix(".takes")
    if any(line.takes for line in lines):
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            raise TakeError(f"{folder}: {files.unwritten(error, folder)}") from error
    rows = [_written(line, path.parent, folder, durations_s) for line in lines]
    text = json_text.dump({"format": FORMAT, "lines": rows}, indent=1, ensure_ascii=False) + "\n"
    with formats.beside(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")
    return sha256(text.encode()).hexdigest()


def _written(line: SpokenLine, base: Path, folder: Path, durations_s: Mapping[Path, float]) -> dict[str, Any]:
    row: dict[str, Any] = {"name": line.name}
    if line.sound is not None:
        row["sound"] = _relative(line.sound, base)
        if line.sound in durations_s:
            row["duration_s"] = round(durations_s[line.sound], 4)
    if line.mood is not None and not line.mood.is_neutral:
        row["mood"] = line.mood.cues().splitlines()
    if told := line.settings.told():
        row["settings"] = told
    if line.note:
        row["note"] = line.note
    if line.takes:
        row["takes"] = [_written_take(line, one, base, folder) for one in line.takes]
        row["shown"] = line.shown
    if not line.edits.is_empty:
        row["edits"] = edits.text_of(line.edits).splitlines()
    if line.others:
        row["beside"] = [one.number for one in line.others]
    return row


def _written_take(line: SpokenLine, made: LineTake, base: Path, folder: Path) -> dict[str, Any]:
    target = folder / name_of(line, made)
    if not target.is_file():
        formats.write(made.take, target)
    row = {"number": made.number, "label": made.label, "file": _relative(target, base)}
    row |= {"told": made.told} if made.told else {}
    if made.recipe is not None:
        row["recipe"] = {"settings": made.recipe.settings.told(), "mood": made.recipe.cues.splitlines()}
    if not made.edits.is_empty:
        row["edits"] = edits.text_of(made.edits).splitlines()
    row |= {"visemes": " ".join(f"{name}:{start:.3f}-{end:.3f}" for name, start, end in made.visemes)}
    return row


def name_of(line: SpokenLine, made: LineTake) -> str:
    """The name of the file of a take, which another take never has."""
    return f"{_plain(line.name)}-{made.number}-{_mark(made)}.npz"


def _mark(made: LineTake) -> str:
    """A few letters that tell takes apart by what is in them."""
    told = sha256(made.take.values.tobytes())
    told.update(f"{made.take.rate} {made.take.start}".encode())
    told.update(b"" if made.take.head is None else made.take.head.tobytes())
    return told.hexdigest()[:10]


def _plain(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in name)[:60] or "line"


def _relative(path: Path, base: Path) -> str:
    """A path from a folder, with slashes; as it is where they lie on different drives."""
    try:
        return Path(os.path.relpath(path.absolute(), base.absolute())).as_posix()
    except ValueError:
        return path.absolute().as_posix()


def load(path: Path) -> Project:
    """Reads a project, and looks for recordings that moved: in its folder and below it, by name.

    Raises:
        ConfigError: it is no project, or says something that cannot be.
    """
    try:
        text = files.read_bytes(path, files.MOST_TEXT)
        found = json_text.load(text)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({files.reason(error)}); check the path") from error
    except ValueError as error:
        raise ConfigError(f"{path} is no project ({files.reason(error)}); {REMEDY}") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT or not isinstance(found.get("lines"), list):
        raise ConfigError(f"{path} is no project of this version; its format should be {FORMAT}; {REMEDY}")
    base = path.absolute().parent
    told: list[str] = []
    durations: dict[Path, float] = {}
    lines = [_read(row, f"{path}: line {at}", base, at, told, durations) for at, row in enumerate(found["lines"], 1)]
    return Project(tuple(lines), durations, tuple(told), sha256(text).hexdigest())


def _read(row: Any, where: str, base: Path, number: int, told: list[str], durations: dict[Path, float]) -> SpokenLine:
    if not isinstance(row, dict):
        raise ConfigError(f"{where} is no table; {REMEDY}")
    name = _text(row, "name", where)
    duration_s = quantities.number(row.get("duration_s", 0.0), f"{where}: duration_s", 0.0, 1e6)
    sound = _place(base, row, "sound", where) if "sound" in row else None
    if sound is not None:
        sound = _found(sound, base, name, told)
        durations[sound] = duration_s
    takes = [take for one in _rows(row, "takes", where) if (take := _read_take(one, where, base, told))]
    shown = _number(row.get("shown", 0), where)
    made = SpokenLine(
        number,
        name,
        sound,
        _mood(_rows(row, "mood", where), duration_s, where),
        settings_of(row.get("settings", {}), f"{where}: its settings"),
        _text(row, "note", where) if "note" in row else "",
        tuple(takes),
        beside=tuple(_number(one, where) for one in _rows(row, "beside", where)),
        edits=_edits(row, where),
    )
    return replace(made, shown=shown if made.find(shown) else (takes[-1].number if takes else 0))


def _place(base: Path, row: dict[str, Any], key: str, where: str) -> Path:
    """Where a file that a row names lies; of a ring of symbolic links, which leads nowhere, the name as it is."""
    named = base / _text(row, key, where)
    try:
        return named.resolve()
    except (OSError, RuntimeError):
        return named.absolute()


def _read_take(row: Any, where: str, base: Path, told: list[str]) -> LineTake | None:
    """A take of a line; None where its file cannot be read, which is told."""
    if not isinstance(row, dict):
        raise ConfigError(f"{where}: a take is no table; {REMEDY}")
    visemes = _visemes(row.get("visemes", ""), where)
    try:
        take = formats.read(_place(base, row, "file", where))
    except TakeError as error:
        told.append(str(error))
        return None
    return LineTake(
        _number(row.get("number"), where),
        _text(row, "label", where),
        take,
        visemes,
        str(row.get("told", "")),
        _recipe(row, where),
        _edits(row, where),
    )


def _recipe(row: Mapping[str, Any], where: str) -> Recipe | None:
    """What a take was generated by; None where it does not say."""
    told = row.get("recipe")
    if told is None:
        return None
    if not isinstance(told, dict):
        raise ConfigError(f"{where}: the recipe of a take is no table; {REMEDY}")
    settings = settings_of(told.get("settings", {}), f"{where}: the settings of a take")
    cues = [str(one) for one in _rows(told, "mood", where)]
    _mood(list(cues), 1.0, where)
    return Recipe(settings, "".join(f"{one}\n" for one in cues))


def _edits(row: Mapping[str, Any], where: str) -> LineEdits:
    """What was changed by hand, as its file would say it."""
    lines = _rows(row, "edits", where)
    return edits.parse("\n".join(map(str, lines)) + "\n", f"{where}: its edits") if lines else LineEdits()


def _visemes(text: Any, where: str) -> Visemes:
    try:
        found = [(name, *times.split("-")) for name, times in (part.rsplit(":", 1) for part in text.split())]
        return tuple((name, float(start), float(end)) for name, start, end in found)
    except (AttributeError, ValueError) as error:
        raise ConfigError(f"{where}: its visemes are not like 'p:0.120-0.200'; {REMEDY}") from error


def _mood(cues: list[Any], duration_s: float, where: str) -> Mood | None:
    if not cues:
        return None
    mood = Mood(duration_s)
    try:
        mood.follow(cues)
    except (AttributeError, TypeError, ValueError) as error:
        raise ConfigError(f"{where}: its mood is not lines such as '1.2 angry:0.8'; {REMEDY}") from error
    return mood


def _text(row: Mapping[str, Any], name: str, where: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or "\0" in value:
        raise ConfigError(f"{where}: {name} is {quantities.shown(value)}, no text; {REMEDY}")
    return value


def _rows(row: Mapping[str, Any], name: str, where: str) -> list[Any]:
    value = row.get(name, [])
    if not isinstance(value, list):
        raise ConfigError(f"{where}: {name} is {quantities.shown(value)}, no list; {REMEDY}")
    return value


def _number(value: Any, where: str) -> int:
    return quantities.whole(value, f"{where}: the number of a take", low=0)


def _found(sound: Path, base: Path, name: str, told: list[str]) -> Path:
    """Where a recording is: as the project says, else the only one of its name below the project's folder."""
    if sound.is_file():
        return sound
    there = [path for path in _below([base]) if path.name == sound.name]
    if len(there) == 1:
        told.append(f"{name}: {sound.name} moved, and was found at {there[0]}")
        return there[0]
    several = f"{len(there)} files of its name lie below the project" if there else "it is not below the project either"
    told.append(f"{name}: its recording {sound} is gone, and {several}; use Find recordings")
    return sound


def find_sounds(lines: Iterable[SpokenLine], folder: Path) -> dict[int, Path]:
    """The recordings of lines that are not where they should be, found by name below a folder; by the line's number."""
    there: dict[str, list[Path]] = {}
    for path in _below([folder]):
        there.setdefault(path.name, []).append(path)
    gone = [line for line in lines if line.sound is not None and not line.sound.is_file()]
    return {
        one.number: there[one.sound.name][0] for one in gone if one.sound and len(there.get(one.sound.name, ())) == 1
    }


def _below(folders: list[Path]) -> Iterator[Path]:
    """Files below folders, near ones first, up to a number; links to folders are not followed."""
    left = MOST_SEARCHED
    while folders and left > 0:
        further = []
        for folder in folders:
            try:
                entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
            except OSError:
                continue
            left -= len(entries)
            further += [Path(one.path) for one in entries if one.is_dir(follow_symlinks=False)]
            yield from (path for one in entries if (path := Path(one.path)).is_file())  # no error for a ring of links
        folders = further
