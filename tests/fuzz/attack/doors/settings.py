"""What people write by hand: settings, limits, cues, moods, rates, styles, regions, and keys."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from unittest import mock

import numpy as np

from attack import hostile
from attack.damage import PIECES, damaged
from attack.door import Case, Door, Open
from facetake import emotion, gaze, host_io, keys, qc, restyle, rig
from facetake.cli import _parser, defaults, options
from facetake.config import load_config, read_table
from facetake.emotion import EMOTIONS
from facetake.files import quantities
from facetake.motion import gaze_shifts
from facetake.timebase import parse_rate, parse_time
from facetake_host.curves import load as load_keys
from facetake_host.problems import HostProblem

DEFAULTS: Final = b"""[generate]
rate = 30
emotion = "happy:0.7"
no-blink = true
gain = ["brow=1.3", "mouth=0.9"]
energy = 1.2
[portrait.render.read]
phonemes = "models"
"""
ROOT: Final = Path(__file__).parents[4]


@dataclass(frozen=True)
class Kind:
    """A kind of settings: whole texts, and what reads one."""

    texts: list[bytes]
    read: Callable[[Path], object]


def prepare(_folder: Path) -> dict[str, Kind]:
    """The settings that ship, each read once."""
    found = {
        "limits": Kind([qc.limits.SHIPPED.read_bytes()], qc.load),
        "defaults": Kind([DEFAULTS], _defaults),
        "table": Kind([b"a = 1\n[b]\nc = [1, 2]\n"], read_table),
    }
    if find_spec("torch"):
        from facetake.portrait.audiodvp.settings import read_settings as audiodvp
        from facetake.portrait.landmark_translation.settings import read_settings as landmark
        from facetake.portrait.read_avatars.settings import read_settings as read
        from facetake.portrait.regress.settings import read_settings as regress

        readers: dict[str, Callable[[str], object]] = {
            "audiodvp": audiodvp,
            "landmark_translation": landmark,
            "read_avatars": read,
            "regress": regress,
        }
        for name, reader in readers.items():
            texts = [path.read_bytes() for path in sorted((ROOT / "core/facetake/portrait" / name).glob("*.toml"))]
            found[name] = Kind(texts, lambda path, reader=reader: reader(str(path)))  # type: ignore[misc]
        from facetake_training import emoface

        texts = [(ROOT / f"training/configs/{name}.toml").read_bytes() for name in ("emoface_paper", "emoface_shipped")]
        found["emoface"] = Kind(texts, lambda path: load_config(emoface.TrainConfig, path))
    return found


def _defaults(path: Path) -> None:
    """A studio's defaults, read for two commands."""
    with mock.patch.dict(os.environ, {defaults.VARIABLE: str(path)}):
        for words in (["generate", "a.wav"], ["portrait", "render", "read", "a", "b"]):
            defaults.insert(_parser(), words)


def make(kinds: dict[str, Kind], case: Case) -> Open:
    """Settings with other values, tables and brackets."""
    dice = case.dice
    name = dice.choice(list(kinds))
    kind = kinds[name]
    path = case.folder / "a.toml"
    text = dice.choice(kind.texts)
    path.write_bytes(damaged(text, dice) if dice.random() < 0.3 else _respelt(text, dice))
    return lambda: kind.read(path)


def _respelt(data: bytes, dice: random.Random) -> bytes:
    lines = data.split(b"\n")
    for _ in range(dice.choice((1, 1, 2, 3))):
        place = dice.randrange(len(lines))
        name, _, _ = lines[place].partition(b"=")
        kind = dice.randrange(9)
        if kind == 0:
            del lines[place : place + 1]
            lines = lines or [b""]
        elif kind == 1:
            lines.insert(place, lines[place])
        elif kind == 2:
            lines.insert(
                place,
                dice.choice(
                    (
                        b"[a]",
                        b"[[a]]",
                        b"[a.b.c]",
                        b"[",
                        b'"" = 1',
                        b"[limits" + b".a" * 2000 + b"]",
                        b"a" + b".a" * 900 + b" = 1",
                    )
                ),
            )
        elif kind == 3:
            depth = dice.choice((3, 300, 3000))
            lines[place] = (
                name + b"= " + dice.choice((b"[" * depth + b"]" * depth, b"{a=" * depth + b"1" + b"}" * depth))
            )
        elif kind == 4:
            lines[place] = (
                name
                + b"= "
                + dice.choice(
                    (
                        b'"' + dice.choice(PIECES) + b'"',
                        b"'''" + dice.choice(PIECES) + b"'''",
                        b'"\\uD800"',
                        b'"\\u0000"',
                    )
                )
            )
        elif kind == 5:
            lines[place] = hostile.name(dice).encode("utf-8", "surrogatepass") + b" = 1"
        else:
            value = dice.choice(
                (
                    "true",
                    "nan",
                    "inf",
                    "-1",
                    "0",
                    "1e400",
                    "9" * 30,
                    "1979-05-27",
                    "07:32:00",
                    "[]",
                    "{}",
                    '""',
                    "[1, 'a']",
                    "0x7fffffffffffffff",
                    "1_000",
                    "8193",
                    "0.5",
                    "'24000/1001'",
                    hostile.number(dice),
                )
            )
            lines[place] = name + b"= " + value.encode()
    return b"\n".join(lines)


# Words on the command line and in a request, and cues in a file


def prepare_words(_folder: Path) -> None:
    """Nothing."""


