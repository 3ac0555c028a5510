"""The curves of a take that are worth showing: of the whole face, or of a region."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from facetake import rig
from facetake.preview import main_curves
from facetake.take import Take

MAIN: Final = "main"
MOST: Final = 4  # of a region, by eye: more lines hide one another
GROUPS: Final = (MAIN, *rig.REGIONS)


def shown(take: Take, group: str, rows: slice, region: Sequence[int]) -> dict[str, list[float]]:
    """Name to values at some frames: the main curves, or some controls of a region."""
    if group == MAIN:
        return {name: row.tolist() for name, row in main_curves(take.values[rows]).items()}
    return {rig.NAMES[column].removeprefix("CTRL_"): take.values[rows, column].tolist() for column in region}


def columns(take: Take, group: str) -> list[int]:
    """The controls of a region that move most, the left one of a pair; none of the main curves."""
    if group == MAIN:
        return []
    left = [int(i) for i in np.flatnonzero(rig.region_mask(group)) if rig.CONTROLS[i].side != "R"]
    return sorted(left, key=lambda i: -float(np.ptp(take.values[:, i])))[:MOST]
