"""The curves of a take that are worth showing, every frame of them: of the whole face, or of a region."""

from __future__ import annotations

from typing import Final

import numpy as np

from facetake import rig
from facetake.preview import main_curves
from facetake.take import Take

MAIN: Final = "main"
MOST: Final = 4  # of a region, by eye: more lines hide one another
GROUPS: Final = (MAIN, *rig.REGIONS)


def shown(take: Take, group: str) -> dict[str, list[float]]:
    """Name to (T,) values: the main curves, or the controls of a region that move most, the left one of a pair."""
    if group == MAIN:
        return {name: row.tolist() for name, row in main_curves(take.values).items()}
    return {rig.NAMES[column].removeprefix("CTRL_"): take.values[:, column].tolist() for column in columns(take, group)}


def columns(take: Take, region: str) -> list[int]:
    """The controls of a region that move most."""
    left = [int(i) for i in np.flatnonzero(rig.region_mask(region)) if rig.CONTROLS[i].side != "R"]
    return sorted(left, key=lambda i: -float(np.ptp(take.values[:, i])))[:MOST]


def named(take: Take, names: list[str]) -> dict[str, list[float]]:
    """The curves of those names of another take, to lay behind."""
    everything = shown(take, MAIN)
    places = {rig.NAMES[i].removeprefix("CTRL_"): i for i in range(rig.N_CONTROLS)}
    return {name: everything.get(name) or take.values[:, places[name]].tolist() for name in names}
