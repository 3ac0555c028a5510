"""Whether any control leaves its range at any quarter of a frame: random takes down every way that keys can go.

    python tests/bench/bench_ranges.py [--takes 1000] [--seed 0] [--line LINE ...]
    BLENDER_PYTHON tests/bench/bench_ranges.py [--takes 1000] [--seed 0]

Prints how far beyond a control's range each way plays at its worst, and ends with 1 where that is more than rounding.
By a Python with bpy it is Blender's own F-curves that are played, on a face board and on a head with ARKit's shapes.
With `--line` the share of keys that sparse takes of those recordings need at 60 fps, and their error. Needs the usd and
dev extras.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import struct
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
sys.path[:0] = [
    str(ROOT),
    str(ROOT / "core"),
    str(ROOT / "tests/hosts"),
    str(ROOT / "maya_plugin/scripts"),
    str(ROOT / "maya_plugin/plug-ins"),
    str(ROOT / "unreal_bridge/Content/Python"),
]

from random_takes import STARTS, bounds_of, random_take  # noqa: E402

from facetake import host_io, rig  # noqa: E402
from facetake.keys import Keys  # noqa: E402
from facetake.take import Take  # noqa: E402
from facetake_host import curves  # noqa: E402

ROUNDING = 1e-6  # of keys and slopes in four bytes
FEW = 20  # channels of each take that are looked at where every value is asked for one by one
MOODS = ("neutral", "happy:1", "angry:1", "sad:1")

Floats = np.ndarray[Any, np.dtype[np.floating[Any]]]
Bounds = Mapping[str, tuple[float, float]]


@dataclass
class Way:
    """How one way did: values looked at, and how far the worst of them was beyond its range."""

    n_values: int = 0
    beyond: float = 0.0
    worst: str = ""

    def see(self, name: str, played: Floats, low: float, high: float, take: int) -> None:
        """Looks at what a channel plays."""
        beyond = max(low - float(played.min()), float(played.max()) - high)
        self.n_values += played.size
        if beyond > self.beyond:
            self.beyond, self.worst = beyond, f"{name} of take {take}"


@dataclass
class Trial:
    """A take, where it starts, and where its files go."""

    number: int
    take: Take
    start: int
    folder: Path
    random: np.random.Generator
    quarters: Floats = field(init=False)
    sparse: Keys = field(init=False)

    def __post_init__(self) -> None:
        self.quarters = np.arange(4 * self.take.n_frames - 3) / 4
        self.sparse = host_io.sparse(self.take)

    def delivery(self, names: str) -> curves.Delivery:
        """Its keys by a rig's names, through the file that hosts read."""
        path = self.folder / f"{names}.json"
        host_io.write_keys(path, self.take, self.sparse, names, optional=True)
        return curves.load(path)

    def few(self, names: str) -> curves.Delivery:
        """Likewise, some of its channels."""
        found = self.delivery(names)
        known = sorted(set(found.keys) & set(bounds_of(names)))
        chosen = self.random.choice(known, FEW, replace=False).tolist()
        return curves.Delivery(found.rate, found.n_frames, {name: found.keys[name] for name in chosen})


Look = Callable[[Trial], Iterator[tuple[str, str, Floats, float, float]]]
"""Gives, for each channel of a trial, the way, the channel, what plays at quarters, and its range."""


