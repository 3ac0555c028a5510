"""Emotion over time: weights of seven emotions at any instant, from a word, a blend or a file of cues.

An emotion is a weight vector and not a class: weights sum to at most 1 and the rest is neutral. Knows nothing of
faces or sound.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from facetake import cues
from facetake.arrays import F32
from facetake.errors import ConfigError
from facetake.files import quantities
from facetake.files.quantities import shown
from facetake.files.spelling import meant

EMOTIONS: Final = ("neutral", "happy", "sad", "angry", "surprise", "fear", "disgusted")
AUTO: Final = "auto"
AUTO_LINE: Final = "auto:line"


@dataclass(frozen=True)
class EmotionTrack:
    """Weights at cue times, linear between them, held before the first and after the last.

    Attributes:
        times_s: (N,) instants of the cues, rising.
        weights: (N, 7) weights; rows sum to 1.
    """

    times_s: NDArray[np.float64]
    weights: NDArray[np.float64]

    def sample(self, times_s: NDArray[np.floating]) -> F32:
        """(T, 7) float32 weights at instants (T,) in seconds; rows sum to 1."""
        found = np.empty((len(times_s), len(EMOTIONS)), np.float32)
        for k in range(len(EMOTIONS)):
            found[:, k] = np.interp(times_s, self.times_s, self.weights[:, k])
        return found


def parse(text: str) -> EmotionTrack:
    """Reads an emotion as the user writes it.

    Args:
        text: "happy", "happy:0.7", "happy:0.5+sad:0.3", or the path of a cue file.

    Raises:
        ConfigError: unknown emotion, weight outside 0..1 or summing above 1, cues out of order, unreadable file.
    """
    if path := cue_file(text):
        return read(path)
    return EmotionTrack(np.zeros(1), weights(text, "--emotion")[None])


def is_heard(text: str) -> bool:
    """Whether the emotion is to be heard in the voice: "auto" over time, "auto:line" once for the whole line."""
    return named(text) in (AUTO, AUTO_LINE)


def named(text: str) -> str:
    """The name of an emotion as this module spells it, from one in any case."""
    return text.strip().casefold()


def check(text: str) -> None:
    """Finds what is wrong with an emotion as the user writes it, before there is a recording to hear it in.

    Raises:
        ConfigError: as `parse`.
    """
    if not is_heard(text):
        parse(text)


def cue_file(text: str) -> Path | None:
    """The file of cues that an emotion names; None where it is written out, or to be heard."""
    if is_heard(text) or not (
        cues.looks_like_file(text) or (named(text.split(":")[0]) not in EMOTIONS and cues.is_file(text))
    ):
        return None
    return Path(text)


def read(path: Path) -> EmotionTrack:
    """Reads a file of cues, one a line: seconds, then an emotion ("1.2 angry:0.8"). Lines starting with # are left out.

    Raises:
        ConfigError: the file is missing or not text, holds no cue, or a line is wrong.
    """
    times_s, rows = cues.read(path, "an emotion", "1.2 angry:0.8", weights)
    return EmotionTrack(times_s, np.stack(rows))


def weights(text: str, where: str) -> NDArray[np.float64]:
    """(7,) weights from "happy:0.5+sad:0.3"; what is left of 1 is neutral.

    Raises:
        ConfigError: unknown emotion, or weights that are no number, outside 0..1 or sum above 1.
    """
    row = np.zeros(len(EMOTIONS))
    for part in text.split("+"):
        written, _, number = part.strip().partition(":")
        name = named(written)
        if name not in EMOTIONS:
            known = f"{', '.join(EMOTIONS)}, or auto alone{meant(written, (*EMOTIONS, AUTO))}"
            raise ConfigError(f"{where}: unknown emotion {shown(written)}; known: {known}")
        row[EMOTIONS.index(name)] += _weight(number, name, where)
    if row.sum() > 1.0 + 1e-9:
        raise ConfigError(f"{where}: weights sum to {row.sum():g}; they may sum to 1 at most, the rest is neutral")
    row[0] += 1.0 - row.sum()
    return row


def _weight(number: str, name: str, where: str) -> float:
    return quantities.number(quantities.pointed(number), f"{where}: the weight of {name}", 0.0, 1.0) if number else 1.0
