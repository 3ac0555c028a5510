"""What is in a file: facts about a take, a recording, a film, an actor's or a model folder, for people and for hosts.

Knows how each kind is opened; what is done with the facts is the caller's.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facetake import files
from facetake.errors import ConfigError, PortraitError
from facetake.files import json_text

if TYPE_CHECKING:
    from facetake.take import Take

SOUND = frozenset(".wav .flac .ogg .oga .opus .mp3 .aif .aiff .aifc .au .caf .w64 .m4a .aac .mp4 .mov".split())
ACTOR = "actor.json"  # marks a folder that `portrait capture` made
CONSENT = "consent.json"  # names what such a folder keeps of a consent
FILM = frozenset((".mp4", ".mov", ".m4v", ".mkv"))
MOVES = 0.01  # a control that moves less counts as still
Facts = dict[str, Any]


def facts(path: Path, form: str | None = None) -> Facts:
    """What is known of a file or an actor's or model folder, told by its name and what it holds.

    Args:
        path: the file.
        form: the format of a take, as in `facetake.formats`, where it cannot be told.

    Raises:
        ConfigError: its name says of no kind that Facetake knows.
        AudioError, TakeError, ModelError: it cannot be read.
    """
    suffix = path.suffix.lower()
    if form is not None:
        return _take(path, form)
    if is_folder(path) and (path / ACTOR).is_file():
        return _actor(path)
    if is_folder(path):
        if not (path / "models.toml").is_file():
            raise ConfigError(f"folder {path} holds no models.toml; name a model folder, a take or a sound file")
        return _model(path)
    if suffix == ".onnx":
        return _model(path.parent)
    if is_take(path):
        return _take(path)
    if suffix not in SOUND and os.path.lexists(path):
        raise ConfigError(f"{path} is no take, sound or model by its name '{suffix}'; give it the suffix of its format")
    return _sound(path)


def _actor(path: Path) -> Facts:
    """What was captured, and what the person agreed to. PortraitError where the files are damaged."""
    about = _table(path / ACTOR)
    kept = _table(path / CONSENT) if (path / CONSENT).is_file() else {}
    return {"actor": str(path), **about, "consent": _consent(path, kept)}


def _table(path: Path) -> Facts:
    try:
        return json_text.load_table(files.read_text(path))
    except (OSError, ValueError) as error:
        raise PortraitError(f"{path} cannot be read ({files.reason(error)}); capture the actor again") from error


def _consent(folder: Path, kept: Facts) -> str | None:
    """Its words, or the name of its file where it is no text; None where nothing is kept."""
    if not kept:
        return None
    path = folder / Path(str(kept.get("file"))).name
    try:
        return files.read_text(path) if path.suffix == ".txt" else str(path)
    except (OSError, UnicodeDecodeError) as error:
        raise PortraitError(f"{path} cannot be read ({files.reason(error)}); keep it anew with --consent") from error


def is_folder(path: Path) -> bool:
    """Whether a path is a folder; a name too long for the system is none."""
    try:
        return path.is_dir()
    except OSError:
        return False


def is_take(path: Path) -> bool:
    """Whether a file is a take by its suffix."""
    from facetake import formats

    return path.suffix.lower() in formats.suffixes()


def _take(path: Path, form: str | None = None) -> Facts:
    from facetake import formats, mouth, rig

    form, take = formats.read_recognised(path, form)
    values = take.values
    return {
        "take": str(path),
        "format": form,
        "frames": take.n_frames,
        "rate": str(take.rate),
        "start_s": float(take.start),
        "duration_s": float(take.duration_s),
        "range": {name: _range(values[:, rig.region_mask(name)]) for name in rig.REGIONS},
        "moving_controls": _moving(take),
        "lips_sealed": float(mouth.is_sealed(values).mean()),
        "head_deg": None if take.head is None else _head(take),
        "origin": dict(take.origin),
    }


def _head(take: Take) -> dict[str, tuple[float, float]] | None:
    if take.head is None:
        return None
    return {name: _range(take.head[:, axis]) for axis, name in enumerate(("yaw", "pitch", "roll"))}


def _range(values: Any) -> tuple[float, float]:
    return round(float(values.min()), 4), round(float(values.max()), 4)


def _moving(take: Take) -> list[str]:
    """The controls that move, those with the widest range first."""
    import numpy as np

    from facetake import rig

    width = np.ptp(take.values, axis=0)
    return [rig.NAMES[i] for i in np.argsort(-width, kind="stable") if width[i] > MOVES]


def _sound(path: Path) -> Facts:
    import numpy as np

    from facetake import audio

    with audio.stream(path) as sound:
        duration_s = sound.duration_s
        peak = 0.0
        power = 0.0
        for block in sound:
            peak = max(peak, float(np.abs(block).max()))
            power = power + float(np.square(block).sum())
        level_db = 10.0 * np.log10(power / sound.n_samples + 1e-12)
        rate_hz, channels = sound.recorded
    return {
        **_made_by(path),
        "sound": str(path),
        "rate_hz": rate_hz,
        "channels": channels,
        "duration_s": float(duration_s),
        "peak": round(peak, 4),
        "level_db": round(float(level_db), 2),
    }


def _made_by(path: Path) -> Facts:
    """What a film of ours says about itself, under `made_by`; nothing for any other file."""
    from facetake.render.video import read_provenance

    told = read_provenance(path) if path.suffix.lower() in FILM else None
    return {"made_by": dict(told)} if told else {}


def _model(folder: Path) -> Facts:
    from facetake import inference

    inference.load(folder)  # refuses what generate would refuse
    return {
        name: {"file": d.file, "sha256": d.sha256[:12], **d.about} for name, d in inference.declarations(folder).items()
    }
