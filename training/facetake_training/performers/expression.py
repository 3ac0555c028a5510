"""Emotion on the face: resting expression, accents on emphasis, and what emotion does to speech.

Works on control arrays of the 174 controls. Knows nothing of phones or audio files; emphasis is given.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from facetake import rig
from facetake.arrays import F64
from facetake.emotion import EMOTIONS
from facetake_training.performers.actors import PerformerTraits

SPEECH_FACTORS = {"opening": 1.0, "spread": 0.0, "rounding": 1.0}  # name to the value that changes nothing


@dataclass(frozen=True)
class ExpressionTable:
    """All emotions as matrices: rest (7, 174), accent (7, 174), speech factor name to (7,)."""

    rest: F64
    accent: F64
    speech: dict[str, F64]


def _row(table: dict[str, float]) -> F64:
    row = np.zeros(rig.N_CONTROLS)
    for name, value in table.items():
        row[rig.one_or_both(name)] = value
    return row


@cache
def expressions() -> ExpressionTable:
    """The table of expressions.toml."""
    text = files("facetake_training.performers").joinpath("expressions.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    speech = {
        name: np.array([table[emotion]["speech"].get(name, usual) for emotion in EMOTIONS])
        for name, usual in SPEECH_FACTORS.items()
    }
    rest, accent = (np.stack([_row(table[emotion][kind]) for emotion in EMOTIONS]) for kind in ("rest", "accent"))
    return ExpressionTable(rest, accent, speech)


def speech_factors(emotion: NDArray[np.floating]) -> dict[str, F64]:
    """What the emotion does to articulation: factor name to (T,), from weights (T, 7)."""
    return {name: emotion @ values for name, values in expressions().speech.items()}


def express(emotion: NDArray[np.floating], emphasis: F64, liveliness: F64, actor: PerformerTraits) -> F64:
    """Expression without speech.

    Args:
        emotion: (T, 7) weights, rows summing to 1.
        emphasis: (T,) 0..1, peaks on emphasised syllables.
        liveliness: (T,) slow swings about 1, how the expression ebbs over a line.
        actor: whose habits to follow.

    Returns:
        (T, 174) additions to neutral, not clamped.
    """
    table = expressions()
    rest = (emotion @ table.rest) * (liveliness * actor.emotion)[:, None]
    face = rest + (emotion @ table.accent) * emphasis[:, None] * _accent_gain(actor)
    face[:, rig.both("mouth_dimple")] *= actor.dimple
    return _asymmetric(face, actor.asymmetry)


def _accent_gain(actor: PerformerTraits) -> F64:
    gain = np.ones(rig.N_CONTROLS)
    for name in ("brow_raiseIn", "brow_raiseOut", "brow_lateral", "brow_down"):
        gain[rig.both(name)] = actor.brows
    for name in ("eye_blink", "eye_squintInner", "eye_eyelidU"):
        gain[rig.both(name)] = actor.lids
    return gain


@cache
def _sides() -> F64:
    """(174,) +1 on the left, -1 on the right, 0 in the centre, for controls whose sides people move unequally."""
    uneven = (
        "brow_",
        "mouth_corner",
        "mouth_sharp",
        "mouth_dimple",
        "nose",
        "mouth_upperLip",
        "eye_cheek",
        "eye_squint",
    )
    sign = {"L": 1.0, "R": -1.0, "C": 0.0}
    return np.array([sign[c.side] if any(part in c.name for part in uneven) else 0.0 for c in rig.CONTROLS])


def _asymmetric(face: F64, asymmetry: float) -> F64:
    return face * (1.0 + asymmetry * _sides())
