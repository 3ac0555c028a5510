"""Facetake without a window: `mayapy headless.py shot.ma line.wav --emotion happy:0.7 --save shot_v2.ma`.

Opens a scene, generates each line, and saves under a new name; the scene given is never overwritten.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def main(argv: list[str] | None = None) -> int:
    """Runs the command; 0 done, 1 the job failed, 2 wrong usage."""
    sys.path.insert(0, str(Path(__file__).parents[1]))  # Maya finds its modules once it is started
    from facetake_host import headless

    parser = argparse.ArgumentParser(prog="mayapy headless.py", description=__doc__)
    parser.add_argument("scene", type=Path)
    headless.add_arguments(parser)
    parser.add_argument("--save", type=Path, required=True, help="a new file, .ma or .mb")
    parser.add_argument("--start", type=int, help="frame of the first line; default: the scene's current frame")
    asked = parser.parse_args(argv)
    if asked.save.exists() or asked.save.suffix not in (".ma", ".mb"):
        parser.error(f"--save {asked.save}: name a new file that ends in .ma or .mb")

    import maya.standalone

    maya.standalone.initialize(name="python")
    try:
        return _run(asked)
    finally:
        maya.standalone.uninitialize()


def _run(asked: argparse.Namespace) -> int:
    from maya import cmds

    from facetake_host import headless
    from facetake_host.engine import EngineClient
    from facetake_host.problems import HostProblem
    from facetake_maya.host import MayaHost

    try:
        cmds.file(str(asked.scene), open=True, force=True)
        cmds.undoInfo(state=True, infinity=True)  # off without a window; a failed line is taken back by it
        headless.generate(MayaHost(), EngineClient(), asked, asked.audio, asked.start)
        cmds.file(rename=str(asked.save))
        cmds.file(save=True, type="mayaAscii" if asked.save.suffix == ".ma" else "mayaBinary")
    except (HostProblem, RuntimeError) as problem:
        print(f"facetake: error: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
