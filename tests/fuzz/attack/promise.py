"""What is promised of every input, however hostile, and how a case is found to be past it.

It works, or it raises one of Facetake's own errors, whose sentence is one short printable line; nothing outside its
folder is touched and nothing in it is lost; and it takes neither time nor memory beyond what its size explains.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from facetake.errors import FacetakeError, sentence

MOST_S: Final = 2.0
"""Seconds of the processor that any case may take."""
S_PER_MB: Final = 2.0
MOST_MB: Final = 500.0
"""Memory that any case may take beside what was taken before it."""
MB_PER_MB: Final = 30.0
LONGEST: Final = 1000
"""Characters of a sentence."""
FORBIDDEN: Final = {
    "Traceback (most recent": "a traceback",
    "unforeseen": "something unforeseen",
    "allow_pickle": "a library's advice to programmers",
    ".part": "the name of a temporary file",
    " object at 0x": "the address of an object",
}
BIDIRECTIONAL: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Signs that let text run backwards, so that a name looks like another one."""
_BEGUN: Final = re.compile(r"\.facetake-[0-9a-f]{8,}")
"""The name of a file that is begun; what a user gave is repeated, even where it looks a little like that."""
_ADDRESS: Final = re.compile(r"<[\w.]+ (?:object )?at 0x[0-9a-f]+>")


def unprintable(text: str) -> str:
    """The first sign of a text that does not belong into a line for people, by its code; empty where all do."""
    for one in text:
        if unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp") or one in BIDIRECTIONAL:
            return f"U+{ord(one):04X}"
    return ""


def wrong_with(message: str) -> str:
    """What is wrong with a sentence for people; empty where nothing is."""
    if bad := unprintable(message):
        return f"its sentence holds {bad}"
    if not message.strip():
        return "its sentence is empty"
    for text, what in FORBIDDEN.items():
        if text in message:
            return f"its sentence holds {what}"
    if _BEGUN.search(message):
        return "its sentence holds the name of a temporary file"
    if _ADDRESS.search(message):
        return "its sentence holds the address of an object"
    if len(message) > LONGEST:
        return f"its sentence has {len(message)} characters"
    return ""


def wrong_with_error(error: BaseException, own: tuple[type[Exception], ...]) -> str:
    """What is wrong with an error that came out of a door; empty where it is one that is promised."""
    if isinstance(error, AssertionError):
        return f"what was taken for good is not: {error}"
    if own and isinstance(error, own):
        return wrong_with(str(error))
    if not isinstance(error, FacetakeError):
        return f"it ends in {type(error).__name__}: {str(error)[:200]}"
    return wrong_with(sentence(error))


_WRITING: Final = frozenset(
    "os.rename os.remove os.mkdir os.rmdir os.link os.symlink os.truncate os.chmod os.chown os.utime shutil.rmtree "
    "shutil.move shutil.copyfile sqlite3.connect".split()
)
_RUNNING: Final = frozenset(
    "os.system os.exec os.spawn os.startfile pickle.find_class socket.connect socket.bind ftplib.connect "
    "urllib.Request webbrowser.open ctypes.dlopen".split()
)
_WRITE_FLAGS: Final = 1 | 2 | 64 | 512 | 1024  # O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND on Linux
_ALLOWED: Final = ("/dev/null",)
_NOWHERE: Final = "/proc/"  # where nothing can be made, so that trying is no harm


class Watch:
    """Sees what Python opens for writing, moves, removes, runs and connects to while a case is open."""

    def __init__(self, *rooms: Path) -> None:
        """Whatever is in one of the rooms may be written; made once for each process, as it cannot be taken off."""
        self._rooms = tuple(f"{room}/" for room in rooms)
        self._seen: list[str] | None = None
        sys.addaudithook(self._hear)

    @contextmanager
    def watching(self) -> Iterator[list[str]]:
        """Gathers what should not have happened inside the block."""
        seen: list[str] = []
        self._seen = seen
        try:
            yield seen
        finally:
            self._seen = None

    def _hear(self, event: str, about: tuple[Any, ...]) -> None:
        if self._seen is None:
            return
        if event == "open":
            path, _, flags = about
            if isinstance(flags, int) and flags & _WRITE_FLAGS:
                self._look(event, path)
        elif event in _WRITING:
            for path in about[:2]:
                self._look(event, path)
        elif event in _RUNNING and not (event == "ctypes.dlopen" and self._is_library(about[0])):
            self._seen.append(f"{event} {about!r:.100}")

    @staticmethod
    def _is_library(name: object) -> bool:
        return name is None or "site-packages" in str(name) or str(name).startswith("lib")

    def _look(self, event: str, path: object) -> None:
        assert self._seen is not None
        if isinstance(path, bytes):
            path = path.decode(errors="replace")
        if not isinstance(path, str | Path) or (event == "sqlite3.connect" and path in ("", ":memory:")):
            return
        whole = str(Path(path).absolute()) if not str(path).startswith("/") else str(path)
        if ".." in whole:
            whole = str(Path(whole).resolve())
        if not f"{whole}/".startswith((*self._rooms, _NOWHERE)) and whole not in _ALLOWED:
            self._seen.append(f"{event} {whole[:150]}")
