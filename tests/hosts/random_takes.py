"""Takes of every kind of movement at any rate, to see that what is made of them stays within controls' ranges."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from facetake import rig
from facetake.take import Take

RATES = tuple(map(Fraction, (12, 15, 24, 25, 30, 48, 50, 60, 90, 120)))
NTSC = tuple(Fraction(1000 * rate, 1001) for rate in (24, 30, 48, 60))
MOST_FRAMES = 90
STARTS = (-50, 0, 1, 101, 86_400)  # of a timeline; the last is an hour at 24 frames per second

Floats = NDArray[np.float64]


def random_take(random: np.random.Generator) -> Take:
    """A take of up to `MOST_FRAMES`, whose controls move slowly, fast, beyond their ends, in steps, in spikes or not.

    A third of them rests at zero, or at an end of its range, between its movements.
    """
    rates = RATES + NTSC
    rate = rates[int(random.integers(len(rates)))]
    n_frames = int(random.integers(1, MOST_FRAMES + 1))
    count = len(rig.NAMES)
    kinds = (_slow, _fast, _saturated, _steps, _spikes, _noise, _still)
    chosen = random.integers(len(kinds), size=count)
    unit = np.empty((n_frames, count))
    for number, kind in enumerate(kinds):
        columns = chosen == number
        unit[:, columns] = kind(np.arange(n_frames) / float(rate), int(columns.sum()), random)
    values = rig.MINIMUM + (np.clip(unit, -1.0, 1.0) + 1.0) / 2.0 * (rig.MAXIMUM - rig.MINIMUM)
    rests = np.where(random.uniform(size=count) < 0.5, 0.0, rig.MAXIMUM)
    is_resting = (np.abs(values - rests) < 0.2) & (random.uniform(size=count) < 0.33)
    head = 30.0 * _slow(np.arange(n_frames) / float(rate), 3, random)
    return Take(rig.clamp(np.where(is_resting, rests, values).astype(np.float32)), rate, head=head.astype(np.float32))


def _waves(times_s: Floats, count: int, slowest_hz: float, fastest_hz: float, random: np.random.Generator) -> Floats:
    hz = random.uniform(slowest_hz, fastest_hz, count)
    return np.sin(2 * np.pi * (times_s[:, None] * hz + random.uniform(size=count)))


def _slow(times_s: Floats, count: int, random: np.random.Generator) -> Floats:
    return 0.7 * _waves(times_s, count, 0.1, 2.0, random) + 0.3 * _waves(times_s, count, 1.0, 4.0, random)


def _fast(times_s: Floats, count: int, random: np.random.Generator) -> Floats:
    return _waves(times_s, count, 4.0, 15.0, random)


def _saturated(times_s: Floats, count: int, random: np.random.Generator) -> Floats:
    return random.uniform(1.1, 5.0, count) * _waves(times_s, count, 0.3, 6.0, random)


def _steps(times_s: Floats, count: int, random: np.random.Generator) -> Floats:
    levels = random.uniform(-1.3, 1.3, (len(times_s), count))
    changes = np.cumsum(random.uniform(size=levels.shape) < 0.15, axis=0)
    return np.take_along_axis(levels, np.minimum(changes, len(levels) - 1), axis=0)


def _spikes(times_s: Floats, count: int, random: np.random.Generator) -> Floats:
    shape = (len(times_s), count)
    rest = random.choice([-1.0, 0.0, 1.0], count)
    return np.where(random.uniform(size=shape) < 0.05, random.uniform(-1.0, 1.0, shape), rest)


def _noise(times_s: Floats, count: int, random: np.random.Generator) -> Floats:
    return random.uniform(-1.2, 1.2, (len(times_s), count))


def _still(times_s: Floats, count: int, random: np.random.Generator) -> Floats:
    return np.tile(random.choice([-1.0, 0.0, 0.4, 1.0], count), (len(times_s), 1))


def bounds_of(names: str) -> dict[str, tuple[float, float]]:
    """Least and greatest value of each channel of a rig ("mh3", "mh4", "unreal" or "arkit")."""
    if names == "arkit":
        return dict.fromkeys(rig.ARKIT_NAMES, (0.0, 1.0))
    called = {"mh3": "name", "mh4": "maya_mh4", "unreal": "unreal"}[names]
    ranges = zip(rig.CONTROLS, rig.MINIMUM.tolist(), rig.MAXIMUM.tolist(), strict=True)
    return {getattr(control, called): (low, high) for control, low, high in ranges if getattr(control, called)}
