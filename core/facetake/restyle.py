"""From a take to the same take in another style: the story of `facetake restyle`, step by step (FACTS).

The network's change is laid over the take's own curves, weighted by strength, stretch of time and controls: where the
weight is zero, the take stays bit for bit. Knows no files and no audio; what a style looks like is the network's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import product

import numpy as np
from numpy.typing import NDArray

from facetake import mouth, rig
from facetake.arrays import F32
from facetake.audio import FRAME_RATE_HZ
from facetake.emotion import EMOTIONS, named
from facetake.errors import ConfigError, RigError, TakeError
from facetake.files import quantities
from facetake.files.spelling import meant
from facetake.inference import RestyleModels, Restyler
from facetake.postprocess import lip_closure, masking, silence, smoothing
from facetake.take import Take, resample
from facetake.timebase import FURTHEST_S

EASE_S = 0.25  # a range of time blends in and out over this, inside its ends
N_MOVED = 8  # controls named in the report
LIDS = rig.both("eye_blink")
LID_LOW = np.float32(0.2)
"""A style lowers a lid no further than this where it was higher: tracked eyes otherwise come out half asleep."""
BLOCK_FRAMES = 4000  # restyled at once: a long take needs little memory
EDGE_FRAMES = 40  # context on either side: more than a window's own and the smoothing's reach together


@dataclass(frozen=True)
class RestyleOptions:
    """What the user may choose.

    Attributes:
        emotions: strength 0..1 by emotion; together at most 1. "neutral" takes emotion out.
        actor: whose manner to take on, or None to keep the take's own.
        actor_strength: how much of it, 0..1.
        only: regions or groups of controls that may change; empty for all.
        span_s: start and end, in seconds, of the stretch that may change, or None for all.
        lock: controls that keep every value.
    """

    emotions: Mapping[str, float] = field(default_factory=dict)
    actor: str | None = None
    actor_strength: float = 1.0
    only: tuple[str, ...] = ()
    span_s: tuple[float, float] | None = None
    lock: tuple[str, ...] = ()


@dataclass(frozen=True)
class RestyleReport:
    """What restyling did.

    Attributes:
        visemes_kept: share of frames in speech whose viseme, as the classifier reads it, is what it was.
        closures, closures_kept: lip closures found in the take, and how many still close.
        style_before, style_after: mean probability 0..1 of the asked emotions, as the classifier reads it, over the
            stretch that may change; None where no emotion was asked for.
        recognised: the emotion that the take had, as the classifier reads it.
        moved: the controls that changed most, with their mean absolute change.
        jitter_before, jitter_after: share of the mouth's energy above 12 Hz.
    """

    visemes_kept: float
    closures: int
    closures_kept: int
    style_before: float | None
    style_after: float | None
    recognised: str
    moved: tuple[tuple[str, float], ...]
    jitter_before: float
    jitter_after: float


@dataclass(frozen=True)
class Restyled:
    """A take in another style, and what was done to it; `report` is None where nothing had to be done."""

    take: Take
    report: RestyleReport | None


def restyle(take: Take, options: RestyleOptions, models: RestyleModels) -> Restyled:
    """Restyles a take of any length and rate.

    Args:
        take: generated, captured or keyed by hand.
        options: what the user chose.
        models: loaded and verified networks.

    Returns:
        The take itself where every strength is 0.

    Raises:
        ConfigError: an unknown style or actor, a strength outside 0..1, or a stretch outside the take.
        RigError: an unknown region or control.
        TakeError: the take has a single frame.
    """
    weight = _weight(take, options)
    passes = _passes(options, models.restyler)
    if not passes or not weight.any():
        return Restyled(take, None)
    even = resample(take, Fraction(FRAME_RATE_HZ)).values
    free = _free(options)
    values = take.values.copy()
    for rows, change in _changes(take, even, passes, models.restyler):
        values[rows] += weight[rows, None] * change * free
    for column in LIDS:
        np.minimum(values[:, column], np.maximum(take.values[:, column], LID_LOW), out=values[:, column])
    masking.clamp(values, out=values)
    visemes, styles = models.classifier.read(even)
    closures = _closures(even, visemes, float(take.start))
    _seal(take, values, closures, free, weight)
    made = replace(take, values=values, origin=_origin(take, options, models))
    return Restyled(made, _report(take, made, closures, visemes, styles, options, weight, models))


def parse_style(text: str) -> dict[str, float]:
    """Strength by emotion, from "sad:0.8", "happy" or "happy:0.5+sad:0.3".

    Raises:
        ConfigError: an unknown emotion, a strength outside 0..1, or strengths that add up to more than 1.
    """
    found: dict[str, float] = {}
    for part in text.split("+"):
        written, strength = parse_strength(part, "style")
        name = named(written)
        if name not in EMOTIONS:
            raise ConfigError(f"unknown style '{written}'; known: {', '.join(EMOTIONS)}{meant(written, EMOTIONS)}")
        found[name] = found.get(name, 0.0) + strength
    if sum(found.values()) > 1.0 + 1e-6:
        raise ConfigError(f"the strengths of '{text}' add up to {sum(found.values()):g}; together at most 1")
    return found


def parse_strength(text: str, what: str) -> tuple[str, float]:
    """Name and strength of "NAME:0.8" or "NAME".

    Raises:
        ConfigError: the strength is no number from 0 to 1.
    """
    name, colon, strength = (part.strip() for part in text.partition(":"))
    if not colon:
        return name, 1.0
    return name, quantities.number(quantities.pointed(strength), f"{what} '{name}': its strength", 0.0, 1.0)


def instant(value: object, what: str) -> float:
    """An end of the stretch to change, in seconds, from text or a number.

    Raises:
        ConfigError: it is none.
    """
    return quantities.number(value, what, -float(FURTHEST_S), float(FURTHEST_S))


def _weight(take: Take, options: RestyleOptions) -> F32:
    """(T,) 0..1, how much of the change each frame gets: 1 inside the asked stretch, eased at its ends."""
    if take.n_frames < 2:
        raise TakeError("a take of one frame holds no motion to restyle; give a take of two frames or more")
    if options.span_s is None:
        return np.ones(take.n_frames, np.float32)
    first, last = options.span_s
    begin = float(take.start)
    end = float(take.start + take.duration_s)
    if not (begin - 1e-6 <= first < last <= end + 1e-6):
        raise ConfigError(f"range {first:g}-{last:g} s is not inside the take, which runs {begin:g}-{end:g} s")
    ease = max(min(EASE_S, (last - first) / 3), 1e-6)
    inside = np.minimum(take.times_s - first, last - take.times_s)
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * np.clip(inside / ease, 0.0, 1.0)), np.float32)


def _passes(options: RestyleOptions, restyler: Restyler) -> list[tuple[F32, float]]:
    """Style codes (K,) and the weight of the change that each makes; weights are above 0."""
    styles = restyler.styles
    if options.actor is not None and options.actor not in restyler.actors:
        close = meant(options.actor, restyler.actors)
        raise ConfigError(f"unknown actor '{options.actor}'; known: {', '.join(restyler.actors)}{close}")
    named = {name: value for name, value in options.emotions.items() if value > 0}
    emotions = [*named.items(), (None, 1.0 - sum(named.values()))]
    actor = options.actor
    share = options.actor_strength
    manners = [(None, 1.0)] if actor is None else [(actor, share), (None, 1.0 - share)]
    found = []
    for (emotion, strength), (manner, part) in product(emotions, manners):
        code = np.array([name in (emotion, manner) for name in styles], np.float32)
        if code.any() and strength * part > 0:
            found.append((code, strength * part))
    return found


def _changes(take: Take, even: F32, passes: list[tuple[F32, float]], restyler: Restyler) -> Iterator[tuple[slice, F32]]:
    """What the asked styles add, smoothed, a block of the take at a time: its rows and (t, 174)."""
    places = (take.times_s - float(take.start)) * FRAME_RATE_HZ
    for first in range(0, len(even), BLOCK_FRAMES):
        begin = max(0, first - EDGE_FRAMES)
        end = min(len(even), first + BLOCK_FRAMES + EDGE_FRAMES)
        block = even[begin:end]
        change = np.zeros_like(block)
        for code, weight in passes:
            change += np.float32(weight) * (restyler.restyle(block, code) - block)
        smoothing.smooth(change, out=change)
        is_last = first + BLOCK_FRAMES >= len(even)
        ends = (first, np.inf) if is_last else (first, first + BLOCK_FRAMES)
        rows = slice(*np.searchsorted(places, ends).tolist())
        at = np.clip(places[rows] - begin, 0, len(block) - 1)
        low = np.minimum(at.astype(int), max(len(block) - 2, 0))
        share = (at - low)[:, None].astype(np.float32)
        yield rows, change[low] * (1 - share) + change[np.minimum(low + 1, len(block) - 1)] * share


def _free(options: RestyleOptions) -> NDArray[np.bool_]:
    """(174,) controls that may change."""
    free = np.array(rig.region_mask(*options.only)) if options.only else np.ones(rig.N_CONTROLS, bool)
    for name in options.lock:
        column = rig.find(name)
        if column is None:
            raise RigError(f"no control '{name}' to lock; write it as in CTRL_L_mouth_cornerPull or CTRL_C_jaw.ty")
        free[column] = False
    return free


def _closures(values: F32, visemes: F32, start_s: float) -> tuple[lip_closure.Closure, ...]:
    """Closures that the visemes ask for and that the take, at 60 fps, does close."""
    found = lip_closure.find_closures(visemes, start_s=start_s)
    broken = set(lip_closure.check_seals(values, found, start_s=start_s))
    return tuple(closure for closure in found if closure not in broken and _is_closed(values, closure, start_s))


def _is_closed(values: F32, closure: lip_closure.Closure, start_s: float) -> bool:
    """Whether the lips really touch in the middle of a bilabial; others are told by `check_seals` alone."""
    middle = int(round(((closure.start_s + closure.end_s) / 2 - start_s) * FRAME_RATE_HZ))
    return closure.kind != "p" or bool(mouth.is_sealed(values[max(0, middle - 1) : middle + 2]).any())


def _seal(
    take: Take, values: F32, closures: tuple[lip_closure.Closure, ...], free: NDArray[np.bool_], weight: F32
) -> None:
    """Makes every broken closure of the take again, in place, and then gives back what may not change."""
    rate = float(take.rate)
    start_s = float(take.start)
    if broken := lip_closure.check_seals(values, closures, rate, start_s):
        lip_closure.seal_lips(values, broken, rate, start_s, out=values)
    for column in np.flatnonzero(~free):
        values[:, column] = take.values[:, column]
    kept = weight == 0
    values[kept] = take.values[kept]


def _origin(take: Take, options: RestyleOptions, models: RestyleModels) -> dict[str, object]:
    """How the take came to be, its parent's story within."""
    return {
        "made_by": "facetake restyle",
        "model_sha256": models.restyler.sha256,
        "style": dict(options.emotions),
        "actor": options.actor,
        "actor_strength": options.actor_strength,
        "only": list(options.only),
        "range_s": None if options.span_s is None else list(options.span_s),
        "lock": list(options.lock),
        "parent": dict(take.origin),
    }


