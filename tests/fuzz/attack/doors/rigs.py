"""Rigs of others: maps that a studio wrote, lists of its controls, values of its rig, and characters as glTF."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np

from attack import hostile
from attack.damage import damaged
from attack.door import Case, Door, Open
from facetake import rig
from facetake.errors import FacetakeError
from facetake.formats import gltf_morph, rig_values
from facetake.rig import maps
from facetake.rig.maps import skeleton, writing
from facetake.rig.maps.examination import examine
from facetake.take import Take

HERO: Final = """
about = "hero"
range = [0, 1]
[controls]
jaw = { arkit = { jawOpen = 0.9 }, rig = { C_jaw = [[0, 0], [1, 0.1]] } }
lid = { arkit = { eyeBlinkLeft = 1 }, own = { jaw = -0.1 }, range = [-1, 2], neutral = 0.5 }
[controls."say a"]
visemes = { a = 1, "@" = 0.5 }
"""
WORDS: Final = (
    "nan",
    "inf",
    "-1",
    "0",
    "1e400",
    "true",
    "{}",
    "[]",
    "[[0, 0]]",
    "[[0, 0], [0, 1]]",
    "[[1, 0], [0, 1]]",
    "[[0, 0], [1, 1e30]]",
    "[[0, 0, 0]]",
    "{ jaw = 1 }",
    "{ lid = 1 }",
    "{ 'say a' = 1 }",
    "{ jawOpen = 0 }",
    "{ jawOpn = 1 }",
    "{ arkit = { jawOpen = 1 } }",
    "[1, 0]",
    "[-1e9, 1e9]",
    "'x'",
    "1979-05-27",
)


def prepare_maps(_folder: Path) -> list[str]:
    """Texts of maps, a small one more often than those that ship."""
    return [HERO] * 8 + [maps.place_of(name).read_text("utf-8") for name in ("vrm", "facs")]


def make_maps(texts: list[str], case: Case) -> Open:
    """A map with other words, lines and bytes; or a list of names to begin one from."""
    dice = case.dice
    if dice.random() < 0.2:
        return _names(case)
    lines = dice.choice(texts).split("\n")
    for _ in range(dice.choice((1, 1, 2, 3))):
        place = dice.randrange(len(lines))
        lines[place] = _line(lines, place, dice)
    data = "\n".join(lines).encode("utf-8", "surrogatepass")
    path = case.folder / "hero.toml"
    path.write_bytes(damaged(data, dice) if dice.random() < 0.3 else data)
    return lambda: _read(path)


def _line(lines: list[str], place: int, dice: random.Random) -> str:
    name, sign, rest = lines[place].partition("=")
    kind = dice.randrange(6)
    if kind == 0:
        return dice.choice(lines)
    if kind == 1:
        return f"{name}= {dice.choice(WORDS)}"
    if kind == 2:
        return f"{json.dumps(hostile.name(dice))} = {{ arkit = {{ jawOpen = 1 }} }}"
    if kind == 3:
        return f"{name}{sign}{rest.replace('1', hostile.number(dice), 1)}"
    if kind == 4:
        many = ", ".join(f"[{n}, {n}]" for n in range(dice.choice((2, 300))))
        return f"x{dice.randrange(9)} = {{ own = {{ jaw = [{many}] }} }}"
    return f"{name}{sign}{rest.replace('jaw', dice.choice(('lid', 'jawOpen', 'Jaw', '')))}"


def _read(path: Path) -> None:
    """Reads a map, tries it, and finds it to be one, as when it is written again."""
    found = maps.load(str(path))
    examined = examine(found)
    low, high = found.ranges.T
    assert np.isfinite(examined.reach).all(), "a value is no number"
    assert (examined.reach[:, 0] >= low).all() and (examined.reach[:, 1] <= high).all(), "a value is out of range"
    again = path.with_name("again.toml")
    again.write_text(writing.text_of(found), encoding="utf-8")
    with ours():
        assert maps.load(str(again)).names == found.names, "written and read it is another"


@contextmanager
def ours() -> Iterator[None]:
    """What is refused in here is a file of our own, and no hostile one."""
    try:
        yield
    except FacetakeError as error:
        raise AssertionError(f"our own file is refused: {error}") from error


def _names(case: Case) -> Open:
    dice = case.dice
    known = ("jawOpen", "Eye_Blink_L", "blink", "blinkLeft", "AU12", "belly", "# x", "")
    lines = [dice.choice((*known, hostile.name(dice))) for _ in range(dice.choice((1, 3, 9)))]
    path = case.folder / "names.txt"
    data = "\n".join(lines).encode("utf-8", "surrogatepass")
    path.write_bytes(damaged(data, dice) if dice.random() < 0.3 else data)
    return lambda: skeleton.begin(skeleton.read_names(path))


# Values of a rig


def prepare_values(folder: Path) -> list[tuple[str, bytes]]:
    """A table and a document."""
    take = _take()
    found = []
    for suffix in (".csv", ".json"):
        path = folder / f"a{suffix}"
        rig_values.write(rig_values.of(take, maps.load("facs")), take, path)
        rig_values.read(path)
        found.append((suffix, path.read_bytes()))
    return found


def make_values(texts: list[tuple[str, bytes]], case: Case) -> Open:
    """Values with other cells, keys and bytes."""
    dice = case.dice
    suffix, data = dice.choice(texts)
    if dice.random() < 0.4:
        data = damaged(data, dice)
    elif suffix == ".json":
        data = hostile.json_text(hostile.respelt(json.loads(data), dice), dice)
    else:
        rows = [row.split(b",") for row in data.split(b"\n")]
        for _ in range(dice.choice((1, 1, 3))):
            row = dice.choice(rows)
            cell = dice.choice((hostile.number(dice), hostile.name(dice)))
            row[dice.randrange(len(row))] = cell.encode("utf-8", "surrogatepass")
        data = b"\n".join(map(b",".join, rows))
    path = case.folder / f"values{suffix}"
    path.write_bytes(data)

    def read() -> None:
        found = rig_values.read(path)
        assert np.isfinite(found.values).all() and found.values.shape[1] == len(found.names), (
            "it is no table of numbers"
        )

    return read


def _take() -> Take:
    values = rig.from_arkit(np.random.default_rng(1).random((4, 52)).astype(np.float32))
    return Take(values, Fraction(30), Fraction(-1, 30))


# Characters


@dataclass(frozen=True)
class Character:
    """A small whole file in its parts, and a take to animate it with."""

    document: dict[str, Any]
    take: Take


def prepare_meshes(folder: Path) -> Character:
    """A face of three named targets, with an expression of VRM bound to one, animated once."""
    targets = [{"POSITION": 0}] * 3
    document: dict[str, Any] = {
        "asset": {"version": "2.0"},
        "nodes": [{"mesh": 0}, {"name": "bone"}],
        "meshes": [
            {
                "name": "Face",
                "primitives": [{"attributes": {"POSITION": 0}, "targets": targets}],
                "weights": [0.0, 0.5, 0.0],
                "extras": {"targetNames": ["jawOpen", "eyeBlinkLeft", "scar"]},
            }
        ],
        "accessors": [{"bufferView": 0, "componentType": 5126, "count": 1, "type": "VEC3"}],
        "bufferViews": [{"buffer": 0, "byteLength": 12}],
        "buffers": [{"byteLength": 12}],
        "animations": [],
        "extensions": {
            "VRMC_vrm": {
                "expressions": {"preset": {"aa": {"morphTargetBinds": [{"node": 0, "index": 2, "weight": 1}]}}}
            }
        },
    }
    character = Character(document, _take())
    (folder / "mesh.glb").write_bytes(_glb(json.dumps(document).encode(), bytes(12)))
    _animate(folder / "mesh.glb", folder / "out.glb", character.take, "arkit")
    return character


def _glb(text: bytes, binary: bytes) -> bytes:
    text += b" " * (-len(text) % 4)
    parts = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(binary), b"BIN\0") + binary
    return struct.pack("<4sII", b"glTF", 2, 12 + len(parts)) + parts


def make_meshes(whole: Character, case: Case) -> Open:
    """A character with other JSON, heads, lengths and bytes."""
    dice = case.dice
    document = whole.document if dice.random() < 0.3 else hostile.respelt(whole.document, dice)
    data = _glb(hostile.json_text(document, dice), bytes(dice.choice((12, 12, 12, 8, 0, 4000))))
    if dice.random() < 0.4:
        data = damaged(data, dice)
    path = case.folder / "mesh.glb"
    path.write_bytes(data)
    name = dice.choice(("arkit", "arkit", "facs", "unity"))
    return lambda: _animate(path, case.folder / "out.glb", whole.take, name)


def _animate(mesh: Path, out: Path, take: Take, name: str) -> None:
    """Animates a mesh, and finds the copy to be a file that can be animated again, with what it had."""
    rig_values.write(rig_values.of(take, maps.load(name)), take, out, mesh=mesh)
    before = gltf_morph.parse(mesh.read_bytes())
    with ours():
        after = gltf_morph.parse(out.read_bytes())
        assert gltf_morph.names_in(out) == gltf_morph.names_in(mesh), "names of the file are lost"
    assert after.binary.startswith(before.binary) and after.others == before.others, "data of the file is lost"
    added = ("accessors", "bufferViews", "animations", "buffers")
    left = {key: value for key, value in after.document.items() if key not in added}
    assert left == {key: value for key, value in before.document.items() if key not in added}, (
        "JSON of the file is lost"
    )


DOORS: Final = (
    Door(
        "rig maps", "maps onto other rigs, and lists of controls", prepare_maps, make_maps, 4.0, yields=("again.toml",)
    ),
    Door("rig values", "values of other rigs", prepare_values, make_values, weight=2.0),
    Door("meshes", "characters as glTF", prepare_meshes, make_meshes, weight=4.0, yields=("out.glb",)),
)
