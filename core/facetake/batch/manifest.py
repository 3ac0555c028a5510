"""The list of lines: CSV or JSON Lines, or a folder of recordings.

Every row is checked before the first one runs. What is wrong with the file as a whole (a column missing or unknown, no
text) ends the batch; what is wrong with a row becomes that row's entry, and the others run.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any, Final

from facetake import about, audio, emotion, restyle
from facetake.batch.outputs import apart, check_out
from facetake.errors import BatchError, FacetakeError

COLUMNS: Final[Mapping[str, str]] = {
    "id": "a name for the line, once in the list: letters, digits, and . _ - between them; the output is called so",
    "audio": "the recording, relative to the folder of this list and inside it",
    "emotion": "happy:0.7, a blend happy:0.5+surprise:0.3, a file of cues in the folder, or auto; empty: as --emotion",
    "style": "restyle the take: sad:0.8; empty: leave it",
    "actor": "an actor's manner for the restyled take: bruno:0.5; empty: its own",
    "character": "who speaks, for the report",
    "text": "what is said, for the report",
    "seed": "a whole number of 0 or more for blinks, gaze and head; empty: as --seed",
    "out": "the take, relative to --out and inside it; its suffix tells the format; empty: the id",
}
NEEDED: Final = ("id", "audio")
_ID = re.compile(r"\w(?:[\w.\-]*\w)?")
MOST_BYTES: Final = 1 << 30
LONGEST_ID: Final = 200


@dataclass(frozen=True)
class Row:
    """A line to make.

    Attributes:
        id: its name.
        audio: path of the recording.
        emotion, style, actor: as the command line writes them; empty for the batch's own.
        character, text: for people.
        seed: None for the batch's own.
        out: path of the take, relative to the folder of results.
        line: where it stands in the list, from 1, for messages.
        duration_s: of the recording.
        problem: why it cannot run; empty where it can.
        names_form: the row itself names its output, whose suffix then tells the format.
        known: SHA-256 of the files of its take as an earlier run wrote them; a file of another is somebody's work.
    """

    id: str
    audio: Path
    emotion: str = ""
    style: str = ""
    actor: str = ""
    character: str = ""
    text: str = ""
    seed: int | None = None
    out: PurePosixPath = field(default_factory=PurePosixPath)
    line: int = 0
    duration_s: float = 0.0
    problem: str = ""
    names_form: bool = False
    known: tuple[str, ...] = ()


def schema() -> str:
    """The columns, for people."""
    lines = [f"{name:10s} {'needed  ' if name in NEEDED else 'optional'}  {what}" for name, what in COLUMNS.items()]
    head = "A CSV file with a header, or JSON Lines with one object a line (.jsonl, .ndjson); UTF-8.\n\n"
    return head + "\n".join(lines) + "\n"


def read(path: Path, suffix: str) -> list[Row]:
    """The rows of a list, or of a folder of recordings, each checked.

    Args:
        path: a .csv, .jsonl or .ndjson file, or a folder, whose recordings are searched in folders below it, too.
        suffix: of takes whose row names none.

    Raises:
        BatchError: the file cannot be read, has other columns, or holds no row.
    """
    path = Path(path)
    found = list(_folder(path, suffix) if about.is_folder(path) else _rows(path))
    if not found:
        raise BatchError(f"{path} holds no line; see 'facetake batch --schema'")
    root = (path if about.is_folder(path) else path.parent).resolve()
    return apart([_checked(row, root, suffix) for row in found])


def _folder(folder: Path, suffix: str) -> Iterator[Row]:
    names = sorted(one for one in folder.rglob("*") if one.suffix.lower() in about.SOUND and one.is_file())
    for number, one in enumerate(names, 1):
        inside = one.relative_to(folder)
        stem = inside.with_suffix("")
        name = re.sub(r"[^\w.\-]", "_", "_".join(stem.parts)).strip("._-") or "line"
        yield Row(name, inside, out=PurePosixPath(stem.as_posix() + suffix), line=number)


def _rows(path: Path) -> Iterator[Row]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BatchError(f"{path} is larger than a gigabyte; split it, or use --shard on parts of it")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BatchError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise BatchError(f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8") from error
    tables = _objects(path, text) if path.suffix.lower() in (".jsonl", ".ndjson") else _csv(path, text)
    for line, table in tables:
        yield _row(line, table)


def _csv(path: Path, text: str) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_columns(path, header)
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                raise BatchError(f"{path}, line {reader.line_num}: {len(cells)} cells, but {len(header)} columns")
            yield reader.line_num, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise BatchError(f"{path}, line {reader.line_num}: no CSV ({error}); save it anew") from error


def _objects(path: Path, text: str) -> Iterator[tuple[int, dict[str, str]]]:
    for line, one in enumerate(text.splitlines(), 1):
        if not one.strip():
            continue
        try:
            found = json.loads(one)
        except (ValueError, RecursionError) as error:
            raise BatchError(f"{path}, line {line}: no JSON ({error}); one object a line") from error
        if not isinstance(found, dict):
            raise BatchError(f"{path}, line {line}: no JSON object; write one object a line")
        _check_columns(f"{path}, line {line}", list(found))
        yield line, {name: "" if value is None else str(value) for name, value in found.items()}


def _check_columns(where: object, header: Sequence[str]) -> None:
    twice = [name for name in header if header.count(name) > 1]
    missing = [name for name in NEEDED if name not in header]
    unknown = [name for name in header if name not in COLUMNS]
    if twice or missing or unknown:
        what = f"column '{twice[0]}' is there twice" if twice else ""
        what = what or (f"column '{missing[0]}' is missing" if missing else f"column '{unknown[0]}' is unknown")
        raise BatchError(f"{where}: {what}; the columns are {', '.join(COLUMNS)}")


def _row(line: int, table: Mapping[str, str]) -> Row:
    cells = {name: table.get(name, "").strip() for name in COLUMNS}
    seed, problem = None, ""
    if cells["seed"]:
        try:
            seed = int(cells["seed"])
        except ValueError:
            seed = -1
        problem = "" if seed >= 0 else f"seed '{cells['seed']}' is no whole number of 0 or more"
    return Row(
        cells["id"], Path(cells["audio"]), cells["emotion"], cells["style"], cells["actor"], cells["character"],
        cells["text"], seed, PurePosixPath(cells["out"].replace("\\", "/")), line, problem=problem,
        names_form=bool(cells["out"]),
    )  # fmt: skip


def _checked(row: Row, root: Path, suffix: str) -> Row:
    """The row with whole paths and its length, or with what is wrong with it."""
    try:
        if row.problem:
            raise BatchError(row.problem)
        row = replace(row, out=_out(row, suffix))
        sound = inside(root, row.audio, "audio")
        mood = _mood(row, root)
        with audio.stream(sound) as opened:
            return replace(row, audio=sound, emotion=mood, duration_s=float(opened.duration_s))
    except (FacetakeError, OSError) as error:
        return replace(row, problem=str(error).replace("\n", " "))


def _out(row: Row, suffix: str) -> PurePosixPath:
    """Where the take goes: as the row says, or called by its id. Raises BatchError for names that are none."""
    if not _ID.fullmatch(row.id) or len(row.id) > LONGEST_ID:
        raise BatchError(f"id '{row.id[:80]}' is no name: use letters, digits, and . _ - between them")
    if not row.out.name:
        return PurePosixPath(row.id + suffix)
    check_out(row.out)
    return row.out


def _mood(row: Row, root: Path) -> str:
    """The row's emotion, checked, a file of cues by its whole path. Raises ConfigError or BatchError."""
    if row.style:
        restyle.parse_style(row.style)
    if row.actor:
        restyle.parse_strength(row.actor, "actor")
    mood = str(inside(root, Path(row.emotion), "emotion")) if emotion.looks_like_file(row.emotion) else row.emotion
    if mood:
        emotion.check(mood)
    return mood


