"""Whether lips move as what is heard asks for: opening, rounding and width against those that each viseme usually has.

Whoever made a take: it is held against what captured and hand-keyed lips do (`lips.toml`), and against itself at
other moments, so that neither a small nor a large way of speaking counts. Knows curves and visemes, and no models.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from facetake import mouth, rig, visemes
from facetake.arrays import F32, F64
from facetake.config import read_table
from facetake.visemes import VISEMES, VisemeSegment

TABLE: Final = Path(__file__).parent / "lips.toml"
SHAPES: Final = ("opening", "rounding", "width")
WEIGHTS: Final = np.array([1.0, 1.0, 0.5])
"""Of the shapes: of the ways that were tried, this told the lips of another line best from a line's own."""
AGREE_S: Final = 0.1  # lips further from the sound than this do not agree: from about here people notice
LAG_S: Final = 0.3  # how far apart sound and lips are looked for
FAR_S: Final = 0.42  # from here on a line is another moment of itself: beyond a syllable
LEAST_S: Final = 2.0  # of a take, below which there are too few other moments
WORST: Final = 5  # places named


@dataclass(frozen=True)
class LipAgreement:
    """How lips agree with sound.

    Attributes:
        margin: how much better they agree in time than at other moments, in standard deviations of the latter.
        lag_ms: where they agree best; positive where the lips are late.
        missed: heard stretches whose lips are furthest from what is expected, in order of time.
    """

    margin: float
    lag_ms: float
    missed: tuple[VisemeSegment, ...]


@cache
def usual() -> F64:
    """(16, 3) opening, rounding and width of each viseme, in standard deviations of a line's own."""
    table = read_table(TABLE)
    columns = [[float(table[shape][name]) for name in VISEMES] for shape in SHAPES]  # type: ignore[index]
    return np.array(columns).T


def shapes(values: F32) -> F64:
    """(T, 3) opening, rounding and width of the lips of poses (T, 174)."""
    pull = sum(_both(values, name) for name in ("stretch", "cornerPull", "dimple")) - _both(values, "purseU")
    return np.stack([np.sqrt(mouth.aperture(values)), mouth.pucker(values), pull], axis=1).astype(np.float64)


def agreement(values: F32, heard: F32, rate: Fraction) -> LipAgreement:
    """Compares lips with what is heard.

    Args:
        values: (T, 174) controls, of at least `LEAST_S`.
        heard: (T, 16) probabilities of visemes in the sound.
        rate: frames per second of both.
    """
    made = standard(shapes(values))
    asked = standard(visemes.weights(heard, rate) @ usual())
    alike = _alike(made, asked) @ WEIGHTS
    near = round(AGREE_S * rate)
    far = alike[round(FAR_S * rate) : len(alike) - round(FAR_S * rate)]
    best = max(alike[shift] for shift in range(-near, near + 1))
    most = round(LAG_S * rate)
    lag = max(sorted(range(-most, most + 1), key=abs), key=lambda shift: alike[shift])
    margin = float((best - far.mean()) / max(float(far.std()), 1e-6))
    return LipAgreement(margin, float(1000 * lag / rate), _missed(np.abs(made - asked) @ WEIGHTS, heard, rate))


def standard(tracks: F64) -> F64:
    """Tracks (T, N) without their means, in their standard deviations; those that stand still are 0."""
    spread = tracks.std(axis=0)
    return np.where(spread > 1e-6, (tracks - tracks.mean(axis=0)) / np.maximum(spread, 1e-6), 0.0)


def _alike(made: F64, asked: F64) -> F64:
    """(T, N) correlation of each track at every shift, the later ones first: the take runs in a circle."""
    product = np.fft.rfft(made, axis=0) * np.conj(np.fft.rfft(asked, axis=0))
    return np.asarray(np.fft.irfft(product, len(made), axis=0) / len(made))


def _missed(away: F64, heard: F32, rate: Fraction) -> tuple[VisemeSegment, ...]:
    stretches = [one for one in visemes.segments(heard, rate) if one.viseme != "sil"]
    far = [float(away[round(one.start_s * rate) : round(one.end_s * rate) + 1].mean()) for one in stretches]
    return tuple(stretches[place] for place in sorted(np.argsort(far)[-WORST:].tolist()))


def _both(values: F32, name: str) -> F32:
    return np.asarray(values[:, rig.both(f"mouth_{name}")].mean(axis=1))
