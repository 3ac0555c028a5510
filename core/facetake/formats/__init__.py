"""Takes to and from files: one module a format, found by name or suffix.

`read` and `write` are all that the rest of Facetake needs; every error they raise is a `TakeError` that names the
file. What a take is, is not known here (`facetake.take`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from facetake.errors import TakeError
from facetake.files import open_text
from facetake.files.spelling import meant
from facetake.formats import (
    audio2face_csv,
    audio2face_json,
    csv_table,
    document,
    emoface_txt,
    facetake_json,
    facetake_npz,
    length,
    live_link_face_csv,
    maya_anim,
    usd_skel,
)
from facetake.formats.files import beside, reading
from facetake.take import Take
from facetake.timebase import parse_rate, written

__all__ = ["FORMATS", "Format", "beside", "kept", "left_out", "notes", "read", "read_recognised", "suffixes", "write"]

_HEADER_LENGTH = 65_536  # characters of a CSV looked at to tell its kind; 174 long names are 6,000


@dataclass(frozen=True)
class Format:
    """A file format.

    Attributes:
        name: what `--format` calls it.
        suffix: of its files, with the dot.
        others: suffixes that its files may have, too.
        title: what a person calls it.
        read: takes the path, gives the take.
        write: takes the take and the path.
    """

    name: str
    suffix: str
    title: str
    read: Callable[[Path], Take]
    write: Callable[[Take, Path], None]
    others: tuple[str, ...] = ()
    kept: Callable[[Take], Take] = lambda take: take


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        known.name: known
        for known in (
            Format("csv", ".csv", "CSV with a header", csv_table.read, csv_table.write),
            Format("json", ".json", "Facetake JSON", facetake_json.read, facetake_json.write),
            Format("npz", ".npz", "Facetake NPZ", facetake_npz.read, facetake_npz.write),
            Format("txt", ".txt", "EmoFace text", emoface_txt.read, emoface_txt.write, kept=emoface_txt.kept),
            Format(
                "a2f-json",
                ".json",
                "Audio2Face JSON",
                audio2face_json.read,
                audio2face_json.write,
                kept=audio2face_json.kept,
            ),
            Format(
                "a2f-csv", ".csv", "Audio2Face CSV", audio2face_csv.read, audio2face_csv.write, kept=audio2face_csv.kept
            ),
            Format(
                "livelink-csv",
                ".csv",
                "Live Link Face CSV",
                live_link_face_csv.read,
                live_link_face_csv.write,
                kept=live_link_face_csv.kept,
            ),
            Format("anim", ".anim", "Maya animation curves", maya_anim.read, maya_anim.write),
            Format("usd", ".usda", "USD with blend shapes", usd_skel.read, usd_skel.write, usd_skel.BINARY),
        )
    }
)
"""Every format by name. Of those that share a suffix, the first is what `write` takes it to mean."""


def read(path: Path, format: str | None = None) -> Take:
    """Reads a take.

    Args:
        path: the file.
        format: one of `FORMATS`; by default the suffix tells, and for .json and .csv what is in the file.

    Returns:
        The take, its values in range.

    Raises:
        TakeError: the format is unknown, or the file cannot be read as a take; says file, place and remedy.
    """
    return read_recognised(Path(path), format)[1]


def read_recognised(path: Path, format: str | None = None) -> tuple[str, Take]:
    """Reads a take of any format.

    Args:
        path: the file.
        format: one of `FORMATS`, where it is not to be told by the file.

    Returns:
        The name of its format, by the suffix, and for .json and .csv by what is in the file; and the take.

    Raises:
        TakeError: the suffix is unknown, or the file cannot be read as a take.
    """
    with reading(path):  # a name may be longer than the system knows
        is_endless = path.exists() and not path.is_file() and not path.is_dir()
    if is_endless:
        raise TakeError(f"{path} is a device or a pipe, no take; write it to a file first")
    if format is not None:
        return format, _named(format).read(path)
    suffix = path.suffix.lower()
    if suffix == ".json":
        return _read_json(path)
    known = FORMATS[_csv_kind(path)] if suffix == ".csv" else _by_suffix(path)
    return known.name, known.read(path)


def suffixes() -> tuple[str, ...]:
    """Suffixes of the files of every format, with the dot."""
    return tuple(dict.fromkeys(suffix for known in FORMATS.values() for suffix in (known.suffix, *known.others)))


def notes(take: Take) -> list[str]:
    """What there was to say when a take was read from its file: what was left out, bridged or held."""
    found = take.origin.get("notes", [])
    return [str(note) for note in found] if isinstance(found, list) else []


def write(take: Take, path: Path, format: str | None = None) -> None:
    """Writes a take; the file appears whole or not at all, and replaces one of the same name.

    Args:
        take: what to write.
        path: the file.
        format: one of `FORMATS`; by default the suffix tells (.csv and .json are Facetake's own).

    Raises:
        TakeError: the format is unknown, or the file cannot be written.
    """
    path = Path(path)
    chosen = _by_suffix(path) if format is None else _named(format)
    parse_rate(take.rate)  # what could not be read back is not written
    with beside(path) as temporary:
        chosen.write(take, temporary)
        if temporary.is_file():
            length.check(take.n_frames, temporary.stat().st_size)


def kept(take: Take, path: Path, format: str | None = None) -> Take:
    """What a file holds of a take's frames, times and head, once it is written there; arguments and errors as `write`.

    What shapes cannot say, and decimals, are not looked at.
    """
    return (_by_suffix(Path(path)) if format is None else _named(format)).kept(take)


def left_out(take: Take, path: Path, format: str | None = None) -> list[str]:
    """What a file cannot hold of a take's frames, times and head, a sentence each; arguments and errors as `write`."""
    title = (_by_suffix(Path(path)) if format is None else _named(format)).title
    held = kept(take, path, format)
    told = []
    if held.rate != take.rate:
        told.append(f"{title} is at {written(held.rate)} fps; the take's {written(take.rate)} fps were brought to that")
    if take.start < held.start and held.n_frames < take.n_frames:
        told.append(f"{title} knows no time before 0; {take.n_frames - held.n_frames} frames there are left out")
    elif held.start != take.start:
        told.append(
            f"{title} knows no times; its first frame, at {float(take.start):g} s of the sound, is the file's 0"
        )
    if held.head is None and take.head is not None and take.head.any():
        told.append(f"{title} has no place for the head's turn; it is left out")
    return told


def _named(format: str) -> Format:
    """The format of that name."""
    if format not in FORMATS:
        raise TakeError(f"there is no format {format!r}; choose one of {', '.join(FORMATS)}{meant(format, FORMATS)}")
    return FORMATS[format]


def _by_suffix(path: Path) -> Format:
    """The first format with the suffix of the path."""
    for known in FORMATS.values():
        if path.suffix.lower() in (known.suffix, *known.others):
            return known
    raise TakeError(
        f"{path}: the suffix {path.suffix!r} is not one of {', '.join(suffixes())}; use one of them or name the "
        f"format: {', '.join(FORMATS)}"
    )


def _read_json(path: Path) -> tuple[str, Take]:
    """Reads either JSON format, parsing the file once; its name comes first."""
    with reading(path):
        found = document.load(path)
        is_audio2face = "format" not in found and ("weightMat" in found or "facsNames" in found)
        return ("a2f-json", audio2face_json.parse(found)) if is_audio2face else ("json", facetake_json.parse(found))


def _csv_kind(path: Path) -> str:
    """Which CSV format a file's header is of; Facetake's own unless it says otherwise."""
    with reading(path), open_text(path) as file:
        header = file.readline(_HEADER_LENGTH).lower()
    if "timecode" in header and "blendshapecount" in header:
        return "livelink-csv"
    if "blendshapes." in header or header.lstrip('"').startswith(("timecode", "time_code")):
        return "a2f-csv"
    return "csv"
