"""A restyler of a studio's own styles, in one command: a folder of labelled takes in, a model folder out.

A take's actor is the folder it lies in, its emotion is in its name. The takes need no sound and no pairs. Starts from
the shipped weights where they fit. Knows nothing of how the restyler is trained (`facts`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from facetake import formats, inference
from facetake.config import from_table
from facetake.emotion import EMOTIONS
from facetake.errors import ConfigError
from facetake.networks.facts import SequenceNetSize
from facetake.take import resample
from facetake_training import begun_with, facts, shipping
from facetake_training.dataset import SourceConfig
from facetake_training.facts import FactsConfig, FactsLoss
from facetake_training.import_takes import CURVES, emotion_of, emotions_told
from facetake_training.styles import StyleConfig

CRITIC = SequenceNetSize(hidden=96, blocks=1, layers=1, dropout=0.1)
"""As in configs/facts_shipped.toml, by which the shipped restyler was taught."""


def train_on_folder(
    folder: Path,
    out: Path,
    steps: int = 1500,
    emotion: str = "neutral",
    seed: int = 0,
    tell: Callable[[str], None] = lambda _: None,
) -> list[str]:
    """Learns the styles of a folder of takes and exports the restyler.

    Args:
        folder: takes in any format, in a sub-folder an actor; names begin with the emotion ("angry_003.csv").
        out: the model folder to write; also holds the imported takes and the run, which resumes.
        steps: rounds of training.
        emotion: of takes whose name does not say it.
        seed: of everything.
        tell: takes sentences about what was guessed.

    Returns:
        The names of the actors it knows.

    Raises:
        ConfigError: no takes, takes of one style only, an unknown emotion, no rounds, or the run in `out` began with
            other takes.
        TakeError: a take is broken.
    """
    if steps < 1:
        raise ConfigError(f"cannot train for {steps} rounds; give 1 or more")
    if emotion not in EMOTIONS:
        raise ConfigError(f"unknown emotion '{emotion}'; known: {', '.join(EMOTIONS)}")
    paths = _takes(folder, out)
    began = {
        "set of takes": begun_with.hash_of(folder, paths),
        "emotion of takes whose name does not say it": emotion,
        "seed": str(seed),
    }
    begun_with.check(out, "generator", steps, began)
    for sentence in emotions_told([path.stem for path in paths], emotion) if paths else ():
        tell(sentence)
    actors = _import(folder, paths, out / "takes", emotion)
    shape = json.loads((inference.SHIPPED / "restyler.json").read_text(encoding="utf-8"))
    data = StyleConfig((SourceConfig(out / "takes"),), tuple(actors), noise=0.01, uneven=0.1)
    config = FactsConfig(
        out / "run",
        inference.SHIPPED,
        data,
        from_table(SequenceNetSize, shape["network"], "restyler.json"),
        CRITIC,
        as_change=bool(shape["as_change"]),
        loss=FactsLoss(own=1.0),
        start=inference.SHIPPED / "restyler.safetensors",
        steps=steps,
        learning_rate=4e-4,
        schedule="cosine",
        average=0.99,
        seed=seed,
        workers=0,
        every=max(1, steps // 3),
    )
    facts.train(config)
    shipping.export_restyler_run(config, "own styles", out)
    return actors


def _takes(folder: Path, out: Path) -> list[Path]:
    """The takes in a folder and below it, but for what is written. Raises ConfigError where there is no folder."""
    if not folder.is_dir():
        raise ConfigError(f"no folder {folder} to learn styles from")
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in CURVES)
    return [path for path in found if not path.resolve().is_relative_to(out.resolve())]


def _import(folder: Path, paths: Sequence[Path], out: Path, usual: str) -> list[str]:
    """Writes the takes as a corpus folder; returns the actors' names, in order."""
    out.mkdir(parents=True, exist_ok=True)
    rows = []
    for index, path in enumerate(paths):
        take = resample(formats.read(path), Fraction(60))
        name = f"{index:05d}.npz"
        np.savez_compressed(out / name, values=take.values)
        rows.append(
            {
                "id": name,
                "audio": "",
                "take": name,
                "emotion": emotion_of(path.stem, usual),
                "split": "train",
                "speaker": _actor(path, folder),
                "duration_s": float(take.duration_s),
            }
        )
    styles = {(row["emotion"], row["speaker"]) for row in rows}
    if len(styles) < 2:
        found = f"{len(paths)} takes of one style" if paths else "no takes"
        raise ConfigError(
            f"{folder} holds {found}; give several emotions (names begin with them) or actors (a folder each)"
        )
    (out / "lines.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8", newline="\n")
    return sorted({str(row["speaker"]) for row in rows})


def _actor(path: Path, folder: Path) -> str:
    """The name of the sub-folder that a take lies in, or of the folder itself."""
    inside = path.parent.relative_to(folder).as_posix()
    return folder.name if inside == "." else inside.replace("/", "_")
