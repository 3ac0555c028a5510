"""The errors a user can cause and can mend, one flat level under `FacetakeError`.

Each message says what is wrong, where, and what to do about it, in one or two sentences; the
command line prints it as it stands. A mistake in calling code stays a `ValueError` and is not
listed here. This module knows no other module.
"""

from __future__ import annotations

import unicodedata
from typing import Final

LONGEST: Final = 1000
"""Characters of a line for people: what is wrong and what to do, and a long path between."""
_FIRST: Final = 600  # from the beginning, where the fault stands; the rest from the end, where the remedy stands
_TURNING: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Signs by which text runs the other way, so that a name looks like another."""


class FacetakeError(Exception):
    """Something the user can mend: catch this to catch every error below.

    Its text is one line that can be printed, whatever names of files or values it repeats.
    """

    def __str__(self) -> str:
        """What is wrong, where, and what to do."""
        return line(super().__str__())


class AudioError(FacetakeError):
    """A sound file that cannot be read, or holds nothing that can be used."""


class TakeError(FacetakeError):
    """A take, or a file of curves, that is incomplete or out of range."""


class RigError(FacetakeError):
    """A control, region or rig that Facetake does not know."""


class ModelError(FacetakeError):
    """A model file that is missing, altered, or made for another version."""


class ConfigError(FacetakeError):
    """A configuration, emotion or option that says something that cannot be."""


class HostError(FacetakeError):
    """Maya, Unreal or another host that did not do what was asked of it."""


class RenderError(FacetakeError):
    """A picture or video that cannot be drawn or written."""


class PortraitError(FacetakeError):
    """A video, an actor's folder or a portrait that cannot be captured, trained or rendered."""


class BatchError(FacetakeError):
    """A manifest or a batch of lines that cannot be run."""


class LiveError(FacetakeError):
    """A program, a network or a sound device that live motion cannot reach, or packets that are none."""


class ScriptError(FacetakeError):
    """A line's text, or a file of its words and times, that cannot be read, or cannot be spoken."""


class Notice(UserWarning):
    """What a user should know of this installation, told once; commands show it as one line."""


def line(text: str) -> str:
    """A text as one line that terminals, logs and pages show as it stands.

    Line feeds become spaces; other controls, halves of letters and signs that turn the direction become escapes, so
    that a name in a file can neither break the line nor write on a terminal what it likes. Of a text that is too long
    the middle is left out.
    """
    shown = "".join(one if _is_shown(one) else _escaped(one) for one in text)
    return shown if len(shown) <= LONGEST else f"{shown[:_FIRST]} ... {shown[_FIRST + 5 - LONGEST :]}"


def _is_shown(one: str) -> bool:
    return one not in _TURNING and unicodedata.category(one) not in ("Cc", "Cs", "Zl", "Zp")


def _escaped(one: str) -> str:
    return " " if one == "\n" else one.encode("unicode_escape").decode("ascii")


def sentence(error: BaseException) -> str:
    """An error as one line for a person."""
    if isinstance(error, FacetakeError):
        return str(error)
    if isinstance(error, MemoryError):
        return "this machine ran out of memory; cut the recording into shorter files or close other programs"
    if isinstance(error, OSError) and error.strerror:
        where = error.filename2 or error.filename
        named = f"{where} cannot be used ({error.strerror})" if where else error.strerror
        return line(f"{named}; check the path, its permissions, free space, and whether another program has it open")
    what = line(f"{type(error).__name__}: {error}")
    return f"something unforeseen went wrong ({what}); FACETAKE_DEBUG=1 shows where"
