"""What a face does in what is not speech: curves of each kind of event, laid over a take at its times.

What is played stands in `performances.toml`. Laughs, sobs and coughs follow the pulses of their own sound where it has
any. A burst has the mouth for itself; a manner (whispered, sung) changes the mouth that speaks. Knows no audio files
and no closures; what counts as an event is said by `facetake.events`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from facetake import mouth, rig
from facetake.arrays import F32, F64
from facetake.events import BURSTS, MANNERS, Event, EventTrack
from facetake.motion import pulses
from facetake.motion.waves import minimum_jerk, smoothed
from facetake.visemes import CLOSED, TEETH, VISEMES

EVENT_STREAM: Final = 14
"""Mixed into the seed, so that nothing else depends on how many numbers events draw."""
MOUTH_S: Final = 0.12  # before and after a burst in which the mouth changes over: the words beside it keep theirs
SPREAD: Final = 0.12  # by which controls differ from one performance to the next: by eye, the same laugh twice shows
LEAN: Final = 0.1  # likewise, from one side of the face to the other
LEAST_AMOUNT: Final = 0.35  # of an event that is heard and hardly loud: one that cannot be seen need not be marked
USUAL_VOICE_DB: Final = -20.0  # of speech that fills a recording, for lines that have none beside their events
VOICE_LEAST: Final = 30  # frames of voice beside the events: with fewer its level says nothing
UNHEARD_DB: Final = -60.0
UNHEARD_AMOUNT: Final = 0.6
"""An event more quiet than the first was marked where there is no sound; it is performed with the second."""
LONG_VOWEL_S: Final = 0.13  # for which a sung vowel's opening is held beyond a spoken one's
SURE: Final = 0.8  # probability of a p or f within a burst from which on it is a word all the same
FULL: Final = 0.85  # of a control's range, above which movement is bent, for none to stand at its end
OPEN: Final = 0.5  # opening of a wide vowel (`facetake.mouth`)
SEEN_OPEN: Final = 0.45  # probability of an open vowel shown to rigs that are driven by visemes: below that of silence
UNSPOKEN: Final = 0.5  # of `Performances.opened`: neither silence, which has to be still, nor speech
ANGLES: Final = ("head.yaw", "head.pitch", "head.roll")
_VOWEL: Final = VISEMES.index("a")
_SILENCE: Final = VISEMES.index("sil")
_SEALING: Final = [VISEMES.index(CLOSED), VISEMES.index(TEETH)]
_LINGERING: Final = np.concatenate(
    [rig.both(f"mouth_{name}") for name in ("cornerPull", "sharpCornerPull", "cornerDepress", "dimple")]
)
"""Controls of the mouth that move with the face and not with the lips: a smile outlasts its laugh."""


@dataclass(frozen=True)
class _Variant:
    """One way to perform a kind of event, at amount 1.

    Attributes:
        at: shares of the event's time.
        hold: (N, 177) values at these of the controls and the head's three angles.
        pulse: (177,) added at the top of a pulse.
        scale: (174,) factor on a control's own movement.
        amounts: for which it is.
    """

    at: F64
    hold: F64
    pulse: F64
    scale: F64
    amounts: tuple[float, float]


@dataclass(frozen=True)
class _Kind:
    before_s: float
    after_s: float
    quiet_db: float
    loud_db: float
    rate_hz: float
    variants: tuple[_Variant, ...]


@dataclass(frozen=True)
class _Played:
    """An event as it is performed: rows of the take, and what is added there at a weight of 1."""

    event: Event
    rows: slice
    face: F64 = field(repr=False)
    lips: F64 = field(repr=False)
    added: F64 = field(repr=False)
    scale: F64 = field(repr=False)


class Performances:
    """The performances of a line's events, planned once from what is heard; without events every call does nothing."""

    def __init__(self, track: EventTrack, level_db: NDArray[np.floating], seed: int, rate: float = 60.0) -> None:
        """Plans them.

        Args:
            track: the events.
            level_db: (T,) loudness of the line.
            seed: not negative; another seed is another performance.
            rate: frames per second.
        """
        self._rate = rate
        voice_db = _voice_db(track, level_db, rate)
        self._played = tuple(
            _plan(one, level_db, voice_db, np.random.Generator(np.random.PCG64([seed, EVENT_STREAM, number])), rate)
            for number, one in enumerate(track.events)
        )

    def play(self, values: F32, weights: NDArray[np.floating], poses: F32) -> None:
        """Lays them over a take, in place, within the controls' ranges.

        Args:
            values: (T, 174) controls.
            weights: (T, 7) weights of emotions.
            poses: (7, 174) each emotion's face at rest, from which bursts begin.
        """
        for one in sorted(self._played, key=lambda one: one.event.kind in BURSTS):
            rows = values[one.rows]
            base = np.asarray(weights[one.rows], np.float64) @ poses
            if one.event.kind in MANNERS:
                _speak(rows, one, self._rate)
            else:
                _take_over(rows, one, base)
            _bend(rows)

    def turn(self, head: F32) -> None:
        """Adds what the head does, in place, to yaw, pitch and roll (T, 3) in degrees."""
        for one in self._played:
            head[one.rows] += (one.face[:, None] * one.added[:, rig.N_CONTROLS :]).astype(np.float32)

    def spoken(self, visemes: NDArray[np.floating]) -> F32:
        """(T,) 1 where lips close for words, 0 in bursts but on a p, b, m, f or v that is surely heard there."""
        found = np.ones(len(visemes), np.float32)
        for one in self._bursts():
            sure = visemes[one.rows][:, _SEALING].max(axis=1) >= SURE
            found[one.rows] = np.where((one.lips > 0.5) & ~sure, np.float32(0.0), found[one.rows])
        return found

    def seen(self, visemes: F32, values: F32) -> F32:
        """Visemes (T, 16) with what a burst's mouth shows in place of what the ear took its sound for."""
        bursts = self._bursts()
        found = visemes.copy() if bursts else visemes
        for one in bursts:
            opening = np.clip(mouth.aperture(values[one.rows]) / OPEN, 0.0, 1.0)
            shown = np.zeros((len(opening), len(VISEMES)), np.float32)
            shown[:, _VOWEL] = SEEN_OPEN * opening
            shown[:, _SILENCE] = 1.0 - shown[:, _VOWEL]
            found[one.rows] += one.lips[:, None].astype(np.float32) * (shown - found[one.rows])
        return found

    def opened(self, speech: F32) -> F32:
        """Where the mouth may move (T,): `speech`, and half in bursts, which are neither silence nor words."""
        bursts = self._bursts()
        found = speech.copy() if bursts else speech
        for one in bursts:
            found[one.rows] = np.where(one.lips > 0.0, np.float32(UNSPOKEN), found[one.rows])
        return found

    def _bursts(self) -> list[_Played]:
        return [one for one in self._played if one.event.kind in BURSTS]


