"""The emotion heard in a recording (landmark translation 3.2): over time or once a line, and how sure.

A short line is heard at once, a longer one in overlapping windows whose answers are smoothed, so that it may turn from
one emotion to another. What is not sure enough is left neutral: a wrong face is worse than a calm one. Reads what the
ear of the line tells of the voice. Knows nothing of faces.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np

from facetake import audio
from facetake.arrays import F32, F64
from facetake.audio import FRAME_RATE_HZ
from facetake.emotion import AUTO_LINE, EMOTIONS, EmotionTrack, named
from facetake.inference import BLOCK_FRAMES, BLOCK_S, AudioEmotion, Ear, VoiceFeatures
from facetake.timebase import n_frames
from facetake.visemes import VISEMES

WHOLE_S = 4.5  # a line up to this long is heard at once
WINDOW_BLOCKS = 6  # 3 s, one every half second
FAINTEST_DB = -70.0  # of full scale; what is fainter is no voice
BELOW_DB = 30.0  # this much below the loud frames there is a pause
LEAST_S = 0.4  # of voice in a short line, for an answer
WINDOW_LEAST_S = 2.0  # of voice in a window of a longer one: what is sure of less is often wrong
SILENCE = VISEMES.index("sil")
SILENT = 0.5  # from this probability of SILENCE on: as likely as not
SPOKEN_S = 0.15  # of voice in a half second, for it to count
SMOOTHING = (0.25, 0.5, 0.25)
"""Over a half second and its neighbours, binomial; with less, answers switch more within one emotion."""
Why = Literal["", "silence", "short", "unsure"]


@dataclass(frozen=True)
class EmotionEstimate:
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
            "short": "heard too little voice at a time to tell; left neutral",
            "unsure": f"heard perhaps {self.likely}, only {sure}; left neutral",
        }[self.why]

    @property
    def facts(self) -> dict[str, object]:
        """What to tell a program, and to keep with the take."""
        return {
            "emotion": self.emotion,
            "confidence": round(self.confidence, 3),
            "why": self.why,
            "likely": self.likely,
            "cues": list(self.cues),
        }


def hear(path: Path, asked: str, network: AudioEmotion) -> EmotionEstimate:
    """Listens to a recording.

    Args:
        path: sound file of any length, rate and number of channels.
        asked: "auto", over time, or "auto:line", one answer for the whole.
        network: what tells the emotion, and the ear it knows.

    Raises:
        AudioError: the file cannot be read.
        ModelError: the ear does not tell how a voice sounds.
    """
    voice, energy_db = listen(path, network.ear)
    return tell(voice, energy_db, asked, network)


def listen(path: Path, ear: Ear) -> tuple[VoiceFeatures, F32]:
    """How the voice in a recording sounds, and its level (T,) in dB of full scale, at 60 fps; raises as `hear`."""
    with audio.stream(path) as sound:
        count = n_frames(sound.duration_s, Fraction(FRAME_RATE_HZ))
        rhythm = audio.Rhythm(count)
        heard = ear.hear(rhythm.listening(sound), count, with_voice=True)
    assert heard.voice is not None  # as asked
    return heard.voice, voice_level(rhythm.tracks()[0], heard.visemes)


def voice_level(energy_db: F32, visemes: F32) -> F32:
    """The level (T,) of the voice alone: sounds in which no viseme (T, 16) but silence is heard, as music, are none."""
    return np.where(visemes[:, SILENCE] < SILENT, energy_db, 2.0 * np.float32(FAINTEST_DB)).astype(np.float32)


def tell(voice: VoiceFeatures, energy_db: F32, asked: str, network: AudioEmotion) -> EmotionEstimate:
    """The emotion in what was heard of a line.

    Args:
        voice: how it sounds.
        energy_db: (T,) level of the voice in dB of full scale, at 60 fps, as from `voice_level`.
        asked: as in `hear`.
        network: what tells the emotion.
    """
    spoken_s = voice_seconds(energy_db)
    if spoken_s.sum() < LEAST_S:
        return _neutral("silence" if not spoken_s.any() else "short")
    times_s, shares, voices_s = _windows(voice, spoken_s, len(energy_db) / FRAME_RATE_HZ, network)
    if not len(times_s):
        return _neutral("short")
    if named(asked) == AUTO_LINE:
        mean = np.average(shares, axis=0, weights=voices_s)[None]
        return _shown(np.zeros(1), mean, network.threshold)
    return _shown(times_s, _smoothed(shares), network.threshold)


def voice_seconds(energy_db: F32) -> F64:
    """(B,) seconds of voice in each half second, of levels (T,) in dB of full scale."""
    is_voice = energy_db > max(FAINTEST_DB, float(np.percentile(energy_db, 95)) - BELOW_DB)
    return np.add.reduceat(is_voice, np.arange(0, len(is_voice), BLOCK_FRAMES), dtype=np.float64) / FRAME_RATE_HZ


def statistics(voice: VoiceFeatures, spoken_s: F64, window: slice) -> F32:
    """(2 W,) how the voice sounds in a window of half seconds, those with hardly any voice left out.

    Args:
        voice: of the line.
        spoken_s: (B,) seconds of voice in each half second of it.
        window: of them.
    """
    places = np.arange(len(spoken_s))[window]
    return voice.statistics(places[spoken_s[window] >= min(SPOKEN_S, spoken_s[window].max())])


def _windows(voice: VoiceFeatures, spoken_s: F64, duration_s: float, network: AudioEmotion) -> tuple[F64, F64, F64]:
    """Middles (W,) of the windows with enough voice, their shares (W, 7), and seconds of voice in each."""
    whole = duration_s <= WHOLE_S
    count = len(spoken_s)
    size = count if whole else WINDOW_BLOCKS
    times_s = []
    rows = []
    voices_s = []
    for first in range(count - size + 1):
        window = slice(first, first + size)
        voice_s = float(spoken_s[window].sum())
        if voice_s >= WINDOW_LEAST_S or whole:
            times_s.append(0.5 * (BLOCK_S * first + min(BLOCK_S * (first + size), duration_s)))
            found = network.run(statistics(voice, spoken_s, window)[None])[0]
            rows.append(found if np.isfinite(found).all() else np.full_like(found, 1.0 / len(found)))
            voices_s.append(voice_s)
    return np.array(times_s), np.array(rows, np.float64), np.array(voices_s)


def _smoothed(shares: F64) -> F64:
    """Each window's shares with its neighbours'."""
    padded = np.pad(shares, ((1, 1), (0, 0)), mode="edge")
    return np.asarray(sum(part * padded[i : i + len(shares)] for i, part in enumerate(SMOOTHING)))


def _shown(times_s: F64, shares: F64, threshold: float) -> EmotionEstimate:
    """The emotion of each window where it is sure enough, at its share; else neutral."""
    best = shares.argmax(axis=1)
    sure = shares.max(axis=1)
    weights = np.zeros(shares.shape)
    shown = (best > 0) & (sure >= threshold)
    weights[np.flatnonzero(shown), best[shown]] = sure[shown]
    weights[:, 0] = 1.0 - weights.sum(axis=1)
    track = _thinned(times_s, weights)
    if shown.any():
        chosen = int(weights[:, 1:].sum(axis=0).argmax()) + 1
        return EmotionEstimate(
            EMOTIONS[chosen], float(sure[shown & (best == chosen)].mean()), "", EMOTIONS[chosen], track
        )
    mean = shares.mean(axis=0)
    likely = int(mean.argmax())
    why: Why = "unsure" if likely else ""
    return EmotionEstimate("neutral", float(mean[likely]), why, EMOTIONS[likely], track)


def _thinned(times_s: F64, weights: F64) -> EmotionTrack:
    """A track without the cues between equal neighbours."""
    kept = [
        i
        for i in range(len(weights))
        if i in (0, len(weights) - 1)
        or not np.array_equal(weights[i - 1], weights[i])
        or not np.array_equal(weights[i], weights[i + 1])
    ]
    if len(kept) == 2 and np.array_equal(weights[0], weights[-1]):
        kept = kept[:1]
    return EmotionTrack(times_s[kept], weights[kept])


def _neutral(why: Why) -> EmotionEstimate:
    row = np.zeros((1, len(EMOTIONS)))
    row[0, 0] = 1.0
    return EmotionEstimate("neutral", 0.0, why, "neutral", EmotionTrack(np.zeros(1), row))


def _written(row: Sequence[float] | F64) -> str:
    # rounded down, so that it never adds up to more than 1
    parts = [
        f"{name}:{int(100 * weight) / 100:g}"
        for name, weight in zip(EMOTIONS[1:], row[1:], strict=True)
        if weight >= 0.01
    ]
    return "+".join(parts) or "neutral"
