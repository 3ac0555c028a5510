"""What is measured of a finished take: one number a check, with where it was found. Knows no limits.

Mouths are judged by `facetake.mouth` and `facetake.postprocess.lip_closure`, as everywhere; visemes and moods on
the face by the classifier, which reads curves alone and did not make them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import cache, cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, signal

from facetake import mouth, rig
from facetake.arrays import F32
from facetake.audio import FRAME_RATE_HZ
from facetake.emotion import EMOTIONS, EmotionTrack
from facetake.files import json_text
from facetake.inference import VisemeClassifier
from facetake.postprocess import lip_closure, silence
from facetake.take import Take, resample
from facetake.visemes import VISEMES, synchrony

PLACES = 5  # named by a finding
SPEECH_LEAST_S = 0.5  # of speech, below which lips and sound are not compared
ALIVE_LEAST_S = 2.0  # of speech, within which every living control moves
STILL = 0.2
MOVES = 0.02
"""Silence of at least the first, in seconds, is looked at; a control that moves less than the second is dead."""
STILL_S: Final = 1.0
HARDLY: Final = 0.05
"""A mouth of which no living control moves more than the second within the first, in seconds, stands still."""
JITTER_BLOCK_S = 0.5  # in which a tremble is looked for: longer than a closure
QUIET = 25  # percentile of a block's frames: a closure is fast, too, but fills no three quarters of one
SHORTEST_FILTERED = 20  # frames that the filter needs
FILTERED_FRAMES = 4096  # of all controls at once; fewer controls of a longer take, so that it needs little memory
STRONG = 0.5  # weight from which on a mood has to be seen: weaker ones are meant to be subtle
HELD: Final = silence.HELD_COLUMNS
LIVING: Final = np.concatenate(
    [
        rig.columns("C_jaw"),
        *(rig.both(f"mouth_{name}") for name in "lipsTogetherU lipsTogetherD lowerLipDepress upperLipRaise".split()),
    ]
)
"""Controls that move in any two seconds of speech."""
_PAIRS, _SIGNS = rig.mirror_columns()
KEYED: Final = np.array([control.keyed == "yes" and control.region != "eye" for control in rig.CONTROLS])
"""Controls that are animated, without eyes: they look where they like, and lids reach their end in every blink."""
PAIRED: Final = np.flatnonzero((np.arange(rig.N_CONTROLS) < _PAIRS) & KEYED)
"""One control of every pair."""
LIMITED: Final = np.flatnonzero(KEYED)


@dataclass(frozen=True)
class HeardSpeech:
    """What was heard in the recording, at the take's rate.

    Attributes:
        visemes: (T, 16) probabilities.
        closures: where the lips have to close, in seconds.
        speech: (T,) 0..1, where the mouth may move.
    """

    visemes: F32
    closures: Sequence[lip_closure.Closure]
    speech: F32


@dataclass(frozen=True)
class Measured:
    """One number of a take.

    Attributes:
        name: of the check.
        value: the number.
        at_s: where it is worst, in seconds, in order of time.
        what: names of controls or of a mood, for the message.
    """

    name: str
    value: float
    at_s: tuple[float, ...] = ()
    what: str = ""


def measure(
    take: Take,
    heard: HeardSpeech,
    emotion: EmotionTrack,
    classifier: VisemeClassifier,
    approved: Take | None = None,
    only: Sequence[str] = (),
) -> tuple[Measured, ...]:
    """Everything that can be measured of a take; what does not apply to it is left out.

    Args:
        take: generated or restyled, at any rate.
        heard: what was heard; where it differs in length, what both have counts.
        emotion: the mood that was asked for.
        classifier: reads visemes and moods from curves.
        approved: the last version that somebody approved.
        only: regions that were asked for, as in `GenerateOptions`; empty for all.
    """
    return tuple(_Look(take, heard, emotion, classifier, only).all(approved))


def to_json(found: Iterable[Measured]) -> str:
    """Measurements as one line of JSON."""
    return json_text.dump([asdict(one) for one in found], separators=(",", ":"))


def from_json(text: str) -> tuple[Measured, ...]:
    """What `to_json` wrote. Raises ValueError, TypeError or KeyError for anything else."""
    found = tuple(
        Measured(one["name"], float(one["value"]), tuple(map(float, one["at_s"])), one["what"])
        for one in json_text.load(text)
    )
    for one in found:
        if (
            not isinstance(one.name, str)
            or not isinstance(one.what, str)
            or not np.isfinite([one.value, *one.at_s]).all()
        ):
            raise ValueError("a measurement is none")
    return found


class _Look:
    """A take beside what was heard, cut to what both have; each method gives one check's numbers."""

    def __init__(
        self, take: Take, heard: HeardSpeech, emotion: EmotionTrack, classifier: VisemeClassifier, only: Sequence[str]
    ) -> None:
        count = min(take.n_frames, len(heard.visemes))
        self.take = take
        self.values = take.values[:count]
        self.rate = float(take.rate)
        self.heard = heard
        self.visemes = heard.visemes[:count]
        self.speech = heard.speech[:count]
        self.times_s = take.times_s[:count]
        self.mood = emotion.sample(self.times_s)
        self.classifier = classifier
        self.asked = rig.region_mask(*only) if only else np.ones(rig.N_CONTROLS, bool)

    def all(self, approved: Take | None) -> Iterator[Measured]:
        """Every number that applies."""
        speaks = float((self.speech == 1.0).sum()) / self.rate
        if self.asked[HELD].all():
            yield self.unsealed()
            yield self.silence()
            yield self.jitter()
            if speaks >= ALIVE_LEAST_S:
                yield self.dead()
            if self._spoken() >= SPEECH_LEAST_S:
                yield self.still()
                yield from self.lips()
        yield self.clipped()
        yield self.asymmetry()
        if self.asked.all():
            yield from self.emotion()
        if approved is not None:
            yield self.drift(approved)

    def unsealed(self) -> Measured:
        """Share of the p, b, m at which the lips stay open."""
        wanted = [one for one in self.heard.closures if one.kind == "p" and one.end_s < self.times_s[-1]]
        start_s = float(self.take.start)
        open_ = lip_closure.check_seals(self.values, wanted, self.rate, start_s)
        places = tuple(round((one.start_s + one.end_s) / 2, 3) for one in open_)
        return Measured("unsealed", len(open_) / max(len(wanted), 1), places)

    def silence(self) -> Measured:
        """How far the mouth moves in a silence in which the mood stands still, in units of the controls."""
        changes = np.abs(np.diff(self.mood, axis=0, prepend=self.mood[:1])).max(axis=1) > 1e-6
        worst = 0.0
        places = []
        for first, last in _runs((self.speech == 0.0) & ~changes):
            first = first + (first > 0)  # a frame of another rate lies between
            last = last - (last < len(self.speech))
            if last - first >= STILL * self.rate:
                moved = float(np.ptp(self.values[first:last, HELD], axis=0).max())
                places.append((moved, float(self.times_s[first])))
                worst = max(worst, moved)
        return Measured("silence", worst, _worst([one for one in places if one[0] > MOVES]))

    def clipped(self) -> Measured:
        """Largest share of the frames that one control spends at an end of its range that is not its rest."""
        values = self.values[:, LIMITED]
        low = rig.MINIMUM[LIMITED]
        high = rig.MAXIMUM[LIMITED]
        rest = rig.NEUTRAL[LIMITED]
        at_end = ((values <= low) & (low != rest)) | ((values >= high) & (high != rest))
        shares = at_end.mean(axis=0)
        most = int(shares.argmax())
        first = np.flatnonzero(at_end[:, most])[:1]
        return Measured("clipped", float(shares[most]), _places(self.times_s[first]), rig.NAMES[LIMITED[most]])

    def jitter(self) -> Measured:
        """How far the mouth's controls move above 12 Hz on average in the half second that shakes most.

        Of its frames the quietest quarter tells, as a closure is fast, too, but over soon. 0 at 24 fps and below.
        """
        length = round(JITTER_BLOCK_S * self.rate)
        if self.rate <= 2 * mouth.JITTER_HZ or len(self.values) < max(length, SHORTEST_FILTERED):
            return Measured("jitter", 0.0)
        square = np.zeros(len(self.values))
        parts = min(1 + len(self.values) // FILTERED_FRAMES, len(HELD))
        for columns in np.array_split(HELD, parts):
            square += np.square(_fast(self.values[:, columns], self.rate)).sum(axis=1)
        moved = np.sqrt(square / len(HELD))
        count = len(moved) // length
        blocks = np.percentile(moved[: count * length].reshape(count, length), QUIET, axis=1)
        most = int(blocks.argmax())
        return Measured("jitter", float(blocks[most]), _places(self.times_s[[most * length]]))

    def asymmetry(self) -> Measured:
        """Largest mean difference between a control and its mirror."""
        away = np.abs(self.values[:, PAIRED] - self.values[:, _PAIRS[PAIRED]] * _SIGNS[PAIRED])
        mean = away.mean(axis=0)
        most = int(mean.argmax())
        at = self.times_s[[int(away[:, most].argmax())]]
        return Measured("asymmetry", float(mean[most]), _places(at), rig.NAMES[PAIRED[most]])

    def dead(self) -> Measured:
        """How many of the living controls do not move while somebody speaks."""
        moves = np.ptp(self.values[self.speech == 1.0][:, LIVING], axis=0)
        still = LIVING[moves < MOVES]
        return Measured("dead", float(len(still)), (), ", ".join(rig.NAMES[column] for column in still[:PLACES]))

    def still(self) -> Measured:
        """Most seconds of speech that are heard within one stretch of time in which the mouth stands still."""
        window = max(1, round(STILL_S * self.rate))
        moves = np.zeros(len(self.values), np.float32)
        for column in LIVING:
            curve = self.values[:, column]
            reach = ndimage.maximum_filter1d(curve, window) - ndimage.minimum_filter1d(curve, window)
            np.maximum(moves, reach, out=moves)
        # Where a whole window stands still, all its frames do.
        stands = ndimage.binary_dilation(moves < HARDLY, np.ones(window, bool))
        speaks = (self.visemes.argmax(axis=1) != VISEMES.index("sil")) & (self.speech > 0.0)
        found = [(float(speaks[first:last].sum()) / self.rate, first) for first, last in _runs(stands)]
        places = [(spoken, float(self.times_s[first])) for spoken, first in found if spoken >= SPEECH_LEAST_S]
        return Measured("still", max((spoken for spoken, _ in found), default=0.0), _worst(places))

    def lips(self) -> Iterator[Measured]:
        """How lips and sound agree, and how far they are apart in time."""
        found = synchrony(self.visemes, self._read[0][: len(self.visemes)], self.take.rate)
        places = tuple(round(one.start_s + float(self.take.start), 3) for one in found.missed)
        yield Measured("lipsync", found.agreement, places)
        yield Measured("lag", abs(found.lag_ms), (), "late" if found.lag_ms > 0 else "early")

    def emotion(self) -> Iterator[Measured]:
        """How likely the asked moods are on the face where they are asked for strongly; nothing where none is."""
        asked = self.mood[:, 1:]
        strong = asked.sum(axis=1) >= STRONG
        if strong.sum() >= SPEECH_LEAST_S * self.rate:
            seen = np.where(asked[strong] > 0.0, self._read[1][: len(asked)][strong, 1:], 0.0).sum(axis=1)
            what = EMOTIONS[1 + int(asked[strong].sum(axis=0).argmax())]
            yield Measured("emotion", float(seen.mean()), (), what)

    def drift(self, approved: Take) -> Measured:
        """Largest mean difference of a control from the approved version, over the time that both have."""
        other = resample(approved, self.take.rate).values
        count = min(len(self.values), len(other))
        away = np.abs(self.values[:count] - other[:count])
        mean = away.mean(axis=0)
        most = int(mean.argmax())
        at = self.times_s[[int(away[:, most].argmax())]]
        return Measured("drift", float(mean[most]), _places(at) if mean[most] else (), rig.NAMES[most])

    @cached_property
    def _read(self) -> tuple[F32, F32]:
        """Visemes (T, 16) and moods (T, 7) on the face, at the take's rate: read once, as that takes longest."""
        even = resample(self.take, Fraction(FRAME_RATE_HZ))
        shapes, moods = self.classifier.read(even.values)
        nearest = np.round((self.take.times_s - float(self.take.start)) * FRAME_RATE_HZ).astype(int)
        rows = np.clip(nearest, 0, len(shapes) - 1)
        return shapes[rows], moods[rows]

    def _spoken(self) -> float:
        """Seconds in which a viseme is heard."""
        return float((self.visemes.argmax(axis=1) != VISEMES.index("sil")).sum()) / self.rate


def _fast(values: F32, rate: float) -> NDArray[np.float64]:
    """(T, C) what of curves is faster than 12 Hz."""
    return np.asarray(signal.sosfiltfilt(_high_pass(rate), values, axis=0))


@cache
def _high_pass(rate: float) -> NDArray[np.float64]:
    """The filter for a rate, whose design takes longer than its use."""
    return np.asarray(signal.butter(4, mouth.JITTER_HZ, "high", fs=rate, output="sos"))


def _runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Stretches [first, last) of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def _places(times_s: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(round(float(time), 3) for time in times_s)


def _worst(found: list[tuple[float, float]]) -> tuple[float, ...]:
    """Times of the largest, in order of time."""
    return tuple(sorted(round(time, 3) for _, time in sorted(found, reverse=True)[:PLACES]))
