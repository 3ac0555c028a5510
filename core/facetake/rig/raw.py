"""Rig controls to the raw expressions beneath them, the curves Unreal's animation assets carry.

The mapping is data (`raw.toml`), read on first use: sums of controls through piecewise linear
functions. The way back is not here, because opposite expressions share one control and it is
not unique.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from facetake.rig.controls import INDEX


class _Expression(NamedTuple):
    """One raw expression: summed columns through the points (drivers, values)."""

    name: str
    columns: tuple[int, ...]
    drivers: NDArray[np.float32]
    values: NDArray[np.float32]


@cache
def _file() -> dict[str, Any]:
    with (Path(__file__).parent / "raw.toml").open("rb") as file:
        return tomllib.load(file)


@cache
def _expressions() -> tuple[_Expression, ...]:
    read = []
    for name, sources, points in _file()["rows"]:
        drivers, values = np.array(points, dtype=np.float32).T
        read.append(_Expression(name, tuple(INDEX[source] for source in sources), drivers, values))
    return tuple(read)


@cache
def raw_names(generation: str = "mh4") -> tuple[str, ...]:
    """Names of the raw expressions, in the order of `to_raw`'s columns.

    Args:
        generation: ``mh4`` (current rigs and Unreal) or ``mh3``, which calls four tongue expressions otherwise.

    Returns:
        The names, without Unreal's ``CTRL_expressions_``.

    Raises:
        ValueError: Another generation.
    """
    if generation not in ("mh3", "mh4"):
        raise ValueError(f"generation is mh3 or mh4, not {generation!r}")
    older = _file()["mh3"] if generation == "mh3" else {}
    return tuple(older.get(expression.name, expression.name) for expression in _expressions())


def to_raw(values: NDArray[np.floating]) -> NDArray[np.float32]:
    """Raw expression weights for control values.

    Args:
        values: (T, 174) control values.

    Returns:
        (T, R) float32 in 0..1, one column for each of `raw_names`.
    """
    expressions = _expressions()
    raw = np.empty((len(values), len(expressions)), dtype=np.float32)
    for column, expression in enumerate(expressions):
        driver = values[:, list(expression.columns)].sum(axis=1)
        raw[:, column] = np.interp(driver, expression.drivers, expression.values)
    return np.clip(raw, 0.0, 1.0, out=raw)
