"""Takes of several makers, each beside what is heard in its sound: generated, tracked, captured, keyed by hand.

Long ones are cut into lines of about eight seconds, as games have them. Knows folders and files; does not know what
is measured of takes.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import soundfile as sf

from facetake import audio, formats, inspection, mouth, qc, rig
from facetake.arrays import F32
from facetake.arrays.reader import read_npz
from facetake.audio import FRAME_RATE_HZ, SAMPLE_RATE_HZ
from facetake.emotion import EMOTIONS
from facetake.errors import TakeError
from facetake.generate import GenerateOptions, Performance, generate
from facetake.inference import Models
from facetake.take import Take, resample, trim
from facetake_training import import_takes, lips
from facetake_training.lips import LipsConfig

OURS, TRACKED = "ours", "tracked"
LINE_S = 8.0  # of a line that is cut from a longer recording
WIDE = 5.0
"""Jaw for one face's height between the inner lips: 0.08 of it, which 95 of 100 frames of all clips stay under,
is a wide vowel's 0.4. A tracker's scores of the jaw have no such scale."""
MOST_TOGETHER = 0.8  # of lips held together: beyond it no jaw can open them


@dataclass(frozen=True)
class MadeTake:
    """A take and where it is from.

    Attributes:
        maker: "ours", "tracked", or the name of a folder.
        name: of the line.
        take: at 60 frames a second.
        heard: in its sound; None where there is none.
        mood: that was asked for.
        making_s: the processor's seconds that making it took; 0 where somebody else made it.
    """

    maker: str
    name: str
    take: Take
    heard: qc.HeardSpeech | None
    mood: str = "neutral"
    making_s: float = 0.0


def ours(folders: Sequence[Path], models: Models, count: int) -> Iterator[MadeTake]:
    """Takes of every n-th recording of each folder: half of them neutral, the others in every mood from 0.5 to 1."""
    for folder in folders:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in inspection.SOUND)
        if not paths:
            raise TakeError(f"{folder} holds no recording; name another folder")
        for number, path in enumerate(paths[:: max(1, len(paths) // count)][:count]):
            strength = (0.5, 0.75, 1.0)[number // 12 % 3]
            mood = f"{EMOTIONS[1 + number // 2 % 6]}:{strength}" if number % 2 else "neutral"
            begun = time.process_time()
            made = generate(path, GenerateOptions(mood), models)
            yield MadeTake(OURS, path.stem, made.take, _heard(made), mood, time.process_time() - begun)


def tracked(truth: Path, models: Models) -> Iterator[MadeTake]:
    """Faces tracked in video: ARKit scores, and a jaw that opens the lips as far as the inner ones were measured apart.

    Their sound is in the folder `audio` beside.
    """
    config = LipsConfig(truth, truth.parent / "audio")
    arrays = read_npz(truth)
    names = [str(name) for name in arrays["names"]]
    places = [(column, names.index(name)) for column, name in enumerate(rig.ARKIT_NAMES) if name in names]
    for clip in lips.clips(config):
        scores = np.nan_to_num(arrays[f"{clip}.arkit"]).astype(np.float32)
        shown = np.zeros((len(scores), len(rig.ARKIT_NAMES)), np.float32)
        for column, place in places:
            shown[:, column] = scores[:, place]
        times_s = arrays[f"{clip}.time"].astype(float)
        rate = Fraction(len(times_s) - 1) / Fraction(float(times_s[-1] - times_s[0])).limit_denominator(1000)
        late_s = float(arrays.get(f"{clip}.sound_late_s", np.zeros(1)).ravel()[0])
        values = opened(rig.from_arkit(shown), WIDE * np.nan_to_num(arrays[f"{clip}.aperture"]))
        start = Fraction(float(times_s[0]) + late_s).limit_denominator(1000)
        yield from _lines(TRACKED, clip, Take(values, rate, start), lips.sound_path(config, clip), models)


def opened(values: F32, wanted: F32) -> F32:
    """Poses (T, 174) whose jaw makes `mouth.aperture` what is wanted (T,), as far as a jaw can."""
    found = values.copy()
    for name in ("pressU", "pressD"):
        found[:, rig.both(f"mouth_{name}")] = 0.0
    lips = np.concatenate([rig.both("mouth_lipsTogetherU"), rig.both("mouth_lipsTogetherD")])
    found[:, lips] = np.minimum(found[:, lips], MOST_TOGETHER)
    jaw = rig.columns("C_jaw")[0]
    found[:, jaw] = 0.0
    needed = (wanted - mouth.aperture(found)) / (1.0 - found[:, lips].mean(axis=1))
    found[:, jaw] = np.clip(needed, 0.0, 1.0)
    return rig.clamp(found)


def folder(path: Path, models: Models) -> Iterator[MadeTake]:
    """Takes of a folder, with the sound of the same name beside them where there is one."""
    paired = dict(import_takes.pairs(path)) if _has_sound(path) else {}
    for sound, curves in paired.items():
        yield from _lines(path.name, sound.stem, formats.read(curves), sound, models)
    for curves in sorted(one for one in path.rglob("*.csv") if one not in paired.values()):
        yield from _lines(path.name, curves.stem, formats.read(curves), None, models)


def _has_sound(path: Path) -> bool:
    return any(one.suffix.lower() in import_takes.SOUND for one in path.rglob("*"))


def _lines(maker: str, name: str, take: Take, sound: Path | None, models: Models) -> Iterator[MadeTake]:
    """A take in pieces, each heard by itself."""
    even = resample(take, Fraction(FRAME_RATE_HZ))
    samples = None if sound is None else audio.read(sound)
    first_s, last_s = float(even.start), float(even.start) + even.n_frames / FRAME_RATE_HZ
    if samples is not None:
        first_s, last_s = max(first_s, 0.0), min(last_s, len(samples) / SAMPLE_RATE_HZ)
    count = max(1, round((last_s - first_s) / LINE_S))
    edges = np.linspace(first_s, last_s, count + 1)
    for number, (begin, end) in enumerate(zip(edges, edges[1:], strict=False)):
        piece = trim(even, Fraction(float(begin)), Fraction(float(end)))
        piece = replace(piece, start=Fraction(0))
        heard = (
            None
            if samples is None
            else _hear(samples[round(begin * SAMPLE_RATE_HZ) : round(end * SAMPLE_RATE_HZ)], models)
        )
        yield MadeTake(maker, f"{name}.{number + 1}", piece, heard)


def _hear(samples: F32, models: Models) -> qc.HeardSpeech:
    with tempfile.TemporaryDirectory() as made:
        path = Path(made) / "line.wav"
        sf.write(path, samples, SAMPLE_RATE_HZ)
        return _heard(generate(path, GenerateOptions(), models))


def _heard(made: Performance) -> qc.HeardSpeech:
    return qc.HeardSpeech(made.visemes, made.closures, made.speech)
