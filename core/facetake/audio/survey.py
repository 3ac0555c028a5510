"""What is learnt of a recording before it is used: how long it is, which channels speak, how loud the voice is.

One pass over the sound, in constant memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from facetake.arrays import F64
from facetake.audio.units import Floats
from facetake.errors import AudioError

LOST: Final = 0.2  # share of a channel's power below which the mean has lost it: half a voice has 0.25
LEVEL_S: Final = 0.02  # of one measurement of the level
FAINTEST_DB: Final = -150  # levels are counted from here: below what 24 bits can hold (-144)
LOUDEST_DB: Final = 200  # and to here: `LOUDEST` in dB
FAINT_DB: Final = -40  # of full scale: the level of its loud parts, below which the lips of a voice begin to change
MOST_DB: Final = 12  # a float file may well clip a little; far more is another scale, as that of 16-bit numbers
USUAL_DB: Final = -20  # to what a faint or far too loud voice is brought: where usual ones are loud
LEAST_DB: Final = -85  # what is fainter is the noise of 16 bits
VOICED_DB: Final = 12  # between loud and soft parts: a voice comes and goes, noise does not
APART_DB: Final = 12  # by which a channel is alone: a voice before two microphones is nearly as loud in both
ALONE_S: Final = 0.5  # so long each of two channels is alone where two people speak: a few words
NEAR_DB: Final = 20  # below a channel's loud parts, what still counts as speech in it
BESIDE_DB: Final = 25  # below the loudest channel, what no longer counts as a voice of its own
MOST_COMPARED: Final = 16  # channels: more are an orchestra's, and comparing each with each takes long
LOUDEST: Final = 1e10  # of full scale: whole numbers of 32 bits written as floats reach 2e9; what is beyond is damage
BOTH_HEARD: Final = (
    "one mouth speaks for all; give a file of one, or 'facetake scene FILE --channels' for a take of each"
)
"""What becomes of several voices in one recording."""
RATES_HZ: Final = (2_000, 768_000)  # below, nothing of speech is left; 16 times 48 kHz is the most that converters have


@dataclass
class Run:
    """A stretch of one rate and one number of channels.

    Attributes:
        rate_hz: samples a second.
        mixes: (M, channels) ways to make one channel of them: their mean, half the difference of two, and each alone.
        n_samples: how many there are.
    """

    rate_hz: int
    mixes: Floats
    n_samples: int = 0
    _power: F64 = field(default_factory=lambda: np.zeros(0))
    _levels: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    _kept: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    _alone: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 0, 0), np.int64))

    @classmethod
    def of(cls, rate_hz: int, channels: int) -> Run:
        """A run without samples."""
        rows = [np.full((1, channels), 1.0 / channels)]
        if channels == 2:
            rows.append(np.array([[0.5, -0.5]]))
        if channels > 1:
            rows.append(np.eye(channels))
        mixes = np.concatenate(rows).astype(np.float32)
        many = len(mixes)
        levels = np.zeros((many, 1 + LOUDEST_DB - FAINTEST_DB), np.int64)
        compared = channels if 1 < channels <= MOST_COMPARED else 0
        alone = np.zeros((compared, compared, levels.shape[1]), np.int64)
        return cls(rate_hz, mixes, 0, np.zeros(many), levels, np.zeros((many, 0), np.float32), alone)

    def add(self, samples: Floats) -> None:
        """Takes the next samples (s, channels)."""
        self.n_samples += len(samples)
        step = max(1, round(LEVEL_S * self.rate_hz))
        mixed = np.concatenate([self._kept, self.mixes @ samples.T], axis=1)
        count = mixed.shape[1] // step
        self._kept = mixed[:, count * step :].copy()
        parts = mixed[:, : count * step].reshape(len(self.mixes), count, step)
        parts = parts - parts.mean(axis=2, keepdims=True)  # an offset is no sound
        power = np.einsum("mns,mns->mn", parts, parts).astype(np.float64) / step
        self._power += power.sum(axis=1)
        levels = np.clip(10.0 * np.log10(power + 1e-30), FAINTEST_DB, LOUDEST_DB).round().astype(int) - FAINTEST_DB
        for mix, row in enumerate(levels):
            self._levels[mix] += np.bincount(row, minlength=self._levels.shape[1])
        channels = levels[len(self.mixes) - self.mixes.shape[1] :]
        for one, row in enumerate(channels if self._alone.size else ()):
            for other in range(len(channels)):
                there = row[row - channels[other] >= APART_DB]
                self._alone[one, other] += np.bincount(there, minlength=self._levels.shape[1])

    def best(self) -> int:
        """The mix in which the voice is: the mean, unless much of it is lost there."""
        if self._power[0] >= LOST * self._power.max():
            return 0
        return int(np.flatnonzero(self._power >= 0.8 * self._power.max())[0])

    def levels(self) -> NDArray[np.int64]:
        """How often each level was found in the best mix, from the faintest on in whole dB of full scale."""
        levels: NDArray[np.int64] = self._levels[self.best()]
        return levels

    def said(self) -> str:
        """What is worth telling about the best mix; nothing about the mean."""
        best = self.best()
        channels = self.mixes.shape[1]
        if best == 0:
            return self._two_voices()
        alone = best - (len(self.mixes) - channels)
        if alone < 0:
            return "has two channels that cancel each other out; their difference is heard"
        return f"has {channels} channels of which the mean loses the voice; channel {alone + 1} alone is heard"

    def _two_voices(self) -> str:
        """What to tell where in each of two channels somebody speaks while the other is silent; else nothing."""
        heard = self._levels[len(self.mixes) - self.mixes.shape[1] :]
        ends = [tuple(_level_db(counts, share) for share in (0.2, 0.95)) for counts in heard]
        loudest = max(loud for _, loud in ends)
        voices = [
            channel
            for channel, (low, loud) in enumerate(ends[: len(self._alone)])
            if loud >= loudest - BESIDE_DB and loud - low >= VOICED_DB
        ]
        for one, other in combinations(voices, 2):
            pairs = ((one, other), (other, one))
            spoken = [self._alone[i, j, ends[i][1] - NEAR_DB - FAINTEST_DB :].sum() * LEVEL_S for i, j in pairs]
            if min(spoken) >= ALONE_S:
                return f"has different voices in its channels {one + 1} and {other + 1}; {BOTH_HEARD}"
        return ""


def _level_db(counts: NDArray[np.int64], share: float) -> int:
    """The level of full scale below which that share of counted levels lies."""
    found = int(np.searchsorted(counts.cumsum(), share * counts.sum()))
    return max(found + FAINTEST_DB, FAINTEST_DB + NEAR_DB)


@dataclass(frozen=True)
class Survey:
    """What was found.

    Attributes:
        runs: stretches of one rate and number of channels, in order.
        gain: factor that makes a faint voice one of usual level; 1 for any other sound.
        told: what is worth telling about it, to go after the file's name.
    """

    runs: tuple[Run, ...]
    gain: float
    told: tuple[str, ...]

    @property
    def duration_s(self) -> Fraction:
        """How long it is, exactly."""
        return sum((Fraction(run.n_samples, run.rate_hz) for run in self.runs), Fraction(0))


def survey(path: Path, blocks: Iterable[tuple[int, Floats]]) -> Survey:
    """Listens to a recording once.

    Args:
        path: for messages.
        blocks: rate and samples (s, channels) of all of it.

    Raises:
        AudioError: a sample is not a finite number or beyond any scale, or a rate is absurd.
    """
    runs: list[Run] = []
    for rate_hz, samples in blocks:
        if not RATES_HZ[0] <= rate_hz <= RATES_HZ[1]:
            raise AudioError(f"{path} says {rate_hz} samples a second; {RATES_HZ[0]} to {RATES_HZ[1]} can be read")
        if not runs or (runs[-1].rate_hz, runs[-1].mixes.shape[1]) != (rate_hz, samples.shape[1]):
            runs.append(Run.of(rate_hz, samples.shape[1]))
        _check(path, runs[-1], samples)
        runs[-1].add(samples)
    gain_db, loud_db = _gain_db(runs)
    told = dict.fromkeys(sentence for run in runs if (sentence := run.said()))
    if gain_db > 0:
        told[f"is very quiet ({loud_db} dB of full scale where it is loud); it is heard {gain_db} dB louder"] = None
    if gain_db < 0:
        told[f"is far above full scale (by {loud_db} dB where it is loud); it is heard {-gain_db} dB quieter"] = None
    return Survey(tuple(runs), 10.0 ** (gain_db / 20.0), tuple(told))


def _check(path: Path, run: Run, samples: Floats) -> None:
    """Raises AudioError where one of the samples (s, channels) that follow in a run is none."""
    bad = ~(np.abs(samples) <= LOUDEST).all(axis=1)
    if not bad.any():
        return
    first = int(bad.argmax())
    worst = float(np.abs(samples[first]).max())
    what = f"{worst:.0e} times full scale, which no scale reaches" if np.isfinite(worst) else "not a number"
    sample = run.n_samples + first
    raise AudioError(f"{path}: sample {sample} (at {sample / run.rate_hz:.3f} s) is {what}; export the file again")


def _gain_db(runs: Sequence[Run]) -> tuple[int, int]:
    """How much louder a faint voice has to be, or quieter one above full scale, and how loud it is; else (0, ...)."""
    counts = sum((run.levels() for run in runs), np.zeros(1 + LOUDEST_DB - FAINTEST_DB, np.int64)).cumsum()
    low_db, loud_db = (int(np.searchsorted(counts, share * counts[-1])) + FAINTEST_DB for share in (0.2, 0.95))
    is_faint_voice = LEAST_DB <= loud_db < FAINT_DB and loud_db - low_db >= VOICED_DB
    return USUAL_DB - loud_db if is_faint_voice or loud_db > MOST_DB else 0, loud_db
