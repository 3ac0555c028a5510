"""The file of a line's edits, `line.edits.toml`: small, readable, and the same bytes for the same edits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from facetake import config, files
from facetake.edits.line_edits import VERSION, LineEdits
from facetake.errors import ConfigError
from facetake.files import json_text
from facetake.formats import files as formats_files

SUFFIX: Final = ".edits.toml"
IN_A_ROW: Final = 12  # numbers or words of a line of text, by eye
ABOUT: Final = "# What was changed of this line by hand. It outlives new takes, new models and new recordings."


def path_beside(sound: Path) -> Path:
    """Where the edits of a recording lie: `line.edits.toml` beside `line.wav`."""
    return sound.with_name(f"{sound.stem}{SUFFIX}")


def read(path: Path) -> LineEdits:
    """Reads edits.

    Raises:
        ConfigError: the file cannot be read, is of a newer version, or says something that cannot be.
    """
    return _of(config.read_table(path), str(path))


def beside(sound: Path) -> Path | None:
    """The file of edits that lies beside a recording; None where there is none."""
    path = path_beside(sound)
    try:
        return path if path.is_file() else None
    except OSError:  # a name that is too long, with this suffix
        return None


def parse(text: str, where: str) -> LineEdits:
    """Edits from the text of such a file; `where` stands in errors. Raises ConfigError as `read`."""
    return _of(config.parse_table(text, where), where)


def _of(table: Mapping[str, object], where: str) -> LineEdits:
    version = table.get("version")
    if not isinstance(version, int) or isinstance(version, bool):
        said = f"its first line should be version = {VERSION}"
        raise ConfigError(f"{where} says no version, so it is no file of edits; {said}")
    if version > VERSION:
        raise ConfigError(f"{where} was written by a newer Facetake (version {version} of edits); update this one")
    return config.from_table(LineEdits, {**table, "version": VERSION}, where)


def write(edits: LineEdits, path: Path) -> None:
    """Writes edits, whole or not at all; an older file is replaced.

    Raises:
        TakeError: it cannot be written.
    """
    with formats_files.beside(path) as part:
        part.write_text(text_of(edits), encoding="utf-8", newline="\n")


def remove(path: Path) -> None:
    """Takes a file of edits away, as where nothing is edited any more. OSError where it cannot be."""
    files.remove(path)


def digest(edits: LineEdits) -> str:
    """SHA-256 of the text of edits, which tells them from others."""
    return sha256(text_of(edits).encode()).hexdigest()


def text_of(edits: LineEdits) -> str:
    """Edits as text."""
    lines = [ABOUT]
    tables: list[str] = []
    for field in fields(edits):
        value = getattr(edits, field.name)
        if isinstance(value, tuple) and value and is_dataclass(value[0]):
            for one in value:
                tables += ["", f"[[{field.name}]]", *_rows(one)]
        elif value not in ((), "", 0.0) or field.name == "version":
            lines.append(f"{field.name} = {_value(value)}")
    return "\n".join([*lines, *tables]) + "\n"


def _rows(one: object) -> list[str]:
    """Each field of an edit on a line; what is as by default is left out."""
    rows = []
    for field in fields(one):  # type: ignore[arg-type]  # only dataclasses come here
        value = getattr(one, field.name)
        if field.default is MISSING or value != field.default:
            rows.append(f"{field.name} = {_value(value)}")
    return rows


def _value(value: object) -> str:
    if is_dataclass(value):
        return f"{{ {', '.join(_rows(value))} }}"
    if isinstance(value, tuple) and len(value) > IN_A_ROW:
        rows = [", ".join(map(_value, value[at : at + IN_A_ROW])) for at in range(0, len(value), IN_A_ROW)]
        return "\n".join(["[", *(f"  {row}," for row in rows), "]"])
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json_text.dump(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return repr(value)
