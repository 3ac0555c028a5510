"""From a training run to a model folder: a network as ONNX, weights to go on from, and models.toml that vouches.

Knows nothing of training itself. What models.toml says of data and scores is read from the run, never typed in.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from safetensors.torch import save as as_bytes
from torch import Tensor

from facetake import files, inference
from facetake.config import load_config, read_table
from facetake.errors import ConfigError, ModelError
from facetake.export import (
    export_audio2rig,
    export_audio_emotion,
    export_classifier,
    export_ear,
    export_events,
    export_merged,
    export_mouth_painter,
    export_restyler,
)
from facetake.files import hash_of
from facetake.motion.expression import MOVEMENT_FPS
from facetake.networks.emoface import EmoFace, EmoFaceSize
from facetake.networks.event_detector import EventDetector
from facetake.networks.facts import VisemeClassifierNetwork
from facetake.networks.voice_emotion import VoiceEmotion
from facetake.networks.whisper import WhisperEncoder
from facetake_training import audio_emotion, checkpoint, facts
from facetake_training.audio_emotion import EmotionConfig
from facetake_training.emoface import TrainConfig, build
from facetake_training.facts import FactsConfig
from facetake_training.heard_events import EventConfig
from facetake_training.movement import MovementConfig
from facetake_training.viseme import VisemeConfig

if TYPE_CHECKING:
    from facetake_training.mouth_painting.painter import PainterConfig

WEIGHTS = "audio2rig.safetensors"
SIZE = "audio2rig.json"


def export(config_path: Path, out: Path) -> str:
    """Exports a run's model, of whatever kind the configuration is.

    Args:
        config_path: the run's configuration.
        out: folder to write the model to: NAME.onnx, its weights NAME.safetensors (half precision) to go on from, and
            models.toml, in which other models are left as they are.

    Returns:
        One sentence saying what was written.

    Raises:
        ConfigError: the configuration cannot be read, or is of a run that makes nothing to export.
        ModelError: the run has no checkpoint, or torch and ONNX Runtime differ.
    """
    table = read_table(config_path)
    if "clips" in table and "kept_aside" in table:
        from facetake_training.mouth_painting.painter import PainterConfig  # it draws, by another extra

        return export_painter_run(load_config(PainterConfig, config_path), config_path.name, out)
    if "modes" in table:
        return export_motion(load_config(MovementConfig, config_path), config_path.name, out)
    if "listened" in table:
        return export_events_run(load_config(EventConfig, config_path), config_path.name, out)
    data = table.get("data")
    data = data if isinstance(data, dict) else {}
    hears = any("layout" in source for source in data.get("sources", ()) if isinstance(source, dict))
    if "classifier" in table:
        return export_restyler_run(load_config(FactsConfig, config_path), config_path.name, out)
    if why := _not_exported(table, hears=hears):
        raise ConfigError(f"{config_path} is not exportable: {why}")
    if hears:
        return export_emotion_run(load_config(EmotionConfig, config_path), config_path.name, out)
    if "actors" in data:
        return export_classifier_run(load_config(VisemeConfig, config_path), config_path.name, out)
    return export_run(load_config(TrainConfig, config_path), config_path.name, out)


def _not_exported(table: Mapping[str, object], *, hears: bool) -> str:
    """Why a configuration trains nothing that ships, and what to do; empty where it does."""
    learns = "train 'facetake-train emoface' on the corpus, as emoface_taught.toml does, and export that run"
    if "encoders" in table:
        return f"a teacher of lips makes no model but labels lines of a corpus; {learns}"
    if "voices" in table or "speech" in table:
        return f"a corpus is no model but what one learns from; {learns}"
    if hears and "steps" in table:
        return (
            "the network of audio-emotion-paper is there to be compared with, and nothing runs it; export a run of "
            "'facetake-train audio-emotion', such as audio_emotion_shipped.toml"
        )
    return ""


def export_run(config: TrainConfig, name: str, out: Path) -> str:
    """Exports the best checkpoint of a run of EmoFace, given as a configuration and its name; see `export`."""
    network = _trained(config)
    about = _about(config.out / "best.json")
    out.mkdir(parents=True, exist_ok=True)
    heard = export_ear(network, out / "ear.onnx", quantised=config.quantised)
    worst = export_audio2rig(network, out / "ear.onnx", out / "audio2rig.onnx")
    size = json.dumps(asdict(_with_readouts(config)), indent=1, default=str)
    (out / SIZE).write_text(size, encoding="utf-8", newline="\n")
    data = about["config"]["data"]
    faces = [Path(folder["truth"]).parent for folder in data.get("tracked") or ()]
    sources = [*config.weights_of, *_sources([Path(source["folder"]) for source in data["sources"]] + faces)]
    ShippedModelEntry(name, sources, int(about["step"]), heard, about["scores"]).declare("ear", out)
    return ShippedModelEntry(name, sources, int(about["step"]), worst, about["scores"]).ship(
        "audio2rig", network.state_dict(), out
    )


def export_merged_run(config: TrainConfig, out: Path) -> str:
    """Writes merged.onnx, one exact graph from sound and emotion to curves, for hosts that want one file."""
    worst = export_merged(_trained(config), out / "merged.onnx")
    return f"{out / 'merged.onnx'} written; torch and ONNX Runtime differ by at most {worst:.1e}"


def _trained(config: TrainConfig) -> EmoFace:
    """The network of a run with its best weights, and with readouts of the lips where the configuration names them."""
    network = build(replace(config, network=filled_later(config.network), start=None))
    checkpoint.load_weights(config.out / "best.safetensors", network)
    if not config.readouts:
        return network
    whole = build(replace(config, network=_with_readouts(config), start=None))
    if not isinstance(whole.encoder, WhisperEncoder):
        raise ConfigError(f"readouts belong to encoder 'whisper', not {config.network.encoder!r}; leave them out")
    whole.load_state_dict(network.state_dict(), strict=False)
    for file, readout in zip(config.readouts, whole.encoder.lips, strict=True):
        checkpoint.load_weights(file, readout)
    return whole


def _with_readouts(config: TrainConfig) -> EmoFaceSize:
    """The shape of the network that ships: pretrained weights from a checkpoint, and readouts of the lips."""
    size = filled_later(config.network)
    return replace(size, whisper=replace(size.whisper, lips=len(config.readouts) or size.whisper.lips))


def filled_later(size: EmoFaceSize) -> EmoFaceSize:
    """The shape of a network whose pretrained weights come from a checkpoint, and not from their own files."""
    return replace(size, whisper=replace(size.whisper, files=()))


def export_restyler_run(config: FactsConfig, name: str, out: Path) -> str:
    """Exports a run of the restyler; see `export`."""
    network = facts.build(config)
    checkpoint.load_weights(config.out / "best.safetensors", network)
    about = _about(config.out / "best.json")
    out.mkdir(parents=True, exist_ok=True)
    worst = export_restyler(network, config.data.actors, out / "restyler.onnx")
    shape = {"network": asdict(config.network), "as_change": config.as_change, "actors": config.data.actors}
    (out / "restyler.json").write_text(json.dumps(shape, indent=1), encoding="utf-8", newline="\n")
    entry = ShippedModelEntry(
        name, _sources([s.folder for s in config.data.sources]), int(about["step"]), worst, about["losses"]
    )
    return entry.ship("restyler", load_file(config.out / "best.safetensors"), out)


def export_classifier_run(config: VisemeConfig, name: str, out: Path) -> str:
    """Exports a run of the viseme classifier; see `export`."""
    network = VisemeClassifierNetwork(config.data.groups, config.network)
    checkpoint.load_weights(config.out / "last.safetensors", network)
    about = _about(config.out / "last.json")
    out.mkdir(parents=True, exist_ok=True)
    worst = export_classifier(network, config.data.actors, out / "viseme_classifier.onnx")
    shape = {"network": asdict(config.network), "actors": config.data.actors}
    (out / "viseme_classifier.json").write_text(json.dumps(shape, indent=1), encoding="utf-8", newline="\n")
    entry = ShippedModelEntry(
        name, _sources([s.folder for s in config.data.sources]), int(about["step"]), worst, about["scores"]
    )
    return entry.ship("viseme_classifier", load_file(config.out / "last.safetensors"), out)


def export_emotion_run(config: EmotionConfig, name: str, out: Path) -> str:
    """Exports a run of what hears the emotion in a voice; see `export`."""
    about = _about(config.out / "best.json")
    scores = about["scores"]
    network = VoiceEmotion(int(about["n_voice"]))
    checkpoint.load_weights(config.out / "best.safetensors", network)
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{audio_emotion.NAME}.onnx"
    worst = export_audio_emotion(network, scores["temperature"], scores["threshold"], about["ear_sha256"], path)
    shape = {"n_voice": about["n_voice"], "ear_sha256": about["ear_sha256"]}
    (out / f"{audio_emotion.NAME}.json").write_text(json.dumps(shape, indent=1), encoding="utf-8", newline="\n")
    used = [source for source in config.data.sources if source.weight > 0.0]
    trained_on = list(dict.fromkeys(source.licence or f"{source.path.name}: your own" for source in used))
    entry = ShippedModelEntry(name, trained_on, int(about["step"]), worst, scores)
    return entry.ship(audio_emotion.NAME, load_file(config.out / "best.safetensors"), out)


def export_events_run(config: EventConfig, name: str, out: Path) -> str:
    """Exports a run of what hears events; see `export`."""
    about = _about(config.out / "best.json")
    network = EventDetector(int(about["n_features"]), len(config.kinds))
    checkpoint.load_weights(config.out / "best.safetensors", network)
    out.mkdir(parents=True, exist_ok=True)
    path = out / "events.onnx"
    worst = export_events(network, config.kinds, config.threshold, about["ear_sha256"], path)
    shape = {"n_features": about["n_features"], "kinds": config.kinds, "ear_sha256": about["ear_sha256"]}
    (out / "events.json").write_text(json.dumps(shape, indent=1), encoding="utf-8", newline="\n")
    entry = ShippedModelEntry(
        name, [source.licence for source in config.listened], int(about["step"]), worst, about["scores"]
    )
    return entry.ship("events", load_file(config.out / "best.safetensors"), out)


def export_painter_run(config: PainterConfig, name: str, out: Path) -> str:
    """Exports a run of what paints inside the mouth of a photograph; see `export`.

    It alone needs what draws faces, of the portrait extra, so that takes are learnt without.
    """
    from facetake.portrait.landmark_translation.still.mouth import SIDE_PX
    from facetake_training.mouth_painting.painter import trained

    network = trained(config)
    about = _about(config.out / "last.json")
    out.mkdir(parents=True, exist_ok=True)
    worst = export_mouth_painter(network, SIDE_PX, out / "mouth_painter.onnx")
    entry = ShippedModelEntry(name, list(config.sources), int(about["step"]), worst, about["scores"])
    return entry.declare("mouth_painter", out)


def export_motion(config: MovementConfig, name: str, out: Path) -> str:
    """Copies the movement of real faces that was collected, and declares it; see `export`."""
    collected = config.out / "motion.npz"
    if not collected.is_file():
        raise ModelError(f"no movement to export: {collected} is missing; run 'facetake-train motion' first")
    out.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(collected, out / "motion.npz")
    with np.load(collected, allow_pickle=False) as stored:
        minutes = len(stored["voice"]) / MOVEMENT_FPS / 60.0
    ShippedModelEntry(name, list(config.sources), 0, 0.0, {"minutes": minutes}).declare("motion", out, ".npz")
    return f"{out / 'motion.npz'} written, {minutes:.1f} minutes of movement"


def _about(path: Path) -> dict[str, Any]:
    """What a checkpoint says of itself. Raises ModelError where it says nothing that can be read."""
    try:
        about: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return about | {"step": int(about["step"]), "config": dict(about["config"])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"no run to export: {path} is missing or damaged ({error}); train it first") from error


@dataclass(frozen=True)
class ShippedModelEntry:
    """What models.toml says of one exported model.

    Attributes:
        config: name of the run's configuration.
        trained_on: sources and their licences.
        rounds: of training.
        parity: largest difference between torch and ONNX Runtime.
        scores: by name.
    """

    config: str
    trained_on: list[str]
    rounds: int
    parity: float
    scores: dict[str, float]

    def ship(self, name: str, weights: Mapping[str, Tensor], out: Path) -> str:
        """Writes the weights in half precision and the entry of models.toml; says what was written."""
        # what safetensors writes itself is the owner's alone
        (out / f"{name}.safetensors").write_bytes(as_bytes({key: value.half() for key, value in weights.items()}))
        return self.declare(name, out)

    def declare(self, name: str, out: Path, suffix: str = ".onnx") -> str:
        """Writes the entry of models.toml; says what was written."""
        table = out / "models.toml"
        others: dict[str, Any] = read_table(table) if table.is_file() else {}
        rows = {
            "file": f"{name}{suffix}",
            "sha256": hash_of(out / f"{name}{suffix}"),
            "config": self.config,
            "trained_on": self.trained_on,
            "commit": _commit(),
            "rounds": self.rounds,
            "parity": self.parity,
            "scores": self.scores,
        }
        part = table.with_suffix(".part")
        part.write_text(_toml(others | {name: rows}), encoding="utf-8", newline="\n")
        files.replace(part, table)
        return f"{out / name}{suffix} written; torch and ONNX Runtime differ by at most {self.parity:.1e}"


def _toml(models: dict[str, dict[str, Any]]) -> str:
    """Models by name as TOML text."""
    blocks = []
    for name, rows in sorted(models.items()):
        plain = [f"{key} = {_value(value)}" for key, value in rows.items() if not isinstance(value, dict)]
        scores = [f"{key} = {_value(value)}" for key, value in rows.get("scores", {}).items()]
        blocks.append("\n".join([f"[{name}]", *plain, "", f"[{name}.scores]", *scores]))
    return "\n\n".join(blocks) + "\n"


def _value(value: object) -> str:
    """A value in TOML: numbers to five digits, text and lists as JSON has them."""
    return f"{value:.5g}" if isinstance(value, float) else json.dumps(value, ensure_ascii=False)


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
            encoding="utf-8",
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

    folder = inference.SHIPPED if folder is None else folder
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
