"""Doors that break the promise, each in its way: what the attack must see, or it is worth nothing."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from attack.cell import CANARY
from attack.door import Case, Door, Open
from facetake.errors import ConfigError, TakeError

FEW: Final = 40
"""Bytes of an input."""


def prepare(_folder: Path) -> None:
    """Nothing."""


def _door(name: str, does: Callable[[Case], object]) -> Door:
    def make(_seeds: Any, case: Case) -> Open:
        (case.folder / "a.txt").write_bytes(bytes(FEW))
        return lambda: does(case)

    return Door(name, does.__doc__ or name, prepare, make, is_tried_first=does not in ENDING)


def accepts(case: Case) -> None:
    """Takes what it is given."""
    (case.folder / "a.txt").read_bytes()


def refuses(case: Case) -> None:
    """Says what is wrong."""
    raise TakeError(f"{case.folder}: there is no take in it; write one")


def every_other(case: Case) -> None:
    """Falls over half of what it is given."""
    if case.dice.random() < 0.5:
        raise KeyError("a")


def raises(_case: Case) -> None:
    """Ends in an error of Python's."""
    raise KeyError("a")


def says_much(_case: Case) -> None:
    """Says something that no terminal should be told."""
    raise PlainError("a\x1b[2Jb")


class PlainError(ConfigError):
    """One of Facetake's errors that lost its ways."""

    def __str__(self) -> str:
        """As it is."""
        return str(self.args[0])


def takes_time(_case: Case) -> None:
    """Works for longer than any input explains, but ends."""
    end = time.process_time() + 2.5
    while time.process_time() < end:
        pass


def takes_memory(_case: Case) -> None:
    """Fills memory, and gives it back."""
    np.ones(600_000_000, np.uint8)


def asks_for_all_memory(_case: Case) -> None:
    """Asks for more memory than there is."""
    np.ones(1 << 40, np.uint8)


def hangs(_case: Case) -> None:
    """Waits for ever."""
    while True:
        time.sleep(1.0)


def dies(_case: Case) -> None:
    """Ends its process."""
    os.abort()


def writes_outside(case: Case) -> None:
    """Leaves a file beside its folder."""
    (case.outside / "x").write_text("x", encoding="utf-8")


def loses_work(case: Case) -> None:
    """Overwrites what is not its own, not by Python's own means."""
    descriptor = os.open(case.outside / CANARY, os.O_WRONLY | os.O_TRUNC)
    os.close(descriptor)


def loses_its_input(case: Case) -> None:
    """Removes what it was to read."""
    (case.folder / "a.txt").unlink()


def leaves_rubbish(case: Case) -> None:
    """Leaves a begun file behind."""
    (case.folder / ".begun").write_text("x", encoding="utf-8")


def runs(_case: Case) -> None:
    """Runs a program."""
    os.system("true")  # noqa: S605  which is what it is for


def breaks(_seeds: Any, _case: Case) -> Open:
    """Cannot make its own input."""
    raise IndexError("a")


BAD: Final = (
    raises,
    says_much,
    takes_time,
    takes_memory,
    asks_for_all_memory,
    writes_outside,
    loses_work,
    loses_its_input,
    leaves_rubbish,
    runs,
)
ENDING: Final = (hangs, dies)
"""Those that cost their process."""


def doors() -> dict[str, Door]:
    """All of them, and two that hold."""
    found = {one.__name__: _door(one.__name__, one) for one in (accepts, refuses, every_other, *BAD, *ENDING)}
    return {**found, "breaks": Door("breaks", "", prepare, breaks)}
