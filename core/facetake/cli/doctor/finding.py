"""One thing that was looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Diagnosis:
    """One thing that was looked at.

    Attributes:
        name: what, in a word or two.
        told: what was found, for a person.
        advice: what to do; empty where nothing is wrong.
        facts: the same for a program.
    """

    name: str
    told: str
    advice: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def is_well(self) -> bool:
        """Whether nothing has to be done."""
        return not self.advice


def shortened(path: Path | str) -> str:
    """A path as it may be told to others: the home folder, which has a person's name, is ~."""
    home = Path.home()
    whole = Path(path)
    is_within = len(home.parts) > 1 and whole.is_relative_to(home)
    return str("~" / whole.relative_to(home)) if is_within else str(path)