def amount_of(kind: str, level_db: float, voice_db: float) -> float:
    """How large an event is performed whose amount nobody gave, 0.35..1, by its level beside that of the voice."""
    if level_db < UNHEARD_DB:
        return UNHEARD_AMOUNT
    known = _kinds()[kind]
    share = np.clip((level_db - voice_db - known.quiet_db) / (known.loud_db - known.quiet_db), 0.0, 1.0)
    return float(LEAST_AMOUNT + (1.0 - LEAST_AMOUNT) * share)


def _plan(
    event: Event, level_db: NDArray[np.floating], voice_db: float, random: np.random.Generator, rate: float
) -> _Played:
    """What is played in an event, on the rows that it touches."""
    kind = _kinds()[event.kind]
    first = max(0, int((event.start_s - max(kind.before_s, MOUTH_S)) * rate))
    last = min(len(level_db), int((event.end_s + max(kind.after_s, MOUTH_S)) * rate) + 2)
    rows = slice(first, max(first, last))
    times_s = np.arange(rows.start, rows.stop) / rate
    inside = np.asarray(level_db[int(event.start_s * rate) : max(int(event.end_s * rate), 1)], np.float64)
    loudest_db = float(np.percentile(inside, 95)) if len(inside) else UNHEARD_DB - 1.0
    amount = amount_of(event.kind, loudest_db, voice_db) if event.amount is None else event.amount
    variant = _chosen(kind.variants, amount, random)
    added = _between(variant, (times_s - event.start_s) / (event.end_s - event.start_s))
    if kind.rate_hz:
        beats = pulses.track(
            inside if loudest_db >= UNHEARD_DB else inside[:0],
            event.start_s,
            event.end_s,
            times_s,
            kind.rate_hz,
            random,
        )
        added += beats[:, None] * variant.pulse
    added *= amount * _spread(random)
    scale = 1.0 + amount * (variant.scale - 1.0)
    face = _envelope(times_s, event, kind.before_s, kind.after_s)
    return _Played(event, rows, face, _envelope(times_s, event, MOUTH_S, MOUTH_S), added, scale)


