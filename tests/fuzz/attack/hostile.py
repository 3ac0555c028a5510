"""Values, names and tables that nobody who means well writes."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from typing import Any, Final

NUMBERS: Final = (
    "0",
    "-0",
    "1",
    "-1",
    "0.5",
    "1e400",
    "-1e400",
    "nan",
    "NaN",
    "inf",
    "-Infinity",
    "1e308",
    "1e-320",
    "9" * 19,
    "9" * 20,
    "9" * 5000,
    "1_0",
    "0x10",
    "1/0",
    "1/3",
    "24000/1001",
    "1e999999999",
    "\u0663",
    "1,5",
    "+5",
    " 7 ",
    "2147483648",
    "9223372036854775808",
    "-9223372036854775809",
    "1e15",
    "1e7",
    "23.976",
    "--1",
    "1.2.3",
    "",
)
NAMES: Final = (
    "",
    ".",
    "..",
    "../x",
    "../../../../x",
    "{outside}/x",
    "a\0b",
    "\0",
    "\ud800",
    "a\ud800b",
    "x" * 255,
    "x" * 300,
    "x" * 5000,
    "a/b",
    "a\\b",
    "CON",
    "nul.csv",
    "a\nb",
    "a\rb",
    "a\x1b[2Jb",
    "\u202ecsv.a",
    "a\u2028b",
    " ",
    "-",
    "--help",
    "~",
    "~root",
    "$HOME",
    "%PATH%",
    "*",
    "a*b?[",
    "a'b\"c",
    "<script>",
    "=1+1",
    "@x",
    "report",
    "a.keys",
    "facetake-batch",
    "\u0e01\u0e33",
    "e\u0301",
    "\u00e9",
    "\u0130",
    "{}",
    "{id.__class__}",
    "/dev/zero",
    "/dev/stdin",
    "/proc/self/mem",
    "file:///x",
    "http://x/y",
    "\\\\?\\C:\\x",
    "C:\\x",
    "a:b",
    "\ufeff",
    "\uffff",
    "\U0010ffff",
)
VALUES: Final[tuple[Any, ...]] = (
    None,
    True,
    False,
    -1,
    0,
    1,
    2,
    10**18,
    10**19,
    10**400,
    1e300,
    1e-320,
    0.5,
    float("nan"),
    float("inf"),
    "",
    "x",
    "0",
    "x\0y",
    "\ud800",
    "\u202e",
    "\r",
    "\x1b[1m",
    "x" * 3000,
    [],
    [None],
    [[]],
    [[[[1]]]],
    {},
    {"a": 1},
    {"": {"": None}},
    [1] * 300,
    ["x"] * 300,
    [{"a": []}],
    "1/0",
    "1e400",
)
"""What may stand in a table in place of anything."""


def number(dice: random.Random) -> str:
    """A number as text."""
    return dice.choice(NUMBERS)


def name(dice: random.Random, outside: object = "") -> str:
    """A name or a path; some of them lead out of the case's folder, into one that is watched."""
    return dice.choice(NAMES).replace("{outside}", str(outside))


def respelt(table: Any, dice: random.Random, most: int = 3, values: Sequence[Any] = VALUES) -> Any:
    """A table with some of its entries, at any depth, made something else."""
    for _ in range(dice.choice((1, 1, 1, dice.randint(1, most)))):
        table = _respelt_once(table, dice, values)
    return table


def _respelt_once(table: Any, dice: random.Random, values: Sequence[Any]) -> Any:
    if not isinstance(table, dict | list) or not table or dice.random() < 0.08:
        return dice.choice(values)
    key = dice.choice(list(table) if isinstance(table, dict) else range(len(table)))
    changed: Any = dict(table) if isinstance(table, dict) else list(table)
    if isinstance(table[key], dict | list) and table[key] and dice.random() < 0.6:
        changed[key] = _respelt_once(table[key], dice, values)
        return changed
    kind = dice.randrange(7)
    if kind == 0:
        del changed[key]
    elif kind == 1 and isinstance(changed, dict):
        changed[dice.choice(NAMES)] = changed.pop(key)
    elif kind == 1:
        changed.append(changed[key])
    elif kind == 2:
        other = dice.choice(list(table) if isinstance(table, dict) else range(len(table)))
        changed[key], changed[other] = table[other], table[key]
    elif kind == 3:
        changed[key] = _near(table[key], dice)
    else:
        changed[key] = dice.choice(values)
    return changed


def _near(value: Any, dice: random.Random) -> Any:
    """Nearly the same value: one off, of another type, in a list, twice."""
    makers: list[Callable[[Any], Any]] = [
        lambda one: [one],
        lambda one: {"": one},
        lambda one: str(one),
        lambda one: one * 2 if isinstance(one, int | str | list) else one,
        lambda one: -one if isinstance(one, int | float) else one,
        lambda one: one + 1 if isinstance(one, int) else one,
        lambda one: float(one) if isinstance(one, int) and abs(one) < 1 << 60 else one,
        lambda one: one[:-1] if isinstance(one, str | list) else one,
    ]
    return dice.choice(makers)(value)


def json_text(value: Any, dice: random.Random, outside: object = "") -> bytes:
    """A table as JSON that is sometimes none: with NaN, endless numbers and brackets, a name twice."""
    text = json.dumps(value, ensure_ascii=dice.random() < 0.7).replace("{outside}", str(outside))
    kind = dice.randrange(12)
    if kind == 0:
        text = text.replace(": ", f': {number(dice)}, "a": ', 1)
    elif kind == 1:
        depth = dice.choice((10, 199, 201, 2000, 100_000))
        opening, closing = dice.choice((("[", "]"), ('{"a":', "}")))
        text = text.replace(": ", f': {opening * depth}1{closing * depth}, "b": ', 1)
    elif kind == 2:
        text = f"{text}{dice.choice((text, ' ', chr(0), '//', ','))}"
    elif kind == 3:
        text = text.replace("{", '{"a": 1, "a": 2, ', 1)
    data = text.encode("utf-8", "surrogatepass")
    if kind == 4:
        data = text.encode(dice.choice(("utf-16", "utf-8-sig", "utf-32", "utf-16-le")), "surrogatepass")
    return data
