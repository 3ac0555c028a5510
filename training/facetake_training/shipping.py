"""From a training run to a model folder: audio2rig.onnx, weights to fine-tune from, and models.toml that vouches.

Knows nothing of training itself. What models.toml says of data and scores is read from the run, never typed in.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from facetake import bundle
from facetake.audio import hash_of
from facetake.config import load_config
from facetake.errors import ModelError
from facetake.export import export_audio2rig
from facetake.networks.emoface import EmoFaceSize
from facetake_training import checkpoint
from facetake_training.emoface import TrainConfig, build

WEIGHTS = "audio2rig.safetensors"
SIZE = "audio2rig.json"


def export(config_path: Path, out: Path) -> str:
    """Exports a run's best checkpoint.

    Args:
        config_path: the run's configuration.
        out: folder to write audio2rig.onnx, audio2rig.safetensors (half precision), audio2rig.json and models.toml to.

    Returns:
        One sentence saying what was written.

    Raises:
        ModelError: the run has no checkpoint, or torch and ONNX Runtime differ.
    """
    return export_run(load_config(TrainConfig, config_path), config_path.name, out)


def export_run(config: TrainConfig, name: str, out: Path) -> str:
    """Exports the best checkpoint of a run given as a configuration and its name; see `export`."""
    best = config.out / "best.safetensors"
    network = build(config)
    checkpoint.load_weights(best, network)
    about = json.loads((config.out / "best.json").read_text(encoding="utf-8"))
    out.mkdir(parents=True, exist_ok=True)
    worst = export_audio2rig(network, out / "audio2rig.onnx")
    save_file({key: value.half() for key, value in load_file(best).items()}, out / WEIGHTS)
    (out / WEIGHTS).chmod(0o644)  # safetensors makes its files the owner's alone
    (out / SIZE).write_text(json.dumps(about["config"]["network"], indent=1, default=str), encoding="utf-8")
    data = about["config"]["data"]
    faces = [Path(data["tracked"]["truth"]).parent] if data.get("tracked") else []
    sources = _sources([Path(source["folder"]) for source in data["sources"]] + faces)
    table = Entry(name, sources, _commit(), int(about["step"]), worst, about["scores"], hash_of(out / "audio2rig.onnx"))
    (out / "models.toml").write_text(table.toml(), encoding="utf-8")
    return f"{out / 'audio2rig.onnx'} written; torch and ONNX Runtime differ by at most {worst:.1e}"


@dataclass(frozen=True)
class Entry:
    """What models.toml says of one exported model."""

    config: str
    trained_on: list[str]
    commit: str
    rounds: int
    parity: float
    scores: dict[str, float]
    sha256: str

    def toml(self) -> str:
        """The table as TOML text."""
        rows = [
            "[audio2rig]",
            'file = "audio2rig.onnx"',
            f'sha256 = "{self.sha256}"',
            f'config = "{self.config}"',
            f"trained_on = {json.dumps(self.trained_on)}",
            f'commit = "{self.commit}"',
            f"rounds = {self.rounds}",
            f"parity = {self.parity:.2e}",
            "",
            "[audio2rig.scores]",
            *(f"{name} = {value:.5f}" for name, value in self.scores.items()),
        ]
        return "\n".join(rows) + "\n"


def _sources(folders: list[Path]) -> list[str]:
    """What a run learnt from: the licences that its corpora note, or the folders' names where they note none."""
    found: dict[str, None] = {}
    for folder in dict.fromkeys(folders):
        notes = folder / "sources.json"
        if notes.is_file():
            about = json.loads(notes.read_text(encoding="utf-8"))
            found |= dict.fromkeys(f"{name}: {entry['licence']}" for name, entry in about.items())
        else:
            found[f"{folder.name}: synthetic or own"] = None
    return list(found)


def _commit() -> str:
    try:
        found = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return found.stdout.strip()


def starting_point(folder: Path | None, scratch: Path) -> tuple[EmoFaceSize, Path]:
    """Shape and weights of an exported model, to fine-tune from.

    Args:
        folder: a model folder, or None for the shipped one.
        scratch: folder to write the weights to in full precision.

    Raises:
        ModelError: the folder holds no weights to train from.
    """
    from facetake.config import from_table

    folder = bundle.SHIPPED if folder is None else folder
    if not (folder / WEIGHTS).is_file() or not (folder / SIZE).is_file():
        raise ModelError(f"no weights to train from in {folder}: {WEIGHTS} and {SIZE} must be there")
    size = from_table(
        EmoFaceSize, _without_none(json.loads((folder / SIZE).read_text(encoding="utf-8"))), str(folder / SIZE)
    )
    scratch.mkdir(parents=True, exist_ok=True)
    start = scratch / "start.safetensors"
    save_file({key: value.to(torch.float32) for key, value in load_file(folder / WEIGHTS).items()}, start)
    return size, start


def _without_none(table: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in table.items() if value not in (None, "None")}
