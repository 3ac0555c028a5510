"""Files of a line's text and times, by what they end in. Knows no sound."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from facetake import files
from facetake.errors import ScriptError
from facetake.script import documents, labels, subtitles, textgrid
from facetake.script.sheet import Sheet
from facetake.script.timing import Alignment

MOST_BYTES: Final = 1 << 26  # of a file: a day's transcript with every phone
READERS: Final[Mapping[str, Callable[[str], Sheet]]] = {
    ".TextGrid": textgrid.read,
    ".json": documents.read,
    ".lab": labels.read,
    ".srt": subtitles.read,
    ".vtt": subtitles.read,
    ".txt": Sheet,
}
"""In the order in which they are looked for beside a sound: the more a file tells, the earlier."""
WRITERS: Final[Mapping[str, Callable[[Alignment], str]]] = {
    ".TextGrid": textgrid.write,
    ".json": documents.write,
    ".lab": labels.write,
    ".srt": subtitles.write_srt,
    ".vtt": subtitles.write_vtt,
}
_OLD: Final = "cp1252"  # what Windows' programs wrote before UTF-8


def read(path: Path) -> Sheet:
    """What a file says of its line.

    Raises:
        ScriptError: it cannot be read, or is not what its name says.
    """
    reader = READERS.get(_kind(path))
    if reader is None:
        raise ScriptError(f"{path} is no text that is known; name one in {', '.join(READERS)}")
    try:
        data = files.read_bytes(path, MOST_BYTES)
    except OSError as error:
        raise ScriptError(f"cannot read {path}: {files.reason(error)}") from error
    text, told = _decoded(data, path)
    try:
        sheet = reader(text)
    except ScriptError as error:
        raise ScriptError(f"{path}: {error}") from error
    return replace(sheet, told=(*told, *sheet.told))


def _decoded(data: bytes, path: Path) -> tuple[str, tuple[str, ...]]:
    try:
        return data.decode(files.encoding(data)).replace("\r\n", "\n").replace("\r", "\n"), ()
    except UnicodeDecodeError:
        pass
    if b"\0" in data:
        raise ScriptError(f"{path} is no text in UTF-8; save it as UTF-8")
    text = data.decode(_OLD, errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    return text, (f"{path.name} is no UTF-8 and was read as Windows-1252; save it as UTF-8 if words look wrong",)


def write(alignment: Alignment, kind: str) -> str:
    """An alignment as the text of a file.

    Args:
        alignment: of a line.
        kind: what the file ends in, of `WRITERS`.

    Raises:
        ScriptError: no such file can be written, or it holds words and the alignment has none.
    """
    writer = WRITERS.get(_kind(Path(f"a{kind}")))
    if writer is None:
        raise ScriptError(
            f"words and phones are not written as {kind or 'a file without a suffix'}; end it in {', '.join(WRITERS)}"
        )
    if kind.lower() in (".srt", ".vtt") and not alignment.words:
        raise ScriptError(
            "subtitles hold words, and without a text there are none; give the text, or write a .TextGrid"
        )
    return writer(alignment)


def beside(sound: Path, but: Path | None = None) -> Path | None:
    """The file of a line's text that stands beside its sound and has its name, or None.

    Args:
        sound: of the line.
        but: a file that does not count, as it is to be written.
    """
    for suffix in READERS:
        for name in (suffix, suffix.lower()):
            path = sound.with_suffix(name)
            if path not in (sound, but) and path.is_file():
                return path
    return None


def _kind(path: Path) -> str:
    return next((one for one in READERS if one.lower() == path.suffix.lower()), path.suffix)
