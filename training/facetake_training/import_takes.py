"""A studio's own recordings and curves, brought into a corpus folder that training reads.

Takes EmoFace's layout (WAV/NAME.wav beside VALID_CTR/NAME.txt) or any folder of sound files with curves of the same
name in a format that `facetake.formats` reads. Tells what it guessed and what it left out. Knows nothing of phones; a
network of the user's may hear visemes.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np
import soundfile as sf

from facetake import audio, files, formats, inference, inspection, mouth
from facetake.arrays import F32
from facetake.audio import FRAME_RATE_HZ, SAMPLE_RATE_HZ
from facetake.emotion import EMOTIONS
from facetake.errors import ConfigError, TakeError
from facetake.generate import GenerateOptions, generate
from facetake.inference import Models
from facetake.portrait.capture.audio_offset import SHORTEST_S, worth_telling
from facetake.portrait.metrics.lips import follow
from facetake.take import Take, resample
from facetake_training.phoneme_network import VisemeNetwork

SOUND = inspection.SOUND
CURVES = tuple(sorted(formats.suffixes(), key=lambda suffix: suffix == ".txt"))
"""In the order in which they are looked for; text comes last, as it is often what is said."""
VALID_EVERY = 8  # one line in eight is kept for validation
MAX_SLIP_S = 0.5  # a take may begin and end this much before or after its sound
NOUNS: Final[Mapping[str, str]] = {
    "anger": "angry",
    "disgust": "disgusted",
    "fearful": "fear",
    "happiness": "happy",
    "joy": "happy",
    "sadness": "sad",
    "surprised": "surprise",
}
"""Other words for the emotions, as recordings are often called."""
_FIRST_WORD: Final = re.compile(r"[a-z]+")


def pairs(folder: Path) -> list[tuple[Path, Path]]:
    """Sound files and their curves.

    Raises:
        ConfigError: the folder is missing, or nothing in it pairs up.
    """
    if not folder.is_dir():
        raise ConfigError(f"no folder {folder} to import from")
    found = [(sound, curves) for sound in _sounds(folder) if (curves := _curves_of(sound)) is not None]
    if not found:
        raise ConfigError(
            f"nothing to import in {folder}: no sound file has curves of the same name ({', '.join(CURVES)}) beside it"
        )
    return found


def _sounds(folder: Path) -> list[Path]:
    """Sound files in a folder and below it, by name."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SOUND and path.is_file())


def _curves_of(sound: Path) -> Path | None:
    beside = [sound.with_suffix(suffix) for suffix in CURVES]
    emoface = [sound.parent.with_name("VALID_CTR") / f"{sound.stem}.txt"] if sound.parent.name == "WAV" else []
    return next((path for path in [*emoface, *beside] if path.is_file()), None)


def emotion_of(name: str, usual: str) -> str:
    """The emotion that a line's name begins with ("angry_gd04_001_021", "Anger-02"), or the usual one."""
    return _said_emotion(name) or usual


def _said_emotion(name: str) -> str:
    """The emotion that a name begins with: in full, by its first three letters or as a noun; empty where none."""
    found = _FIRST_WORD.match(name.lower())
    word = found[0] if found else ""
    return next((e for e in EMOTIONS if word == e or (len(word) == 3 and e.startswith(word))), NOUNS.get(word, ""))


def emotions_told(stems: Sequence[str], usual: str) -> list[str]:
    """How many lines have which emotion, and of how many it was not in the name.

    Args:
        stems: the names of all lines.
        usual: the emotion of those whose name does not say it.
    """
    counts = Counter(emotion_of(stem, usual) for stem in stems)
    told = ["emotions: " + ", ".join(f"{counts[one]} {one}" for one in EMOTIONS if counts[one])]
    if silent := [stem for stem in stems if not _said_emotion(stem)]:
        told.append(
            f"{len(silent)} of them are taken as {usual}, as their names begin with no emotion, such as '{silent[0]}'; "
            "call them angry_01 and the like, or give --emotion"
        )
    return told


