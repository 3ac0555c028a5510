"""Names that people write: the one that was meant, where a name is not in a list. Knows no list."""

from __future__ import annotations

from collections.abc import Iterable

ALIKE = 0.6  # difflib's own measure of close: of six letters two may be wrong
LONGEST = 80  # characters of a name; the time that comparing takes grows with their square


def closest(name: str, known: Iterable[str], alike: float = ALIKE) -> str:
    """The name in a list that is most like one that is not in it, whatever its case; empty where none is.

    Args:
        name: as it was written.
        known: the list.
        alike: 0..1, how much of two names must be the same.
    """
    import difflib  # only a mistake needs it

    folded = {one.casefold(): one for one in known}
    found = difflib.get_close_matches(name[:LONGEST].casefold(), folded, n=1, cutoff=alike)
    return folded[found[0]] if found else ""


def meant(name: str, known: Iterable[str]) -> str:
    """What follows in a message that a name is unknown: a question for the closest known one, or nothing."""
    close = closest(name, known)
    return f'; did you mean "{close}"?' if close else ""
