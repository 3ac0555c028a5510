"""Lip closures: where they must be, made, and checked.

Where the mouth must close comes from viseme probabilities, and whether it did is decided by `facetake.mouth` alone.
Closures survive what comes later by being made again: after gains or a change of rate, call `reseal`, which touches
only the closures that `check_seals` finds broken.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from facetake import mouth, rig
from facetake.arrays import memmap
from facetake.postprocess import masking, spans
from facetake.postprocess.masking import Values
from facetake.postprocess.spans import Float
from facetake.take import Take
from facetake.visemes import CLOSED, TEETH, VISEMES

SEAL_ROWS = 4096  # frames sealed at once: 3 MB
POSES = 64  # looked at together, each from another place
RAMP_S = 0.06
"""Time into and out of a closure: captured curves take 65 to 80 ms; a little less leaves the neighbours theirs."""
TEETH_OPEN = 0.11
"""Most that is left open where the lip is on the teeth, a little below `mouth.TEETH_APERTURE`: tracked inner lips are
not closed there, and of 29 tracked clips' closed frames F1 gains 0.01 over a jaw that is shut."""
EVENT_PEAK = 0.20
EVENT_SHARE = 0.6
EVENT_MIN_S = 0.04
"""A closure is where the viseme's probability peaks above the first; it lasts while above this share of its peak."""
SUSPECTED = 0.1
NEARLY_SHUT = 0.2
NEAR = 4
"""A peak above this probability is a closure too where, within so many frames, the lips are no further apart."""
ASTRAY_S = 0.03
LOOSE_S = 0.02
APART_PER_S = 1.2
ALIKE = 0.01
"""The lips meet where they come closest, so far astray of what is heard at most; of a long closure the second at either
end is left to them. Each second away from what is heard counts as so much further apart, and openings that differ by
less than the last are alike. Of 33 tracked clips the opening follows with a correlation of 0.836 then, in place of
0.830 with seals all through what is heard; half a tenth astray, more closures of synthetic voices are missed."""
_DECIDING = "lipsTogetherU lipsTogetherD lowerLipDepress upperLipRaise stretch pressU lipBiteD"
SEAL_COLUMNS = np.concatenate([rig.columns("C_jaw"), *(rig.both(f"mouth_{name}") for name in _DECIDING.split())])
"""Controls that decide whether a mouth is closed; pin these when curves are reduced to keys."""


class Closure(NamedTuple):
    """A stretch in which the lips meet ("p": p, b, m) or the lower lip meets the teeth ("f": f, v).

    Times are in seconds from the start of the audio, so that a closure outlives a change of frame rate.
    """

    kind: Literal["p", "f"]
    start_s: float
    end_s: float


def find_closures(
    visemes: NDArray[np.floating], rate: float = 60.0, start_s: float = 0.0, values: Values | None = None
) -> list[Closure]:
    """Where the lips must close, from viseme probabilities (T, 16), in order of time; each at least 40 ms long.

    With the controls (T, 174) a closure that is only suspected counts too, where the mouth is nearly shut, and each is
    where the lips come closest, as brief as lips are shut.
    """
    found: list[Closure] = []
    opening = (
        None if values is None else np.concatenate([mouth.aperture(values[rows]) for rows in memmap.blocks(values)])
    )
    for kind, name in (("p", CLOSED), ("f", TEETH)):
        column = np.asarray(visemes[:, VISEMES.index(name)], np.float64)
        for first, last in _peaks(column, EVENT_PEAK if opening is None else SUSPECTED):
            is_sure = opening is None or column[first:last].max() >= EVENT_PEAK
            if not (is_sure or opening[max(first - NEAR, 0) : last + NEAR].min() <= NEARLY_SHUT):  # type: ignore[index]
                continue
            middle = (first + last - 1) / 2 / rate
            half = max((last - first) / rate, EVENT_MIN_S) / 2
            begin, end = middle - half, middle + half
            if opening is not None:
                begin, end = _closest((begin, end), opening, rate)
            found.append(Closure(kind, start_s + begin, start_s + end))  # type: ignore[arg-type]
    return sorted(found, key=lambda closure: closure.start_s)


