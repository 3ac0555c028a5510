"""Rig maps: how a take drives a rig that is neither MetaHuman nor one of ours.

A map is a TOML file (`table`), read into a `RigMap` (`rig_map`) that turns control values into the other rig's. Those
of known conventions ship beside this module; `skeleton` begins one for a list of names, `examination` says what is
wrong with one, `fitting` learns one from poses.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final

from facetake.errors import RigError
from facetake.files.spelling import meant
from facetake.rig.maps.rig_map import MappedControl, RigMap, Source, Term
from facetake.rig.maps.table import parse, read

__all__ = ["MappedControl", "RigMap", "Source", "Term", "best_for", "load", "parse", "place_of", "read", "shipped"]

SUFFIX: Final = ".toml"
_FOLDER: Final = Path(__file__).parent / "conventions"


@cache
def shipped() -> tuple[str, ...]:
    """Names of the maps that ship."""
    return tuple(sorted(path.stem for path in _FOLDER.glob(f"*{SUFFIX}")))


def place_of(asked: str) -> Path:
    """The file of a map: a shipped one's by its name, else a path that ends in .toml.

    Raises:
        RigError: it is neither.
    """
    if asked in shipped():
        return _FOLDER / f"{asked}{SUFFIX}"
    if not asked.lower().endswith(SUFFIX):
        known = meant(asked, shipped()) or f"; those that ship are {', '.join(shipped())}"
        raise RigError(f'no rig map is called "{asked}"{known} (a file of your own ends in {SUFFIX})')
    return Path(asked)


def load(asked: str) -> RigMap:
    """The map of a name or a path, as `place_of` takes it.

    Raises:
        RigError: there is no map of that name.
        ConfigError: the file cannot be read or is no map.
    """
    return _shipped(asked) if asked in shipped() else read(place_of(asked))


@cache
def _shipped(name: str) -> RigMap:
    """A map that ships, read once."""
    return read(place_of(name))


def best_for(names: Iterable[str]) -> str | None:
    """The shipped map that drives most of some controls, or None where none drives any."""
    wanted = set(names)
    counts = {name: len(wanted.intersection(load(name).names)) for name in shipped()}
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] else None
