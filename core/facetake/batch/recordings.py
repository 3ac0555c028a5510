"""A folder of recordings as a list of lines: each gets an id and an output from its path, and no two the same.

Knows file names; does not open a recording.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from facetake import files, inspection
from facetake.batch.outputs import folded
from facetake.batch.row import LONGEST_ID, ManifestRow, is_letter, spared
from facetake.errors import BatchError

_ROOM = 8  # letters of a long id that are left for what tells it from another


def rows(folder: Path, suffix: str, follow_links: bool) -> list[ManifestRow]:
    """A row for every recording in a folder and below it, by name.

    Args:
        folder: where they lie.
        suffix: of the takes.
        follow_links: also those in folders that links lead to.

    Raises:
        BatchError: the folder cannot be read.
    """
    found = sorted(one.relative_to(folder) for one in _files(folder, follow_links))
    stems = [PurePosixPath(unicodedata.normalize("NFC", one.with_suffix("").as_posix())) for one in found]
    ids = _unique([_id(stem) for stem in stems], ["_".join(stem.parts) for stem in stems])
    outs = _unique([_out(stem) for stem in stems], [one.with_suffix("").as_posix() for one in found])
    return [
        ManifestRow(name, one, out=PurePosixPath(out + suffix), note=_note(one, stem, name, out))
        for one, stem, name, out in zip(found, stems, ids, outs, strict=True)
    ]


def _files(folder: Path, follow_links: bool) -> Iterator[Path]:
    """Recordings in a folder and below it; each folder once, however links lead to it."""
    seen = set()

    def refuse(error: OSError) -> None:
        raise BatchError(f"cannot read the folder {error.filename}: {files.reason(error)}") from error

    for place, below, names in os.walk(folder, onerror=refuse, followlinks=follow_links):
        real = os.path.realpath(place)
        if real in seen:
            below.clear()
            continue
        seen.add(real)
        for name in names:
            one = Path(place, name)
            if one.suffix.lower() in inspection.SOUND and one.is_file():
                yield one


def _id(stem: PurePosixPath) -> str:
    """A name for a recording: its path with all else than letters and digits, of any script, as underscores."""
    text = "".join(one if is_letter(one) or one in ".-" else "_" for one in "_".join(stem.parts))
    return spared(text.strip("._-")[: LONGEST_ID - _ROOM] or "line")


def _out(stem: PurePosixPath) -> str:
    """The path of its take, without a suffix."""
    return "/".join(map(spared, stem.parts))


def _unique(names: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """Names of which no two are one on any disk; one that had to be made up leaves it to one that is wanted so."""
    taken: set[str] = set()
    made = list(names)
    for number in sorted(range(len(names)), key=lambda number: names[number] != wanted[number]):
        count = 1
        name = names[number]
        while folded(name) in taken:
            count += 1
            name = f"{names[number]}-{count}"
        taken.add(folded(name))
        made[number] = name
    return made


def _note(recording: Path, stem: PurePosixPath, name: str, out: str) -> str:
    if name != _id(stem) or out != _out(stem):
        return f"{recording} is line '{name}', since another recording's name differs too little"
    if out != str(stem):
        return f"{recording} is line '{name}', since Windows keeps its name for a device"
    return ""
