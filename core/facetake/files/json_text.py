"""JSON as the standard has it, read and written in one place: no NaN, no infinity, no number or depth without bounds.

Python's own reader takes NaN, makes 1e400 infinite and falls over brackets nested ten thousand deep; its writer writes
NaN, which no other program reads. What the text means is not known here.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn

LONGEST_WHOLE: Final = 19  # digits: what 64 bits hold
DEEPEST: Final = 200
"""Of brackets in brackets: what is that deep can be written again, too, and looked at from anywhere in the program."""

_BRACKETS: Final = re.compile(r'"(?>[^"\\]++|\\.)*+"|([\[{])|[\]}]', re.DOTALL)  # texts are passed over

Pairs = list[tuple[str, Any]]


def load(text: str | bytes, pairs: Callable[[Pairs], Any] | None = None) -> Any:
    """What a text says.

    Args:
        text: one JSON value.
        pairs: makes something else than a dict of an object's names and values.

    Raises:
        ValueError: the text is no JSON (`json.JSONDecodeError`, which knows the line), holds NaN or a number too large
            to be one, or is nested too deep; the message is for people.
    """
    if isinstance(text, bytes):
        text = text.decode(json.detect_encoding(text))
    _check_depth(text)
    return json.loads(text, parse_constant=_refuse, parse_float=_finite, parse_int=_bounded, object_pairs_hook=pairs)


def load_table(text: str | bytes) -> dict[str, Any]:
    """The object that a text says. Raises ValueError as `load`, and where it is something else."""
    table = load(text)
    if not isinstance(table, dict):
        raise ValueError("it is no table")
    return table


def _check_depth(text: str) -> None:
    if text.count("[") + text.count("{") <= DEEPEST:
        return
    depth = 0
    for found in _BRACKETS.finditer(text):
        if found[1]:
            depth += 1
            if depth > DEEPEST:
                raise ValueError("brackets are nested too deep")
        elif not found[0].startswith('"'):
            depth -= 1


def dump(value: object, **options: Any) -> str:
    """A value as JSON text; the options are those of `json.dumps`.

    Raises:
        ValueError: a number in it is infinite or none.
    """
    return json.dumps(value, allow_nan=False, **options)


def finite(value: object, stand_in: Callable[[float], object] = lambda _: None) -> object:
    """A value with null, or what stands in, for every number in it that is infinite or none.

    For what is told of a measurement: a figure that could not be measured is null, and the others still arrive.
    """
    if isinstance(value, float) and not math.isfinite(value):
        return stand_in(value)
    if isinstance(value, Mapping):
        return {name: finite(item, stand_in) for name, item in value.items()}
    return [finite(item, stand_in) for item in value] if isinstance(value, list | tuple) else value


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:40]} is too large to be a number")
    return value


def _bounded(text: str) -> int:
    if len(text.lstrip("-")) > LONGEST_WHOLE:
        raise ValueError(f"a number of {len(text)} digits is too large")
    return int(text)
