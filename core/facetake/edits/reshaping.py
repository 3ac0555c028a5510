"""Curves and visemes of a heard line as its edited phones ask: moved with them, and shaped anew where they changed.

A phone that is only moved keeps the movement that the network gave it; one that was changed, inserted or deleted gets
the opening and the rounding of what it is now. Knows no seals, no silence and no smoothing: those follow.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Final, NamedTuple

import numpy as np

from facetake import mouth, phones
from facetake.arrays import F32, F64
from facetake.edits.application import EditedScript
from facetake.edits.touched import PHONE_COLUMNS
from facetake.postprocess import heard_lips, spans
from facetake.postprocess.heard_lips import LIPS
from facetake.script import Phone
from facetake.visemes import VISEMES

FULL: Final = 95  # percentile of a line's own opening and rounding in speech that counts as wide, and as round
LEAST_FULL: Final = (0.3, 0.8)  # of a line that hardly speaks: a usual voice's wide opening and round lips
SHAPE_RAMP_S: Final = 0.06  # into and out of a phone's shape, as of a closure
CORE: Final = 0.25  # of a phone at either end is left to the way into it and out of it
OPEN: Final = {
    "sil": 0.0,
    "p": 0.0,
    "f": 0.15,
    "t": 0.5,
    "S": 0.6,
    "T": 0.4,
    "k": 0.6,
    "s": 0.5,
    "r": 0.4,
    "i": 0.6,
    "u": 0.25,
    "@": 0.5,
    "a": 1.0,
    "e": 0.85,
    "E": 0.7,
    "O": 0.6,
}
ROUND: Final = {"u": 1.0, "O": 0.85, "r": 0.6, "S": 0.4, "p": 0.3}
"""Opening and rounding of each viseme as shares of a line's own full ones; by eye, after how a mouth says them."""
PRESSED: Final = 0.4  # of a hard p, b or m beyond the usual, in units of strength, by eye
LOUD: Final = 60  # percentile of a line's level that a phone counts as spoken with where the sound is too faint


class Reshaped(NamedTuple):
    """(T, 174) curves, (T, 16) visemes and (T,) level of a stretch of a line with its edits."""

    values: F32
    visemes: F32
    energy_db: F32


class Scale(NamedTuple):
    """How a line speaks: its own wide opening and full rounding, and the level of its voice in dB."""

    opening: float
    rounding: float
    loud_db: float


def scale_of(values: F32, visemes: F32, energy_db: F32) -> Scale:
    """The scale of a whole line, from its draft (T, 174), what was heard (T, 16) and its level (T,)."""
    speech = heard_lips.spoken(visemes)
    spoken = values[speech]
    own = [float(np.percentile(measure(spoken), FULL)) if len(spoken) else 0.0 for measure, _ in LIPS]
    opening, rounding = (max(one, least) for one, least in zip(own, LEAST_FULL, strict=True))
    return Scale(opening, rounding, float(np.percentile(energy_db, LOUD)) if len(energy_db) else 0.0)


def reshape(
    values: F32, visemes: F32, energy_db: F32, script: EditedScript, scale: Scale, first: int = 0, rate: float = 60.0
) -> Reshaped:
    """A stretch of a line's draft with its edits; the inputs stay as they are.

    Args:
        values: (T, 174) curves in time with the sound.
        visemes: (T, 16) probabilities.
        energy_db: (T,) level.
        script: phones of the whole line with edits and without.
        scale: of the whole line.
        first: the frame at which the stretch begins.
        rate: frames per second.
    """
    values, visemes, energy_db = values.copy(), visemes.copy(), energy_db.copy()
    _warp(values, visemes, script, first, rate)
    for phone, is_new in _changed(script):
        begin, end = (int(np.ceil(at_s * rate)) - first for at_s in (phone.start_s, phone.end_s))
        if end <= 0 or begin >= len(values):
            continue
        here = slice(max(begin, 0), end)
        if is_new:
            visemes[here] = np.eye(len(VISEMES), dtype=np.float32)[VISEMES.index(_viseme(phone))]
            if _viseme(phone) != "sil":
                energy_db[here] = np.maximum(energy_db[here], np.float32(scale.loud_db))
        _shape(values, phone, scale, first, is_new=is_new, rate=rate)
    return Reshaped(values, visemes, energy_db)


