"""Recordings as other people would have made them: in another room's noise, or cleaned, levelled and packed.

Works on 16 kHz mono float32 arrays and a numpy generator; nothing here moves sound in time. Knows no labels but the
times of events that it is told.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Final

import numpy as np
import soundfile as sf
from numpy.typing import NDArray
from scipy import signal

from facetake.arrays import F32
from facetake.audio import SAMPLE_RATE_HZ
from facetake_training.augment import room_response

Spectrum = NDArray[np.float64]
Times = Sequence[tuple[float, float]]
"""Start and end of each event in seconds."""

WINDOW: Final = 512  # samples: 32 ms, as levels of bands are told
STEP: Final = WINDOW // 2
LEVEL: Final = SAMPLE_RATE_HZ // 60  # samples of which a level is taken: a frame
FLOOR: Final = 8.0  # percentile of a frequency's power that is the room alone
MEAN_OVER_FLOOR: Final = float(np.sqrt(-0.5 / np.log(1.0 - FLOOR / 100.0)))  # amplitude of noise, over `floor_of` it
RANGE_DB: Final = (17.0, 38.0)
"""From the room's noise up to the voice: LibriSpeech's noisier half; medians of its readers begin at 20 dB."""
SWAYS: Final = 0.4  # share of noises that come and go, as traffic does; by choice
SWAY_DB: Final = (0.5, 2.0)  # by how much, likewise: more is an event of its own
HUMS: Final = 0.3  # share with hum of the mains, by choice
MAINS_HZ: Final = (50.0, 60.0)
HARMONICS: Final = range(1, 8)  # of the hum: those below the voice's formants
EVENT_DB: Final = (-5.0, 8.0)  # by which an event's level is changed: by less than readers differ
BESIDE_S: Final = 0.03  # in which that change comes and goes: no edge is to be learnt
AUDIBLE_BANDS: Final = 0.15  # share of frequencies in which an event must be as loud as the noise to be heard still
STAGES: Final = (0.3, 0.5, 0.6, 0.7)
"""Shares of reworked recordings with a room, a cleaner, a compressor and MP3, by choice: LibriVox has each often."""


def floor_of(sound: F32) -> Spectrum:
    """(257,) amplitude of the room alone, by frequency."""
    power = np.square(np.abs(_frequencies(sound)))
    return np.asarray(np.sqrt(2.0 * np.percentile(power, FLOOR, axis=1) + 1e-16))


def relevelled(sound: F32, events: Times, random: np.random.Generator) -> F32:
    """The same with each event louder or fainter."""
    sound = sound.copy()
    for start_s, end_s in events:
        now = slice(max(0, int((start_s - BESIDE_S) * SAMPLE_RATE_HZ)), int((end_s + BESIDE_S) * SAMPLE_RATE_HZ))
        count = len(sound[now])
        edge = np.minimum(np.arange(count), np.arange(count)[::-1]) / (BESIDE_S * SAMPLE_RATE_HZ)
        sound[now] *= 10.0 ** (random.uniform(*EVENT_DB) * np.minimum(1.0, edge) / 20.0)
    return sound


def without(sound: F32, start_s: float, end_s: float, random: np.random.Generator) -> F32:
    """The same with an event's pause filled with what is quietest about it: its room alone."""
    beside = int(2.0 * BESIDE_S * SAMPLE_RATE_HZ)
    first = max(0, int(start_s * SAMPLE_RATE_HZ) - beside)
    last = min(len(sound), int(end_s * SAMPLE_RATE_HZ) + beside)
    count = max(0, last - first)
    floor = floor_of(sound[max(0, first - SAMPLE_RATE_HZ) : last + SAMPLE_RATE_HZ])
    hiss = _frequencies(random.standard_normal(count + 4 * WINDOW).astype(np.float32))
    hiss *= floor[:, None] * MEAN_OVER_FLOOR / np.sqrt(np.mean(np.square(np.abs(hiss))))
    share = np.minimum(1.0, np.minimum(np.arange(count), np.arange(count)[::-1]) / (BESIDE_S * SAMPLE_RATE_HZ))
    sound = sound.copy()
    sound[first:last] = sound[first:last] * (1.0 - share) + _sound(hiss, count) * share
    return sound


def noise_for(sound: F32, floors: Sequence[Spectrum], random: np.random.Generator) -> F32 | None:
    """A room's noise that leaves the voice 17 to 38 dB above it; None where the recording is as noisy already.

    Args:
        sound: the recording.
        floors: of the rooms to draw from; see `floor_of`.
        random: the source of all chance.
    """
    level_db = _levels_db(sound)
    faint_db, loud_db = np.percentile(level_db, [5.0, 95.0])
    wanted_db = random.uniform(*RANGE_DB)
    if loud_db - faint_db <= wanted_db + 1.0:
        return None
    noise = _noise(len(sound), floors[int(random.integers(len(floors)))], random)
    gain_db = loud_db - wanted_db - float(np.median(_levels_db(noise)))
    return np.asarray(noise * 10.0 ** (gain_db / 20.0), np.float32)


