"""Emotional prosody for neutral speech, by rule: pitch, melody, tempo, formants, spectral tilt and a steady hand.

Recordings of emotional speech that may be learnt from are few, neutral ones many. This gives a neutral recording the
acoustic profile that the literature agrees on for each emotion (Murray and Arnott 1993; Banse and Scherer 1996; Juslin
and Laukka 2003; Scherer 2003), by pitch-synchronous overlap-add: grains two periods long are laid out anew, so that
pitch and tempo change and formants stay. Rules are no actors: what a network learns from them alone is told in
RESULTS.md. Knows nothing of who learns from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from facetake.arrays import F32, F64
from facetake.audio import SAMPLE_RATE_HZ
from facetake_training.speed import at_speed

HOP: Final = 160  # samples between measurements of pitch: 10 ms
FRAME: Final = 640  # samples of one: 40 ms
LOWEST_HZ = 70.0  # below a low man's voice
HIGHEST_HZ = 450.0  # above an excited woman's
VOICED: Final = 0.4  # normalised autocorrelation above which a frame has a pitch
FAINTEST: Final = 0.003  # share of the loudest frame's power: 25 dB below it there is no voice
UNVOICED_S: Final = 0.008  # between grains where there is none


@dataclass(frozen=True)
class Profile:
    """Ranges that a performance draws from; 1 and 0 leave a voice as it is.

    Attributes:
        pitch: factor of the middle pitch.
        melody: power by which pitch departs from its middle: 1 is the speaker's own, 0 monotone.
        tempo: factor of the speed.
        formants: factor of the formants: a smile shortens the vocal tract, a retracted mouth lengthens it.
        tilt_db: change of the spectrum's slope, dB an octave above 500 Hz: tense voices fall less, lax ones more.
        jitter: irregularity of the periods, as a share of them.
        rise: factor that pitch reaches at the line's end.
    """

    pitch: tuple[float, float] = (0.96, 1.04)
    melody: tuple[float, float] = (0.85, 1.15)
    tempo: tuple[float, float] = (0.95, 1.06)
    formants: tuple[float, float] = (0.99, 1.01)
    tilt_db: tuple[float, float] = (-0.5, 0.5)
    jitter: tuple[float, float] = (0.0, 0.005)
    rise: tuple[float, float] = (0.98, 1.02)


PROFILES: Final = {
    "neutral": Profile(),
    "happy": Profile((1.15, 1.4), (1.3, 1.9), (1.03, 1.2), (1.02, 1.06), (0.5, 2.0), (0.0, 0.005), (1.0, 1.1)),
    "sad": Profile((0.85, 1.0), (0.35, 0.7), (0.7, 0.87), (0.97, 1.0), (-3.5, -1.5), (0.005, 0.02), (0.88, 0.98)),
    "angry": Profile((1.08, 1.35), (1.2, 1.8), (1.05, 1.25), (0.97, 1.02), (1.5, 4.0), (0.01, 0.03), (0.88, 1.0)),
    "surprise": Profile((1.2, 1.5), (1.6, 2.4), (0.95, 1.15), (1.0, 1.03), (0.0, 1.5), (0.0, 0.01), (1.2, 1.5)),
    "fear": Profile((1.25, 1.6), (0.6, 1.1), (1.15, 1.4), (1.0, 1.05), (0.0, 2.0), (0.015, 0.04), (1.0, 1.15)),
    "disgusted": Profile((0.82, 0.98), (0.7, 1.2), (0.68, 0.88), (0.94, 0.98), (-0.5, 1.5), (0.01, 0.03), (0.85, 0.97)),
}
"""By choice, not measured on anybody: wide enough for moods to overlap, as acted ones do."""


def perform(audio: F32, emotion: str, rng: np.random.Generator) -> F32:
    """A neutral recording with an emotion's prosody.

    Args:
        audio: (S,) neutral speech at 16 kHz.
        emotion: one of the seven.
        rng: what the profile's ranges are drawn with.

    Returns:
        (S',) float32; its length follows the tempo. What is shorter than 40 ms comes back as it is.
    """
    if len(audio) < FRAME:
        return audio
    profile = PROFILES[emotion]
    draw = {name: float(rng.uniform(*getattr(profile, name))) for name in Profile.__dataclass_fields__}
    pitch_hz, voiced = pitch_track(audio)
    middle = float(np.median(pitch_hz[voiced])) if voiced.any() else 120.0
    wanted = middle * draw["pitch"] * (pitch_hz / middle) ** draw["melody"]
    wanted *= np.interp(np.linspace(0.0, 1.0, len(wanted)), [0.0, 0.6, 1.0], [1.0, 1.0, draw["rise"]])
    factor = np.clip(wanted / pitch_hz, 0.5, 2.5)
    moved = _overlap_add(
        audio, pitch_hz, voiced, factor / draw["formants"], draw["tempo"] / draw["formants"], draw["jitter"], rng
    )
    return _tilted(at_speed(moved, draw["formants"]), draw["tilt_db"])


def pitch_track(audio: F32) -> tuple[F64, NDArray[np.bool_]]:
    """Pitch in Hz at every 10 ms, carried over where there is none, and where there is one, by autocorrelation."""
    padded = np.pad(audio.astype(np.float64), (FRAME // 2, FRAME))
    starts = np.arange(0, max(len(audio), 1), HOP)
    frames = padded[starts[:, None] + np.arange(FRAME)]
    frames = (frames - frames.mean(axis=1, keepdims=True)) * np.hanning(FRAME)
    hertz = np.fft.rfftfreq(2 * FRAME, 1.0 / SAMPLE_RATE_HZ)
    power = np.abs(np.fft.rfft(frames, 2 * FRAME)) ** 2 * ((hertz > 75.0) & (hertz < 900.0))  # hum and formants mislead
    match = np.fft.irfft(power)[:, :FRAME]
    of_window = np.fft.irfft(np.abs(np.fft.rfft(np.hanning(FRAME), 2 * FRAME)) ** 2)[:FRAME]
    match = match / (match[:, :1] + 1e-12) / (of_window / of_window[0] + 0.05)
    low = int(SAMPLE_RATE_HZ / HIGHEST_HZ)
    high = int(SAMPLE_RATE_HZ / LOWEST_HZ)
    here = match[:, low:high]
    is_peak = (here >= match[:, low - 1 : high - 1]) & (here >= match[:, low + 1 : high + 1])
    near = np.where(is_peak, here - np.linspace(0.0, 0.3, high - low), -1.0)  # the shorter of two that fit as well
    lag = near.argmax(axis=1)
    voiced = (near[np.arange(len(lag)), lag] > VOICED) & (power.sum(axis=1) > FAINTEST * power.sum(axis=1).max())
    found = SAMPLE_RATE_HZ / (lag + low).astype(np.float64)
    if not voiced.any():
        return np.full(len(found), 120.0), voiced
    usual = np.median(found[voiced])
    voiced &= (found > usual / 1.8) & (found < usual * 1.8)  # octave errors
    places = np.arange(len(found))
    return np.interp(places, places[voiced], found[voiced]), voiced


def _overlap_add(
    audio: F32,
    pitch_hz: F64,
    voiced: NDArray[np.bool_],
    factor: F64,
    tempo: float,
    jitter: float,
    rng: np.random.Generator,
) -> F32:
    """Lays grains of the sound out at other distances (`factor` of the pitch) and another `tempo`."""
    marks, periods = _marks(audio, pitch_hz, voiced)
    count = int(len(audio) / tempo)
    out = np.zeros(count + 4 * FRAME)
    weight = np.zeros(count + 4 * FRAME)
    padded = np.pad(audio.astype(np.float64), FRAME)
    at = 0.0
    while at < count:
        source = at * tempo
        nearest = int(np.searchsorted(marks, source).clip(0, len(marks) - 1))
        row = min(int(source) // HOP, len(factor) - 1)
        step = periods[nearest] / (factor[row] if voiced[row] else 1.0)
        half = int(min(periods[nearest], FRAME - 1))
        grain = np.hanning(2 * half + 1)
        begin = int(at) + FRAME
        centre = int(marks[nearest]) + FRAME
        out[begin - half : begin + half + 1] += grain * padded[centre - half : centre + half + 1]
        weight[begin - half : begin + half + 1] += grain
        at += max(step * (1.0 + jitter * rng.standard_normal()), 16.0)
    return (out / np.maximum(weight, 0.3))[FRAME : FRAME + count].astype(np.float32)


def _marks(audio: F32, pitch_hz: F64, voiced: NDArray[np.bool_]) -> tuple[F64, F64]:
    """Where each period has its peak, and how long it is, in samples; evenly spaced where there is no pitch."""
    marks: list[float] = []
    periods: list[float] = []
    at = 0.0
    while at < len(audio):
        row = min(int(at) // HOP, len(voiced) - 1)
        period = SAMPLE_RATE_HZ / pitch_hz[row] if voiced[row] else UNVOICED_S * SAMPLE_RATE_HZ
        if voiced[row]:
            begin = max(0, int(at - 0.25 * period))
            around = audio[begin : int(at + 0.25 * period) + 1]
            at = float(begin + int(np.abs(around).argmax())) if len(around) else at
        if marks and at <= marks[-1]:
            at = marks[-1] + 0.5 * period
        marks.append(min(at, len(audio) - 1.0))
        periods.append(period)
        at += period
    return np.array(marks), np.array(periods)


def _tilted(audio: F32, octave_db: float) -> F32:
    spectrum = np.fft.rfft(audio)
    hertz = np.fft.rfftfreq(len(audio), 1.0 / SAMPLE_RATE_HZ)
    octaves = np.log2(np.clip(hertz, 125.0, 4000.0) / 500.0)
    return np.fft.irfft(spectrum * 10.0 ** (octave_db * octaves / 20.0), len(audio)).astype(np.float32)
