"""Words to lean on: what brows, lids, jaw and head do on them, each in its own time. Knows no sound and no text.

A voice's own accents move the face already (`motion.expression`, `motion.head`); here it is what a script marks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from facetake import phones, rig
from facetake.arrays import F32
from facetake.motion.waves import minimum_jerk
from facetake.script import Alignment, Phone, Word

MOST_AMOUNT: Final = 2.0  # by choice, as of a face's energy
_ACCENTS: Final = (
    {"brow_raiseIn": 0.34, "brow_raiseOut": 0.42, "eye_eyelidU": -0.2},
    {"brow_raiseIn": 0.36, "brow_raiseOut": 0.48, "eye_cheekRaise": 0.15},
    {"brow_raiseIn": 0.3, "brow_lateral": 0.2, "eye_blink": 0.1},
    {"brow_down": 0.35, "brow_lateral": 0.2, "eye_squintInner": 0.25, "eye_eyelidU": -0.15},
    {"brow_raiseIn": 0.28, "brow_raiseOut": 0.3, "eye_eyelidU": -0.3},
    {"brow_raiseIn": 0.32, "brow_lateral": 0.2, "eye_eyelidU": -0.3},
    {"brow_down": 0.25, "nose.Y": 0.2, "eye_squintInner": 0.2},
)
"""What brows and lids do on a stressed word in each emotion, in the order of the emotion weights: twice what they do on
accents of the corpus, by eye, so that a word that is marked is seen to be. Who is angry lowers the brows."""
RISE_S: Final = 0.22  # of brows, into the stressed vowel: they begin before it, as people's do
FALL_S: Final = 0.45  # out of it, by choice: slower than they came
OPENER: Final = 0.35  # of a vowel's opening that an emphasised one adds: a loud voice's against a usual one's
_JAW: Final = ("C_jaw.Y", "mouth_lowerLipDepress", "mouth_upperLipRaise")
JAW_RAMP_S: Final = 0.06  # as of a closure: the jaw is quick
NOD_DEG: Final = 4.5
LIFT_DEG: Final = 1.2
"""A nod on the stressed vowel, and the little lift that leads into it; a voice's strongest accents have 4."""
NOD_S: Final = 0.2  # down, and
BACK_S: Final = 0.5  # back up, as `head.HeadOptions` has them or a little slower


def add(values: F32, script: Alignment, emotion: NDArray[np.floating], amount: float = 1.0, rate: float = 60.0) -> None:
    """Moves brows and lids and opens the jaw on words that are marked, in place. Call it before lips are sealed.

    Args:
        values: (T, 174) controls.
        script: words with their emphasis, in seconds from the first frame.
        emotion: (T, 7) weights.
        amount: 0..2 of all of it.
        rate: frames per second.
    """
    accents = _accents()
    for word in _marked(script, amount):
        begin_s, end_s = _stressed(script, word)
        rows, level = _bump(begin_s - RISE_S, begin_s, end_s, end_s + FALL_S, len(values), rate)
        size = np.float32(amount * word.emphasis)
        values[rows] += size * level[:, None] * (emotion[rows].astype(np.float32) @ accents)
        for vowel in _vowels(script, word):
            rows, level = _bump(
                vowel.start_s - JAW_RAMP_S, vowel.start_s, vowel.end_s, vowel.end_s + JAW_RAMP_S, len(values), rate
            )
            for name in _JAW:
                values[rows, rig.one_or_both(name)] *= 1.0 + OPENER * size * level[:, None]
        np.clip(values, rig.MINIMUM, rig.MAXIMUM, out=values)


def nod(head: F32, script: Alignment, amount: float = 1.0, rate: float = 60.0) -> None:
    """Nods on words that are marked, in place.

    Args:
        head: (T, 3) yaw, pitch and roll in degrees.
        script: words with their emphasis, in seconds from the first frame.
        amount: 0..2 of it.
        rate: frames per second.
    """
    for word in _marked(script, amount):
        begin_s, end_s = _stressed(script, word)
        deepest_s = min(begin_s + NOD_S / 2, (begin_s + end_s) / 2)
        for size_deg, at_s, back_s in ((LIFT_DEG, deepest_s - NOD_S, NOD_S), (-NOD_DEG, deepest_s, BACK_S)):
            rows, level = _bump(at_s - NOD_S, at_s, at_s, at_s + back_s, len(head), rate)
            head[rows, 1] += size_deg * amount * word.emphasis * level


def _marked(script: Alignment, amount: float) -> Sequence[Word]:
    if not 0.0 <= amount <= MOST_AMOUNT:
        raise ValueError(f"emphasis must lie within 0 and {MOST_AMOUNT:g}, not {amount}")
    return [word for word in script.words if amount * word.emphasis > 0.0]


def _stressed(script: Alignment, word: Word) -> tuple[float, float]:
    """Begin and end of a word's stressed vowel, else of its longest; of a word without, its own."""
    vowels = _vowels(script, word)
    if not vowels:
        return word.start_s, word.end_s
    best = max(vowels, key=lambda one: (phones.stress(one.symbol) == 1, one.end_s - one.start_s))
    return best.start_s, best.end_s


def _vowels(script: Alignment, word: Word) -> list[Phone]:
    return [one for one in script.phones_of(word) if phones.is_vowel(one.symbol)]


def _bump(rises_s: float, up_s: float, falls_s: float, down_s: float, n_frames: int, rate: float) -> tuple[slice, F32]:
    """Frames between the first and the last instant, and for each how far up it is: smoothly to 1, held, and back."""
    first, last = (int(np.clip(np.ceil(at_s * rate), 0, n_frames)) for at_s in (rises_s, down_s))
    times_s = np.arange(first, last) / rate
    up = minimum_jerk((times_s - rises_s) / (up_s - rises_s))
    down = minimum_jerk((down_s - times_s) / (down_s - falls_s))
    return slice(first, last), np.minimum(up, down).astype(np.float32)


def _accents() -> F32:
    """(7, 174) what a stressed word adds in each emotion."""
    table = np.zeros((len(_ACCENTS), rig.N_CONTROLS), np.float32)
    for row, accent in zip(table, _ACCENTS, strict=True):
        for name, size in accent.items():
            row[rig.one_or_both(name)] = size
    return table
