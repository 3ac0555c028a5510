"""A studio's own recordings and curves, brought into a corpus folder that training reads.

Takes EmoFace's layout (WAV/NAME.wav beside VALID_CTR/NAME.txt) or any folder of sound files with curves of the same
name in a format that `facetake.formats` reads. Knows nothing of phones; a network of the user's may hear visemes.
"""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import soundfile as sf

from facetake import audio, files, formats
from facetake.audio import SAMPLE_RATE_HZ
from facetake.emotion import EMOTIONS
from facetake.errors import ConfigError, TakeError
from facetake.take import Take, resample
from facetake_training.phoneme_network import VisemeNetwork

SOUND = (".wav", ".flac", ".ogg", ".mp3", ".opus", ".aif", ".aiff")
CURVES = (".csv", ".json", ".npz", ".txt")
VALID_EVERY = 8  # one line in eight is kept for validation
MAX_SLIP_S = 0.5  # a take may differ from its sound by this much


def pairs(folder: Path) -> list[tuple[Path, Path]]:
    """Sound files and their curves.

    Raises:
        ConfigError: the folder is missing, or nothing in it pairs up.
    """
    if not folder.is_dir():
        raise ConfigError(f"no folder {folder} to import from")
    sounds = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SOUND)
    found = [(sound, curves) for sound in sounds if (curves := _curves_of(sound)) is not None]
    if not found:
        raise ConfigError(
            f"nothing to import in {folder}: no sound file has curves of the same name ({', '.join(CURVES)}) beside it"
        )
    return found


def _curves_of(sound: Path) -> Path | None:
    beside = [sound.with_suffix(suffix) for suffix in CURVES]
    emoface = [sound.parent.with_name("VALID_CTR") / f"{sound.stem}.txt"] if sound.parent.name == "WAV" else []
    return next((path for path in [*emoface, *beside] if path.is_file()), None)


def emotion_of(name: str, usual: str) -> str:
    """The emotion at the start of a line's name ("angry_gd04_001_021"), in full or by its first three letters."""
    prefix = name.lower().split("_")[0]
    return next((e for e in EMOTIONS if prefix == e or (len(prefix) == 3 and e.startswith(prefix))), usual)


def import_folder(folder: Path, out: Path, usual_emotion: str = "neutral", phonemes: Path | None = None) -> int:
    """Writes a corpus folder from a folder of sound and curves.

    Args:
        folder: where to look, sub-folders included.
        out: the corpus folder; lines already there are replaced.
        usual_emotion: of lines whose name does not say it.
        phonemes: folder of a phoneme network that hears the visemes of each line, for the viseme classifier.

    Returns:
        Number of lines.

    Raises:
        ConfigError: an unknown emotion, or nothing to import.
        ModelError: no phoneme network in that folder.
        AudioError, TakeError: a file is broken, or sound and curves differ in length.
    """
    if usual_emotion not in EMOTIONS:
        raise ConfigError(f"unknown emotion '{usual_emotion}'; known: {', '.join(EMOTIONS)}")
    found = pairs(folder)
    network = None if phonemes is None else VisemeNetwork(phonemes)
    rows = [
        _import_line(sound, curves, index, len(found), folder, out, usual_emotion, network)
        for index, (sound, curves) in enumerate(found)
    ]
    table = out / "lines.jsonl"
    part = table.with_suffix(".part")
    lines = [row for row in rows] + ([{**rows[-1], "split": "valid"}] if len(rows) < VALID_EVERY else [])
    part.write_text("".join(json.dumps(row) + "\n" for row in lines), encoding="utf-8", newline="\n")
    files.replace(part, table)
    return len(rows)


def _import_line(
    sound: Path,
    curves: Path,
    index: int,
    count: int,
    folder: Path,
    out: Path,
    usual: str,
    network: VisemeNetwork | None,
) -> dict[str, object]:
    samples = audio.read(sound)
    take = resample(formats.read(curves), Fraction(60))
    duration_s = len(samples) / SAMPLE_RATE_HZ
    _check_length(sound, curves, duration_s, take)
    name = f"{index:05d}_{sound.stem}"
    for part in ("audio", "takes"):
        (out / part).mkdir(parents=True, exist_ok=True)
    sf.write(out / "audio" / f"{name}.flac", samples, SAMPLE_RATE_HZ)
    stored = {"values": take.values} if network is None else {"values": take.values, "visemes": network.read(samples)}
    np.savez_compressed(out / "takes" / f"{name}.npz", **stored)  # type: ignore[arg-type]  # numpy's stub mixes arrays and options
    is_valid = count >= VALID_EVERY and index % VALID_EVERY == VALID_EVERY - 1
    return {
        "id": name,
        "audio": f"audio/{name}.flac",
        "take": f"takes/{name}.npz",
        "emotion": emotion_of(sound.stem, usual),
        "speaker": sound.parent.relative_to(folder).as_posix(),
        "split": "valid" if is_valid else "train",
        "duration_s": duration_s,
    }


def _check_length(sound: Path, curves: Path, duration_s: float, take: Take) -> None:
    if abs(duration_s - float(take.duration_s)) > MAX_SLIP_S:
        raise TakeError(
            f"{curves} lasts {float(take.duration_s):.2f} s but {sound.name} {duration_s:.2f} s; "
            f"they must differ by less than {MAX_SLIP_S} s"
        )
