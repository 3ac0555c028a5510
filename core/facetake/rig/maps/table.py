"""Rig maps as TOML: read strictly, with every unknown name and every impossible number told by file and key.

    about = "our hero rig"
    [controls.jawDrop]
    arkit = { jawOpen = 0.9 }                       # a number is a slope through 0
    rig = { C_jaw_openExtreme = [[0, 0], [1, 0.1]] } # points: input, output; held beyond the ends
    visemes = { a = 0.2 }
    own = { jawForward = -0.1 }                     # another control of this map, after its range
    range = [0, 1]                                  # default: that at the top of the file, or 0 to 1
    neutral = 0                                     # added to the sum; default 0

Knows the rig's names; does not know which maps ship.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from facetake.config import from_table, read_table
from facetake.errors import ConfigError, RigError, line
from facetake.files.quantities import shown
from facetake.files.spelling import meant
from facetake.rig.arkit import ARKIT_NAMES
from facetake.rig.controls import NAMES
from facetake.rig.maps.rig_map import SOURCES, MappedControl, RigMap, Source, Term, ordered
from facetake.rig.names import columns, find
from facetake.rig.viseme_names import VISEMES

MOST_CONTROLS: Final = 1000
"""Four times what a MetaHuman has, the largest rig of faces that was seen."""
NOT_IN_NAMES: Final = frozenset(',;"')
"""What tables of numbers part columns with."""
MOST_TERMS: Final = 400  # of a control: more than there are inputs, so that nobody's map is refused
MOST_POINTS: Final = 256  # of a term, ample: hands place five
LONGEST_NAME: Final = 200  # characters: paths of scene graphs are shorter
MOST: Final = 1e6  # of a number in a map: degrees and percent lie far below
_KIND: Final[Mapping[Source, str]] = {"rig": "control", "arkit": "ARKit shape", "visemes": "viseme", "own": "control"}

Points = tuple[tuple[float, float], ...]
Weight = float | Points


@dataclass(frozen=True)
class ControlTable:
    """A control as a file has it."""

    rig: Mapping[str, Weight] = field(default_factory=dict)
    arkit: Mapping[str, Weight] = field(default_factory=dict)
    visemes: Mapping[str, Weight] = field(default_factory=dict)
    own: Mapping[str, Weight] = field(default_factory=dict)
    range: tuple[float, float] | None = None
    neutral: float = 0.0


@dataclass(frozen=True)
class MapTable:
    """A map as a file has it."""

    controls: Mapping[str, ControlTable]
    about: str = ""
    range: tuple[float, float] = (0.0, 1.0)


def read(path: Path) -> RigMap:
    """The map in a TOML file.

    Raises:
        ConfigError: the file cannot be read, or says something that cannot be; names the file and the key.
    """
    return parse(read_table(path), str(path), path.stem)


def parse(table: object, where: str, name: str) -> RigMap:
    """A map of a table as TOML gives it.

    Args:
        table: keys and values.
        where: what to call it in an error.
        name: of the map.

    Raises:
        ConfigError: it says something that cannot be.
    """
    found = from_table(MapTable, table, where)
    if not 1 <= len(found.controls) <= MOST_CONTROLS:
        raise ConfigError(f"{where}: a map has 1 to {MOST_CONTROLS} controls, not {len(found.controls)}")
    places = {control: place for place, control in enumerate(found.controls)}
    controls = tuple(_control(control, one, found.range, places, where) for control, one in found.controls.items())
    order, circle = ordered({control.name: control.terms for control in controls})
    if circle:
        raise ConfigError(f"{where}: controls refer to one another in a circle: {' -> '.join(circle)}; break it")
    return RigMap(name, found.about, controls, order)


def _control(
    name: str, table: ControlTable, usual: tuple[float, float], places: Mapping[str, int], where: str
) -> MappedControl:
    """A control, checked."""
    if not is_name(name):
        raise ConfigError(
            f"{where}: {shown(name)} is no control's name: give it 1 to {LONGEST_NAME} characters that can be seen, "
            "no space at its ends, and none of , ; and quotes"
        )
    where = f"{where}: controls.{name}"
    low, high = table.range or usual
    if not -MOST <= low < high <= MOST:
        raise ConfigError(f"{where}.range: {low:g} to {high:g} is no range; give the lower end first, within {MOST:g}")
    if not low <= table.neutral <= high:
        raise ConfigError(f"{where}.neutral: {table.neutral:g} is outside the range {low:g} to {high:g}")
    terms = [
        _term(source, key, weight, places, f"{where}.{source}")
        for source in SOURCES
        for key, weight in getattr(table, source).items()
    ]
    _check_terms(terms, where)
    return MappedControl(name, tuple(terms), low, high, table.neutral)


def is_name(text: str) -> bool:
    """Whether a text may be the name of a control."""
    return 0 < len(text) <= LONGEST_NAME and text == text.strip() == line(text) and not NOT_IN_NAMES & set(text)


def _check_terms(terms: list[Term], where: str) -> None:
    """Raises ConfigError where a control could never move, or has one input twice."""
    if not any(_does_something(term) for term in terms):
        raise ConfigError(f"{where} never moves, as all it has is 0; give it a term, or leave it out")
    if len(terms) > MOST_TERMS:
        raise ConfigError(f"{where} has {len(terms)} terms; {MOST_TERMS} are the most")
    seen: dict[tuple[Source, int], str] = {}
    for term in terms:
        if other := seen.get((term.source, term.column)):
            raise ConfigError(f"{where}.{term.source}: {other} and {term.name} are one control; keep one")
        seen[term.source, term.column] = term.name


def _does_something(term: Term) -> bool:
    return bool(term.slope) if term.points is None else bool(np.any(term.points[:, 1]))


def _term(source: Source, key: str, weight: Weight, places: Mapping[str, int], where: str) -> Term:
    column = _column(source, key, places, where)
    if not isinstance(weight, tuple):
        if not abs(weight) <= MOST:
            raise ConfigError(f"{where}.{key}: {weight:g} is too large; {MOST:g} is the most")
        return Term(source, key, column, slope=weight)
    return Term(source, key, column, points=_points(source, weight, f"{where}.{key}"))


def _points(source: Source, weight: Points, where: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Points (P, 2), checked."""
    if not 2 <= len(weight) <= MOST_POINTS:
        raise ConfigError(f"{where} has {len(weight)} points; give 2 to {MOST_POINTS}, each an input and an output")
    points = np.array(weight, dtype=np.float64)
    if np.abs(points).max() > MOST:
        raise ConfigError(f"{where} has a number above {MOST:g}; is it another unit?")
    if not (np.diff(points.astype(np.float32)[:, 0]) > 0).all():
        raise ConfigError(f"{where}: the inputs of its points must rise from each to the next")
    lowest = -1.0 if source == "rig" else 0.0
    if source != "own" and (points[:, 0].min() < lowest or points[:, 0].max() > 1.0):
        raise ConfigError(
            f"{where}: an input of its points is outside {lowest:g} to 1, where every {_KIND[source]} lies"
        )
    return points.astype(np.float32)


def _column(source: Source, key: str, places: Mapping[str, int], where: str) -> int:
    """Where an input is in its source. ConfigError with what may be meant."""
    if source == "rig":
        found = _rig_column(key)
        known: list[str] = list(short_names()) if found is None else []
    else:
        known = list({"arkit": ARKIT_NAMES, "visemes": VISEMES, "own": tuple(places)}[source])
        found = known.index(key) if key in known else None
    if found is None:
        raise ConfigError(f"{where}: there is no {_KIND[source]} {shown(key)}{meant(key, known) or _few(known)}")
    return found


def _few(known: list[str]) -> str:
    """What there is, where it is few."""
    return f"; use one of {', '.join(known)}" if len(known) <= len(VISEMES) else "; correct it"


def _rig_column(key: str) -> int | None:
    """Column of a control under any of its names, or of its short one."""
    found = find(key)
    if found is not None:
        return found
    try:
        return int(columns(key)[0])
    except RigError:
        return None


def short_names() -> tuple[str, ...]:
    """The controls as maps are best written: ``C_jaw`` and ``C_jaw.X``."""
    bare = (name.removeprefix("CTRL_") for name in NAMES)
    return tuple(name.removesuffix(".translateY").replace(".translateX", ".X") for name in bare)
