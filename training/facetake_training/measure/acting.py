"""Does the face act? Controls that move, how much an expression varies, and whether each line is its own.

Beside an artist's takes of the same sounds, where there are any: how far each control moves in theirs and in ours.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facetake import formats, rig
from facetake.emotion import EMOTIONS
from facetake.errors import ConfigError
from facetake.generate import GenerateOptions, generate
from facetake.inference import Models
from facetake.take import Take
from facetake_training.measure.report import MeasurementReport

MOVED = 0.05  # a control that leaves its rest by more than this moves
POSED = 0.1  # and one whose mean lies further away belongs to the emotion's pose
STILL_DEG = 0.1  # a second
SPREAD = 0.02  # standard deviation from which on a control moves in an artist's take: below it is a tremor
ARTISTS = """C_eye.X C_eye C_jaw.X C_jaw C_jaw_fwdBack C_mouth C_mouth_stickyD C_mouth_stickyU C_tongue C_tongue_press
C_tongue_tip brow_down brow_lateral brow_raiseIn brow_raiseOut eye_blink eye_cheekRaise eye_eyelidD eye_faceScrunch
eye_squintInner eyelashes_tweakerIn eyelashes_tweakerOut jaw_chinCompress mouth_cornerPull mouth_dimple mouth_funnelD
mouth_funnelU mouth_lipBiteD mouth_lipBiteU mouth_lipSticky mouth_lipsRollU mouth_lipsTogetherD mouth_lipsTogetherU
mouth_lowerLipDepress mouth_pressD mouth_pressU mouth_purseD mouth_purseU mouth_sharpCornerPull mouth_stickyInnerD
mouth_stickyInnerU mouth_stickyOuterD mouth_stickyOuterU mouth_stretch mouth_suckBlow mouth_thicknessD mouth_thicknessU
mouth_tightenD mouth_tightenU mouth_towardsD mouth_towardsU mouth_upperLipRaise nose.X nose nose_nasolabialDeepen"""
"""The 99 controls that move by more than 0.05 in an artist's take of an angry line (EmoFace's example)."""
Track = NDArray[np.floating]


def measure(folder: Path, models: Models, artists: Path | None = None) -> MeasurementReport:
    """Generates every sound of a folder in all seven emotions.

    Args:
        folder: of two sounds or more.
        models: what generates.
        artists: folder of an artist's takes NAME.npz beside sounds NAME.flac, as `facegood` writes them.

    Raises:
        ConfigError: there are not two sounds, or no artist's take.
    """
    sounds = _sounds(folder)
    if len(sounds) < 2:
        raise ConfigError(f"{folder} must hold two sounds or more to compare")
    report = MeasurementReport()
    takes = {(mood, s.stem): generate(s, GenerateOptions(mood), models).take for mood in EMOTIONS for s in sounds}
    furthest = np.max([np.abs(take.values - rig.NEUTRAL).max(axis=0) for take in takes.values()], axis=0)
    dead = [name for name, most in zip(rig.NAMES, furthest, strict=True) if most <= MOVED]
    report.row("controls at rest in all moods: " + ", ".join(dead))
    report.bar("controls that move", float((furthest > MOVED).sum()), least=130)
    wanted = np.concatenate([rig.one_or_both(name) for name in ARTISTS.split()])
    still_ones = [rig.NAMES[column] for column in wanted if furthest[column] <= MOVED]
    report.row("of an artist's at rest in all moods: " + ", ".join(still_ones))
    report.bar("of the 99 controls that an artist moves", float(len(wanted) - len(still_ones)), least=90)
    for mood in EMOTIONS[1:]:
        spread = np.mean([_variation(takes[mood, sound.stem]) for sound in sounds])
        report.bar(f"coefficient of variation, {mood}", float(spread), least=0.3)
    neutral = [takes["neutral", sound.stem] for sound in sounds]
    still = np.concatenate([_head_speed(take) < STILL_DEG for take in neutral])
    report.bar("share of frames with the head still", float(still.mean()), most=0.03)
    for name, track in _tracks().items():
        pairs = [_correlation(track(one), track(two)) for one, two in combinations(neutral, 2)]
        report.bar(f"{name} of two lines, median |r|", float(np.median(np.abs(pairs))), most=0.3)
    if artists is not None:
        _beside(report, artists, models)
    return report


def _beside(report: MeasurementReport, artists: Path, models: Models) -> None:
    """Adds how far the controls that an artist moves spread in neutral takes of the same sounds, by the artist's."""
    ratios = []
    for sound in _sounds(artists):
        if (keyed := sound.with_suffix(".npz")).is_file():
            theirs = formats.read(keyed).values.std(axis=0)
            ours = generate(sound, GenerateOptions(), models).take.values.std(axis=0)
            moves = theirs >= SPREAD
            ratios.append(np.where(moves, ours / np.maximum(theirs, SPREAD), np.nan))
    if not ratios:
        raise ConfigError(f"{artists} holds no take beside its sounds; make it with 'facetake-train facegood'")
    known = ~np.isnan(ratios).all(axis=0)
    found = np.nanmedian(np.array(ratios)[:, known], axis=0)
    for column, ratio in zip(np.flatnonzero(known), found, strict=True):
        report.row(f"{rig.NAMES[column]:44s} spreads by {ratio:.2f} of the artist's")
    report.bar("spread by the artist's, median of controls", float(np.median(found)), least=0.6)
    report.bar("the same", float(np.median(found)), most=1.4)


def _sounds(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix in (".wav", ".flac", ".ogg"))


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
