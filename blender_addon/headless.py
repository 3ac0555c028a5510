"""Facetake without a window: `blender --command facetake shot.blend line.wav --emotion happy:0.7 --save shot_v2.blend`.

Opens a scene, generates each line, and saves under a new name; the scene given is never overwritten.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import bpy

from facetake_host import headless
from facetake_host.engine import Engine
from facetake_host.problems import HostProblem

from .host import BlenderHost


def main(argv: list[str]) -> int:
    """Runs the command; 0 done, 1 the job failed, 2 wrong usage."""
    parser = argparse.ArgumentParser(prog="blender --command facetake", description=__doc__)
    parser.add_argument("scene", type=Path)
    headless.add_arguments(parser)
    parser.add_argument("--save", type=Path, required=True, help="a new file, .blend")
    parser.add_argument("--start", type=int, help="frame of the first line; default: the scene's current frame")
    asked = parser.parse_args(argv)
    if asked.save.exists() or asked.save.suffix != ".blend":
        parser.error(f"--save {asked.save}: name a new file that ends in .blend")
    try:
        bpy.ops.wm.open_mainfile(filepath=str(asked.scene.absolute()))
        headless.generate(BlenderHost(), Engine(), asked, [path.absolute() for path in asked.audio], asked.start)
        bpy.ops.wm.save_as_mainfile(filepath=str(asked.save.absolute()))
    except (HostProblem, RuntimeError) as problem:
        print(f"facetake: error: {problem}", file=sys.stderr)
        return 1
    return 0