def _chosen(variants: tuple[_Variant, ...], amount: float, random: np.random.Generator) -> _Variant:
    fit = [one for one in variants if one.amounts[0] <= amount <= one.amounts[1]] or list(variants)
    return fit[int(random.uniform() * len(fit))]


def _between(variant: _Variant, share: F64) -> F64:
    """(T, 177) a variant's values at shares of the event's time, smooth from each of its instants to the next."""
    place = np.clip(np.searchsorted(variant.at, share, side="right") - 1, 0, len(variant.at) - 2)
    width = variant.at[place + 1] - variant.at[place]
    step = minimum_jerk((share - variant.at[place]) / width)[:, None]
    return np.asarray(variant.hold[place] + step * (variant.hold[place + 1] - variant.hold[place]))


def _spread(random: np.random.Generator) -> F64:
    """(177,) factors by which one performance differs from another: a little on each control, and from side to side."""
    names = [control.name.replace("_R_", "_L_") for control in rig.CONTROLS]
    pairs = {name: random.uniform(1.0 - SPREAD, 1.0 + SPREAD) for name in dict.fromkeys(names)}
    lean = random.uniform(-LEAN, LEAN)
    side = {"L": 1.0 + lean, "R": 1.0 - lean, "C": 1.0}
    controls = [pairs[name] * side[control.side] for name, control in zip(names, rig.CONTROLS, strict=True)]
    turned = random.choice([-1.0, 1.0], 2) * random.uniform(1.0 - 2 * SPREAD, 1.0 + 2 * SPREAD, 2)
    return np.array([*controls, turned[0], random.uniform(1.0 - SPREAD, 1.0 + SPREAD), turned[1]])


def _envelope(times_s: F64, event: Event, before_s: float, after_s: float) -> F64:
    """(T,) rising from before an event's start until just after it, falling from before its end until after it."""
    inner_s = min(0.25 * (event.end_s - event.start_s), 0.5 * before_s)
    rise = minimum_jerk((times_s - event.start_s + before_s) / (before_s + inner_s))
    inner_s = min(0.25 * (event.end_s - event.start_s), 0.5 * after_s)
    return np.asarray(rise * (1.0 - minimum_jerk((times_s - event.end_s + inner_s) / (after_s + inner_s))))


def _take_over(rows: F32, one: _Played, base: F64) -> None:
    """A burst, in place: the mouth is its own, the rest of the face gets it in addition."""
    added = one.added[:, : rig.N_CONTROLS]
    held = _is_mouth()
    lips = one.lips[:, None]
    goal = base[:, held] + added[:, held]
    rest = ~held
    face = np.where(rest, one.face[:, None], 0.0)
    face[:, _LINGERING] = np.maximum(one.face - one.lips, 0.0)[:, None]
    rows[:, held] += (lips * (goal - rows[:, held])).astype(np.float32)
    rows += (face * added).astype(np.float32)


def _speak(rows: F32, one: _Played, rate: float) -> None:
    """A manner, in place: controls keep a part of their own movement, and are moved by a little."""
    moved = np.flatnonzero(one.scale != 1.0)
    away = rows[:, moved] - rig.NEUTRAL[moved]
    if one.event.kind == "sing":
        away = _drawn_out(away, rate)
    goal = rig.NEUTRAL[moved] + one.scale[moved] * away
    face = one.face[:, None]
    rows[:, moved] += (face * (goal - rows[:, moved])).astype(np.float32)
    rows += (face * one.added[:, : rig.N_CONTROLS]).astype(np.float32)