def seal_lips(
    values: Values,
    closures: Sequence[Closure] | NDArray[np.floating],
    rate: float = 60.0,
    start_s: float = 0.0,
    out: Values | None = None,
) -> Values:
    """Close the lips, or bring the lower lip to the teeth, wherever speech needs it.

    Controls are blended in and out over 60 ms around each closure towards what captured curves do together: lips
    together, bite and press with a lowered, not shut, jaw; rounded lips stay rounded. What is closed already is not
    opened.

    Args:
        values: (T, 174) controls.
        closures: `Closure` events, or (T, 16) viseme probabilities to find them in.
        rate: frames per second.
        start_s: time of the first frame.
        out: where to write; may be `values`.

    Returns:
        (T, 174) controls for which `check_seals` finds nothing broken.
    """
    out = masking.target(values, out)
    events = find_closures(closures, rate, start_s) if isinstance(closures, np.ndarray) else closures
    for kind, target in (("f", _to_teeth), ("p", _to_lips)):  # lips last: their pose also counts as on the teeth
        weight = spans.envelope(len(out), rate, _spans([event for event in events if event[0] == kind], rate, start_s))
        rows = np.flatnonzero(weight)
        for some in np.array_split(rows, len(rows) // SEAL_ROWS + 1):
            face = out[some]
            out[some] = face + weight[some, None].astype(np.float32) * (target(face) - face)
            memmap.release(out)
    return out


def check_seals(values: Values, closures: Iterable[Closure], rate: float = 60.0, start_s: float = 0.0) -> list[Closure]:
    """Closures that do not close on the frame nearest their centre, by `facetake.mouth`; those outside are left out."""
    inside = [event for event in closures if 0 <= _centre(event, rate, start_s) < len(values)]
    poses = _poses(values, [_centre(event, rate, start_s) for event in inside])
    sealed = mouth.is_sealed(poses)
    on_teeth = mouth.is_on_teeth(poses)
    held = [sealed[n] if event[0] == "p" else on_teeth[n] for n, event in enumerate(inside)]
    return [event for event, good in zip(inside, held, strict=True) if not good]


def _poses(values: Values, frames: Sequence[int]) -> Values:
    """(N, 174) the controls at some frames."""
    poses = np.empty((len(frames), values.shape[1]), np.float32)
    for some in memmap.blocks(poses, POSES):
        poses[some] = values[frames[some]]
        memmap.release(values)
    return poses


def closure_frames(
    closures: Iterable[Closure], n_frames: int, rate: float = 60.0, start_s: float = 0.0
) -> NDArray[np.int64]:
    """(N,) rising frames nearest the centres of closures, those within a take of `n_frames`."""
    frames = {_centre(event, rate, start_s) for event in closures}
    return np.asarray(sorted(frame for frame in frames if 0 <= frame < n_frames), np.int64)


def reseal(take: Take, closures: Iterable[Closure]) -> Take:
    """The take with every broken closure made again, as after gains or a change of rate; itself when none is.

    Do this before `mask`, not after it: it writes to mouth controls.
    """
    rate = float(take.rate)
    start_s = float(take.start)
    broken = check_seals(take.values, closures, rate, start_s)
    return replace(take, values=seal_lips(take.values, broken, rate, start_s)) if broken else take


def _to_lips(face: Values) -> Values:
    """(n, 174) poses with the lips sealed: aperture 0 within rounding, whatever the pose was."""
    goal = face.copy()
    jaw = _jaw(face, 0.04, 0.2)
    goal[:, rig.columns("C_jaw")] = jaw
    goal[:, rig.columns("C_jaw_openExtreme")] = 0.0
    together = np.maximum(0.32, 1 - 0.04 / np.maximum(jaw, 0.04))
    for name in ("lipsTogetherU", "lipsTogetherD"):
        _raise(goal, name, together)
    for name, most in (("lowerLipDepress", 0.03), ("upperLipRaise", 0.08), ("stretch", 0.15)):
        _lower(goal, name, most)
    for name in ("lipBiteU", "lipBiteD"):
        _raise(goal, name, 0.45)
    _raise(goal, "pressU", np.maximum(0.13, mouth.aperture(_without_press(goal))[:, None] / 0.3 + 0.01))
    _raise(goal, "pressD", goal[:, rig.both("mouth_pressU")])
    return goal


def _to_teeth(face: Values) -> Values:
    """(n, 174) poses with the lower lip on the upper teeth: aperture at most `TEETH_OPEN`."""
    goal = face.copy()
    goal[:, rig.columns("C_jaw_openExtreme")] = 0.0
    for name, least in (("lipsTogetherD", 0.76), ("lipBiteD", 0.59), ("lipsRollU", 0.5)):
        _raise(goal, name, least)
    for name, most in (("lowerLipDepress", 0.03), ("upperLipRaise", 0.1), ("stretch", 0.15)):
        _lower(goal, name, most)
    back = rig.columns("C_jaw_fwdBack")
    goal[:, back] = np.maximum(goal[:, back], 0.3)
    jaw = rig.columns("C_jaw")
    goal[:, jaw] = 0.0
    shut = mouth.aperture(goal)
    goal[:, jaw[0]] = 1.0
    most = np.clip((TEETH_OPEN - shut) / np.maximum(mouth.aperture(goal) - shut, 1e-6), 0.0, 1.0)
    goal[:, jaw] = np.minimum(face[:, jaw], most[:, None])
    return goal


def _jaw(face: Values, floor: float, share: float) -> Values:
    """(n, 1) a jaw lowered to a share of its opening: nearly shut where it was, never shut by force."""
    jaw = face[:, rig.columns("C_jaw")]
    return np.asarray(np.minimum(jaw, np.float32(floor) + np.float32(share) * jaw))


def _raise(face: Values, name: str, least: Values | float) -> None:
    pair = rig.both(f"mouth_{name}")
    face[:, pair] = np.clip(np.maximum(face[:, pair], least), 0.0, 1.0)


def _lower(face: Values, name: str, most: float) -> None:
    pair = rig.both(f"mouth_{name}")
    face[:, pair] = np.minimum(face[:, pair], most)


def _without_press(face: Values) -> Values:
    """The poses with unpressed lips: their aperture is what pressing has to make up for."""
    bare = face.copy()
    bare[:, rig.both("mouth_pressU")] = 0.0
    return bare


def _centre(closure: Closure, rate: float, start_s: float) -> int:
    """Index of the frame nearest the centre of a closure."""
    return int(np.floor(((closure[1] + closure[2]) / 2 - start_s) * rate + 0.5))


def _spans(closures: Sequence[Closure], rate: float, start_s: float) -> list[tuple[float, float, float, float]]:
    """Start, end, rise and fall of the fully closed part of each closure, relative to the first frame.

    An eighth at each end of a longer closure is left to the ramps; the nearest frame to the centre is always inside.
    A ramp takes at most 0.6 of the way to the neighbour, so that the mouth opens between two closures.
    """
    cores = []
    for event in sorted(closures, key=lambda closure: closure[1]):
        trim = max(0.0, min((event[2] - event[1]) / 8, (event[2] - event[1] - EVENT_MIN_S) / 2))
        frame = _centre(event, rate, start_s) / rate
        first = event[1] + trim - start_s
        last = event[2] - trim - start_s
        cores.append((min(first, frame), max(last, frame)))
    merged = spans.joined(sorted(cores), 1 / rate)
    ramps = [min(RAMP_S, 0.6 * gap) for gap in [np.inf, *spans.gaps(merged), np.inf]]
    return [(*core, ramps[n], ramps[n + 1]) for n, core in enumerate(merged)]


def _closest(span_s: tuple[float, float], opening: NDArray[np.floating], rate: float) -> tuple[float, float]:
    """A heard span's part in which the lips meet: where they come closest, in or just beside it."""
    middle = (span_s[0] + span_s[1]) / 2
    half = max((span_s[1] - span_s[0]) / 2 - LOOSE_S, EVENT_MIN_S / 2)
    reach = max((span_s[1] - span_s[0]) / 2 - half, 0.0) + ASTRAY_S
    frames = np.arange(np.ceil((middle - reach) * rate - 1e-6), np.floor((middle + reach) * rate + 1e-6) + 1)
    frames = frames[(frames >= 0) & (frames < len(opening))].astype(int)
    if len(frames):
        apart = opening[frames] + APART_PER_S * np.abs(frames / rate - middle)
        low = frames[apart <= apart.min() + ALIKE]
        middle = float(low[len(low) // 2]) / rate
    return middle - half, middle + half


def _peaks(level: Float, least: float) -> list[tuple[int, int]]:
    """Stretches [first, last) of frames above a share of their own peak, for every peak above `least`."""
    runs = spans.runs(level, least, least * EVENT_SHARE)
    return [span for begin, end in runs for span in _split(level, begin, end, least)]


def _split(level: Float, begin: int, end: int, least: float) -> list[tuple[int, int]]:
    """The stretch about the highest peak of [begin, end), and those beyond the valleys on either side of it.

    A slope is no peak: a valley that the level never leaves again has nothing beyond it.
    """
    if begin >= end or level[begin:end].max() <= least:
        return []
    first = last = begin + int(level[begin:end].argmax())
    floor = min(EVENT_SHARE * float(level[first]), 2 * EVENT_PEAK)
    while first > begin and level[first - 1] > floor:
        first -= 1
    while last < end and level[last] > floor:
        last += 1
    before, after = (
        place + int(level[place:stop].argmin()) if place < stop else place
        for place, stop in ((begin, first), (last, end))
    )
    return [*_split(level, begin, before, least), (first, last), *_split(level, after + 1, end, least)]
