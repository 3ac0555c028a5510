"""Rig maps back to TOML, as a person would write them. Knows maps; reads nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from facetake.errors import line
from facetake.files import json_text
from facetake.rig.maps.rig_map import SOURCES, MappedControl, RigMap, Term

_BARE = re.compile(r"[A-Za-z0-9_-]+")
WIDEST = 120  # characters of a line, as elsewhere in this repository


def text_of(rig_map: RigMap, left: Iterable[str] = ()) -> str:
    """A map as TOML.

    Args:
        rig_map: what to write.
        left: names that it has no control for yet; each becomes a comment to fill in.
    """
    lines = [f"about = {quoted(line(rig_map.about))}", "", "[controls]"]
    for control in rig_map.controls:
        lines += _control(control)
    lines += [f"# {key(name)} = {{ arkit = {{ jawOpen = 1 }} }}" for name in left]
    return "\n".join(lines) + "\n"


def key(name: str) -> str:
    """A name as TOML has it left of a sign of equality."""
    return name if _BARE.fullmatch(name) else quoted(name)


def quoted(text: str) -> str:
    """A text in quotes, as TOML and JSON both have it."""
    return json_text.dump(text, ensure_ascii=False)


def _control(control: MappedControl) -> list[str]:
    """A control on one line, or on one for each thing that it has, or for each term, where that would be too long."""
    parts = [(source, _terms([term for term in control.terms if term.source == source])) for source in SOURCES]
    told: list[tuple[str, str]] = [(name, text) for name, text in parts if text != "{}"]
    if (control.low, control.high) != (0.0, 1.0):
        told.append(("range", f"[{_number(control.low)}, {_number(control.high)}]"))
    if control.neutral:
        told.append(("neutral", _number(control.neutral)))
    whole = f"{key(control.name)} = {{ {', '.join(f'{name} = {text}' for name, text in told)} }}"
    if len(whole) <= WIDEST:
        return [whole]
    apart = [f"{key(control.name)}.{name} = {text}" for name, text in told]
    if max(map(len, apart)) <= WIDEST:
        return apart
    single = [f"{key(control.name)}.{term.source}.{key(term.name)} = {_weight(term)}" for term in control.terms]
    return single + [f"{key(control.name)}.{name} = {text}" for name, text in told if name in ("range", "neutral")]


def _terms(terms: Sequence[Term]) -> str:
    return f"{{ {', '.join(f'{key(term.name)} = {_weight(term)}' for term in terms)} }}" if terms else "{}"


def _weight(term: Term) -> str:
    if term.points is None:
        return _number(term.slope)
    return f"[{', '.join(f'[{_number(x)}, {_number(y)}]' for x, y in term.points.tolist())}]"


def _number(value: float) -> str:
    return f"{value + 0.0:.6g}"  # without the sign of -0