def _report(
    before: Take,
    after: Take,
    closures: tuple[lip_closure.Closure, ...],
    visemes: F32,
    styles: F32,
    options: RestyleOptions,
    weight: F32,
    models: RestyleModels,
) -> RestyleReport:
    rate = Fraction(FRAME_RATE_HZ)
    new_visemes, new_styles = models.classifier.read(resample(after, rate).values)
    speaks = visemes.argmax(axis=1) != silence.SILENCE
    same = visemes.argmax(axis=1) == new_visemes.argmax(axis=1)
    touched = np.interp(np.arange(len(visemes)) / FRAME_RATE_HZ, before.times_s - float(before.start), weight) > 0.5
    asked = [EMOTIONS.index(name) for name in options.emotions]
    broken = lip_closure.check_seals(after.values, closures, float(after.rate), float(after.start))
    moved = np.array([np.abs(a - b).mean() for a, b in zip(after.values.T, before.values.T, strict=True)])
    most = [int(column) for column in np.argsort(-moved, kind="stable")[:N_MOVED] if moved[column] > 0]
    return RestyleReport(
        visemes_kept=float(same[speaks].mean()) if speaks.any() else 1.0,
        closures=len(closures),
        closures_kept=len(closures) - len(broken),
        style_before=_told(styles, asked, touched),
        style_after=_told(new_styles, asked, touched),
        recognised=EMOTIONS[int(styles.mean(axis=0).argmax())],
        moved=tuple((rig.NAMES[column], float(moved[column])) for column in most),
        jitter_before=mouth.jitter(before.values, float(before.rate)),
        jitter_after=mouth.jitter(after.values, float(after.rate)),
    )


def _told(styles: F32, asked: list[int], touched: NDArray[np.bool_]) -> float | None:
    """Mean probability of the asked emotions over the touched frames."""
    return float(styles[touched][:, asked].sum(axis=1).mean()) if asked and touched.any() else None
