"""What a door is: one kind of input, how hostile ones are made, and what opens them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Open = Callable[[], object]
"""Opens what a case made, as the product does; this alone is measured and judged."""


@dataclass(frozen=True)
class Case:
    """One case.

    Attributes:
        dice: what decides everything in it; made of door, seed and number.
        folder: its own, empty, where whatever it needs is written.
        outside: a folder that nothing may touch, for paths that lead out.
    """

    dice: random.Random
    folder: Path
    outside: Path

    @property
    def size(self) -> int:
        """Bytes of everything it made."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file() and not path.is_symlink())


@dataclass(frozen=True)
class Door:
    """One kind of input.

    Attributes:
        name: as the command line calls it.
        about: what comes in here.
        prepare: makes whole, small files in a folder, once for each process, and gives whatever `make` needs of them.
        make: writes a hostile input of a case into its folder, and gives what opens it. Checks of what is taken for
            good raise AssertionError.
        weight: share of all cases, relative to the others'.
        needs: modules without which there is no such door.
        yields: files of a case's folder that the product may make or replace, as patterns; anything else that was there
            before must be there afterwards, byte for byte.
        asks_for_much: whether such an input may take time and memory of its own, as docs/security.md says of models; it
            must come to an end all the same.
        is_tried_first: whether its first cases are tried before any counts, so that what is loaded once is no case's
            time or memory; not where a case costs its process.
        own: errors beside Facetake's own that may come out, such as a host's.
    """

    name: str
    about: str
    prepare: Callable[[Path], Any]
    make: Callable[[Any, Case], Open]
    weight: float = 1.0
    needs: tuple[str, ...] = ()
    yields: tuple[str, ...] = ()
    asks_for_much: bool = False
    is_tried_first: bool = True
    own: tuple[type[Exception], ...] = field(default=())


def case_dice(door: str, seed: int, number: int) -> random.Random:
    """The dice of a case."""
    return random.Random(f"{door}:{seed}:{number}")
