"""What is measured of a finished take: one number a check, with where it was found. Knows no limits.

Made so that takes of other makers, captured or keyed by hand, pass what is good in them: a closure counts where the
sound is sure of it and against the line's own way of opening, lips against what real ones do (`lipsync`). Moods on the
face are read by the classifier, which reads curves alone and did not make them.
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
from facetake.qc import lipsync
from facetake.script import Aligned
from facetake.take import Take, resample
from facetake.visemes import CLOSED, TEETH, VISEMES

PLACES = 5  # named by a finding
NAMED = 3  # differences from a text that a finding names: more is no sentence
SPEECH_LEAST_S = 0.5  # of speech, below which lips and sound are not compared
ALIVE_LEAST_S = 2.0  # of speech, within which every living control moves
STILL = 0.2
SETTLES_S = 0.1
MOVES = 0.02
"""Silence of at least the first, in seconds, is looked at, without the second at either end, in which mouths settle and
breathe in; a control that moves less than the third is dead."""
SURE = 0.8  # probability from which on a p or f is surely heard: with less, captured lips often do something else
SURE_S = 1 / 30  # on either side of a closure in which it is surely heard: lips meet that much beside the sound
AROUND_S = 0.08  # on either side of a closure in which lips may close instead: the ear is no more exact
PARTED = 0.08
OPEN_SHARE = 0.3
WIDE_SHARE = 0.5
"""Lips are open at a p beyond the first and this share of the line's wide opening, at an f beyond that of the third."""
TUCKED = 0.04  # of the lower lip, drawn to the teeth: captured ones had 0.045 at least where lips were sealed
WIDE = 90  # percentile of the opening in speech
SMALL = 10  # percentile likewise: between the two lies how far a mouth is moved
EXPRESSION_S = 2.0  # in which a face that feels something moves
HEAD_S: Final = 0.5
HEAD_DEG: Final = 0.3
"""A head that turns less than the second in any axis within the first stands still."""
SHUT = 0.4  # of a lid, from which on an eye is closed
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
"""Controls that move in any second of speech."""
SPEAKING: Final = rig.columns("C_jaw")
"""Controls that move in any two seconds of speech, whoever made them: an artist may leave the lips' own at rest."""
EXPRESSIVE: Final = np.flatnonzero(rig.region_mask("brow", "cheek", "nose"))
LIDS: Final = rig.both("eye_blink")
BLINKS: Final = "blinks"
"""No check by itself: `shared` makes one of the blinks of many takes."""
TUCKS: Final = ("lipBiteD", "lipsTogetherD", "lipsRollD")
"""What draws a lower lip towards the teeth, on rigs of either kind."""
_PAIRS, _SIGNS = rig.mirror_columns()
KEYED: Final = np.array([control.keyed == "yes" and control.region != "eye" for control in rig.CONTROLS])
"""Controls that are animated, without eyes: they look where they like, and lids reach their end in every blink."""
PAIRED: Final = np.flatnonzero((np.arange(rig.N_CONTROLS) < _PAIRS) & KEYED)
"""One control of every pair."""
_TOGETHER: Final = np.concatenate([rig.both("mouth_lipsTogetherU"), rig.both("mouth_lipsTogetherD")])
LIMITED: Final = np.setdiff1d(np.flatnonzero(KEYED), _TOGETHER)
"""Controls whose end of the range is no pose of its own, as lips that are together are."""