def import_folder(
    folder: Path,
    out: Path,
    usual_emotion: str = "neutral",
    phonemes: Path | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> int:
    """Writes a corpus folder from a folder of sound and curves.

    Args:
        folder: where to look, sub-folders included.
        out: the corpus folder; lines already there are replaced.
        usual_emotion: of lines whose name does not say it.
        phonemes: folder of a phoneme network that hears the visemes of each line, for the viseme classifier.
        tell: takes sentences about what was guessed and what was left out.

    Returns:
        Number of lines.

    Raises:
        ConfigError: an unknown emotion, or nothing to import.
        ModelError: no phoneme network in that folder.
        AudioError, TakeError: a file is broken, or sound and curves do not begin and end together.
    """
    if usual_emotion not in EMOTIONS:
        raise ConfigError(f"unknown emotion '{usual_emotion}'; known: {', '.join(EMOTIONS)}")
    found = pairs(folder)
    network = None if phonemes is None else VisemeNetwork(phonemes)
    for sentence in (*_left_out(folder, len(found)), *emotions_told([one.stem for one, _ in found], usual_emotion)):
        tell(sentence)
    models = inference.load()
    rows = [
        _import_line(sound, curves, index, len(found), folder, out, usual_emotion, network, models, tell)
        for index, (sound, curves) in enumerate(found)
    ]
    table = out / "lines.jsonl"
    part = table.with_suffix(".part")
    lines = [row for row in rows] + ([{**rows[-1], "split": "valid"}] if len(rows) < VALID_EVERY else [])
    part.write_text("".join(json.dumps(row) + "\n" for row in lines), encoding="utf-8", newline="\n")
    files.replace(part, table)
    return len(rows)


def _left_out(folder: Path, count: int) -> list[str]:
    """What to say of recordings that have no curves, where `count` have some."""
    bare = [one for one in _sounds(folder) if _curves_of(one) is None]
    if not bare:
        return []
    return [f"{len(bare)} of {count + len(bare)} recordings have no curves and are left out, such as {bare[0]}"]


def _import_line(
    sound: Path,
    curves: Path,
    index: int,
    count: int,
    folder: Path,
    out: Path,
    usual: str,
    network: VisemeNetwork | None,
    models: Models,
    tell: Callable[[str], None],
) -> dict[str, object]:
    samples = audio.read(sound)
    take = formats.read(curves)
    duration_s = len(samples) / SAMPLE_RATE_HZ
    start = take.start
    if start >= duration_s:  # no take of a sound begins after its end
        tell(f"{curves} begins at {float(start):.2f} s, after {sound.name} has ended; it is taken to begin with it")
        start = Fraction(0)
    _check_length(sound, curves, duration_s, take, start)
    values = _on_sound(take, start, duration_s)
    if slip := _slip(sound, values, models):
        tell(f"{curves}: {sound.name} is {slip}; it is learnt as it is, so move one of them if that is so")
    name = f"{index:05d}_{sound.stem}"
    for part in ("audio", "takes"):
        (out / part).mkdir(parents=True, exist_ok=True)
    sf.write(out / "audio" / f"{name}.flac", samples, SAMPLE_RATE_HZ)
    stored = {"values": values} if network is None else {"values": values, "visemes": network.read(samples)}
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


def _check_length(sound: Path, curves: Path, duration_s: float, take: Take, start: Fraction) -> None:
    lasts_s = float(take.duration_s)
    if abs(duration_s - lasts_s) > MAX_SLIP_S:
        raise TakeError(
            f"{curves} lasts {lasts_s:.2f} s but {sound.name} {duration_s:.2f} s; "
            f"they must differ by less than {MAX_SLIP_S} s"
        )
    if abs(start) > MAX_SLIP_S:
        raise TakeError(
            f"{curves} begins {abs(float(start)):.2f} s {'after' if start > 0 else 'before'} {sound.name}; "
            f"it must begin within {MAX_SLIP_S} s of it"
        )


def _on_sound(take: Take, start: Fraction, duration_s: float) -> F32:
    """Values (T, 174) at 60 fps from the sound's first sample to its last; beyond its ends the take is held.

    Args:
        take: at any rate.
        start: of its first frame in the sound.
        duration_s: of the sound.
    """
    count = max(1, round(duration_s * FRAME_RATE_HZ))
    return resample(replace(take, start=start), Fraction(FRAME_RATE_HZ), Fraction(0), count).values


def _slip(sound: Path, values: F32, models: Models) -> str:
    """By how much a sound is off the lips of poses (T, 174), as the middle of a sentence; empty where it fits.

    The lips that the shipped network hears are looked for as far away as a take may slip; of a line of less than
    `SHORTEST_S`, or of lips that follow the sound nowhere, nobody can say.
    """
    if len(values) < SHORTEST_S * FRAME_RATE_HZ:
        return ""
    options = GenerateOptions("neutral", blink=False, gaze=False, head=False)
    heard = mouth.aperture(generate(sound, options, models).take.values)
    count = min(len(heard), len(values))
    most = round(MAX_SLIP_S * FRAME_RATE_HZ)
    found = worth_telling(follow(heard[:count], mouth.aperture(values[:count]), most), FRAME_RATE_HZ)
    return "" if found is None else found.sentence
