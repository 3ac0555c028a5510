"""Acted emotional speech as it is distributed: RAVDESS, CREMA-D and EmoDB folders, named files, and a studio's CSV.

Gives lines with emotion, intensity and speaker, and keeps the paper's test subjects apart (landmark translation,
Table 4). Calm counts as neutral; contempt, boredom and whatever else Facetake has no emotion for is left out, and how
many were is told. Knows nothing of sound or of what learns from it.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from facetake.emotion import EMOTIONS
from facetake.errors import ConfigError
from facetake.inspection import SOUND

Layout = Literal["ravdess", "crema-d", "emo-db", "named", "csv", "neutral"]
Split = Literal["train", "valid", "test"]

RAVDESS_TEST: Final = ("03", "04", "05", "06")
CREMA_D_TEST: Final = ("1015", "1020", "1021", "1030", "1033", "1052", "1062", "1081", "1089")
"""The paper's test subjects (Table 4)."""

NAMES: Final = {
    **{name: name for name in EMOTIONS},
    "calm": "neutral",
    "happiness": "happy",
    "joy": "happy",
    "hap": "happy",
    "sadness": "sad",
    "anger": "angry",
    "ang": "angry",
    "surprised": "surprise",
    "fearful": "fear",
    "fea": "fear",
    "disgust": "disgusted",
    "dis": "disgusted",
    "neu": "neutral",
}
"""Other names of the emotions, as data sets write them."""
_RAVDESS: Final = dict(
    zip(
        ("01", "02", "03", "04", "05", "06", "07", "08"),
        ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised"),
        strict=True,
    )
)
_EMO_DB: Final = {
    "N": "neutral",
    "F": "happy",
    "T": "sad",
    "W": "angry",
    "A": "fear",
    "E": "disgust",
    "L": "boredom",
}
_CREMA_D_LEVELS: Final = {"LO": 0.4, "MD": 0.7, "HI": 1.0, "XX": 1.0}
"""Low, medium, high, unspecified: in order by choice, the set gives no numbers."""
_POINTER: Final = b"version https://git-lfs"


@dataclass(frozen=True)
class ActedSource:
    """One folder or file of lines with emotions.

    Attributes:
        path: the folder as it was unpacked, or the CSV.
        layout: how it is laid out: ``ravdess`` (Actor_01/03-01-05-02-01-01-01.wav), ``crema-d``
            (AudioWAV/1001_DFA_ANG_XX.wav), ``emo-db`` (wav/03a01Fa.wav), ``named`` (SPEAKER_EMOTION_ANYTHING.wav),
            ``csv`` (columns audio and emotion, and if wanted intensity and speaker; paths relative to it), or
            ``neutral`` (a folder of neutral speech, each file another speaker).
        licence: of the recordings, and who made them; goes to models.toml.
        weight: its share of the lines of an emotion, relative to the other sources.
        perform: neutral speech is given every emotion's prosody (`acting`) instead of counting as neutral.
        valid: speakers to fit the calibration on and choose by.
        test: speakers that are never learnt from; None is the paper's for RAVDESS and CREMA-D, else nobody.
        copies: of every line this many more are heard as recorded elsewhere.
        every: of a ``neutral`` folder, every so many-th file is for validation and the one after it for testing.
    """

    path: Path
    layout: Layout
    licence: str = ""
    weight: float = 1.0
    perform: bool = False
    valid: tuple[str, ...] = ()
    test: tuple[str, ...] | None = None
    copies: int = 0
    every: int = 10


@dataclass(frozen=True)
class Acted:
    """One line.

    Attributes:
        audio: its sound file.
        emotion: one of `EMOTIONS`.
        intensity: 0..1, how strong it is acted.
        speaker: who says it, as the data set names them.
    """

    audio: Path
    emotion: str
    intensity: float = 1.0
    speaker: str = ""


@dataclass(frozen=True)
class DatasetLines:
    """Lines of a source and what was left out.

    Attributes:
        lines: in the order of their paths.
        left_out: names of emotions that Facetake does not have, with how many lines had them.
    """

    lines: tuple[Acted, ...]
    left_out: dict[str, int]


def read(source: ActedSource) -> DatasetLines:
    """Every line of a source.

    Raises:
        ConfigError: there is nothing of that layout at the path, or its sound was not fetched.
    """
    reader = _READERS[source.layout]
    lines: list[Acted] = []
    left_out: Counter[str] = Counter()
    for audio, name, intensity, speaker in sorted(reader(source.path), key=lambda row: row[0]):
        emotion = NAMES.get(name.lower())
        if emotion is None:
            left_out[name] += 1
        else:
            lines.append(Acted(audio, emotion, intensity, speaker))
    if not lines:
        raise ConfigError(f"{source.path} holds no such file: {_EXPECTED[source.layout]}; check path and layout")
    _refuse_pointers(lines[0].audio)
    return DatasetLines(tuple(lines), dict(left_out))


