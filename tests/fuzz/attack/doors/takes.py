"""Takes, in every format that is read, and curves that a host sampled."""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np

from attack import arrays, hostile
from attack.damage import PIECES, damaged
from attack.door import Case, Door, Open
from facetake import formats, host_io, inspection, rig
from facetake.files import json_text
from facetake.take import Take

SLOW: Final = ("usd",)
"""Read by a library in a process of its own, which begins for each."""


@dataclass(frozen=True)
class Whole:
    """Small whole files."""

    files: dict[str, list[bytes]]
    arrays: dict[str, np.ndarray]


def small_take(frames: int, head: bool) -> Take:
    """A take that every format can say."""
    rng = np.random.default_rng(frames)
    values = rig.from_arkit((rng.random((frames, 52)) * 0.8).astype(np.float32))
    turns = rng.normal(size=(frames, 3)).astype(np.float32) if head else None
    return Take(values, Fraction(30), Fraction(1, 10), turns, {"seed": 1, "notes": ["a note"]})


def prepare(folder: Path) -> Whole:
    """A file or two of each format, each read once."""
    found: dict[str, list[bytes]] = {}
    for name, known in formats.FORMATS.items():
        if name == "usd" and not _has_usd():
            continue
        for frames, head in ((3, True), (1, False)):
            path = folder / f"a{known.suffix}"
            formats.write(small_take(frames, head), path, name)
            opened(path, name)
            found.setdefault(name, []).append(path.read_bytes())
    path = folder / "a.npz"
    formats.write(small_take(3, True), path, "npz")
    with np.load(path) as held:
        stored = {name: held[name] for name in held.files}
    curves = {
        "format": host_io.CURVES,
        "rate": "30",
        "start_s": "0",
        "curves": {rig.NAMES[0]: [0.0, 0.1], rig.NAMES[1]: [0.0, 0.2], **dict.fromkeys(host_io.HEAD, [1.0, 2.0])},
    }
    found["curves"] = [json.dumps(curves).encode()]
    return Whole(found, stored)


def _has_usd() -> bool:
    from importlib.util import find_spec

    return find_spec("pxr") is not None


def opened(path: Path, name: str | None) -> Take:
    """A take read, looked at as `inspect` does, and found to be one."""
    take = formats.read(path, name)
    assert np.all((take.values >= rig.MINIMUM) & (take.values <= rig.MAXIMUM)), "a value is out of range"
    assert 1 <= take.rate <= 1000, f"its rate is {take.rate}"
    assert take.head is None or np.isfinite(take.head).all(), "an angle is no number"
    json_text.dump(dict(take.origin))
    return take


def make(whole: Whole, case: Case) -> Open:
    """A take of a format, damaged as that format can be."""
    dice = case.dice
    name = dice.choice([one for one in whole.files for _ in range(1 if one in SLOW else 12)])
    suffix = ".json" if name == "curves" else formats.FORMATS[name].suffix
    path = case.folder / f"take{suffix}"
    path.write_bytes(_content(name, dice.choice(whole.files[name]), whole, dice))
    if name == "curves":
        names = dice.choice(host_io.RIGS)
        return lambda: host_io.read_curves(path, names)
    if dice.random() < 0.1 and name not in SLOW:
        return lambda: inspection.facts(path)
    asked = name if dice.random() < 0.5 else None
    return lambda: opened(path, asked)


def _content(name: str, data: bytes, whole: Whole, dice: random.Random) -> bytes:
    if dice.random() < 0.25:
        return damaged(data, dice)
    if name == "npz":
        return arrays.npz(arrays.changed(whole.arrays, dice), dice)
    if name in ("json", "a2f-json", "curves"):
        return hostile.json_text(hostile.respelt(json.loads(data), dice), dice)
    if name in ("anim", "usd"):
        return _respelt_words(data, dice)
    return _respelt_cells(data, dice)


def _respelt_cells(data: bytes, dice: random.Random) -> bytes:
    """A table with other cells, columns and rows."""
    comma = b"," if b"," in data else b" "
    rows = [row.split(comma) for row in data.rstrip(b"\n").split(b"\n")]
    for _ in range(dice.choice((1, 1, 1, 2, 4))):
        if dice.random() < 0.4:
            _other_rows(rows, dice)
        else:
            row = dice.choice(rows)
            row[dice.randrange(len(row))] = _cell(dice)
    return _respelt_text(b"\n".join(comma.join(row) for row in rows) + b"\n", dice)


def _cell(dice: random.Random) -> bytes:
    name = hostile.name(dice).encode("utf-8", "surrogatepass")
    return dice.choice((dice.choice(PIECES), name, hostile.number(dice).encode(), hostile.number(dice).encode()))


def _other_rows(rows: list[list[bytes]], dice: random.Random) -> None:
    row = dice.choice(rows)
    place = dice.randrange(len(row))
    kind = dice.randrange(6)
    if kind == 0 and len(row) > 1:
        del row[place]
    elif kind == 1:
        row.insert(place, row[place])
    elif kind == 2:
        rows.insert(dice.randrange(len(rows)), list(row))
    elif kind == 3 and len(rows) > 1:
        rows.remove(row)
    elif kind == 4:
        other = dice.randrange(len(rows[0]))
        rows[0].insert(place % len(rows[0]), rows[0].pop(other))
    else:
        number = hostile.number(dice).encode()
        for one in rows[1:]:
            if place < len(one):
                one[place] = number


def _respelt_text(text: bytes, dice: random.Random) -> bytes:
    """A table between whose cells and lines something else stands, or in another encoding."""
    kind = dice.randrange(14)
    if kind == 0:
        return text.replace(b",", b";")
    if kind == 1:
        return text.decode("utf-8", "replace").encode(dice.choice(("utf-16", "utf-8-sig", "utf-16-le")))
    if kind == 2:
        return text.replace(b"\n", dice.choice((b"\r", b"\r\n", b"\n\n", b"\0\n")))
    return text + text.split(b"\n")[-2] * dice.choice((1, 2000)) if kind == 3 else text


_WORD: Final = re.compile(rb"[A-Za-z0-9_.+-]+|[^\sA-Za-z0-9_.+-]")


def _respelt_words(data: bytes, dice: random.Random) -> bytes:
    """A text of words and brackets with some of them others, left out, or nested."""
    for _ in range(dice.choice((1, 1, 1, 2, 4))):
        places = [found.span() for found in _WORD.finditer(data)]
        if not places:
            break
        first, last = dice.choice(places)
        word = data[first:last]
        kind = dice.randrange(8)
        if kind == 0:
            new = b""
        elif kind == 1:
            other = dice.choice(places)
            new = data[other[0] : other[1]]
        elif kind == 2:
            new = dice.choice((b"{", b"}", b"[", b"(", b";", b'"', b"@", b"<", b"#")) * dice.choice((1, 1, 90, 5000))
        elif kind == 3:
            new = (word + b" ") * dice.choice((2, 3, 4000))
        elif kind == 4:
            new = hostile.name(dice).encode("utf-8", "surrogatepass")
        elif kind == 5:
            line = data.rfind(b"\n", 0, first) + 1
            new = word + b"\n" + data[line : data.find(b"\n", last)]
        else:
            new = hostile.number(dice).encode()
        data = data[:first] + new + data[last:]
    return data


DOOR: Final = Door("takes", "takes in every format, and a host's curves", prepare, make, weight=28.0)
