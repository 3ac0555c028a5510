"""The USD file in Blender's own importer; skips where no Python has Blender.

Blender brings a USD of its own, which does not get along with usd-core in one process, so it runs in another. That may
be another Python: `FACETAKE_BLENDER_PYTHON` names one that can import bpy.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facetake import rig
from facetake.formats import usd_skel
from facetake.take import Take

# Prints what the shape keys are at the frames asked for
_IMPORT = """
import json, sys
import bpy
bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.wm.usd_import(filepath=sys.argv[1], set_frame_range=True)
scene = bpy.context.scene
told = {"range": [scene.frame_start, scene.frame_end], "frames": {}}
keys = next(thing.data.shape_keys for thing in bpy.data.objects if thing.type == "MESH").key_blocks
for frame in map(int, sys.argv[2:]):
    scene.frame_set(frame)
    shown = bpy.context.evaluated_depsgraph_get()
    mesh = next(thing for thing in bpy.data.objects if thing.type == "MESH").evaluated_get(shown)
    told["frames"][frame] = {
        "keys": {key.name: key.value for key in mesh.data.shape_keys.key_blocks},
        "z": [point.co.z for point in mesh.to_mesh().vertices],
    }
print("told:" + json.dumps(told))
"""


def _blender() -> str:
    """A Python that has Blender."""
    named = os.environ.get("FACETAKE_BLENDER_PYTHON")
    if named is None and find_spec("bpy") is None:
        pytest.skip("no Python with Blender: pip install bpy, or name one in FACETAKE_BLENDER_PYTHON")
    return named or sys.executable


def _told(path: Path, frames: list[int]) -> dict[str, Any]:
    """What Blender shows of a file."""
    command = [_blender(), "-c", _IMPORT, str(path), *map(str, frames)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    line = next((line for line in done.stdout.splitlines() if line.startswith("told:")), None)
    assert line is not None, done.stdout[-2000:] + done.stderr[-2000:]
    told: dict[str, Any] = json.loads(line.removeprefix("told:"))
    return told


@pytest.mark.parametrize(("rate", "first"), [("24", 0), ("60", 5), ("30000/1001", -4)])
def test_shape_keys_move_as_arkit_says(tmp_path: Path, make_take: Callable[..., Take], rate: str, first: int) -> None:
    """Every shape key has the take's ARKit weight at every frame looked at, and moves its point by as much; Blender
    has a frame for each time code and leaves its own rate alone.
    """
    pytest.importorskip("pxr", reason="USD needs usd-core, which the usd extra brings")
    take = make_take(20, rate=Fraction(rate), start=first / Fraction(rate))
    usd_skel.write(take, tmp_path / "take.usda")
    told = _told(tmp_path / "take.usda", [first, first + 7, first + 19])
    assert told["range"] == [first, first + 19]
    weights = rig.to_arkit(take.values)
    for frame, shown in told["frames"].items():
        wanted = weights[int(frame) - first]
        found = [shown["keys"][name] for name in rig.ARKIT_NAMES]
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-6)
        np.testing.assert_allclose(shown["z"][: len(wanted)], wanted, rtol=0, atol=1e-6)
