"""The beginning of a rig map for a list of control names: filled in where a name is one that conventions have.

Knows names; what they drive is copied from the maps that ship.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final

from facetake import files
from facetake.errors import ConfigError
from facetake.rig import maps
from facetake.rig.arkit import ARKIT_NAMES
from facetake.rig.maps.rig_map import MappedControl, RigMap, ordered
from facetake.rig.maps.table import MOST_CONTROLS, is_name

MOST_BYTES: Final = 1 << 20  # of a list of names: five times what the most and longest of them take
_SIDE: Final = re.compile(r"^(.*?)[_.\- ]?(?:(?<=[a-z0-9_.\- ])(L|R)|_(l|r)|(Left|Right|left|right))$")


def read_names(path: Path) -> list[str]:
    """Names in a text, one a line; blank lines and those that begin with # are passed over.

    Raises:
        ConfigError: the file cannot be read, or a line is no control's name, or there twice.
    """
    try:
        lines = files.read_text(path, MOST_BYTES).splitlines()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {files.reason(error)}; check the path") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8") from error
    names: dict[str, int] = {}
    for number, text in enumerate(map(str.strip, lines), 1):
        if not text or text.startswith("#"):
            continue
        if not is_name(text):
            raise ConfigError(f"{path}, line {number}: {text[:40]!r} is no control's name; correct it")
        if text in names:
            raise ConfigError(f"{path}, line {number}: {text[:40]!r} is in line {names[text]}, too; keep one")
        names[text] = number
    if not 1 <= len(names) <= MOST_CONTROLS:
        raise ConfigError(f"{path} has {len(names)} names; a map has 1 to {MOST_CONTROLS} controls")
    return list(names)


def begin(names: Sequence[str], like: str | None = None) -> tuple[RigMap | None, list[str]]:
    """A map of the names that are known.

    Args:
        names: of the rig's controls.
        like: the shipped map to know them by; by default any, that first which knows most of them as they stand.

    Returns:
        The map, None where no name is known; and the names that are not.

    Raises:
        RigError: there is no such map.
    """
    first = like or maps.best_for(names)
    chosen = [like] if like else [*([first] if first else []), *maps.shipped()]
    found = {name: control for name in names if (control := _known(name, chosen)) is not None}
    left = [name for name in names if name not in found]
    while found:  # what refers to a control that is not there cannot stand
        broken = [
            name for name, one in found.items() if any(t.source == "own" and t.name not in found for t in one.terms)
        ]
        if not broken:
            break
        left += broken
        for name in broken:
            del found[name]
    controls = _placed(found)
    order, _ = ordered({one.name: one.terms for one in controls})
    return (RigMap("new", "", controls, order) if controls else None), left


def _placed(found: dict[str, MappedControl]) -> tuple[MappedControl, ...]:
    """Controls under their new names; what refers to another knows its new place."""
    places = {name: place for place, name in enumerate(found)}
    return tuple(
        replace(
            one,
            name=name,
            terms=tuple(replace(t, column=places[t.name]) if t.source == "own" else t for t in one.terms),
        )
        for name, one in found.items()
    )


def _known(name: str, chosen: Sequence[str]) -> MappedControl | None:
    for one in chosen:
        control = _by_name(one).get(name)
        if control is not None:
            return control
    spelt = spelling(name)
    for one in chosen:
        control = _by_spelling(one).get(spelt)
        if control is not None:
            return control
    return None


@cache
def _by_name(one: str) -> dict[str, MappedControl]:
    return {control.name: control for control in maps.load(one).controls}


@cache
def _by_spelling(one: str) -> dict[str, MappedControl]:
    return {spelling(name): control for name, control in reversed(_by_name(one).items())}


def spelling(name: str) -> str:
    """A name without what exporters do to it: prefixes, capitals, underscores and ways to write a side.

    ``blendShape1.eyeBlink_L``, ``Face:EyeBlinkLeft`` and ``eyeBlinkL`` are all ``eyeblink left``.
    """
    bare = re.split(r"[.:/|]", name)[-1]
    side = _SIDE.match(bare)
    letter = next((part for part in side.groups()[1:] if part), "") if side else ""
    stem = side[1] if side and letter else bare
    word = {"l": " left", "r": " right"}.get(letter[:1].lower(), "")
    return re.sub(r"[^a-z0-9]", "", stem.lower()) + word


@cache
def _arkit() -> dict[str, str]:
    return {spelling(name): name for name in ARKIT_NAMES}


def arkit_of(name: str) -> str | None:
    """The shape of ARKit's that a control's name means, or None: ``AK_25_JawOpen`` and ``JawOpen`` are jawOpen."""
    return _arkit().get(spelling(re.sub(r"^AK_\d\d_", "", name)))
