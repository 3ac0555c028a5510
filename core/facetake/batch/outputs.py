"""Which files a row writes, and whether it may: no two rows one file, none a file that the batch reads or keeps.

Knows names and places; opens nothing and removes nothing.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePath, PurePosixPath
from typing import Final

from facetake import cues, formats
from facetake.batch.keeping import APPROVED
from facetake.batch.ledger import NAME
from facetake.batch.row import ManifestRow, is_device
from facetake.errors import BatchError, line
from facetake.formats import rig_values
from facetake.formats.files import BEGUN
from facetake.rig import maps

LONGEST_BYTES: Final = 255
"""Of a name, in most file systems."""
LONGEST_PATH_BYTES: Final = 1000
"""Of a path below a folder; macOS takes no more than 1024 in all."""
LONGEST_TAKE_BYTES: Final = 230
"""Of a take's name, so that its keys and versions that somebody changed have room beside it."""
_OF_THE_BATCH: Final = re.compile(rf"report(-\d+-of-\d+)?\.(html|csv|junit\.xml)|{Path(NAME).stem}.*\.sqlite.*")


def keys_path(out: PurePath) -> PurePath:
    """Where the sparse keys of a take lie."""
    return out.with_suffix(".keys.json")


def names(out: PurePosixPath, keys: str, rig_map: str = "", mesh: Path | None = None) -> tuple[str, ...]:
    """The files of a take, relative to the folder of results, itself first.

    Args:
        out: the take.
        keys: "dense", or "sparse" where few, editable keys stand beside it.
        rig_map: of the rig whose values stand beside it; empty where none do.
        mesh: the character that is animated instead of writing these values as a table.
    """
    beside = [str(keys_path(out))] if keys == "sparse" else []
    return (str(out), *beside, *([str(rig_values.place_beside(out, mesh))] if rig_map else []))


def check_name(path: PurePath, what: str, longest: int = LONGEST_BYTES) -> None:
    """Raises BatchError where a path holds what no file's name can, or bytes that are no text."""
    if len(str(path).encode("utf-8", "replace")) > LONGEST_PATH_BYTES:
        raise BatchError(f"{what} '{str(path)[:80]}' is a path of more than {LONGEST_PATH_BYTES} bytes; shorten it")
    for part in path.parts:
        if "\0" in part:
            raise BatchError(f"{what} '{part[:80]}' holds a NUL byte, which no file's name can; take it out")
        try:
            size = len(part.encode("utf-8"))
        except UnicodeEncodeError as error:
            raise BatchError(f"{what} '{part[:80]}' is not UTF-8 text; rename the file") from error
        if size > longest:
            raise BatchError(f"{what} '{part[:80]}' is a name of {size} bytes; {longest} is the most")


def check_out(out: PurePosixPath) -> None:
    """Raises BatchError where a take's path leaves the folder of results, has no format, or is the batch's own."""
    check_name(out, "out")
    check_name(PurePosixPath(out.name), "out", LONGEST_TAKE_BYTES)
    if out.is_absolute() or ".." in out.parts or any(":" in part for part in out.parts):
        raise BatchError(f"out '{out}' leaves the folder of results; name a path inside it")
    if device := next(filter(is_device, out.parts), ""):
        raise BatchError(f"out '{out}': Windows keeps the name '{device}' for a device; name another")
    if folded(out.parts[0]) == APPROVED and out.suffix.lower() == ".npz":
        raise BatchError(f"out '{out}': the folder {APPROVED} keeps approved takes; name a path outside it")
    if _OF_THE_BATCH.fullmatch(folded(out.parts[0])) or any(folded(part).startswith(BEGUN) for part in out.parts):
        raise BatchError(f"out '{out}': the batch itself writes files of this name; name another")
    if out.suffix.lower() not in formats.suffixes():
        raise BatchError(f"out '{out}': no format has this suffix; use one of {', '.join(formats.suffixes())}")


def folded(path: PurePath | str) -> str:
    """The same text for all paths that are one file on some disk.

    Windows and macOS know no capitals, macOS no two spellings of an accent, Windows no dot or space at a name's end.
    """
    parts = (part.rstrip(". ") or part for part in PurePath(path).parts)
    whole = unicodedata.normalize("NFD", "/".join(parts)).casefold()
    return unicodedata.normalize("NFC", whole)


def apart(rows: Iterable[ManifestRow], folder: Path | None = None, inputs: Sequence[Path] = ()) -> list[ManifestRow]:
    """Rows of which no two share an id or a file, and none would replace what is read; the first keeps a name.

    Args:
        rows: of a whole list.
        folder: of results; None where that is not known yet: then only names are compared.
        inputs: what the batch reads beside recordings and cues: the list, approvals, limits, models.
    """
    rows = list(rows)
    claims = _Claims(folder, {_place(one) for one in (*inputs, *_read_by(rows))} if folder else set())
    return [row if row.problem else replace(row, problem=line(claims.problem(row))) for row in rows]


def _read_by(rows: Iterable[ManifestRow]) -> Iterable[Path]:
    """Recordings and cue files of rows, also of those that are refused: they are somebody's."""
    for row in rows:
        yield row.audio
        yield from (Path(one) for one in (row.emotion, row.look, row.events) if cues.looks_like_file(one))
        if row.rig_map.lower().endswith(maps.SUFFIX):
            yield Path(row.rig_map)
        if row.portrait:
            yield Path(row.portrait)


def _place(path: Path) -> str:
    """The same text for every way to write a place, through links, in any capitals."""
    try:
        return folded(os.path.realpath(path))
    except (OSError, ValueError):  # a name that no file can have
        return folded(path)


class _Claims:
    """Which row has which files, and which folders these lie in."""

    def __init__(self, folder: Path | None, inputs: set[str]) -> None:
        self._folder = folder
        self._inputs = inputs
        self._ids: dict[str, ManifestRow] = {}
        self._files: dict[str, str] = {}
        self._folders: dict[str, str] = {}

    def problem(self, row: ManifestRow) -> str:
        """Why a row may not have its files; empty where it now has them."""
        try:
            check_out(row.out)
        except BatchError as error:
            return str(error)
        if one := self._ids.get(folded(row.id)):
            if one.id == row.id:
                return f"id '{row.id}' is there already, in {one.spot}"
            return f"id '{row.id}' is '{one.id}' of {one.spot} on disks that know no capitals; give it another"
        # names beside the take are kept even where nothing is written there: a later run may
        own = (row.out, keys_path(row.out), *(rig_values.place_beside(row.out, mesh) for mesh in (None, Path())))
        files = [_place(self._folder / path) if self._folder else folded(path) for path in own]
        if self._inputs.intersection(files):
            return f"out '{row.out}' would replace a file that this batch reads; name another"
        folders = {str(one) for path in files for one in PurePath(path).parents}
        owner = _owner(files, self._files) or _owner(folders, self._files) or _owner(files, self._folders)
        if owner:
            return f"out '{row.out}' is that of '{owner}', too; name another"
        self._ids[folded(row.id)] = row
        self._files |= dict.fromkeys(files, row.id)
        self._folders |= dict.fromkeys(folders, row.id)
        return ""


def _owner(names_: Iterable[str], owners: Mapping[str, str]) -> str:
    return next((owners[name] for name in names_ if name in owners), "")
