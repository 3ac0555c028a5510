"""Controls that follow others as anatomy asks: what a network of lips and moods never learnt to move.

Lips that come near each other stick, thicken and compress the chin; the mouth goes down with the jaw and the throat
with it; lashes and lids follow blinks; ears and the corners' sharpness follow a smile; brows that are pulled down
cannot rise. In pauses people breathe in and swallow. Sizes are those of an artist's curves where there are any. Knows
no audio, emotion or models, and nothing here decides whether lips are closed (`facetake.mouth`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facetake import mouth, rig
from facetake.arrays import F32, memmap

NEAR_APERTURE = 0.25
"""Lips less far apart than this touch in places."""
FROM_NEAR_LIPS = {
    "C_mouth_stickyD": 0.20,
    "C_mouth_stickyU": 0.12,
    "mouth_stickyInnerD": 0.26,
    "mouth_stickyInnerU": 0.18,
    "mouth_thicknessD": 0.18,
    "mouth_thicknessU": 0.18,
    "jaw_chinCompress": 0.15,
}
FROM_JAW = {"C_mouth.Y": -0.9, "CTRL_neck_digastricUpDown": 0.5}
FROM_OPENING = {"mouth_lipSticky": 0.35}
FROM_ROUNDING = {"mouth_pushPullU": 0.14, "mouth_pushPullD": 0.14}
FROM_BLINK = {"eyelashes_tweakerIn": 0.2, "eyelashes_tweakerOut": 0.2, "eye_lidPress": 0.22}
FROM_SMILE = {"ear_up": 0.16, "mouth_cornerSharpnessU": 0.22}
FROM_FROWN = {"mouth_cornerSharpnessD": 0.22}
"""How much of what leads each takes over; by eye, not measured: too little is dead skin beside what moves, too much a
tic."""
RELEASED = 64
"""Breaths after which what they touched of a long take is put away."""
ANTAGONISM = 0.75
"""How much of a brow's rise one that is fully pulled down takes away."""
BREATH_S = 0.5
SWALLOW_S = 0.55
"""Time of a breath in before a phrase, and of swallowing after one."""
BREATH = 0.4  # share of the control's range, by eye: all of it is a gasp
SWALLOW = 0.6  # likewise
LONG_PAUSE_S = 1.1
SWALLOW_AFTER_S = 0.3
"""A pause in which one swallows, and when after its start."""


def couple(values: F32, speech: NDArray[np.floating], rate: float = 60.0) -> None:
    """Moves what follows, in place.

    Args:
        values: (T, 174) controls, with lips sealed and blinks laid on.
        speech: (T,) 0..1, where there is speech: mouths rest elsewhere.
        rate: frames per second.
    """
    spoken = np.asarray(speech, np.float32)
    for rows in memmap.blocks(values):
        _move(values[rows], spoken[rows])
    _breathe(values, spoken, rate)


def _move(values: F32, spoken: F32) -> None:
    """What follows within a frame, in place; `spoken` (T,) is 1 in speech."""
    opening = mouth.aperture(values)
    near = np.clip(1.0 - opening / NEAR_APERTURE, 0.0, 1.0) * spoken
    _follow(values, FROM_NEAR_LIPS, near)
    _follow(values, FROM_OPENING, np.minimum(opening, 0.5) * spoken)
    _follow(values, FROM_ROUNDING, 0.5 * mouth.pucker(values) * spoken)
    _follow(values, FROM_JAW, values[:, rig.columns("C_jaw.Y")[0]])
    for side in "LR":
        lid = np.clip(values[:, rig.columns(f"{side}_eye_blink")[0]], 0.0, 1.0)
        _follow(values, {f"{side}_{name}": size for name, size in FROM_BLINK.items()}, lid)
        smile = values[:, rig.columns(f"{side}_mouth_cornerPull")[0]]
        _follow(values, {f"{side}_{name}": size for name, size in FROM_SMILE.items()}, smile)
        frown = values[:, rig.columns(f"{side}_mouth_cornerDepress")[0]]
        _follow(values, {f"{side}_{name}": size for name, size in FROM_FROWN.items()}, frown)
        left = 1.0 - ANTAGONISM * np.clip(values[:, rig.columns(f"{side}_brow_down")[0]], 0.0, 1.0)
        for name in ("brow_raiseIn", "brow_raiseOut"):
            values[:, rig.columns(f"{side}_{name}")[0]] *= left
    np.clip(values, rig.MINIMUM, rig.MAXIMUM, out=values)


def _follow(values: F32, sizes: dict[str, float], leader: NDArray[np.floating]) -> None:
    for name, size in sizes.items():
        values[:, rig.one_or_both(name)] += (size * leader)[:, None].astype(np.float32)


def _breathe(values: F32, speech: F32, rate: float) -> None:
    """A breath before each phrase that a pause precedes, and swallowing in long pauses."""
    edges = np.diff((speech > 0.5).astype(np.int8), prepend=0)
    begins = np.flatnonzero(edges == 1)
    ends = np.flatnonzero(edges == -1)
    breath = _bump(BREATH_S, rate)
    for number, begin in enumerate(begins):
        _lay(values, "CTRL_neck_throatExhaleInhale", int(begin) - len(breath), BREATH * breath)
        if number % RELEASED == 0:
            memmap.release(values)
    swallow = _bump(SWALLOW_S, rate)
    after = np.append(begins, 0)[np.searchsorted(begins, ends, side="right")]
    for end, begin in zip(ends, after, strict=True):
        if begin - end >= LONG_PAUSE_S * rate:
            _lay(values, "C_neck_swallow", int(end) + round(SWALLOW_AFTER_S * rate), SWALLOW * swallow)
    memmap.release(values)


def _bump(duration_s: float, rate: float) -> F32:
    """A smooth rise to 1 and back."""
    count = max(3, round(duration_s * rate))
    return (0.5 - 0.5 * np.cos(2.0 * np.pi * (np.arange(count) + 0.5) / count)).astype(np.float32)


def _lay(values: F32, name: str, first: int, bump: F32) -> None:
    """Adds a bump to a control from a row on, which may lie before the take."""
    skip = max(0, -first)
    rows = values[max(first, 0) : max(first + len(bump), 0)]
    columns = rig.columns(name)
    rows[:, columns] = np.minimum(rows[:, columns] + bump[skip : skip + len(rows), None], 1.0)
