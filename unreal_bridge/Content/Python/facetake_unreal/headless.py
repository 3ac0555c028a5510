"""Facetake without a window, as a commandlet.

UnrealEditor-Cmd PROJECT.uproject -run=pythonscript -script="PATH/headless.py /Game/Shots/S010 line.wav --emotion sad"
"""

from __future__ import annotations

import argparse
from pathlib import Path

import unreal

from facetake_host import headless
from facetake_host.engine import EngineClient
from facetake_host.problems import HostProblem
from facetake_unreal.host import UnrealHost


def main(argv: list[str] | None = None) -> None:
    """Generates lines into a level sequence and saves it. Raises SystemExit, the commandlet's way to end in error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sequence", help="asset path of a level sequence with a face control board")
    headless.add_arguments(parser)
    parser.add_argument("--additive", action="store_true", help="add to what is there; all that Unreal 5.4 can do")
    asked = parser.parse_args(argv)
    sequence = unreal.EditorAssetLibrary.load_asset(asked.sequence)
    if not isinstance(sequence, unreal.LevelSequence):
        raise SystemExit(f"facetake: error: there is no level sequence {asked.sequence}")
    launched = Path(unreal.Paths.launch_dir())  # where the person was; the editor itself works elsewhere
    host = UnrealHost(sequence, additive=asked.additive)
    try:
        headless.generate(host, EngineClient(), asked, [launched / path for path in asked.audio])
    except HostProblem as problem:
        raise SystemExit(f"facetake: error: {problem}") from problem
    if not unreal.EditorAssetLibrary.save_loaded_asset(sequence):
        raise SystemExit(f"facetake: error: {asked.sequence} cannot be saved; is it checked out by somebody?")


if __name__ == "__main__":
    main()
