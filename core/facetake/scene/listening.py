"""What a listener does: blinks at the ends of the other's phrases, nods, and shows a little of the other's emotion.

Knows who speaks when, no sound, and of the face the head and the eyes that stay on what they look at.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from facetake import rig
from facetake.arrays import F32, F64
from facetake.emotion import EmotionTrack
from facetake.motion.eyes import EYE_DEG, STEADY
from facetake.postprocess import spans
from facetake.scene.turns import Talk

NOD_STREAM: Final = 21
REACTION_STREAM: Final = 22
BLINK_STREAM: Final = 24
"""Mixed into the seed, so that one does not depend on how many numbers another draws."""
BLINK_AFTER_S: Final = (0.15, 0.5)  # listeners blink as a speaker's pause begins (Nakano and Kitazawa 2010)
BLINK_SHARE: Final = 0.6  # of phrases followed by one, by eye: more is a metronome
NODDED_S: Final = 1.0  # a phrase that is shorter asks for no answer
NOD_SHARE: Final = 0.6  # of phrases answered by a nod; by eye, as more is a toy dog
NOD_AFTER_S: Final = (0.05, 0.4)  # after the phrase: most nods of listeners begin in the pause
APART_S: Final = 1.2  # between two nods, by eye
NOD_DEG: Final = (2.5, 5.0)
NOD_CYCLES: Final = (1, 3)
NOD_S: Final = 0.42
NOD_DECAY: Final = 0.6
"""Depth, number and duration of movements of a nod, and what is left from each to the next: 2 to 3 a second, as Hadar
1985 has them."""
DELAY_S: Final = (0.5, 1.0)  # until a listener's face answers another's: mimicry that is seen takes half a second
OWN_SHARE: Final = 0.5  # of one's own emotion while one listens, by eye
TURN_EASE_S: Final = 0.5  # from listening to speaking and back
CUE_STEP_S: Final = 0.25  # of emotions over time


class Nod(NamedTuple):
    """When a nod begins, how deep it goes in degrees, and how many movements it has."""

    start_s: float
    depth_deg: float
    cycles: int


def blinks(talk: Talk, who: int, seed: int) -> tuple[float, ...]:
    """Instants, rising, at which a listener starts to blink: just after phrases of others, while not speaking."""
    random = np.random.Generator(np.random.PCG64([seed, BLINK_STREAM, who]))
    found = []
    for turn in talk.turns:
        chance, after_s = random.uniform(), random.uniform(*BLINK_AFTER_S)
        start_s = turn.phrase.end_s + after_s
        if turn.who != who and not turn.is_backchannel and chance < BLINK_SHARE and not talk.is_speaking(who, start_s):
            found.append(start_s)
    return tuple(sorted(found))


def nods(talk: Talk, who: int, seed: int, amount: float) -> tuple[Nod, ...]:
    """Nods of a listener: at ends of others' phrases, and with each sign of listening.

    Args:
        talk: who speaks when.
        who: number of the listener.
        seed: not negative.
        amount: multiplies how many and how deep, 0..2.
    """
    random = np.random.Generator(np.random.PCG64([seed, NOD_STREAM, who]))
    found: list[Nod] = []
    for turn in talk.turns:
        chance, after, depth, cycles = random.uniform(size=4)
        if turn.who == who:
            is_due, start_s = turn.is_backchannel, turn.phrase.start_s
        else:
            is_due = not turn.is_backchannel and turn.phrase.duration_s >= NODDED_S and chance < NOD_SHARE * amount
            start_s = turn.phrase.end_s + NOD_AFTER_S[0] + after * (NOD_AFTER_S[1] - NOD_AFTER_S[0])
            is_due = is_due and not talk.is_speaking(who, start_s) and not talk.is_speaking(who, start_s + NOD_S)
        if is_due and amount and (not found or start_s - found[-1].start_s >= APART_S):
            size = min(amount, 1.0) * (NOD_DEG[0] + depth * (NOD_DEG[1] - NOD_DEG[0]))
            found.append(Nod(start_s, size, NOD_CYCLES[0] + int(cycles * (NOD_CYCLES[1] - NOD_CYCLES[0] + 1))))
    return tuple(found)


def nod(values: F32, head_deg: F32, given: Sequence[Nod], rate: float) -> None:
    """Lays nods over a head (T, 3), in place; the eyes of (T, 174) controls stay on what they look at."""
    pitch = np.zeros(len(head_deg))
    for one in given:
        first = round(one.start_s * rate)
        times = np.arange(max(first, 0), min(first + round(one.cycles * NOD_S * rate), len(pitch)))
        phase = (times - first) / (NOD_S * rate)
        pitch[times] -= one.depth_deg * NOD_DECAY ** np.floor(phase) * np.square(np.sin(np.pi * phase))
    head_deg[:, 1] += pitch.astype(np.float32)
    up = rig.columns("C_eye.Y")[0]
    values[:, up] = np.clip(values[:, up] - STEADY * pitch / EYE_DEG[1], rig.MINIMUM[up], rig.MAXIMUM[up])


def reacting(talk: Talk, who: int, moods: Sequence[EmotionTrack], amount: float, seed: int) -> EmotionTrack:
    """The emotion of somebody who speaks in an own one and, listening, shows a little of that of whoever speaks.

    Args:
        talk: who speaks when.
        who: by number.
        moods: of each speaker while speaking.
        amount: of the speaker's emotion that the listener shows, 0..1; 0 leaves the listener's own.
        seed: not negative.
    """
    random = np.random.Generator(np.random.PCG64([seed, REACTION_STREAM, who]))
    delay_s = random.uniform(*DELAY_S)
    times_s = np.arange(0.0, talk.duration_s + CUE_STEP_S, CUE_STEP_S)
    speaks = _gate(talk, who, times_s)[:, None]
    own = moods[who].sample(times_s).astype(np.float64)
    own[:, 0] = 0.0
    shown = np.zeros_like(own)
    for other, mood in enumerate(moods):
        if other != who:
            seen = mood.sample(times_s - delay_s) * _gate(talk, other, times_s - delay_s)[:, None]
            shown = np.maximum(shown, seen)
    shown[:, 0] = 0.0
    weights = speaks * own + (1.0 - speaks) * (OWN_SHARE * own + amount * shown)
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1.0)
    weights[:, 0] = 1.0 - weights[:, 1:].sum(axis=1)
    return EmotionTrack(times_s, weights)


def _gate(talk: Talk, who: int, times_s: F64) -> F64:
    """(T,) 1 while somebody speaks, eased."""
    eased = [(start, end, TURN_EASE_S, TURN_EASE_S) for start, end in talk.speaking(who)]
    first = float(times_s[0])
    shifted = [(start - first, end - first, rise, fall) for start, end, rise, fall in eased]
    return spans.envelope(len(times_s), 1.0 / CUE_STEP_S, shifted)
