"""A spoken line: audio with the exact time of every phone, and the silence around and inside it.

This module does NOT know which engine spoke, nor where lines are stored.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from facetake.audio import SAMPLE_RATE_HZ
from facetake.phones import SILENCE, base

Row = tuple[str, float, float]
"""(phone, start_s, end_s)"""

LONGEST_MISMATCH_S: Final = 0.05
"""An engine whose phones end further than this from the end of its audio is not believed."""
_SHORTEST_S: Final = 0.004  # what rounding of engines' times leaves between two phones
_PAUSE_S: Final = 0.06  # longer than most stops are shut


@dataclass(frozen=True)
class SpeakingVoice:
    """One way to speak.

    Attributes:
        name: the engine's own name of the voice (``slt``, ``kal_diphone``, ``gmw/en-US+f2``).
        language: ``en``, ``de`` or ``zh``.
        rate: speed, 1 is the voice's own, 1.2 is a fifth faster.
        pitch: height of the voice, 1 is the voice's own.
        pitch_range: how lively the melody is, 1 is the voice's own, 0 is monotone.
    """

    name: str
    language: str = "en"
    rate: float = 1.0
    pitch: float = 1.0
    pitch_range: float = 1.0


@dataclass(frozen=True)
class SpokenLine:
    """A line as it was said.

    Attributes:
        audio: (S,) float32, mono, 16 kHz, within -1..1.
        phones: contiguous rows from 0 to the end of the audio, silence included.
    """

    audio: NDArray[np.float32]
    phones: tuple[Row, ...]

    @property
    def duration_s(self) -> float:
        """Length of the audio in seconds."""
        return len(self.audio) / SAMPLE_RATE_HZ


def to_16_khz(samples: NDArray[np.int16], rate_hz: int) -> NDArray[np.float32]:
    """Turn 16-bit samples at any rate into float32 at 16 kHz without moving them in time."""
    audio = samples.astype(np.float32) / 32768.0
    if rate_hz != SAMPLE_RATE_HZ:
        divisor = int(np.gcd(rate_hz, SAMPLE_RATE_HZ))
        audio = resample_poly(audio, SAMPLE_RATE_HZ // divisor, rate_hz // divisor).astype(np.float32)
    return np.asarray(np.clip(audio, -1.0, 1.0), np.float32)


def tidy(rows: Iterable[Row], duration_s: float) -> tuple[Row, ...]:
    """Make rows contiguous from 0 to the end: neighbouring silences joined, slivers given to the phone before.

    Raises:
        ValueError: where the rows go back in time, hold no sound, or end elsewhere than the audio.
    """
    out: list[Row] = []
    now = 0.0
    for phone, start_s, end_s in rows:
        if start_s < now - 1e-3 or end_s < start_s - 1e-6:
            raise ValueError(f"phone {phone} at {start_s:.3f}..{end_s:.3f} s goes back in time")
        if start_s - now > _SHORTEST_S:
            _extend(out, SILENCE, now, start_s)
        _extend(out, phone, max(now, 0.0) if out else max(start_s, 0.0) * (start_s > _SHORTEST_S), end_s)
        now = max(now, end_s)
    if not any(phone != SILENCE for phone, _, _ in out):
        raise ValueError("nothing was said")
    if abs(now - duration_s) > LONGEST_MISMATCH_S:
        raise ValueError(f"phones end at {now:.3f} s, but the audio at {duration_s:.3f} s")
    out[-1] = (out[-1][0], out[-1][1], duration_s)
    return tuple(out)


def _extend(rows: list[Row], phone: str, start_s: float, end_s: float) -> None:
    """Append a row that starts where the last one ends; join it to that one if it is too short or silence again."""
    base(phone)
    if rows:
        last, last_start_s, last_end_s = rows[-1]
        if end_s - last_end_s < _SHORTEST_S or (last == phone == SILENCE):
            rows[-1] = (last, last_start_s, max(end_s, last_end_s))
            return
        start_s = last_end_s
    rows.append((phone, start_s, end_s))


def add_silence(spoken: SpokenLine, chance: random.Random, lead_s: tuple[float, float] = (0.15, 0.8)) -> SpokenLine:
    """Put silence before and after a line, and lengthen a quarter of its pauses, so that silence is learnt.

    Args:
        spoken: the line.
        chance: where the lengths come from.
        lead_s: shortest and longest silence added at either end, in seconds.
    """
    wanted_s = {0: chance.uniform(*lead_s)}
    for i, (phone, start_s, end_s) in enumerate(spoken.phones[1:-1], start=1):
        if phone == SILENCE and end_s - start_s > _PAUSE_S and chance.random() < 0.25:
            wanted_s[i] = chance.uniform(0.15, 1.0)
    return _insert(spoken, wanted_s, chance.uniform(*lead_s))


def _insert(spoken: SpokenLine, wanted_s: dict[int, float], tail_s: float) -> SpokenLine:
    """Insert silence in the middle of the numbered rows (before row 0 if that is a sound) and at the end."""
    pieces: list[NDArray[np.float32]] = []
    rows: list[Row] = []
    read = 0
    added_s = 0.0
    for i, (phone, start_s, end_s) in enumerate(spoken.phones):
        more_s = wanted_s.get(i, 0.0)
        if more_s:
            samples = round(more_s * SAMPLE_RATE_HZ)
            cut = round((start_s + end_s) / 2 * SAMPLE_RATE_HZ) if i and phone == SILENCE else 0
            pieces += [spoken.audio[read:cut], np.zeros(samples, np.float32)]
            read = cut
            more_s = samples / SAMPLE_RATE_HZ
            if phone != SILENCE:
                rows.append((SILENCE, start_s + added_s, start_s + added_s + more_s))
        begin_s = start_s + added_s + (more_s if phone != SILENCE else 0.0)
        added_s += more_s
        rows.append((phone, begin_s, end_s + added_s))
    tail = np.zeros(round(tail_s * SAMPLE_RATE_HZ), np.float32)
    audio = np.concatenate([*pieces, spoken.audio[read:], tail])
    end_s = len(audio) / SAMPLE_RATE_HZ
    rows.append((SILENCE, rows[-1][2], end_s))
    return SpokenLine(audio, tidy(rows, end_s))
