"""Does the face act? Controls that move, how much an expression varies, and whether each line is its own."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facetake import rig
from facetake.emotion import EMOTIONS
from facetake.errors import ConfigError
from facetake.generate import GenerateOptions, generate
from facetake.inference import Models
from facetake.take import Take
from facetake_training.measure.report import MeasurementReport

MOVED = 0.05  # a control that leaves its rest by more than this moves
POSED = 0.1  # and one whose mean lies further away belongs to the emotion's pose
STILL_DEG = 0.1  # a second
Track = NDArray[np.floating]


def measure(folder: Path, models: Models) -> MeasurementReport:
    """Generates every sound of a folder in all seven emotions.

    Raises:
        ConfigError: there are not two sounds.
    """
    sounds = sorted(path for path in folder.iterdir() if path.suffix in (".wav", ".flac", ".ogg"))
    if len(sounds) < 2:
        raise ConfigError(f"{folder} must hold two sounds or more to compare")
    report = MeasurementReport()
    takes = {(mood, s.stem): generate(s, GenerateOptions(mood), models).take for mood in EMOTIONS for s in sounds}
    furthest = np.max([np.abs(take.values - rig.NEUTRAL).max(axis=0) for take in takes.values()], axis=0)
    dead = [name for name, most in zip(rig.NAMES, furthest, strict=True) if most <= MOVED]
    report.row("controls at rest in all moods: " + ", ".join(dead))
    report.bar("controls that move", float((furthest > MOVED).sum()), least=130)
    for mood in EMOTIONS[1:]:
        spread = np.mean([_variation(takes[mood, sound.stem]) for sound in sounds])
        report.bar(f"coefficient of variation, {mood}", float(spread), least=0.3)
    neutral = [takes["neutral", sound.stem] for sound in sounds]
    still = np.concatenate([_head_speed(take) < STILL_DEG for take in neutral])
    report.bar("share of frames with the head still", float(still.mean()), most=0.03)
    for name, track in _tracks().items():
        pairs = [_correlation(track(one), track(two)) for one, two in combinations(neutral, 2)]
        report.bar(f"{name} of two lines, median |r|", float(np.median(np.abs(pairs))), most=0.3)
    return report


def _variation(take: Take) -> float:
    """Median over the controls of a pose of spread by mean; blinks and gaze do not count."""
    away = np.abs(take.values.mean(axis=0) - rig.NEUTRAL)
    upper = rig.region_mask("brow", "eye", "nose") & (away > POSED)
    upper[np.concatenate([rig.both("eye_blink"), rig.columns("C_eye")])] = False
    return float(np.median(take.values.std(axis=0)[upper] / away[upper])) if upper.any() else 0.0


def _turn(take: Take, axis: int) -> Track:
    """(T,) degrees about one axis."""
    assert take.head is not None
    return np.asarray(take.head[:, axis])


def _head_speed(take: Take) -> Track:
    """Degrees a second, (T - 1,)."""
    assert take.head is not None
    return np.asarray(np.linalg.norm(np.diff(take.head, axis=0), axis=1) * float(take.rate))


def _tracks() -> dict[str, Callable[[Take], Track]]:
    """What no two lines may share, by name."""
    eye = rig.columns("C_eye.X")[0]
    lid = rig.columns("L_eye_blink")[0]
    return {
        "gaze": lambda take: take.values[:, eye],
        "blinks": lambda take: take.values[:, lid],
        "yaw": lambda take: _turn(take, 0),
        "pitch": lambda take: _turn(take, 1),
    }


def _correlation(one: Track, two: Track) -> float:
    count = min(len(one), len(two))
    return float(np.corrcoef(one[:count], two[:count])[0, 1])
