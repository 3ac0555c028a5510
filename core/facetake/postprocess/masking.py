"""Gains, masks and ranges of control curves.

Each function writes to a new array, or to `out`, which may be its input: takes can be long, so nothing here makes a
second full copy on the way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from facetake import rig
from facetake.arrays import memmap
from facetake.errors import ConfigError

Values = NDArray[np.float32]


def gain(values: Values, gains: Mapping[str, float], out: Values | None = None) -> Values:
    """Scale each named region's deviation from neutral, within the controls' ranges.

    Args:
        values: (T, 174) controls.
        gains: factor per region or group of `rig.region_mask`; factors of overlapping groups multiply.
        out: where to write; may be `values`.

    Raises:
        RigError: for an unknown region.
        ConfigError: for a factor that is negative or not finite.
    """
    scale = np.ones(rig.N_CONTROLS, np.float32)
    for region, factor in gains.items():
        if not (np.isfinite(factor) and factor >= 0):
            raise ConfigError(f'gain of "{region}" is {factor}; it must be a number of at least 0')
        scale[rig.region_mask(region)] *= factor
    out = target(values, out)
    columns = np.flatnonzero(scale != 1)
    neutral, low, high = (row[columns] for row in (rig.NEUTRAL, rig.MINIMUM, rig.MAXIMUM))
    for rows in memmap.blocks(out) if len(columns) else ():
        out[rows, columns] = np.clip(neutral + scale[columns] * (out[rows, columns] - neutral), low, high)
    return out


def mask(values: Values, regions: Iterable[str], out: Values | None = None) -> Values:
    """Keep the named regions or groups (RigError for unknown ones); every other control goes to neutral."""
    away = ~rig.region_mask(*regions)
    out = target(values, out)
    for rows in memmap.blocks(out):
        out[rows, away] = rig.NEUTRAL[away]
    return out


def clamp(values: Values, out: Values | None = None) -> Values:
    """Bring every control into its range."""
    out = np.empty_like(values) if out is None else out
    for rows in memmap.blocks(out):
        np.clip(values[rows], rig.MINIMUM, rig.MAXIMUM, out=out[rows])
    return out


def target(values: Values, out: Values | None) -> Values:
    """The array to write to, holding `values`: a copy, or `out`."""
    if out is None:
        return memmap.copy(values)
    if out is not values:
        out[...] = values
    return out
