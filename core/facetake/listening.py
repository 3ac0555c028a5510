"""The emotion heard in a recording (landmark translation 3.2): over time or once a line, and how sure.

A short line is heard at once, a longer one in overlapping windows whose answers are smoothed, so that it may turn from
one emotion to another. What is not sure enough is left neutral: a wrong face is worse than a calm one. Memory does not
grow with the length of the sound. Knows nothing of faces.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from facetake import audio
from facetake.audio import SAMPLE_RATE_HZ
from facetake.bundle import AudioEmotion
from facetake.emotion import AUTO_LINE, EMOTIONS, EmotionTrack

Floats = NDArray[np.float32]
Array = NDArray[np.float64]
WHOLE_S = 4.5  # a line up to this long is heard at once
WINDOW_S, HOP_S = 3.0, 0.5
FRAME_S = 0.02  # of the loudness that tells voice from silence
FAINTEST = 1e-7  # power, -70 dB of full scale; what is fainter is no voice
BELOW = 1e-3  # of the loud frames' power: 30 dB below them is a pause
LEAST_S = 0.4  # of voice in a window, for an answer
SMOOTHING = (0.25, 0.5, 0.25)
Why = Literal["", "silence", "short", "unsure"]


@dataclass(frozen=True)
class Heard:
    """What was heard.

    Attributes:
        emotion: the one shown most, or neutral.
        confidence: calibrated, 0..1: how often answers like this one are right.
        why: why it is neutral where that is no answer: no voice, too little of it, or not sure enough.
        likely: the likeliest emotion even where it is not shown.
        track: the weights shown over time.
    """

    emotion: str
    confidence: float
    why: Why
    likely: str
    track: EmotionTrack

    @property
    def cues(self) -> tuple[str, ...]:
        """The track as lines of a cue file, to be edited and given instead."""
        return tuple(
            f"{at:.2f} {_written(row)}" for at, row in zip(self.track.times_s, self.track.weights, strict=True)
        )

    @property
    def sentence(self) -> str:
        """What to tell a person."""
        sure = f"{100 * self.confidence:.0f} % sure"
        shown = [EMOTIONS[k] for k in range(1, len(EMOTIONS)) if self.track.weights[:, k].any()]
        others = ", ".join(name for name in shown if name != self.emotion)
        return {
            "": f"heard {self.emotion}, {sure}" + (f"; at times {others}" if others else ""),
            "silence": "heard no voice; left neutral",
            "short": f"heard less than {LEAST_S:g} s of voice, too little to tell; left neutral",
            "unsure": f"heard perhaps {self.likely}, only {sure}; left neutral",
        }[self.why]

    @property
    def facts(self) -> dict[str, object]:
        """What to tell a program, and to keep with the take."""
        return {
            "emotion": self.emotion, "confidence": round(self.confidence, 3), "why": self.why, "likely": self.likely,
            "cues": list(self.cues),
        }  # fmt: skip


def hear(path: Path, asked: str, network: AudioEmotion) -> Heard:
    """Listens to a recording.

    Args:
        path: sound file of any length, rate and number of channels.
        asked: "auto", over time, or "auto:line", one answer for the whole.
        network: what hears.

    Raises:
        AudioError: the file cannot be read.
    """
    power = _loudness(path)
    is_voice = power > max(FAINTEST, BELOW * float(np.percentile(power, 95)))
    voiced_s = FRAME_S * int(is_voice.sum())
    if voiced_s < LEAST_S:
        return _neutral("silence" if not voiced_s else "short")
    times_s, shares, voices_s = _windows(path, is_voice, network)
    if not len(times_s):
        return _neutral("short")
    if asked == AUTO_LINE:
        mean = np.average(shares, axis=0, weights=voices_s)[None]
        return _shown(np.zeros(1), mean, network.threshold)
    return _shown(times_s, _smoothed(shares), network.threshold)


def _loudness(path: Path) -> Array:
    """(N,) mean power of each 20 ms."""
    step, kept, rows = round(FRAME_S * SAMPLE_RATE_HZ), np.zeros(0, np.float32), []
    with audio.stream(path) as sound:
        for block in sound:
            kept = np.concatenate([kept, block])
            count = len(kept) // step
            rows.append(np.square(kept[: count * step], dtype=np.float64).reshape(count, step).mean(axis=1))
            kept = kept[count * step :]
    last = [np.array([np.square(kept, dtype=np.float64).mean()])] if len(kept) else []
    return np.concatenate([*rows, *last])


def _windows(path: Path, is_voice: NDArray[np.bool_], network: AudioEmotion) -> tuple[Array, Array, Array]:
    """Middles (W,) of the windows with enough voice, their shares (W, 7), and seconds of voice in each."""
    whole = len(is_voice) * FRAME_S <= WHOLE_S
    window_s, hop_s = (WHOLE_S + 1.0, WHOLE_S + 1.0) if whole else (WINDOW_S, HOP_S)
    times_s, rows, voices_s = [], [], []
    with audio.stream(path) as sound:
        for start_s, samples in _spans(sound, window_s, hop_s):
            frames = slice(round(start_s / FRAME_S), round((start_s + window_s) / FRAME_S))
            voice_s = FRAME_S * int(is_voice[frames].sum())
            if voice_s >= LEAST_S or whole:
                times_s.append(start_s + 0.5 * len(samples) / SAMPLE_RATE_HZ)
                rows.append(network.shares(samples))
                voices_s.append(voice_s)
    return np.array(times_s), np.array(rows, np.float64), np.array(voices_s)


def _spans(blocks: audio.Blocks, window_s: float, hop_s: float) -> Iterator[tuple[float, Floats]]:
    """Start in seconds and samples of overlapping stretches; the last one ends with the sound."""
    size, hop = round(window_s * SAMPLE_RATE_HZ), round(hop_s * SAMPLE_RATE_HZ)
    kept, begin, is_first = np.zeros(0, np.float32), 0, True
    for block in blocks:
        kept = np.concatenate([kept, block])
        while len(kept) > size:
            yield begin / SAMPLE_RATE_HZ, kept[:size]
            kept, begin, is_first = kept[hop:], begin + hop, False
    if is_first or len(kept) > size - hop:
        yield begin / SAMPLE_RATE_HZ, kept


def _smoothed(shares: Array) -> Array:
    """Each window's shares with its neighbours'."""
    padded = np.pad(shares, ((1, 1), (0, 0)), mode="edge")
    return np.asarray(sum(part * padded[i : i + len(shares)] for i, part in enumerate(SMOOTHING)))


def _shown(times_s: Array, shares: Array, threshold: float) -> Heard:
    """The emotion of each window where it is sure enough, at its share; else neutral."""
    best, sure = shares.argmax(axis=1), shares.max(axis=1)
    weights = np.zeros(shares.shape)
    shown = (best > 0) & (sure >= threshold)
    weights[np.flatnonzero(shown), best[shown]] = sure[shown]
    weights[:, 0] = 1.0 - weights.sum(axis=1)
    track = _thinned(times_s, weights)
    if shown.any():
        chosen = int(weights[:, 1:].sum(axis=0).argmax()) + 1
        return Heard(EMOTIONS[chosen], float(sure[shown & (best == chosen)].mean()), "", EMOTIONS[chosen], track)
    mean = shares.mean(axis=0)
    likely = int(mean.argmax())
    why: Why = "unsure" if likely else ""
    return Heard("neutral", float(mean[likely]), why, EMOTIONS[likely], track)


def _thinned(times_s: Array, weights: Array) -> EmotionTrack:
    """A track without the cues between equal neighbours."""
    kept = [
        i for i in range(len(weights))
        if i in (0, len(weights) - 1) or not np.array_equal(weights[i - 1], weights[i])
        or not np.array_equal(weights[i], weights[i + 1])
    ]  # fmt: skip
    if len(kept) == 2 and np.array_equal(weights[0], weights[-1]):
        kept = kept[:1]
    return EmotionTrack(times_s[kept], weights[kept])


def _neutral(why: Why) -> Heard:
    row = np.zeros((1, len(EMOTIONS)))
    row[0, 0] = 1.0
    return Heard("neutral", 0.0, why, "neutral", EmotionTrack(np.zeros(1), row))


def _written(row: Sequence[float] | Array) -> str:
    # rounded down, so that it never adds up to more than 1
    parts = [
        f"{name}:{int(100 * weight) / 100:g}"
        for name, weight in zip(EMOTIONS[1:], row[1:], strict=True)
        if weight >= 0.01
    ]
    return "+".join(parts) or "neutral"
