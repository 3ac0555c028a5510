"""The same doors, led by what code an input reaches: an optional mode, for which atheris has to be installed.

A door's dice are made of the bytes that atheris tries, so that what it changes is a choice of the attack's, and not a
byte of a file whose checksum would no longer hold. The modules that open things are measured, those of the attack not.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import tempfile
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

MISSING: Final = "the guided mode needs atheris, which is not installed; pip install atheris (Linux, Python up to 3.13)"


class Led(random.Random):
    """Dice that show what they are given, and as any other dice once that is used up."""

    def __new__(cls, _data: bytes) -> Led:
        """Random makes itself of its arguments."""
        return super().__new__(cls)

    def __init__(self, data: bytes) -> None:
        """Takes the bytes that decide."""
        super().__init__(len(data))
        self._data = data
        self._at = 0

    def random(self) -> float:
        """A number from 0 up to 1."""
        return self.getrandbits(16) / 65_536

    def getrandbits(self, k: int, /) -> int:
        """Bits, of the next bytes."""
        size = -(-k // 8)
        piece = self._data[self._at : self._at + size]
        self._at += size
        if len(piece) < size:
            return super().getrandbits(k)
        return int.from_bytes(piece, "little") & ((1 << k) - 1)


def run(source: str, name: str, seconds: float, keep_in: Path | None) -> int:
    """Tries a door until the time is over; 1 where a case fell, 2 without atheris.

    Args:
        source: the module with the doors.
        name: of one.
        seconds: how long.
        keep_in: where the inputs of cases that fell are copied to.
    """
    if find_spec("atheris") is None:
        print(MISSING)
        return 2
    atheris: Any = import_module("atheris")
    with atheris.instrument_imports(include=["facetake"]):
        cells = import_module("attack.cell")
        doors = cells.doors_of(source)
        folder = Path(tempfile.mkdtemp(prefix="facetake-attack-"))
        cell = cells.Cell(folder, doors)
        cell.prepare(name)
    seen: set[str] = set()
    number = 0
    end = time.monotonic() + seconds

    def once(data: bytes) -> None:
        nonlocal number
        if time.monotonic() > end:  # atheris itself never comes back
            print(f"{name}: {number} cases, {len(seen)} kinds past the promise", flush=True)
            shutil.rmtree(folder, ignore_errors=True)
            os._exit(1 if seen else 0)
        number += 1
        found = cell.attempt_with(name, Led(data))
        if found.why and (mark := f"{found.why[:60]}{found.trace[-300:]}") not in seen:
            seen.add(mark)
            print(f"{name} {number}: {found.why[:300]}".encode("ascii", "backslashreplace").decode(), flush=True)
            if keep_in is not None:
                cells.keep(cell.room.case, cells.Fall(name, 0, number, found.why, found.trace), keep_in)

    options = ("-max_total_time=0", "-rss_limit_mb=0", "-timeout=120", "-max_len=512", "-verbosity=0")
    atheris.Setup([sys.argv[0], *options], once)
    atheris.Fuzz()
    return 0
