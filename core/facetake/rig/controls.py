"""The table of the 174 rig controls: names, ranges, regions, sides and mirrors.

The table is data (`controls.toml`); this module turns it into frozen rows and read-only arrays,
quickly, because every start of the program pays for it. It does not know other spellings of a
name (`facetake.rig.names`) or other rigs (`facetake.rig.arkit`, `facetake.rig.raw`).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from facetake.errors import RigError
from facetake.files.spelling import meant

N_CONTROLS = 174  # EmoFace 4.1
EYE_SIDE_DEG = 40.0
EYE_UP_DEG = 30.0
EYE_DOWN_DEG = 40.0
"""How far a MetaHuman's eye turns at a full `eye.X` (1 is to the actor's left, for either eye) and `eye.Y`."""

Side = Literal["L", "R", "C"]
Keyed = Literal["yes", "optional", "no"]


class _Table(NamedTuple):
    """What `controls.toml` holds, read once."""

    controls: tuple[Control, ...]
    regions: tuple[str, ...]
    groups: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Control:
    """One slider of the face board.

    Attributes:
        name: Maya node and attribute on the older rig, unique: ``CTRL_C_jaw.translateY``.
        maya_mh4: The same on the newer Maya rig; empty where that rig has no such control.
        unreal: Channel of Unreal's face board, ``CTRL_C_jaw.Y``; empty where there is none.
        minimum: Lowest value, -1 or 0.
        maximum: Highest value, 1.
        neutral: Value at rest; not always 0.
        region: One of `REGIONS`.
        side: ``L``, ``R`` or ``C``.
        mirror: Name of the control that takes its value when the face is mirrored; its own name in the middle.
        mirror_sign: -1 where mirroring also turns the value around (sideways movement), else 1.
        keyed: ``yes`` by default, ``optional`` on request, ``no`` never.
    """

    name: str
    maya_mh4: str
    unreal: str
    minimum: float
    maximum: float
    neutral: float
    region: str
    side: Side
    mirror: str
    mirror_sign: int
    keyed: Keyed


def _control(row: list[Any]) -> Control:
    """A row of the file; ``=`` stands for the control's own name."""
    name = cast(str, row[0])
    mh4, mirror = (name if row[column] == "=" else cast(str, row[column]) for column in (1, 8))
    low, high, neutral = (float(row[column]) for column in (3, 4, 5))
    return Control(name, mh4, row[2], low, high, neutral, row[6], row[7], mirror, int(row[9]), row[10])


def _read() -> _Table:
    with (Path(__file__).parent / "controls.toml").open("rb") as file:
        table = tomllib.load(file)
    groups = {name: tuple(regions) for name, regions in table["groups"].items()}
    return _Table(tuple(_control(row) for row in table["table"]["rows"]), tuple(table["regions"]), groups)


def _frozen(values: list[float]) -> NDArray[np.float32]:
    array = np.array(values, dtype=np.float32)
    array.setflags(write=False)
    return array


_TABLE = _read()
CONTROLS: tuple[Control, ...] = _TABLE.controls
NAMES: tuple[str, ...] = tuple(control.name for control in CONTROLS)
INDEX: dict[str, int] = {name: index for index, name in enumerate(NAMES)}
REGIONS: tuple[str, ...] = _TABLE.regions
GROUPS: dict[str, tuple[str, ...]] = _TABLE.groups
MINIMUM = _frozen([control.minimum for control in CONTROLS])
MAXIMUM = _frozen([control.maximum for control in CONTROLS])
NEUTRAL = _frozen([control.neutral for control in CONTROLS])


def clamp(values: NDArray[np.floating]) -> NDArray[np.float32]:
    """Bring every control into its range.

    Args:
        values: (..., 174) control values; NaN stays NaN.

    Returns:
        (..., 174) float32, a new array.
    """
    return np.clip(np.asarray(values, dtype=np.float32), MINIMUM, MAXIMUM)


def mirror_columns() -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Where each control's mirrored value comes from.

    Returns:
        (174,) column to read from, and (174,) factor -1 or 1: ``mirrored = values[:, columns] * factors``.
    """
    columns = np.array([INDEX[control.mirror] for control in CONTROLS], dtype=np.intp)
    return columns, _frozen([float(control.mirror_sign) for control in CONTROLS])


def region_mask(*regions: str) -> NDArray[np.bool_]:
    """Which controls belong to regions of the face.

    Args:
        regions: Names of `REGIONS`, or of a group: ``upper`` (brow, eye, nose, ear) and
            ``lower`` (mouth, jaw, cheek, teeth, tongue).

    Returns:
        (174,) bool, true where the control is in any of the regions.

    Raises:
        RigError: A region is unknown; the message lists the known ones.
    """
    wanted: set[str] = set()
    for region in regions:
        if region not in REGIONS and region not in GROUPS:
            known = (*REGIONS, *GROUPS)
            raise RigError(f'no face region is called "{region}"; use one of {", ".join(known)}{meant(region, known)}')
        wanted.update(GROUPS.get(region, (region,)))
    return np.array([control.region in wanted for control in CONTROLS], dtype=np.bool_)
