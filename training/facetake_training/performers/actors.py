"""The performers and their habits. Knows nothing of phones, audio or controls."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from facetake.config import from_table


@dataclass(frozen=True)
class PerformerTraits:
    """How one performer differs from the average; see actors.toml for the meaning of each number."""

    opening: float = 1.0
    width: float = 1.0
    rounding: float = 1.0
    insist: float = 1.0
    jaw: float = 1.0
    lead_s: float = 0.0
    brows: float = 1.0
    lids: float = 1.0
    emotion: float = 1.0
    asymmetry: float = 0.0
    dimple: float = 1.0
    press: float = 0.0


@cache
def actors() -> dict[str, PerformerTraits]:
    """All performers by name, `house` (average, symmetrical) first."""
    text = files("facetake_training.performers").joinpath("actors.toml").read_text(encoding="utf-8")
    return {
        name: from_table(PerformerTraits, table, f"actors.toml [{name}]") for name, table in tomllib.loads(text).items()
    }
