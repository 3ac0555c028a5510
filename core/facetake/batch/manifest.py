"""The list of lines: CSV or JSON Lines, or a folder of recordings.

Every row is checked before the first one runs. What is wrong with the file as a whole (a column missing, no text) ends
the batch; what is wrong with a row becomes that row's entry, and the others run.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Final

from facetake import audio, cues, emotion, events, gaze, inspection, restyle
from facetake.batch import recordings, sheet
from facetake.batch.outputs import apart, check_name
from facetake.batch.row import ManifestRow, refused, spared, unnamed
from facetake.batch.sheet import COLUMNS, NEEDED
from facetake.errors import BatchError, ConfigError, line
from facetake.files import quantities
from facetake.files.same_names import as_stored
from facetake.files.spelling import closest
from facetake.rig import maps

_FIELD: Final = re.compile(r"\{(?:id|emotion|intensity)\}")
TOLD_NAMES: Final = 3  # names that a note lists


def schema() -> str:
    """The columns, for people."""
    lines = [f"{name:10s} {'needed  ' if name in NEEDED else 'optional'}  {what}" for name, what in COLUMNS.items()]
    head = "A CSV file with a header, or JSON Lines with one object a line (.jsonl, .ndjson); UTF-8.\n"
    return head + "Other columns are kept for the report.\n\n" + "\n".join(lines) + "\n"


def read(path: Path, suffix: str, *, follow_links: bool = False) -> list[ManifestRow]:
    """The rows of a list, or of a folder of recordings, each checked.

    Args:
        path: a .csv, .jsonl or .ndjson file, or a folder, whose recordings are searched in folders below it, too.
        suffix: of takes whose row names none.
        follow_links: links may lead out of the list's folder.

    Raises:
        BatchError: the file cannot be read, lacks a column, or holds no row.
    """
    path = Path(path)
    is_folder = inspection.is_folder(path)
    if path.suffix.lower() in inspection.SOUND and path.is_file():
        raise BatchError(f"{path} is a recording and no list; name its folder, or use 'facetake generate'")
    told, found = ("", recordings.rows(path, suffix, follow_links)) if is_folder else _listed(path)
    if not found:
        raise BatchError(f"{path} holds no line; see 'facetake batch --schema'")
    root = Path(os.path.realpath(path if is_folder else path.parent))
    length_s = cache(_length_s)  # of a list that has each recording in many moods, each is listened to once
    try_map = cache(maps.load)
    rows = apart([_checked(row, root, suffix, follow_links, length_s, try_map) for row in found])
    rows[0] = replace(rows[0], note="; ".join(filter(None, (told, rows[0].note))))
    return rows


def _listed(path: Path) -> tuple[str, list[ManifestRow]]:
    """What is worth telling of a list, and its rows as they stand there."""
    told, cells = sheet.read(path)
    return told, [_row(one) for one in cells]


def notes(rows: Iterable[ManifestRow]) -> list[str]:
    """What a person should know of a list, one sentence a thing."""
    rows = list(rows)
    told = [row.note for row in rows if row.note]
    shown = [*told[:TOLD_NAMES], f"so are {len(told) - TOLD_NAMES} more"] if len(told) > TOLD_NAMES else told
    others = dict.fromkeys(name for row in rows for name, _ in row.others)
    if others:
        names = ", ".join(f"'{name[:40]}'{_meant(name)}" for name in list(others)[:TOLD_NAMES])
        more = f" and {len(others) - TOLD_NAMES} more" if len(others) > TOLD_NAMES else ""
        shown.append(f"columns that mean nothing here are kept for the report only: {names}{more}")
    return list(map(line, shown))


def _meant(name: str) -> str:
    close = closest(name, COLUMNS, 0.75)  # more alike than else, as a column of one's own is no mistake
    return f" (is '{close}' meant?)" if close else ""


def _row(one: sheet.Cells) -> ManifestRow:
    cells = one.known
    seed = None
    problem = one.problem
    if cells["seed"]:
        try:
            seed = quantities.whole(cells["seed"], "seed", low=0)
        except ConfigError as error:
            problem = problem or str(error)
    mood, style, actor = (_pointed(cells[name]) for name in ("emotion", "style", "actor"))
    return ManifestRow(
        unicodedata.normalize("NFC", cells["id"]),
        Path(cells["audio"]),
        mood,
        style,
        actor,
        cells["character"],
        cells["text"],
        seed,
        PurePosixPath(cells["out"].replace("\\", "/")),
        one.line,
        problem=problem,
        names_form=bool(cells["out"]),
        others=tuple(one.others.items()),
        look=cells["look"],
        rig_map=cells["rig_map"],
        events=cells["events"],
        portrait=cells["portrait"],
    )


def _pointed(cell: str) -> str:
    """A mood or manner with decimal points, also where a country writes commas; a file stays as it is called."""
    return cell if cues.looks_like_file(cell) else quantities.pointed(cell)


def _length_s(sound: Path) -> float:
    """Seconds of a recording. Raises AudioError where it is none."""
    with audio.stream(sound) as opened:
        return float(opened.duration_s)


def _checked(
    row: ManifestRow,
    root: Path,
    suffix: str,
    follow_links: bool,
    length_s: Callable[[Path], float],
    try_map: Callable[[str], object],
) -> ManifestRow:
    """The row with whole paths and its length, or with what is wrong with it."""
    try:
        if row.problem:
            raise BatchError(row.problem)
        if wrong := unnamed(row.id):
            raise BatchError(wrong)
        if row.id != spared(row.id):
            note = f"'{row.id}' is line '{spared(row.id)}', since Windows keeps that name for a device"
            row = replace(row, id=spared(row.id), note=note)
        row = replace(row, out=row.out if row.out.name else PurePosixPath(row.id + suffix))
        sound = inside(root, row.audio, "audio", follow_links)
        mood = _mood(row, root, follow_links)
        look = _whole(row.look, "look", gaze.cue_file, root, follow_links)
        if look:
            gaze.parse(look)
        marked = _whole(row.events, "events", events.cue_file, root, follow_links)
        length = length_s(sound)
        if marked:
            events.parse(marked).check_within(length)
        rig_map = _rig_map(row, root, follow_links)
        if rig_map:
            try_map(rig_map)
        portrait = str(inside(root, Path(row.portrait), "portrait", follow_links)) if row.portrait else ""
        row = replace(row, audio=sound, emotion=mood, look=look, events=marked, rig_map=rig_map, portrait=portrait)
        return replace(row, duration_s=length)
    except Exception as error:  # also a bug of ours: the other rows are worth having
        cells = (row.emotion, row.look, row.events)
        mood, look, marked = (str(root / one) if cues.looks_like_file(one) else one for one in cells)
        portrait = str(root / row.portrait) if row.portrait else ""
        row = replace(refused(row, error), audio=root / row.audio, emotion=mood, look=look, events=marked)
        return replace(row, portrait=portrait)


def _mood(row: ManifestRow, root: Path, follow_links: bool) -> str:
    """The row's emotion, checked, a file of cues by its whole path. Raises ConfigError or BatchError."""
    if row.style:
        restyle.parse_style(row.style)
    if row.actor:
        restyle.parse_strength(row.actor, "actor")
    mood = _whole(row.emotion, "emotion", emotion.cue_file, root, follow_links)
    if mood:
        emotion.check(mood)
    return mood