def _drawn_out(away: F32, rate: float) -> F32:
    """Movement (T, N) whose openings last longer, as vowels do that are sung."""
    reach = max(1, round(LONG_VOWEL_S * rate / 2))
    padded = np.pad(away, ((reach, reach), (0, 0)), mode="edge")
    widest = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1, axis=0).max(axis=-1)
    return np.stack([smoothed(column.astype(np.float64), 2.0 * reach) for column in widest.T], axis=1).astype(
        np.float32
    )


def _bend(rows: F32) -> None:
    """Bends what comes near the end of its range, in place, as a muscle that gives out; lips may stay together."""
    reach = 1.0 - FULL
    over = np.abs(rows) - FULL
    bent = np.sign(rows) * (FULL + reach * np.tanh(over / reach))
    free = ~_may_be_full()
    rows[:, free] = np.where(over[:, free] > 0.0, bent[:, free], rows[:, free])
    np.clip(rows, rig.MINIMUM, rig.MAXIMUM, out=rows)


def _voice_db(track: EventTrack, level_db: NDArray[np.floating], rate: float) -> float:
    """The level of the voice beside a line's events."""
    if not track.events:
        return USUAL_VOICE_DB
    beside = np.asarray(level_db) > UNHEARD_DB
    for one in track.events:
        beside[int(one.start_s * rate) : int(one.end_s * rate) + 1] = False
    return float(np.percentile(level_db[beside], 95)) if beside.sum() >= VOICE_LEAST else USUAL_VOICE_DB


@cache
def _is_mouth() -> NDArray[np.bool_]:
    """(174,) controls that words move: mouth, jaw, teeth, tongue and blown cheeks."""
    found = rig.region_mask("mouth", "jaw", "teeth", "tongue")
    found[rig.both("mouth_suckBlow")] = True
    return found


@cache
def _may_be_full() -> NDArray[np.bool_]:
    """(174,) controls whose end is a pose of its own: lips that are together, lids that are shut."""
    found = np.zeros(rig.N_CONTROLS, bool)
    for name in ("mouth_lipsTogetherU", "mouth_lipsTogetherD", "eye_blink"):
        found[rig.both(name)] = True
    found |= rig.NEUTRAL != 0.0
    return found


@cache
def _kinds() -> Mapping[str, _Kind]:
    """What performances.toml says of each kind."""
    table = tomllib.loads((Path(__file__).parent / "performances.toml").read_text(encoding="utf-8"))
    return {
        name: _Kind(
            before_s=float(one["before_s"]),
            after_s=float(one["after_s"]),
            quiet_db=float(one["quiet_db"]),
            loud_db=float(one["loud_db"]),
            rate_hz=float(one.get("rate_hz", 0.0)),
            variants=tuple(map(_variant, one["variants"])),
        )
        for name, one in table.items()
    }


def _variant(table: Mapping[str, Any]) -> _Variant:
    at = np.array(table["at"], np.float64)
    hold = np.zeros((len(at), rig.N_CONTROLS + len(ANGLES)))
    pulse = np.zeros(hold.shape[1])
    scale = np.ones(rig.N_CONTROLS)
    for name, values in table["hold"].items():
        hold[:, _columns(name)] = np.broadcast_to(np.asarray(values, np.float64), len(at))[:, None]
    for name, value in table.get("pulse", {}).items():
        pulse[_columns(name)] = value
    for name, value in table.get("scale", {}).items():
        scale[_columns(name)] = value
    low, high = table.get("amounts", (0.0, 1.0))
    return _Variant(at, hold, pulse, scale, (low, high))


def _columns(name: str) -> NDArray[np.intp]:
    if name in ANGLES:
        return np.array([rig.N_CONTROLS + ANGLES.index(name)])
    return rig.one_or_both(name)