def inside(root: Path, path: Path, what: str) -> Path:
    """A path of a list, made whole. Raises BatchError where it is empty or leaves the list's folder."""
    if str(path) in ("", "."):
        raise BatchError(f"{what} is empty; name a file")
    whole = Path(os.path.normpath(root / path))
    if not whole.resolve().is_relative_to(root):
        raise BatchError(f"{what} '{path}' leaves the folder of the list ({root}); move the file there")
    return whole


def matrix(rows: Iterable[Row], emotions: Sequence[str], intensities: Sequence[float], pattern: str) -> list[Row]:
    """Every row in every mood.

    Args:
        rows: checked rows.
        emotions: names; neutral comes once.
        intensities: weights above 0, up to 1.
        pattern: of ids and outputs, with {id}, {emotion} and {intensity}: "{id}_{emotion}_{intensity}".

    Raises:
        BatchError: the pattern gives two moods one name, or has another field.
    """
    moods = [(name, weight) for name in emotions for weight in (intensities if name != "neutral" else [1.0])]
    found = []
    for row in rows:
        for name, weight in moods:
            label = _named(pattern, row.id, name, weight)
            out = row.out.with_name(_named(pattern, row.out.stem, name, weight) + row.out.suffix)
            found.append(replace(row, id=label, out=out, emotion=f"{name}:{weight:g}"))
    return apart(found)


def _named(pattern: str, name: str, mood: str, weight: float) -> str:
    fields: dict[str, Any] = {"id": name, "emotion": mood, "intensity": f"{weight:g}"}
    try:
        made = pattern.format_map(fields)
    except (KeyError, ValueError, IndexError, AttributeError) as error:
        raise BatchError(
            f"pattern '{pattern}': use {{id}}, {{emotion}} and {{intensity}}, as in the default"
        ) from error
    if not all(f"{{{one}}}" in pattern for one in ("id", "emotion")) or "/" in made or "\\" in made:
        raise BatchError(
            f"pattern '{pattern}' needs {{id}} and {{emotion}}, so that no two takes share a name, and no /"
        )
    return made


def shard(rows: Sequence[Row], number: int, count: int) -> list[Row]:
    """Every `count`-th row from the `number`-th on, counted from 1: one machine's part of a list."""
    return list(rows[number - 1 :: count])
