"""Lips that follow what the ear read of them: faces alone taught it, where the performer's curves are partly by rule.

The ear's word has no scale of its own: it is brought to the mean and spread that the curves themselves have while
somebody speaks, so that how far a mouth opens stays the performer's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from facetake import mouth, rig
from facetake.arrays import F32, F64, memmap
from facetake.postprocess.masking import Values
from facetake.postprocess.silence import SILENCE

SHARE = 0.75
"""Of the ear's word against the performer's: on two speakers and an artist's line that nothing learnt from, opening and
rounding hardly change between 0.7 and 1."""
LOUD_SHARE = 0.75
"""Of loudness in the opening of a list. On four of an artist's lists, as a readout reads them that never saw the
artist, the jaw's correlation is 0.73 without it, 0.82 with a half and 0.85 with three quarters or all of it; as those
read them that learnt from them, 0.85, 0.86, 0.86 and 0.85."""
LATE_FRAMES = 1
"""Curves lead the sound by a frame later on; the ear's word is in time with the lips already."""
LEAST_FRAMES = 30
"""Of speech to take a mean and a spread from, by choice: half a second. A shorter line keeps the performer's lips."""
OPENING = {"jaw": 0.7, "lowerLipDepress": 0.6, "upperLipRaise": 0.36}
"""How far each control goes with an opening of 1: seven tenths by the jaw, and the lips' shares of `mouth.aperture`.
What opens too far is made smaller as it stands."""
ROUNDING = dict.fromkeys(("purseU", "purseD", "funnelU", "funnelD"), 0.25)
"""Likewise for rounding, which `mouth.pucker` adds up from four controls alike."""
LIPS = ((mouth.aperture, OPENING), (mouth.pucker, ROUNDING))
"""What the ear reads of lips, in its order: the measure, and what moves it."""


def spoken(visemes: NDArray[np.floating]) -> NDArray[np.bool_]:
    """(T,) where silence is less likely than not, by the probabilities of visemes (T, 16)."""
    return np.asarray(visemes[:, SILENCE] < 0.5)


def with_loudness(lips: F32, energy_db: NDArray[np.floating], speech: NDArray[np.bool_]) -> F32:
    """Lips as they were read, their opening by loudness, too: for lists, which are read out word by word.

    Args:
        lips: (T, 2) opening and rounding.
        energy_db: (T,) level.
        speech: (T,) where somebody speaks.
    """
    if speech.sum() < LEAST_FRAMES:
        return lips
    loudness = 10.0 ** (np.asarray(energy_db, np.float64) / 40.0)  # the root of the amplitude
    mixed = lips.copy()
    mixed[:, 0] += LOUD_SHARE * (in_scale(loudness, lips[:, 0], speech) - lips[:, 0])
    return mixed


def follow(values: Values, lips: NDArray[np.floating], speech: NDArray[np.bool_]) -> None:
    """Brings opening and rounding of a take towards what the ear read, in place.

    Args:
        values: (T, 174) controls at 60 fps, before they are moved ahead of the sound.
        lips: (T, 2) opening and rounding in any scale.
        speech: (T,) where somebody speaks.
    """
    if speech.sum() < LEAST_FRAMES:
        return
    late = np.concatenate([lips[:1].repeat(LATE_FRAMES, axis=0), lips[: len(lips) - LATE_FRAMES]])
    for read, (measure, moves) in zip(late.T, LIPS, strict=True):
        wanted = np.maximum(in_scale(read, measured(values, measure), speech), 0.0)
        bring(values, wanted, measure, moves, SHARE)


def bring(
    values: Values,
    wanted: NDArray[np.floating],
    measure: Callable[[Values], F32],
    moves: Mapping[str, float],
    share: float | NDArray[np.floating] = 1.0,
) -> None:
    """Moves lips until a measure of them is what is wanted, in place.

    Args:
        values: (T, 174) controls.
        wanted: (T,) of the measure, from 0.
        measure: of poses (T, 174).
        moves: what each control does for a measure of 1.
        share: of the way, one for all or (T,).
    """
    shown = measured(values, measure)
    change = np.asarray(share * (wanted - shown))
    less = 1.0 + np.minimum(change, 0.0) / np.maximum(shown, 1e-6)
    more = np.maximum(change, 0.0)
    for rows in memmap.blocks(values):
        for name, amount in moves.items():
            columns = rig.columns("C_jaw")[:1] if name == "jaw" else rig.both(f"mouth_{name}")
            moved = values[rows][:, columns] * less[rows, None] + amount * more[rows, None]
            values[rows, columns] = np.clip(moved, 0.0, 1.0)


def measured(values: Values, measure: Callable[[Values], F32]) -> F32:
    """(T,) of a measure, by blocks: long takes lie on disk."""
    return np.concatenate([measure(values[rows]) for rows in memmap.blocks(values)])


def in_scale(track: NDArray[np.floating], like: F32, speech: NDArray[np.bool_]) -> F64:
    """A track with the mean and spread that another has in speech."""
    one, other = track[speech].astype(np.float64), like[speech].astype(np.float64)
    scale = other.std() / max(float(one.std()), 1e-6)
    scaled: F64 = (track - one.mean()) * scale + other.mean()
    return scaled
