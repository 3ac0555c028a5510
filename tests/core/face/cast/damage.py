"""Whole files damaged in every way that disks, downloads and people damage them; the same ways each time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facetake.errors import FacetakeError

PIECES = (b"\0", b"\xff\xff\xff\xff", b"\x7f" * 8, b"nan", b"-1", b"9" * 400, b"{", b"]", b'"', b",", b"PK\x03\x04")
VALUES: tuple[Any, ...] = (None, True, -1, 0, 10**18, 1e300, "", "x\0y", "\ud800", [], [None], {}, {"a": 1}, [[[]]])
"""What may stand in a table in place of anything."""


def damaged(whole: bytes, count: int) -> Iterator[bytes]:
    """What is left of a file: nothing, something else, and `count` times the file cut, flipped, spoilt or repeated."""
    yield from (b"", b"\0" * 64, b"not this kind of file\n", whole[:1], whole[:-1], whole + whole)
    dice = np.random.default_rng(17)
    for _ in range(count):
        place = int(dice.integers(len(whole)))
        kind = dice.integers(4)
        if kind == 0:
            yield whole[:place]
        elif kind == 1:
            bent = bytearray(whole)
            for at in dice.integers(len(whole), size=dice.integers(1, 9)):
                bent[at] ^= 1 << int(dice.integers(8))
            yield bytes(bent)
        elif kind == 2:
            piece = PIECES[dice.integers(len(PIECES))]
            yield whole[:place] + piece + whole[place + len(piece) :]
        else:
            yield whole[:place] + whole[place + int(dice.integers(1, 200)) :]


def respelt(table: Any) -> Iterator[Any]:
    """A table with each of its values, at any depth, in turn replaced by each of `VALUES`, and none of it."""
    yield from VALUES
    rows = list(table.items()) if isinstance(table, dict) else list(enumerate(table))
    for key, value in rows:
        others = respelt(value) if isinstance(value, dict | list) and value else VALUES
        for other in others:
            changed = dict(table) if isinstance(table, dict) else list(table)
            changed[key] = other
            yield changed
        if isinstance(table, dict):
            yield {name: kept for name, kept in table.items() if name != key}


def refused_in_words(open_it: Any, path: Path) -> bool:
    """Whether what is there is refused, in one line that names the file or its folder; else it is taken."""
    try:
        open_it()
    except FacetakeError as error:
        message = str(error)
        assert "\n" not in message, message
        assert path.name in message or path.parent.name in message, message
        return True
    except Exception as error:
        pytest.fail(f"{path.name}: {type(error).__name__}: {error}")
    return False
