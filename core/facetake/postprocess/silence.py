"""Rest in silence: where there is speech, and a mouth that is still where there is none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from facetake import rig
from facetake.postprocess import masking
from facetake.postprocess.masking import Values
from facetake.postprocess.spans import envelope, gaps, joined, runs
from facetake.visemes import VISEMES

SILENCE = VISEMES.index("sil")
OPEN_ABOVE = 0.6
SHUT_BELOW = 0.35
"""Speech starts where its probability exceeds the first and lasts until it falls below the second."""
RELEASE_S = 0.30
"""The mouth may leave rest this long before speech, to breathe in, and takes this long to return."""
RAMP_SHARE = 0.4
"""Leaving and returning take at most this share of a pause each, so that the mouth rests between them."""
SHORT_PAUSE_S = 0.6
"""In a shorter pause of running speech the mouth is left to the network: real mouths stay parted there."""
LIST_WORDS = 4
LIST_WORD_S = 1.2
LIST_PAUSE_S = 0.25
LIST_RELEASE_S = 0.08
"""Fewest words of a word list, how long they are in the middle, the pause after which its mouth rests, and how fast:
an artist's jaw in pauses of word lists is shut from the end of the sound on."""
LIST_PHRASES = 8
EVEN_PAUSES = 0.12
"""Fewest phrases of a list of phrases, and how far the lengths of its pauses spread, as a share of their mean. Lists
read out keep an even beat (0.04 to 0.05); pauses of running speech of as many phrases spread by 0.26 and more."""
SHORTEST_SPEECH_S = 0.05  # by choice: less is a click
HELD_COLUMNS = np.union1d(
    np.flatnonzero(rig.region_mask("mouth", "jaw", "teeth", "tongue")), rig.both("mouth_suckBlow")
)
"""Controls that sound alone moves, still in silence: mouth, jaw, teeth, tongue and blown or sucked cheeks."""


def speech_gate(
    visemes: NDArray[np.floating], energy_db: NDArray[np.floating] | None = None, rate: float = 60.0
) -> Values:
    """Where the mouth may move: 1 in speech, 0 in silence, eased between.

    Args:
        visemes: (T, 16) probabilities; silence is told with hysteresis.
        energy_db: (T,) level in dB; frames 45 dB below the loud ones, or below -65, are silence whatever the visemes
            say.
        rate: frames per second.

    Returns:
        (T,) float32; opens 0.3 s before speech and closes 0.3 s after, faster in pauses that would end before; stays
        open in pauses below 0.6 s of running speech.
        In a list of words or phrases it closes after each.
    """
    spans = speech_spans(visemes, energy_db, rate)
    pause_s, release_s = (LIST_PAUSE_S, LIST_RELEASE_S) if is_list(spans) else (SHORT_PAUSE_S, RELEASE_S)
    phrases = joined(spans, pause_s)
    ramps = [min(release_s, RAMP_SHARE * gap) for gap in [np.inf, *gaps(phrases), np.inf]]
    eased = [(*phrase, ramps[n], ramps[n + 1]) for n, phrase in enumerate(phrases)]
    return envelope(len(visemes), rate, eased).astype(np.float32)


def speech_spans(
    visemes: NDArray[np.floating], energy_db: NDArray[np.floating] | None = None, rate: float = 60.0
) -> list[tuple[float, float]]:
    """Start and end in seconds of every stretch without a silent frame, as `speech_gate` tells silence."""
    talk = 1.0 - np.asarray(visemes[:, SILENCE], np.float64)
    if energy_db is not None and len(energy_db):
        talk[energy_db < max(float(np.percentile(energy_db, 95)) - 45.0, -65.0)] = 0.0
    talks = [(a, b) for a, b in runs(talk, OPEN_ABOVE, SHUT_BELOW) if (b - a) / rate >= SHORTEST_SPEECH_S]
    return [((a - 0.5) / rate, (b - 0.5) / rate) for a, b in talks]


def is_list(spans: Sequence[tuple[float, float]]) -> bool:
    """Whether stretches of speech are words, or phrases at an even beat, with a pause after each, as lists are read."""
    items = joined(spans, LIST_PAUSE_S)
    lengths_s = [last - first for first, last in items]
    if len(items) >= LIST_WORDS and float(np.median(lengths_s)) <= LIST_WORD_S:
        return True
    pauses_s = gaps(items)
    return len(items) >= LIST_PHRASES and float(np.std(pauses_s)) <= EVEN_PAUSES * float(np.mean(pauses_s))


def rest_in_silence(
    values: Values,
    speech: NDArray[np.floating],
    rest: Values | None = None,
    out: Values | None = None,
) -> Values:
    """Ease mouth, jaw, teeth, tongue and blown cheeks to a still pose where there is no speech; leave the rest alone.

    Args:
        values: (T, 174) controls.
        speech: (T,) 0..1, as from `speech_gate`; at 0 the pose is held exactly.
        rest: (174,) or (T, 174) pose (default: neutral).
        out: where to write; may be `values`.
    """
    out = masking.target(values, out)
    pose = rig.NEUTRAL if rest is None else rest
    quiet = 1.0 - np.asarray(speech, np.float32)
    for column in HELD_COLUMNS:
        out[:, column] += quiet * (pose[..., column] - out[:, column])
    return out