def _viseme(phone: Phone) -> str:
    return "sil" if phone.symbol == phones.SILENCE else phones.viseme_of(phone.symbol)


def _changed(script: EditedScript) -> list[tuple[Phone, bool]]:
    """Phones that get another shape, deleted ones as silence; and whether they are others than were heard there."""
    found = []
    for place in (place for places in script.touched for place in range(*places)):
        phone, source = script.alignment.phones[place], script.sources[place]
        own = script.own.phones[source] if source >= 0 else None
        is_new = own is None or own.symbol != phone.symbol
        if is_new or (own is not None and own.strength != phone.strength):
            found.append((phone, is_new))
    gone = (script.own.phones[n] for n in script.gone)
    return [*((Phone(phones.SILENCE, one.start_s, one.end_s), True) for one in gone), *found]


def _warp(values: F32, visemes: F32, script: EditedScript, first: int, rate: float) -> None:
    """Moves curves and visemes in time with the phones that were moved, in place."""
    old = _old_times(script, np.arange(first, first + len(values)) / rate) * rate - first
    rows = np.flatnonzero(np.abs(old - np.arange(len(values))) > 1e-3)
    if not len(rows):
        return
    low = np.clip(np.floor(old[rows]).astype(int), 0, len(values) - 1)
    high = np.minimum(low + 1, len(values) - 1)
    share = (old[rows] - low)[:, None].astype(np.float32)
    moved = values[low][:, PHONE_COLUMNS] * (1.0 - share) + values[high][:, PHONE_COLUMNS] * share
    shown = visemes[low] * (1.0 - share) + visemes[high] * share
    values[rows[:, None], PHONE_COLUMNS] = moved
    visemes[rows] = shown


def _old_times(script: EditedScript, times_s: F64) -> F64:
    """Where in the line as it was heard each instant of a stretch of the edited one comes from."""
    phones = script.alignment.phones
    first = max(0, bisect_left(phones, times_s[0], key=lambda one: one.end_s) - 1)
    last = min(len(phones), bisect_right(phones, times_s[-1], key=lambda one: one.start_s) + 1)
    for begin, end in script.touched:  # of these, all or none: within them, phones may have changed places
        if begin <= first < end:
            first = begin
        if begin < last <= end:
            last = min(len(phones), end + 1)
    before = script.sources[first - 1] if first else -1
    new, old = ([0.0], [0.0]) if before < 0 else ([phones[first - 1].end_s], [script.own.phones[before].end_s])
    for phone, source in zip(phones[first:last], script.sources[first:last], strict=True):
        if source < 0:
            continue
        own = script.own.phones[source]
        for at_s, was_s in ((phone.start_s, own.start_s), (phone.end_s, own.end_s)):
            if at_s > new[-1] and was_s >= old[-1]:
                new.append(at_s)
                old.append(was_s)
    if last == len(phones) and script.own.duration_s > new[-1]:
        new.append(script.own.duration_s)
        old.append(script.own.duration_s)
    return np.asarray(np.interp(times_s, new, old))


def _shape(values: F32, phone: Phone, scale: Scale, first: int, *, is_new: bool, rate: float) -> None:
    """Opens and rounds the lips as a phone asks, in place; one that is only firmer or softer does more or less."""
    viseme = _viseme(phone)
    inset = CORE * (phone.end_s - phone.start_s)
    begin_s, end_s = phone.start_s + inset - first / rate, phone.end_s - inset - first / rate
    near = slice(max(0, int((begin_s - SHAPE_RAMP_S) * rate) - 1), max(0, int((end_s + SHAPE_RAMP_S) * rate) + 3))
    here = values[near]
    if not len(here):
        return
    since_s = near.start / rate
    weight = spans.envelope(len(here), rate, [(begin_s - since_s, end_s - since_s, SHAPE_RAMP_S, SHAPE_RAMP_S)])
    for (measure, moves), most, shares in zip(LIPS, scale, (OPEN, ROUND), strict=False):
        usual = np.full(len(here), most * shares.get(viseme, 0.0)) if is_new else measure(here)
        heard_lips.bring(here, phone.strength * usual, measure, moves, weight)
    if viseme == "p" and phone.strength != 1.0:
        press = PRESSED * (phone.strength - 1.0) * weight
        columns = mouth.PRESS_COLUMNS
        here[:, columns] = np.clip(here[:, columns] + press[:, None], 0.0, 1.0)
