"""Phrases: stretches of speech between pauses, told by the sound of a line or by the mouth of a take.

Knows nothing of what is said, and of no face but the lips.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from facetake import audio, mouth
from facetake.arrays import F64
from facetake.audio import FRAME_RATE_HZ
from facetake.inference import Ear
from facetake.motion.waves import smoothed
from facetake.postprocess import silence, spans
from facetake.take import Take
from facetake.timebase import n_frames

PAUSE_S: Final = 0.25  # Goldman-Eisler 1968: what is shorter is articulation, such as the closure of a p
SHORTEST_S: Final = 0.15  # by choice: a syllable; what is shorter is a click or a breath
MOVED_S: Final = 0.15
"""The mouth's speed is looked at over this, so that a closure within a word is no pause."""
STIR: Final = 0.2
STILL: Final = 0.08
"""Shares of the line's fast movement (95th percentile) at which a mouth is taken to speak, and to have stopped: at rest
takes lie below 0.02, and what is between is the way to rest, half of which belongs to the pause."""
LEAST_SPEED: Final = 0.3  # opening a second: a mouth whose fast movement is slower never speaks


class Phrase(NamedTuple):
    """A stretch of speech, in seconds from the start of its sound."""

    start_s: float
    end_s: float

    @property
    def duration_s(self) -> float:
        """Its length."""
        return self.end_s - self.start_s


class Phrases(NamedTuple):
    """Phrases of a line in order of time, and how long the line is in seconds."""

    found: tuple[Phrase, ...]
    duration_s: float


def heard(path: Path, ear: Ear, progress: Callable[[float], None] | None = None) -> Phrases:
    """Phrases of a recording.

    Args:
        path: sound file of any length, rate and number of channels.
        ear: what tells speech from silence.
        progress: called with the share done, 0..1.

    Raises:
        AudioError: the file cannot be read.
    """
    with audio.stream(path) as sound:
        count = n_frames(sound.duration_s, Fraction(FRAME_RATE_HZ))
        rhythm = audio.Rhythm(count)
        visemes = ear.hear(rhythm.listening(sound), count, progress).visemes
        duration_s = float(sound.duration_s)
    return Phrases(_phrases(silence.speech_spans(visemes, rhythm.tracks()[0]), duration_s), duration_s)


def seen(take: Take) -> Phrases:
    """Phrases of a take by the movement of its lips, on the clock of its sound.

    Less exact than `heard`, as a mouth opens before it speaks and goes on after.
    """
    rate = float(take.rate)
    start_s = float(take.start)
    end_s = float(take.start + take.duration_s)
    speed = _speed(take, rate)
    fast = float(np.percentile(speed, 95))
    if fast < LEAST_SPEED:
        return Phrases((), end_s)
    moving = spans.runs(speed, STIR * fast, STILL * fast)
    return Phrases(_phrases([(start_s + a / rate, start_s + b / rate) for a, b in moving], end_s), end_s)


def _speed(take: Take, rate: float) -> F64:
    """(T,) how fast lips open, close and round, smoothed."""
    shape = np.stack([mouth.aperture(take.values), mouth.pucker(take.values)], axis=1).astype(np.float64)
    steps = np.abs(np.diff(shape, axis=0, prepend=shape[:1])).sum(axis=1) * rate
    return smoothed(steps, max(1.0, MOVED_S * rate))


def _phrases(stretches: list[tuple[float, float]], duration_s: float) -> tuple[Phrase, ...]:
    """Stretches within the line, joined over what is no pause."""
    inside = [(max(first, 0.0), min(last, duration_s)) for first, last in stretches]
    return tuple(Phrase(*one) for one in spans.joined(inside, PAUSE_S) if one[1] - one[0] >= SHORTEST_S)