def reworked(sound: F32, random: np.random.Generator) -> F32:
    """The same as tools leave it: another room, noise cut out, levelled, and packed as MP3, or some of these."""
    room, cleaned, levelled, packed = random.random(len(STAGES)) < STAGES
    if room:
        response = room_response(random)
        sound = np.asarray(signal.fftconvolve(sound, response)[: len(sound)], np.float32)
    if cleaned:
        sound = _cleaned(sound, random)
    if levelled:
        sound = _levelled(sound, random)
    return _packed(sound, random) if packed else sound


def is_heard(sound: F32, noise: F32, start_s: float, end_s: float) -> bool:
    """Whether an event is as loud as a noise in some of the frequencies still."""
    now = slice(int(start_s * SAMPLE_RATE_HZ), int(end_s * SAMPLE_RATE_HZ))
    if len(sound[now]) < WINDOW:
        return True
    event, hiss = (np.square(np.abs(_frequencies(one[now]))).mean(axis=1) for one in (sound, noise))
    return bool(np.mean(event > hiss) >= AUDIBLE_BANDS)


def _frequencies(sound: F32) -> NDArray[np.complex128]:
    return np.asarray(signal.stft(sound, SAMPLE_RATE_HZ, nperseg=WINDOW, noverlap=WINDOW - STEP)[2])


def _sound(frequencies: NDArray[np.complex128], count: int) -> F32:
    sound = signal.istft(frequencies, SAMPLE_RATE_HZ, nperseg=WINDOW, noverlap=WINDOW - STEP)[1][:count]
    return np.pad(sound, (0, count - len(sound))).astype(np.float32)


def _levels_db(sound: F32) -> Spectrum:
    frames = sound[: len(sound) // LEVEL * LEVEL].reshape(-1, LEVEL)
    return np.asarray(10.0 * np.log10(np.square(frames).mean(axis=1) + 1e-11), np.float64)


def _noise(count: int, floor: Spectrum, random: np.random.Generator) -> F32:
    noise = _sound(_frequencies(random.standard_normal(count + 4 * WINDOW).astype(np.float32)) * floor[:, None], count)
    time_s = np.arange(count) / SAMPLE_RATE_HZ
    if random.random() < SWAYS:
        sway_db = random.normal(0.0, random.uniform(*SWAY_DB), int(time_s[-1]) + 3)
        sway = np.interp(time_s, np.arange(len(sway_db)), sway_db)
        noise = np.asarray(noise * 10.0 ** (sway / 20.0), np.float32)
    if random.random() < HUMS:
        mains_hz, slope = MAINS_HZ[int(random.integers(2))], random.uniform(0.5, 1.5)
        phases = random.uniform(0.0, 2.0 * np.pi, len(HARMONICS))
        hum = sum(
            np.sin(2.0 * np.pi * mains_hz * number * time_s + phase) * number**-slope
            for number, phase in zip(HARMONICS, phases, strict=True)
        )
        noise = np.asarray(noise + hum * noise.std() * random.uniform(0.3, 2.0), np.float32)
    return noise


def _cleaned(sound: F32, random: np.random.Generator) -> F32:
    """Spectral gating as an editor's noise reduction does it, with its warble."""
    heard = _frequencies(sound)
    size = np.abs(heard)
    floor = np.percentile(size, 15.0, axis=1, keepdims=True) * random.uniform(1.2, 2.5)
    share = np.clip((size - floor) / (size + 1e-9), 10.0 ** (-random.uniform(8.0, 24.0) / 20.0), 1.0)
    smooth = np.ones((1, int(random.integers(1, 4))))
    share = signal.fftconvolve(share, smooth / smooth.sum(), mode="same")
    return _sound(heard * share, len(sound))


def _levelled(sound: F32, random: np.random.Generator) -> F32:
    """A compressor of 50 ms: what is faint comes nearer to what is loud."""
    around = np.ones(SAMPLE_RATE_HZ // 20) / (SAMPLE_RATE_HZ // 20)
    power = signal.fftconvolve(np.square(sound), around, mode="same")
    level_db = 10.0 * np.log10(np.maximum(power, 1e-10))
    over_db = np.maximum(0.0, level_db - np.percentile(level_db, 95.0) + random.uniform(6.0, 30.0))
    return np.asarray(sound * 10.0 ** (-over_db * (1.0 - 1.0 / random.uniform(1.2, 2.5)) / 20.0), np.float32)


def _packed(sound: F32, random: np.random.Generator) -> F32:
    """There and back through MP3, in the timing that it had."""
    peak = float(np.abs(sound).max()) + 1e-9
    file, rate = io.BytesIO(), float(random.uniform(0.3, 0.95))
    sf.write(file, sound / peak * 0.9, SAMPLE_RATE_HZ, "MPEG_LAYER_III", format="MP3", compression_level=rate)
    file.seek(0)
    back = np.asarray(sf.read(file, dtype="float32")[0], np.float32) * np.float32(peak / 0.9)
    both = signal.correlate(back, sound, "full", "fft")
    late = int(np.argmax(both)) - len(sound) + 1
    back = back[late:] if late >= 0 else np.pad(back, (-late, 0))
    return np.pad(back, (0, max(0, len(sound) - len(back))))[: len(sound)]
