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

from facetake import files
from facetake.arrays import F32
from facetake.errors import ConfigError
from facetake.files import quantities, spreadsheets
from facetake.files.quantities import shown
from facetake.files.spelling import meant
from facetake.timebase import FURTHEST_S

EMOTIONS: Final = ("neutral", "happy", "sad", "angry", "surprise", "fear", "disgusted")
AUTO: Final = "auto"
AUTO_LINE: Final = "auto:line"
MOST_BYTES: Final = 1 << 22
"""Of a file of cues: one for every frame of an hour."""


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


def looks_like_file(text: str) -> bool:
    """Whether an emotion is written as the path of a cue file."""
    return any(mark in text for mark in ("/", "\\")) or text.lower().endswith((".txt", ".cues", ".csv"))


def cue_file(text: str) -> Path | None:
    """The file of cues that an emotion names; None where it is written out, or to be heard."""
    if is_heard(text) or not (looks_like_file(text) or (named(text.split(":")[0]) not in EMOTIONS and _is_file(text))):
        return None
    return Path(text)


def _is_file(text: str) -> bool:
    try:
        files.check(Path(text), MOST_BYTES)
    except OSError:  # nothing, or longer than the name of a file may be
        return False
    return True


def read(path: Path) -> EmotionTrack:
    """Reads a file of cues, one a line: seconds, then an emotion ("1.2 angry:0.8"). Lines starting with # are left out.

    Raises:
        ConfigError: the file is missing or not text, holds no cue, or a line is wrong.
    """
    try:
        lines = spreadsheets.decode(files.read_bytes(path, MOST_BYTES))[0].splitlines()
    except OSError as error:
        raise ConfigError(f"cannot read the emotion cues in {path}: {files.reason(error)}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not a text file of emotion cues; write lines such as '1.2 angry:0.8'") from error
    cues = [
        _cue(line, f"{path}, line {n}")
        for n, line in enumerate(lines, 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if not cues:
        raise ConfigError(f"{path} holds no emotion cue; write lines such as '1.2 angry:0.8'")
    times_s = np.array([time_s for time_s, _ in cues])
    late = np.flatnonzero(np.diff(times_s) <= 0)
    if len(late):
        raise ConfigError(f"{path}: cues out of order: {times_s[late[0] + 1]:g} s comes after {times_s[late[0]]:g} s")
    return EmotionTrack(times_s, np.stack([row for _, row in cues]))


def _cue(line: str, where: str) -> tuple[float, NDArray[np.float64]]:
    parts = line.split(None, 1)
    if len(parts) != 2:
        raise ConfigError(
            f"{where}: {shown(line.strip())} is no cue; write seconds and an emotion, such as '1.2 angry:0.8'"
        )
    return quantities.number(quantities.pointed(parts[0]), f"{where}: the time", 0.0, float(FURTHEST_S)), weights(
        parts[1].strip(), where
    )


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
