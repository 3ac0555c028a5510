"""What lips measure: opening, rounding, sealed or not, shaking. Every check of a closure means these functions.

The formulas are those by which curves are scored against lips tracked in video. Knows nothing of sound or models.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facetake import rig
from facetake.arrays import F32

SEALED_APERTURE = 0.03  # by choice; a wide vowel has about 0.5
UPPER_LIP = 0.25  # of the opening for a raised upper lip, as its weight in those formulas
TEETH_APERTURE = 0.12  # by choice, for f and v: a quarter of a wide vowel's
TEETH_TOGETHER = 0.5  # two thirds of what an artist's f has: 0.76
TEETH_BITE = 0.4  # likewise, of 0.59
JITTER_HZ = 12.0  # 0.3 % of a captured face's power lies above 10 Hz; what is faster is a tremble
JITTER_FRAMES = 4096  # looked at together, so that a long take needs little memory

PRESS_COLUMNS = np.concatenate([rig.both("mouth_pressU"), rig.both("mouth_pressD")])
"""Controls that press the lips together."""


def _both(values: NDArray[np.floating], name: str) -> F32:
    """(T,) mean of the left and right control."""
    return np.asarray(values[:, rig.both(f"mouth_{name}")].mean(axis=1), np.float32)


def together(values: NDArray[np.floating]) -> F32:
    """(T,) 0..1 how far lips of poses (T, 174) stay together when the jaw opens."""
    return np.asarray(np.clip(0.5 * (_both(values, "lipsTogetherU") + _both(values, "lipsTogetherD")), 0.0, 1.0))


def aperture(values: NDArray[np.floating]) -> F32:
    """(T,) opening between the inner lips of poses (T, 174), from 0; about 0.5 in a wide vowel."""
    jaw = values[:, rig.columns("C_jaw")[0]]
    lips = (
        0.35 * _both(values, "lowerLipDepress")
        + UPPER_LIP * _both(values, "upperLipRaise")
        + 0.15 * _both(values, "stretch")
    )
    press = 0.3 * np.clip(_both(values, "pressU"), 0.0, 1.0)
    return np.asarray(np.maximum(jaw * (1.0 - together(values)) + lips - press, 0.0), np.float32)


def pucker(values: NDArray[np.floating]) -> F32:
    """(T,) rounding of the lips of poses (T, 174), 0..4."""
    return np.asarray(sum(_both(values, name) for name in ("purseU", "purseD", "funnelU", "funnelD")), np.float32)


def is_sealed(values: NDArray[np.floating]) -> NDArray[np.bool_]:
    """(T,) whether the lips touch, as for p, b, m."""
    return np.asarray(aperture(values) <= SEALED_APERTURE)


def is_on_teeth(values: NDArray[np.floating]) -> NDArray[np.bool_]:
    """(T,) whether the lower lip is at the upper teeth, as for f, v."""
    reaches = (_both(values, "lipsTogetherD") >= TEETH_TOGETHER) | (_both(values, "lipBiteD") >= TEETH_BITE)
    return np.asarray(reaches & (aperture(values) <= TEETH_APERTURE))


def jitter(values: NDArray[np.floating], rate: float) -> float:
    """Share of the mouth's and jaw's motion energy above 12 Hz, 0..1, of poses (T, 174) at `rate` frames a second."""
    columns = rig.region_mask("mouth", "jaw")
    fast = 0.0
    all_of_it = 1e-12
    for block in np.array_split(values, -(-len(values) // JITTER_FRAMES)):
        moves = block[:, columns] - block[:, columns].mean(axis=0)
        power = np.square(np.abs(np.fft.rfft(moves * np.hanning(len(moves))[:, None], axis=0))).sum(axis=1)
        fast += float(power[np.fft.rfftfreq(len(moves), 1 / rate) > JITTER_HZ].sum())
        all_of_it += float(power.sum())
    return fast / all_of_it