def split_of(source: ActedSource, lines: tuple[Acted, ...], split: Split) -> list[Acted]:
    """The lines of one split, by speaker.

    Raises:
        ConfigError: a speaker is named that the source does not have.
    """
    if source.layout == "neutral":
        place = {"valid": 0, "test": 1}
        return [
            line
            for i, line in enumerate(lines)
            if place.get(split) == i % source.every or (split == "train" and i % source.every > 1)
        ]
    speakers = {line.speaker for line in lines}
    test = _PAPERS.get(source.layout, ()) if source.test is None else source.test
    for name in (*source.valid, *(source.test or ())):
        if name not in speakers:
            raise ConfigError(f"{source.path} has no speaker {name!r}; it has {', '.join(sorted(speakers))}")
    held = {name: "test" for name in test} | {name: "valid" for name in source.valid if name not in test}
    return [line for line in lines if held.get(line.speaker, "train") == split]


_PAPERS: Final = {"ravdess": RAVDESS_TEST, "crema-d": CREMA_D_TEST}
Row = tuple[Path, str, float, str]  # sound, the emotion as the data set names it, intensity, speaker


def _sounds(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        raise ConfigError(f"there is no folder {folder}; name the folder that the data set was unpacked to")
    return (path for path in folder.rglob("*") if path.suffix.lower() in SOUND)


def _named_by(pattern: str) -> Callable[[Path], Iterator[tuple[Path, re.Match[str]]]]:
    """Sound files of a folder whose stem is of a pattern."""
    shape = re.compile(pattern)

    def found(folder: Path) -> Iterator[tuple[Path, re.Match[str]]]:
        return ((path, match) for path in _sounds(folder) if (match := shape.fullmatch(path.stem)))

    return found


def _ravdess(folder: Path) -> Iterator[Row]:
    """Speech alone: songs (second number 02) are left aside, as in the paper; so is video without sound (02)."""
    for path, match in _named_by(r"0[13]-01-(0[1-8])-(0[12])-\d\d-\d\d-(\d\d)")(folder):
        yield path, _RAVDESS[match[1]], 1.0 if match[2] == "02" or match[1] == "01" else 0.7, match[3]


def _crema_d(folder: Path) -> Iterator[Row]:
    inside = folder / "AudioWAV"
    for path, match in _named_by(r"(\d{4})_[A-Z]{3}_([A-Z]{3})_(LO|MD|HI|XX|X)")(inside if inside.is_dir() else folder):
        yield path, match[2], _CREMA_D_LEVELS.get(match[3], 1.0), match[1]


def _emo_db(folder: Path) -> Iterator[Row]:
    for path, match in _named_by(r"(\d\d)[ab]\d\d([NFTWAEL])[a-z]?")(folder):
        yield path, _EMO_DB[match[2]], 1.0, match[1]


def _named(folder: Path) -> Iterator[Row]:
    for path, match in _named_by(r"([^_]+)_([A-Za-z]+)(_.*)?")(folder):
        yield path, match[2], 1.0, match[1]


def _neutral(folder: Path) -> Iterator[Row]:
    return ((path, "neutral", 1.0, path.stem) for path in _sounds(folder))


def _csv(path: Path) -> Iterator[Row]:
    try:
        rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"cannot read the lines in {path} ({error}); it must be a UTF-8 CSV") from error
    if rows and not {"audio", "emotion"} <= set(rows[0]):
        raise ConfigError(f"{path}: its first line names {', '.join(map(str, rows[0]))}; audio and emotion are needed")
    for number, row in enumerate(rows, 2):
        name = (row["emotion"] or "").strip()
        audio = path.parent / (row["audio"] or "").strip()
        if name.lower() not in NAMES:
            known = ", ".join(EMOTIONS)
            raise ConfigError(f"{path}, line {number}: there is no emotion {name!r}; use one of {known}")
        if not audio.is_file():
            raise ConfigError(f"{path}, line {number}: there is no file {audio}; paths count from the CSV's folder")
        yield audio, name, _intensity(row.get("intensity"), path, number), (row.get("speaker") or "").strip()


def _intensity(text: str | None, path: Path, number: int) -> float:
    try:
        value = float(text) if text and text.strip() else 1.0
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= 1.0:
        raise ConfigError(f"{path}, line {number}: the intensity {text!r} is no number from 0 to 1")
    return value


def _refuse_pointers(path: Path) -> None:
    """A repository cloned without Git LFS has notes of 130 bytes in place of sound."""
    with path.open("rb") as file:
        if file.read(len(_POINTER)) == _POINTER:
            raise ConfigError(f"{path} is a Git LFS pointer and no sound; fetch the sound with 'git lfs pull'")


_READERS: Final[dict[str, Callable[[Path], Iterator[Row]]]] = {
    "ravdess": _ravdess,
    "crema-d": _crema_d,
    "emo-db": _emo_db,
    "named": _named,
    "csv": _csv,
    "neutral": _neutral,
}
_EXPECTED: Final = {
    "ravdess": "RAVDESS's speech has names such as Actor_01/03-01-05-02-01-01-01.wav",
    "crema-d": "CREMA-D has names such as AudioWAV/1001_DFA_ANG_XX.wav",
    "emo-db": "EmoDB has names such as wav/03a01Fa.wav",
    "named": "lines are to be called SPEAKER_EMOTION.wav or SPEAKER_EMOTION_ANYTHING.wav",
    "csv": "the CSV is to list lines under audio,emotion",
    "neutral": f"a folder of speech holds {' '.join(sorted(SOUND))}",
}
