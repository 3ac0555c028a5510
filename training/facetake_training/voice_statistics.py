"""What an ear tells of many recordings of voices, heard once and kept in a file.

Knows nothing of what learns from it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from facetake import emotion_recognition, files
from facetake.arrays import F32, I64
from facetake.audio import FRAME_RATE_HZ, SAMPLE_RATE_HZ, Rhythm
from facetake.errors import ConfigError
from facetake.inference import Ear
from facetake.timebase import n_frames
from facetake_training.emotion_datasets import Split
from facetake_training.voices import VoiceData, recordings

TOLD = 500  # recordings between two words of how far it is


@dataclass(frozen=True)
class Statistics:
    """Of N recordings.

    Attributes:
        voices: (N, 2 W) mean and standard deviation of the channels.
        labels: (N,) index of the emotion.
        sources: (N,) index of the source.
        lines: (N,) number of the line; copies of one have the same.
        copies: (N,) 0 for a line as it is, else the number of the copy.
    """

    voices: F32
    labels: I64
    sources: I64
    lines: I64
    copies: I64


def heard(data: VoiceData, split: Split, seed: int, ear: Ear, kept: Path) -> Statistics:
    """What an ear tells of every recording of a split, from a file if the same was heard before.

    Args:
        data: of a run.
        split: "train", "valid" or "test".
        seed: of all chance.
        ear: what hears.
        kept: the .npz file.

    Raises:
        ConfigError: no source has such lines.
        ModelError: the ear does not tell how a voice sounds.
    """
    asked = json.dumps([repr(data), split, seed, ear.sha256])
    if (found := _read(kept, asked)) is not None:
        return found
    rows = []
    about = []
    for one in recordings(data, split, seed):
        rows.append(statistics(one.sound, ear))
        about.append((one.label, one.source, one.line, one.copy))
        if len(rows) % TOLD == 0:
            print(f"{split}: {len(rows)} recordings heard", flush=True)
    if not rows:
        raise ConfigError(f"no source keeps speakers aside for '{split}'; name some with {split} = [...]")
    found = Statistics(np.stack(rows), *np.array(about, np.int64).T)
    _write(kept, asked, found)
    return found


def statistics(sound: F32, ear: Ear) -> F32:
    """(2 W,) what an ear tells of the voice in samples (S,), its pauses left out."""
    count = n_frames(Fraction(len(sound), SAMPLE_RATE_HZ), Fraction(FRAME_RATE_HZ))
    rhythm = Rhythm(count)
    voice = ear.hear(rhythm.listening([sound]), count, with_voice=True).voice
    assert voice is not None  # as asked
    return emotion_recognition.statistics(voice, emotion_recognition.voice_seconds(rhythm.tracks()[0]), slice(None))


def _read(path: Path, asked: str) -> Statistics | None:
    if not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as file:
        if str(file["asked"]) != asked:
            return None
        return Statistics(*(file[name] for name in ("voices", "labels", "sources", "lines", "copies")))


def _write(path: Path, asked: str, found: Statistics) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.savez(file, asked=np.array(asked), **vars(found))
    files.replace(part, path)