@dataclass(frozen=True)
class HeardSpeech:
    """What was heard in the recording, at the take's rate.

    Attributes:
        visemes: (T, 16) probabilities.
        closures: where the lips have to close, in seconds.
        speech: (T,) 0..1, where the mouth may move.
        aligned: the line's text in time, and where the sound says something else; None where no text is known.
    """

    visemes: F32
    closures: Sequence[lip_closure.Closure]
    speech: F32
    aligned: Aligned | None = None


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
    heard: HeardSpeech | None,
    emotion: EmotionTrack,
    classifier: VisemeClassifier,
    approved: Take | None = None,
    only: Sequence[str] = (),
) -> tuple[Measured, ...]:
    """Everything that can be measured of a take; what does not apply to it is left out.

    Args:
        take: generated or restyled, at any rate.
        heard: what was heard; where it differs in length, what both have counts. None for a take without its sound,
            of which only what needs none is measured.
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
        self,
        take: Take,
        heard: HeardSpeech | None,
        emotion: EmotionTrack,
        classifier: VisemeClassifier,
        only: Sequence[str],
    ) -> None:
        count = take.n_frames if heard is None else min(take.n_frames, len(heard.visemes))
        self.take = take
        self.values = take.values[:count]
        self.head = None if take.head is None else take.head[:count]
        self.rate = float(take.rate)
        self.heard = heard or _unheard(count)
        self.has_sound = heard is not None
        self.visemes = self.heard.visemes[:count]
        self.speech = self.heard.speech[:count]
        self.times_s = take.times_s[:count]
        self.mood = emotion.sample(self.times_s)
        self.classifier = classifier
        self.asked = rig.region_mask(*only) if only else np.ones(rig.N_CONTROLS, bool)

    def all(self, approved: Take | None) -> Iterator[Measured]:
        """Every number that applies."""
        if self.asked[HELD].all():
            yield self.jitter()
            if self.has_sound:
                yield from self.mouth()
        if self.heard.aligned is not None and self.heard.aligned.n_words:
            yield script(self.heard.aligned)
        yield self.clipped()
        yield self.asymmetry()
        if self.head is not None:
            yield self.stops()
        if self.asked[LIDS].all():
            yield self.blinks()
        if self.asked.all():
            yield from self.emotion()
        if approved is not None:
            yield self.drift(approved)

    def mouth(self) -> Iterator[Measured]:
        """What the mouth does to what is heard."""
        yield self.unsealed()
        yield self.toothless()
        yield self.silence()
        if self.speaks_s >= ALIVE_LEAST_S:
            yield self.dead()
            yield self.small()
        if self._spoken() >= SPEECH_LEAST_S:
            yield self.still()
            if len(self.values) >= lipsync.LEAST_S * self.rate:
                yield from self.lips()

    def unsealed(self) -> Measured:
        """Share of the p, b, m that are surely heard at which the lips stay open.

        Takes of Facetake are held to more than those of others: their lips were sealed at just these places.
        """
        least = [float(self._opening[rows].min()) for rows, _ in self._sure("p")]
        sealed = str(self.take.origin.get("made_by", "")).startswith("facetake")
        most = PARTED + (0.0 if sealed else OPEN_SHARE * self._wide)
        return self._closures("unsealed", "p", [one > most for one in least])

    def toothless(self) -> Measured:
        """Share of the f, v that are surely heard and look like a vowel, wide open, or an m, sealed and not tucked."""
        most = PARTED + WIDE_SHARE * self._wide
        reach = np.max([self.values[:, rig.both(f"mouth_{name}")].mean(axis=1) for name in TUCKS], axis=0)
        sure = self._sure("f")
        least = [float(self._opening[rows].min()) for rows, _ in sure]
        tucked = [bool(reach[rows].max() >= TUCKED) for rows, _ in sure]
        off = [
            one > most or (one <= mouth.SEALED_APERTURE and not tuck) for one, tuck in zip(least, tucked, strict=True)
        ]
        return self._closures("toothless", "f", off)

    def silence(self) -> Measured:
        """How far the lips open and close within a silence in which the mood stands still, as `mouth.aperture`."""
        changes = np.abs(np.diff(self.mood, axis=0, prepend=self.mood[:1])).max(axis=1) > 1e-6
        settles = round(SETTLES_S * self.rate)
        worst = 0.0
        places = []
        for first, last in _runs((self.speech == 0.0) & ~changes):
            first = first + settles * (first > 0)
            last = last - settles * (last < len(self.speech))
            if last - first >= STILL * self.rate:
                moved = float(np.ptp(self._opening[first:last]))
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
        """How many of the jaw's controls do not move while somebody speaks."""
        moves = np.ptp(self.values[self.speech == 1.0][:, SPEAKING], axis=0)
        still = SPEAKING[moves < MOVES]
        return Measured("dead", float(len(still)), (), ", ".join(rig.NAMES[column] for column in still[:PLACES]))

    def small(self) -> Measured:
        """How far the lips open and close in speech: from the 10th to the 90th hundredth, as `mouth.aperture`."""
        return Measured("small", float(np.ptp(np.percentile(self._opening[self.speech == 1.0], [SMALL, WIDE]))))

    def stops(self) -> Measured:
        """The longest time in seconds for which a head stands still in a line that is spoken."""
        assert self.head is not None
        window = max(2, round(HEAD_S * self.rate))
        if len(self.head) < window:
            return Measured("head", 0.0)
        reach = ndimage.maximum_filter1d(self.head, window, axis=0) - ndimage.minimum_filter1d(
            self.head, window, axis=0
        )
        stands = ndimage.binary_dilation(reach.max(axis=1) < HEAD_DEG, np.ones(window, bool))
        found = [((last - first) / self.rate, float(self.times_s[first])) for first, last in _runs(stands)]
        longest = max(found, default=(0.0, 0.0))
        return Measured("head", float(longest[0]), (round(longest[1], 3),) if found else ())

    def blinks(self) -> Measured:
        """How often both eyes close, and when: what other lines of a batch do is not known here."""
        shut = self.values[:, LIDS].min(axis=1) > SHUT
        begins = self.times_s[[first for first, _ in _runs(shut)]]
        return Measured(BLINKS, float(len(begins)), _places(begins))

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
        """How much better lips and sound agree than at another moment of the line, and how far they are apart."""
        found = lipsync.agreement(self.values, self.visemes, self.take.rate)
        places = tuple(round(one.start_s + float(self.take.start), 3) for one in found.missed)
        yield Measured("lips", found.margin, places)
        yield Measured("lag", abs(found.lag_ms), (), "late" if found.lag_ms > 0 else "early")

    def emotion(self) -> Iterator[Measured]:
        """Where a mood is asked for strongly: how likely it is on the face, and how far brows, cheeks and nose move."""
        asked = self.mood[:, 1:]
        strong = asked.sum(axis=1) >= STRONG
        if strong.sum() >= SPEECH_LEAST_S * self.rate:
            seen = np.where(asked[strong] > 0.0, self._moods[: len(asked)][strong, 1:], 0.0).sum(axis=1)
            what = EMOTIONS[1 + int(asked[strong].sum(axis=0).argmax())]
            yield Measured("emotion", float(seen.mean()), (), what)
            if (moved := expression(self.values, self.rate)) is not None:
                yield Measured("frozen", moved, (), what)

    def drift(self, approved: Take) -> Measured:
        """Largest mean difference of a control from the approved version, over the time that both have."""
        other = resample(approved, self.take.rate).values
        count = min(len(self.values), len(other))
        away = np.abs(self.values[:count] - other[:count])
        mean = away.mean(axis=0)
        most = int(mean.argmax())
        at = self.times_s[[int(away[:, most].argmax())]]
        return Measured("drift", float(mean[most]), _places(at) if mean[most] else (), rig.NAMES[most])

    @property
    def speaks_s(self) -> float:
        """Seconds in which somebody speaks."""
        return float((self.speech == 1.0).sum()) / self.rate

    @cached_property
    def _moods(self) -> F32:
        """Moods (T, 7) on the face, at the take's rate."""
        even = resample(self.take, Fraction(FRAME_RATE_HZ))
        moods = self.classifier.read(even.values)[1]
        nearest = np.round((self.take.times_s - float(self.take.start)) * FRAME_RATE_HZ).astype(int)
        return np.asarray(moods[np.clip(nearest, 0, len(moods) - 1)])

    @cached_property
    def _opening(self) -> F32:
        """(T,) opening of the lips."""
        return mouth.aperture(self.values)

    @cached_property
    def _wide(self) -> float:
        """How far the lips open when they open wide in this line."""
        speaks = self._opening[self.speech == 1.0]
        return float(np.percentile(speaks, WIDE)) if len(speaks) else 0.0

    def _sure(self, kind: str) -> list[tuple[slice, float]]:
        """Closures of a kind that the sound is sure of: frames around each, and its middle in seconds."""
        column = self.visemes[:, VISEMES.index({"p": CLOSED, "f": TEETH}[kind])]
        found = []
        beside = round(SURE_S * self.rate)
        for one in self.heard.closures:
            first, last = (round((at - float(self.take.start)) * self.rate) for at in (one.start_s, one.end_s))
            if one.kind != kind or first < 0 or last >= len(column):
                continue
            if column[max(0, first - beside) : last + beside + 1].max() < SURE:
                continue
            around = round(AROUND_S * self.rate)
            found.append((slice(max(0, first - around), last + around + 1), (one.start_s + one.end_s) / 2))
        return found

    def _closures(self, name: str, kind: str, missed: list[bool]) -> Measured:
        sure = self._sure(kind)
        places = tuple(round(at, 3) for (_, at), is_missed in zip(sure, missed, strict=True) if is_missed)
        return Measured(name, len(places) / max(len(sure), 1), places)

    def _spoken(self) -> float:
        """Seconds in which a viseme is heard."""
        return float((self.visemes.argmax(axis=1) != VISEMES.index("sil")).sum()) / self.rate


def script(aligned: Aligned) -> Measured:
    """Share of the words of a line's text that the sound does not say, or says beside them."""
    off = sum(max(1, len(one.text.split())) for one in aligned.differences)
    what = "; ".join(one.sentence for one in aligned.differences[:NAMED])
    return Measured("script", off / aligned.n_words, (), what)


def expression(values: F32, rate: float) -> float | None:
    """How far the liveliest of brows, cheeks and nose moves within two seconds, in the middle of all such stretches.

    None for less than two seconds. values: (T, 174).
    """
    window = round(EXPRESSION_S * rate)
    if len(values) < window:
        return None
    moved = [
        float(np.ptp(values[first : first + window, EXPRESSIVE], axis=0).max())
        for first in range(0, len(values) - window + 1, window // 4)
    ]
    return float(np.median(moved))


def _unheard(count: int) -> HeardSpeech:
    """Nothing, of a take whose sound is not known."""
    silent = np.zeros((count, len(VISEMES)), np.float32)
    silent[:, VISEMES.index("sil")] = 1.0
    return HeardSpeech(silent, (), np.zeros(count, np.float32))


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
