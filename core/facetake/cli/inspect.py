"""`facetake inspect`: what is in a take, a recording or a model folder."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from facetake.cli import inputs
from facetake.cli.progress import Reporter

NAME = "inspect"
ABOUT = "tell what is in a take, a recording or a model folder"
EXAMPLES = ("take.csv", "line.wav", "my_model/ --json")
MOVES = 0.01  # a control that moves less counts as still


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("path", type=Path, metavar="FILE", help="a take, a sound file, a model folder or its .onnx")
    parser.add_argument("--json", dest="as_json", action="store_true", help="for programs")


def run(arguments: argparse.Namespace, _report: Reporter) -> int:
    """Prints what is known of one file."""
    path = arguments.path
    if path.suffix == ".onnx" or (path / "models.toml").is_file():
        about = _model(path if path.is_dir() else path.parent)
    elif path.suffix.lower() in inputs.SOUND or path.is_dir():
        about = _sound(path)
    else:
        about = _take(path)
    if arguments.as_json:
        print(json.dumps(about, indent=1, default=str))
    else:
        print("\n".join(f"{key:20s} {_shown(value)}" for key, value in about.items()))
    return 0


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_shown(item)}" for key, item in value.items()) or "-"
    if isinstance(value, float):
        return f"{value:.4g}"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _take(path: Path) -> dict[str, Any]:
    import numpy as np

    from facetake import formats, mouth, rig

    take = formats.read(path)
    moving = np.flatnonzero(np.ptp(take.values, axis=0) > MOVES)
    still = np.abs(take.values - rig.NEUTRAL).max(axis=0)
    return {
        "take": str(path),
        "frames": take.n_frames,
        "rate": str(take.rate),
        "start_s": str(take.start),
        "duration_s": float(take.duration_s),
        "moving controls": len(moving),
        "largest by region": {region: float(still[rig.region_mask(region)].max()) for region in rig.REGIONS},
        "lips sealed": float(mouth.is_sealed(take.values).mean()),
        "head motion": "yes" if take.head is not None else "no",
        "origin": dict(take.origin),
    }


def _sound(path: Path) -> dict[str, Any]:
    import numpy as np

    from facetake import audio

    with audio.stream(path) as sound:
        duration_s, peak, power = sound.duration_s, 0.0, 0.0
        for block in sound:
            peak, power = max(peak, float(np.abs(block).max())), power + float(np.square(block).sum())
        level_db = 10.0 * np.log10(power / sound.n_samples + 1e-12)
    return {"sound": str(path), "duration_s": float(duration_s), "peak": peak, "level_db": float(level_db)}


def _model(folder: Path) -> dict[str, Any]:
    from facetake import bundle

    bundle.load(folder)  # refuses what generate would refuse
    return {
        name: {"file": d.file, "sha256": d.sha256[:12], **d.about} for name, d in bundle.declarations(folder).items()
    }