def main() -> int:
    """Everything, printed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--takes", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--line", type=Path, nargs="*", default=[])
    asked = parser.parse_args()
    in_blender = importlib.util.find_spec("bpy") is not None
    looks: list[Look] = [blender()] if in_blender else [keys, Fakes().look, files, dense]
    ways: dict[str, Way] = defaultdict(Way)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(asked.takes):
            random = np.random.default_rng([asked.seed, number])
            trial = Trial(number, random_take(random), int(random.choice(STARTS)), Path(folder), random)
            for look in looks:
                for way, name, played, low, high in look(trial):
                    ways[way].see(name, played, low, high, number)
    print(f"{asked.takes} random takes, seed {asked.seed}; furthest beyond a range at quarter frames:")
    for way, found in sorted(ways.items()):
        print(f"{way:28s} {found.beyond:9.1e} of {found.n_values:12,d} values  {found.worst}")
    for line in asked.line:
        shares(line)
    return int(any(found.beyond > ROUNDING for found in ways.values()))


def keys(trial: Trial) -> Iterator[tuple[str, str, Floats, float, float]]:
    """Sparse keys as the engine has them, and as a plugin reads them."""
    for curve, name, low, high in zip(trial.sparse.curves, rig.NAMES, rig.MINIMUM, rig.MAXIMUM, strict=True):
        yield "sparse keys", name, curve.at(trial.quarters), float(low), float(high)
    for names in ("mh3", "arkit"):  # the other rigs have the same curves by other names
        ranges = bounds_of(names)
        for name, few in trial.few(names).keys.items():
            played = np.array([few.at(frame) for frame in trial.quarters.tolist()])
            yield f"a plugin's keys, {names}", name, played, *ranges[name]


class Fakes:
    """Maya's and Unreal's fakes, each with one character."""

    def __init__(self) -> None:
        """Sets both scenes up once."""
        from fake_maya.scene import RATES
        from stages import MayaStage, UnrealStage

        self.maya_rates = {rate: unit for unit, rate in RATES.items()}
        self.maya = MayaStage("mh4", pytest.MonkeyPatch())
        self.unreal = UnrealStage("", pytest.MonkeyPatch())

    def look(self, trial: Trial) -> Iterator[tuple[str, str, Floats, float, float]]:
        """What the scenes play; the take is taken out again."""
        for stage, names in ((self.maya, "mh4"), (self.unreal, "unreal")):
            if stage is self.maya and trial.take.rate not in self.maya_rates:
                continue
            stage.set_rate(trial.take.rate)
            face = stage.host.characters()[0]
            delivery = trial.few(names)
            with stage.host.step("a take"):
                stage.host.write(face, "take", delivery, trial.start, QUIET)
            ranges = bounds_of(names)
            for name in delivery.keys:
                played = np.array(stage.values(face, name, (trial.start + trial.quarters).tolist()))
                yield f"{stage.host.__class__.__name__} on its fake", name, played, *ranges[name]
            stage.undo()


class Quiet:
    """Nobody looks."""

    def advance(self, _share: float) -> None:
        """Nothing."""


QUIET = Quiet()


def files(trial: Trial) -> Iterator[tuple[str, str, Floats, float, float]]:
    """Files of animation, by readers of this file's own: Maya's .anim, glTF and USD."""
    from facetake import formats
    from facetake.formats import maya_anim

    ranges = bounds_of("mh3")
    if trial.take.rate in maya_anim._UNIT_OF_RATE:
        formats.write(trial.take, trial.folder / "take.anim")
        first = float(trial.take.start * trial.take.rate)
        for name, frames, values in _anim(trial.folder / "take.anim"):
            if name in ranges:
                yield "Maya .anim", name, np.interp(first + trial.quarters, frames, values), *ranges[name]
    for name, played in _gltf(trial):
        yield "glTF", name, played, 0.0, 1.0
    for name, played in _usd(trial):
        yield "USD", name, played, *ranges.get(name, (0.0, 1.0))


def _anim(path: Path) -> Iterator[tuple[str, list[float], list[float]]]:
    """Controls with frames and values of their keys, all of which must be linear."""
    name, rows = "", list[list[str]]()
    for line in path.read_text(encoding="ascii").splitlines():
        words = line.split()
        if words[0] == "anim":
            name, rows = f"{words[3]}.{words[2]}", []
        elif len(words) == 7:
            rows.append(words)
        elif words == ["}"] and rows:
            assert all(row[2:4] == ["linear", "linear"] for row in rows)
            yield name, [float(row[0]) for row in rows], [float(row[1]) for row in rows]
            rows = []


def _gltf(trial: Trial) -> Iterator[tuple[str, Floats]]:
    """Weights of ARKit's shapes on a mesh, linear between keys."""
    from facetake.formats import gltf_morph

    mesh = trial.folder / "mesh.glb"
    document = {
        "asset": {"version": "2.0"},
        "nodes": [{"mesh": 0}],
        "buffers": [{"byteLength": 4}],
        "meshes": [
            {
                "primitives": [{"attributes": {}, "targets": [{"POSITION": 0}] * 52}],
                "extras": {"targetNames": list(rig.ARKIT_NAMES)},
            }
        ],
    }
    mesh.write_bytes(gltf_morph.packed(document, b"\0" * 4))
    out = trial.folder / "out.glb"
    gltf_morph.write(rig.ARKIT_NAMES, rig.to_arkit(trial.take.values), trial.take.rate, trial.take.start, mesh, out)
    data = out.read_bytes()
    size = struct.unpack_from("<I", data, 12)[0]
    told = json.loads(data[20 : 20 + size])
    sampler = told["animations"][0]["samplers"][0]
    assert sampler["interpolation"] == "LINEAR"
    times, weights = (_numbers(told, data[28 + size :], sampler[end]) for end in ("input", "output"))
    at = np.clip(trial.quarters / float(trial.take.rate), times[0], times[-1])
    rows = weights.reshape(len(times), 52)
    for column, name in enumerate(rig.ARKIT_NAMES):
        yield name, np.interp(at, times, rows[:, column])


def _numbers(told: dict[str, Any], binary: bytes, number: int) -> Floats:
    accessor = told["accessors"][number]
    view = told["bufferViews"][accessor["bufferView"]]
    return np.frombuffer(binary, "<f4", accessor["count"], view["byteOffset"])


