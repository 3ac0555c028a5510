"""The MetaHuman face rig as Facetake sees it: 174 controls, always met by name.

`controls` holds the table, `names` the spellings, `arkit` and `raw` the ways to other rigs. What
values mean over time is not known here (`facetake.take`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facetake.rig.arkit import ARKIT_NAMES, from_arkit, to_arkit
from facetake.rig.controls import (
    CONTROLS,
    EYE_DOWN_DEG,
    EYE_SIDE_DEG,
    EYE_UP_DEG,
    GROUPS,
    INDEX,
    MAXIMUM,
    MINIMUM,
    N_CONTROLS,
    NAMES,
    NEUTRAL,
    REGIONS,
    Control,
    clamp,
    mirror_columns,
    region_mask,
)
from facetake.rig.names import both, columns, find, one_or_both
from facetake.rig.raw import raw_names, to_raw

if TYPE_CHECKING:
    RAW_NAMES: tuple[str, ...]
else:

    def __getattr__(name: str) -> tuple[str, ...]:
        """`RAW_NAMES` on first use, because reading its table would slow every start."""
        if name == "RAW_NAMES":
            return raw_names()
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "ARKIT_NAMES",
    "CONTROLS",
    "EYE_DOWN_DEG",
    "EYE_SIDE_DEG",
    "EYE_UP_DEG",
    "GROUPS",
    "INDEX",
    "MAXIMUM",
    "MINIMUM",
    "NAMES",
    "NEUTRAL",
    "N_CONTROLS",
    "RAW_NAMES",
    "REGIONS",
    "Control",
    "both",
    "clamp",
    "columns",
    "find",
    "from_arkit",
    "mirror_columns",
    "one_or_both",
    "raw_names",
    "region_mask",
    "to_arkit",
    "to_raw",
]