def _whole(cell: str, what: str, cue_file: Callable[[str], Path | None], root: Path, follow_links: bool) -> str:
    """A cell, a file of cues in it by its whole path, so that none is read where the batch is started. BatchError."""
    found = cue_file(cell)
    return str(inside(root, found, what, follow_links)) if found else cell


def _rig_map(row: ManifestRow, root: Path, follow_links: bool) -> str:
    """The row's rig map, a file by its whole path. Raises BatchError."""
    asked = row.rig_map
    if asked and asked not in maps.shipped() and asked.lower().endswith(maps.SUFFIX):
        asked = str(inside(root, Path(asked), "rig_map", follow_links))
    return asked


def inside(root: Path, path: Path, what: str, follow_links: bool = False) -> Path:
    """A path of a list, made whole; with backslashes, or with accents written otherwise, where no file is called so.

    Args:
        root: the list's folder, without links.
        path: as the list has it.
        what: it is.
        follow_links: links may lead out of the folder.

    Raises:
        BatchError: it is empty, can be no path, or leaves the folder.
    """
    if str(path) in ("", "."):
        raise BatchError(f"{what} is empty; name a file")
    check_name(path, what)
    whole = Path(os.path.normpath(root / path))
    if "\\" in str(path) and not os.path.lexists(whole):
        whole = Path(os.path.normpath(root / str(path).replace("\\", "/")))
    if whole.is_relative_to(root):
        whole = as_stored(whole)
    if not whole.is_relative_to(root):
        raise BatchError(f"{what} '{path}' leaves the folder of the list ({root}); move the file there")
    if not follow_links and not Path(os.path.realpath(whole)).is_relative_to(root):
        raise BatchError(
            f"{what} '{path}' is a link that leaves the folder of the list ({root}); add --follow-links, or move the "
            "file there"
        )
    return whole


def matrix(
    rows: Iterable[ManifestRow], emotions: Sequence[str], intensities: Sequence[float], pattern: str
) -> list[ManifestRow]:
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
        if row.problem:
            found.append(row)
            continue
        for name, weight in moods:
            label = _named(pattern, row.id, name, weight)
            out = row.out.with_name(_named(pattern, row.out.stem, name, weight) + row.out.suffix)
            found.append(replace(row, id=label, out=out, emotion=f"{name}:{weight:g}"))
    return apart(found)


def _named(pattern: str, name: str, mood: str, weight: float) -> str:
    fields = {"{id}": name, "{emotion}": mood, "{intensity}": f"{weight:g}"}
    made = _FIELD.sub(lambda found: fields[found[0]], pattern)  # str.format knows widths that fill the memory
    if any(mark in _FIELD.sub("", pattern) for mark in "{}"):
        raise BatchError(f"pattern '{pattern}': use {{id}}, {{emotion}} and {{intensity}}, as in the default")
    if not all(f"{{{one}}}" in pattern for one in ("id", "emotion")) or "/" in made or "\\" in made:
        raise BatchError(
            f"pattern '{pattern}' needs {{id}} and {{emotion}}, so that no two takes share a name, and no /"
        )
    return made


def shard(rows: Sequence[ManifestRow], number: int, count: int) -> list[ManifestRow]:
    """Every `count`-th row from the `number`-th on, counted from 1: one machine's part of a list."""
    return list(rows[number - 1 :: count])