def make_words(_seeds: None, case: Case) -> Open:
    """A word where a mood, a rate, a style, a stretch, a region or a number belongs, or a file of cues."""
    dice = case.dice
    if dice.random() < 0.4:
        return _cues(case)
    text = _word(dice, case.outside)
    readers: dict[str, Callable[[str], object]] = {
        "rate": parse_rate,
        "time": parse_time,
        "mood": emotion.check,
        "look": gaze.parse,
        "style": restyle.parse_style,
        "strength": lambda one: restyle.parse_strength(one, "actor"),
        "range": options.stretch,
        "whole": lambda one: quantities.whole(one, "it", 0, 9),
        "number": lambda one: quantities.number(one, "it", 0.0, 1.0),
        "region": lambda one: rig.region_mask(one),
        "instant": lambda one: restyle.instant(one, "span_s"),
        "find": rig.find,
    }
    read = readers[dice.choice(list(readers))]
    return lambda: read(text)


def _word(dice: random.Random, outside: Path) -> str:
    good = (
        "happy:0.5",
        "24000/1001",
        "bruno:0.5",
        "1.0-2.5",
        "brow",
        "happy:0.3+sad:0.2",
        "auto",
        "jaw",
        "CTRL_C_jaw.ty",
        "29.97",
        "camera",
        "0.3,0.1,0.6",
    )
    text = dice.choice((hostile.number(dice), hostile.name(dice, outside), dice.choice(good)))
    for _ in range(dice.choice((0, 0, 1, 2))):
        other = dice.choice((hostile.number(dice), dice.choice(good), hostile.name(dice)))
        place = dice.randint(0, len(text))
        text = text[:place] + dice.choice((":", "+", "-", "/", ",", ".", "")) + other + text[place:]
    return text


def _cues(case: Case) -> Open:
    """Cues of an emotion, or of what is looked at."""
    dice = case.dice
    is_look = dice.random() < 0.5
    looks = ("camera", "away", "free", "0.3,0.1,0.6", "-2,0,-3", "0,0,1e5")
    lines = [
        f"{0.5 * n} {dice.choice(looks)}"
        if is_look
        else f"{0.5 * n} {dice.choice(EMOTIONS)}:{dice.choice(('1', '0.5', ',5'))}"
        for n in range(dice.choice((1, 3, 5)))
    ]
    for _ in range(dice.choice((1, 1, 2))):
        place = dice.randrange(len(lines))
        lines[place] = dice.choice(
            (
                f"{hostile.number(dice)} happy",
                f"1 happy:{hostile.number(dice)}",
                f"1 0,{hostile.number(dice)},1",
                "1 0,0,0",
                "1 0.1,0.2",
                f"1 {hostile.name(dice)}",
                f"1 {'+'.join(['sad:0.01'] * 50)}",
                f"# {hostile.name(dice)}",
                "1",
                "",
                "1 happy " * 300,
                "1\thappy",
                "happy 1",
                "0 happy",
                f"{'0' * 5000} happy",
            )
        )
    data = (
        dice.choice(("\n", "\r\n", "\r", "\x0b", "\u2028"))
        .join(lines)
        .encode(dice.choice(("utf-8", "utf-8", "utf-16", "utf-8-sig")), "replace")
    )
    path = case.folder / "mood.txt"
    path.write_bytes(damaged(data, dice) if dice.random() < 0.25 else data)

    def look() -> None:
        track = gaze.parse(str(path))
        assert np.isfinite(track.targets_m).all() and (np.diff(track.times_s) > 0).all(), "cues out of order or range"
        shifts = gaze_shifts.plan(track, 1)
        assert np.isfinite(shifts.points_m).all() and np.isfinite(shifts.turns_deg).all(), "nowhere to look"

    def read() -> None:
        track = emotion.parse(str(path))
        weights = track.sample(np.linspace(-1.0, 1e7, 7))
        assert np.isfinite(weights).all() and np.abs(weights.sum(axis=1) - 1.0).max() < 1e-3, "weights do not sum to 1"

    return look if is_look else read


# Keys that the engine wrote for a host, and that a person edited


def prepare_keys(folder: Path) -> bytes:
    """A file of keys."""
    from attack.doors.takes import small_take

    take = small_take(4, True)
    path = folder / "a.keys.json"
    host_io.write_keys(
        path,
        take,
        keys.reduce(take.values),
        visemes=[{"viseme": "p", "start_s": 0.0, "end_s": 0.1}],
        heard={"sentence": "x", "cues": ["0 happy"]},
        plot={"rate": 30.0, "curves": {"main": {"jaw": [0.0]}}},
    )
    load_keys(path)
    return path.read_bytes()


def make_keys(data: bytes, case: Case) -> Open:
    """Keys as a host finds them."""
    dice = case.dice
    path = case.folder / "a.keys.json"
    if dice.random() < 0.3:
        path.write_bytes(damaged(data, dice))
    else:
        table: Any = json.loads(data)
        table["keys"] = dict(list(table["keys"].items())[:3])
        path.write_bytes(hostile.json_text(hostile.respelt(table, dice), dice))
    return lambda: load_keys(path)


DOORS: Final = (
    Door("settings", "settings in TOML", prepare, make, weight=10.0),
    Door("words", "moods, cues, rates, styles and numbers", prepare_words, make_words, weight=14.0),
    Door("keys", "keys as a host reads them", prepare_keys, make_keys, weight=3.0, own=(HostProblem,)),
)
