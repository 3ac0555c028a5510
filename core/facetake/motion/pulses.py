"""The pulses of a laugh, a sob or a cough: heard in the level of its sound, or drawn where that tells none."""

from __future__ import annotations

from typing import Final

import numpy as np

from facetake.arrays import F64
from facetake.motion.waves import smoothed

SMOOTH_S: Final = 0.05  # of the level: less shows the voice's own periods, more joins syllables of a laugh
RISE_DB: Final = 3.0  # of a pulse above what lies around it, by choice: a steady sound wavers by less
FAINT_DB: Final = 18.0  # below the loudest, at which a pulse moves the face least
LEAST: Final = 0.3  # share of the loudest pulse that a faint one moves
CLOSEST: Final = 0.55  # of the usual time between pulses, within which two are one
HEARD_SHARE: Final = 0.4  # of the usual number of pulses, below which the sound tells none
REACH: Final = 0.62  # of the time to its neighbour that a pulse takes to rise or fall: with all of it none would show
FADE: Final = 0.45  # by which drawn pulses grow weaker towards the end: breath runs out
UNEVEN: Final = 0.15  # by which drawn pulses stray from their beat, as a share of it: an even beat is a machine's


def track(
    level_db: F64, start_s: float, end_s: float, times_s: F64, rate_hz: float, random: np.random.Generator
) -> F64:
    """(T,) pulses from 0 to 1 at instants (T,) in seconds, for an event that lasts from start to end.

    Args:
        level_db: (N,) loudness within the event, evenly over it; none where nothing is heard.
        start_s: where the event begins.
        end_s: where it ends.
        times_s: instants to give pulses for.
        rate_hz: how many there usually are a second.
        random: draws them where the sound tells none.
    """
    peaks = heard(level_db, (end_s - start_s) / max(len(level_db), 1), rate_hz)
    wanted = HEARD_SHARE * rate_hz * (end_s - start_s)
    if len(peaks) < max(1.0, wanted):
        peaks = drawn(end_s - start_s, rate_hz, random)
    found = np.zeros(len(times_s))
    centres = peaks[:, 0] + start_s
    for number, (centre, size) in enumerate(zip(centres, peaks[:, 1], strict=True)):
        before = centre - centres[number - 1] if number else 1.0 / rate_hz
        after = centres[number + 1] - centre if number + 1 < len(centres) else 1.0 / rate_hz
        away = times_s - centre
        width = REACH * np.where(away < 0.0, min(before, 1.0 / rate_hz), min(after, 1.0 / rate_hz))
        bump = 0.5 + 0.5 * np.cos(np.pi * np.clip(away / width, -1.0, 1.0))
        found += size * bump
    return np.minimum(found, 1.0)


def heard(level_db: F64, step_s: float, rate_hz: float) -> F64:
    """(K, 2) instants in seconds from the event's start and sizes 0.3..1 of the pulses in its level (N,)."""
    if len(level_db) < 3:
        return np.empty((0, 2))
    level = smoothed(np.asarray(level_db, np.float64), SMOOTH_S / step_s)
    reach = max(1, round(CLOSEST / rate_hz / step_s))
    padded = np.pad(level, reach, constant_values=-200.0)
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
    lowest = np.lib.stride_tricks.sliding_window_view(np.pad(level, reach, mode="edge"), 2 * reach + 1).min(axis=-1)
    is_top = (level >= around.max(axis=-1)) & ((level - lowest >= RISE_DB) | (len(level) <= 2 * reach))
    places = np.flatnonzero(is_top)
    places = places[np.diff(places, prepend=-reach - 1) > 1]  # of a level top its first frame
    size = np.clip(1.0 - (level.max() - level[places]) / FAINT_DB, 0.0, 1.0)
    return np.stack([places * step_s, LEAST + (1.0 - LEAST) * size], axis=1)


def drawn(duration_s: float, rate_hz: float, random: np.random.Generator) -> F64:
    """(K, 2) instants and sizes as of `heard`, at an uneven beat, weaker towards the end; K is at least 1."""
    count = max(1, round(duration_s * rate_hz))
    beat = (np.arange(count) + 0.5) * duration_s / count
    beat += random.uniform(-UNEVEN, UNEVEN, count) * duration_s / count
    size = 1.0 - FADE * beat / duration_s - random.uniform(0.0, UNEVEN, count)
    return np.stack([beat, size], axis=1)