def _usd(trial: Trial) -> Iterator[tuple[str, Floats]]:
    """What USD itself says at quarters, of shapes and of the rig's curves."""
    from pxr import Usd

    from facetake import formats

    path = trial.folder / "take.usdc"
    formats.write(trial.take, path)
    stage = Usd.Stage.Open(str(path))
    codes = (float(trial.take.start * trial.take.rate) + trial.quarters).tolist()
    animation = stage.GetPrimAtPath("/Facetake/Animation")
    weights = animation.GetAttribute("blendShapeWeights")
    rows = np.array([weights.Get(code) for code in codes])
    for column, name in enumerate(animation.GetAttribute("blendShapes").Get()):
        yield name, rows[:, column]
    shown = stage.GetPrimAtPath("/Facetake/Curves")
    for name in trial.random.choice(rig.NAMES, FEW, replace=False):
        curve = shown.GetAttribute(f"metahuman:{name.replace('.', '_')}")
        yield name, np.array([curve.Get(code) for code in codes])


def dense(trial: Trial) -> Iterator[tuple[str, str, Floats, float, float]]:
    """A value a frame: Unreal's raw expressions, tables, and every rig map that ships; between frames a straight line.

    What lies between two values of a range lies within it, so that frames are looked at.
    """
    from facetake import formats
    from facetake.rig import maps
    from facetake.rig.viseme_names import VISEMES

    for name, baked in host_io.raw_curves(trial.take).items():
        if name.startswith("CTRL_expressions"):
            yield "Unreal, baked", name, np.array(baked), 0.0, 1.0
    for form in ("csv", "txt", "a2f-json", "a2f-csv", "livelink-csv"):
        path = trial.folder / f"table{formats.FORMATS[form].suffix}"
        formats.write(trial.take, path, form)
        values = formats.read(path, form).values
        for name, column, low, high in zip(rig.NAMES, values.T, rig.MINIMUM, rig.MAXIMUM, strict=True):
            yield f"table {form}", name, column, float(low), float(high)
    visemes = trial.random.dirichlet(np.full(len(VISEMES), 0.2), trial.take.n_frames).astype(np.float32)
    for called in maps.shipped():
        chosen = maps.load(called)
        for control, column in zip(chosen.controls, chosen.apply(trial.take.values, visemes).T, strict=True):
            yield "rig maps", f"{called} {control.name}", column, control.low, control.high


def blender() -> Look:
    """Blender's own F-curves, on a board and on a head, as the add-on lays them."""
    os.environ["FACETAKE_IN_BLENDER"] = "1"
    import blender_stage
    from blender_addon import faces, keying

    stage = blender_stage.BlenderStage("mh4", pytest.MonkeyPatch())
    blender_stage.head("eve")
    found = {face.rig: face for face in stage.host.characters()}

    def look(trial: Trial) -> Iterator[tuple[str, str, Floats, float, float]]:
        for names, face in found.items():
            delivery = trial.delivery(names)
            places = faces.places(face)
            wanted = {name: curve for name, curve in delivery.keys.items() if name in places}
            back: list[Any] = []
            made = keying.write(
                "take",
                [(places[name][0], curve) for name, curve in wanted.items()],
                trial.start,
                delivery.n_frames,
                stage.host,
                back,
            )
            ranges = {
                places[name][0][1:3]: (name, bounds) for name, bounds in bounds_of(names).items() if name in wanted
            }
            at = (trial.start + trial.quarters).tolist()
            for curve in _curves(keying, made):
                name, (low, high) = ranges[curve.data_path, curve.array_index]
                yield f"Blender, {names}", name, np.array([curve.evaluate(frame) for frame in at]), low, high
            for take_back in reversed(back):
                take_back()

    return look


def _curves(keying: Any, made: str) -> list[Any]:
    import bpy

    action = bpy.data.actions[made]
    slots = list(action.slots) if hasattr(action, "slots") else [None]
    return [curve for slot in slots for curve in keying.curves_of(action, slot)]


def shares(line: Path) -> None:
    """Prints the share of a value a frame that sparse keys need at 60 fps, and how far they are off, in moods."""
    from facetake.generate import GenerateOptions, generate
    from facetake.inference import load

    models = load()
    for mood in MOODS:
        take = generate(line, GenerateOptions(emotion=mood, rate=Fraction(60)), models).take
        sparse = host_io.sparse(take)
        error = float(np.abs(sparse.dense() - take.values).max())
        share = sparse.n_keys / take.values.size
        print(f"{line.name} {mood:10s} at 60 fps: {100 * share:4.1f} % of keys, off by {error:.4f} at most")


if __name__ == "__main__":
    sys.exit(main())
