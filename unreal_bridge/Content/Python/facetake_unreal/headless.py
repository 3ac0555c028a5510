"""Facetake without a window, as a commandlet.

UnrealEditor-Cmd PROJECT.uproject -run=pythonscript -script="PATH/headless.py /Game/Shots/S010 line.wav --emotion sad"
"""

from __future__ import annotations

import argparse
import threading
from pathlib import Path

import unreal

from facetake_host import jobs
from facetake_host.engine import Engine
from facetake_host.problems import HostProblem
from facetake_unreal.host import UnrealHost


def main(argv: list[str] | None = None) -> None:
    """Generates lines into a level sequence and saves it. Raises SystemExit, the commandlet's way to end in error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sequence", help="asset path of a level sequence with a face control board")
    parser.add_argument("audio", type=Path, nargs="+")
    parser.add_argument("--character", help="its binding, where there are several")
    parser.add_argument("--emotion", default="neutral")
    asked = parser.parse_args(argv)
    sequence = unreal.EditorAssetLibrary.load_asset(asked.sequence)
    if not isinstance(sequence, unreal.LevelSequence):
        raise SystemExit(f"facetake: error: there is no level sequence {asked.sequence}")
    host, engine, cancel = UnrealHost(sequence), Engine(), threading.Event()
    try:
        character = jobs.named(host, asked.character)
        launched = Path(unreal.Paths.launch_dir())  # where the person was; the editor itself works elsewhere
        lines = [launched / path for path in asked.audio]
        job = jobs.generate(host, engine, character, lines, {"emotion": asked.emotion}, cancel=cancel)
        jobs.run(host, job, cancel)
        unreal.EditorAssetLibrary.save_loaded_asset(sequence)
    except HostProblem as problem:
        raise SystemExit(f"facetake: error: {problem}") from problem
    finally:
        engine.close()


if __name__ == "__main__":
    main()
