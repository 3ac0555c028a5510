"""Blinks and gaze: the two eye behaviours that speech does not determine (EmoFace 3.2 and 3.3).

Holds when they happen, drawn from the paper's distributions, and how they are laid over a take's own eye controls.
It does not know the audio, the emotion or the mouth. Events are drawn in seconds from the seed alone, so they are the
same at every frame rate and however long a take is cut into blocks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facetake import rig
from facetake.arrays import F32, F64, memmap
from facetake.motion.waves import minimum_jerk

BLINK_STREAM = 1
GAZE_STREAM = 2
DEPTH_STREAM = 3
"""Mixed into the seed, so that blinks stay the same when gaze is switched off, and when they come deeper."""
CLOSE_SHARE = 4 / 13
HOLD_SHARE = 2 / 13
"""Parts of a blink spent closing and closed; the rest opens. Lids fall faster than they rise."""
MIN_GAP_S = 0.6
"""No blink starts sooner than this after the one before: 100 a minute, more than which the paper leaves out."""
STEADY = 0.8
EYE_DEG = np.array([32.0, 24.0], np.float32)
"""Share of the head's turning that the eyes make up for, and degrees by which a full eye control turns them to the
side and up, as on the preview head."""
CUE_REACH_S = 0.45
"""A blink moves to a cue no further away than this."""
CHEEK_LIFT = 0.06
BROW_PULL = 0.04
LOWER_LID_LIFT = 0.08
"""How far cheek, brow and lower lid follow a full blink, as shares of what is left of their range."""


@dataclass(frozen=True)
class BlinkOptions:
    """When and how to blink.

    Attributes:
        rate: multiplies the number of blinks; 0 switches them off.
        mean_log, sigma_log: normal law of the logarithm of blinks per minute (EmoFace 3.2: 3.518, 0.532).
        low, high: blinks per minute are clipped to this range (the paper excludes values above 100).
        duration_s: a whole blink (the paper's 13 frames at 60 fps).
        delay_s: largest lead of one eye over the other.
        depth: shallowest and deepest blink, 0..1 of the way to a shut lid; (1, 1) shuts every one, as the paper does.
        with_s: instants at which a blink does start, besides those that gaze brings, such as after another's phrases.
    """

    rate: float = 1.0
    mean_log: float = 3.518
    sigma_log: float = 0.532
    low: float = 15.0
    high: float = 100.0
    duration_s: float = 13 / 60
    delay_s: float = 0.008
    depth: tuple[float, float] = (0.8, 1.0)  # the preview's lids meet at 0.78; tracked people's are often less deep
    with_s: tuple[float, ...] = ()


@dataclass(frozen=True)
class GazeOptions:
    """Where and how often the eyes dart.

    Attributes:
        range: multiplies the radius; 0 keeps the eyes still.
        rate: multiplies the number of darts.
        interval_s: shortest and longest time between darts (EmoFace 3.3: 15 to 45 frames at 60 fps).
        radius: smallest and largest deflection, in units of the eye control.
        to_centre: chance that a dart returns to the centre.
        dart_s: duration of a dart.
        lid: how far the upper lids follow the eyes up and down, in control units per unit.
        paper: move linearly over the whole interval, as in the paper, instead of darting and resting.
    """

    range: float = 1.0
    rate: float = 1.0
    interval_s: tuple[float, float] = (0.25, 0.75)
    radius: tuple[float, float] = (0.1, 0.2)
    to_centre: float = 0.4
    dart_s: float = 0.05
    lid: float = 0.35
    paper: bool = False


def blink_times(
    duration_s: float,
    seed: int,
    options: BlinkOptions = BlinkOptions(),
    cues_s: F64 | None = None,
    with_s: F64 | None = None,
) -> F64:
    """(N,) times in seconds at which blinks start, within `duration_s`; the same prefix for any longer duration.

    Args:
        duration_s: of the line.
        seed: not negative.
        options: law of the blinks.
        cues_s: (M,) rising instants at which people blink, such as the ends of phrases: a blink that is due within
            `CUE_REACH_S` of one waits for it, or comes early.
        with_s: (M,) rising instants at which a blink does start, in place of those that are drawn within `CUE_REACH_S`.

    Raises:
        ValueError: for a negative seed or rate.
    """
    if options.rate < 0:
        raise ValueError(f"blink rate must not be negative, not {options.rate}")
    if options.rate == 0:
        return np.empty(0)
    random = _random(seed, BLINK_STREAM)
    times: list[float] = []
    start = random.uniform() * _blink_interval(random, options)
    while start < duration_s:
        times.append(start)
        start += _blink_interval(random, options)
    drawn = np.asarray(times)
    if options.with_s:
        with_s = np.sort(np.concatenate([options.with_s, np.zeros(0) if with_s is None else with_s]))
    if cues_s is not None and len(cues_s):
        drawn = _cued(drawn, cues_s, duration_s, options)
    return drawn if with_s is None else _joined(drawn, with_s[with_s < duration_s], options)


def _joined(times_s: F64, with_s: F64, options: BlinkOptions) -> F64:
    """Blinks that come with something, and of the others those that are not near one; no two are too close."""
    gap_s = max(MIN_GAP_S, options.duration_s)
    kept: list[float] = [-np.inf]
    for time_s in with_s:
        if time_s - kept[-1] >= gap_s:
            kept.append(float(time_s))
    forced = np.asarray([*kept, np.inf])
    after = np.searchsorted(forced, times_s)
    away_s = np.minimum(times_s - forced[after - 1], forced[after] - times_s)
    return np.sort(np.concatenate([kept[1:], times_s[away_s >= max(CUE_REACH_S, gap_s)]]))


def _cued(times_s: F64, cues_s: F64, duration_s: float, options: BlinkOptions) -> F64:
    """Blinks moved to the nearest cue within reach, where that leaves room to the ones beside it."""
    gap_s = max(MIN_GAP_S, options.duration_s)
    moved: list[float] = []
    for number, time_s in enumerate(times_s):
        nearest = float(cues_s[np.argmin(np.abs(cues_s - time_s))])
        after_s = times_s[number + 1] if number + 1 < len(times_s) else np.inf
        has_room = (not moved or nearest - moved[-1] >= gap_s) and after_s - nearest >= gap_s
        is_near = abs(nearest - time_s) <= CUE_REACH_S and 0.0 <= nearest < duration_s
        moved.append(nearest if is_near and has_room else float(time_s))
    return np.asarray(moved)


def blink(
    values: F32,
    seed: int,
    rate: float = 60.0,
    options: BlinkOptions = BlinkOptions(),
    out: F32 | None = None,
    cues_s: F64 | None = None,
    with_s: F64 | None = None,
) -> F32:
    """Lay blinks over a take's lids; every blink is at its deepest in both eyes on at least one frame.

    Args:
        values: (T, 174) controls.
        seed: not negative; the same seed gives the same blinks at every rate.
        rate: frames per second.
        options: law and shape of the blinks.
        cues_s: (M,) instants at which people blink, as in `blink_times`.
        with_s: (M,) instants at which a blink starts, as in `blink_times`.
        out: array for the result, which may be `values` itself (default: a new one).

    Returns:
        (T, 174) controls in which `eye_blink` moves from its own value towards 1 and back, faster down than up.
    """
    out = result_array(values, out)
    starts = blink_times(len(values) / rate, seed, options, cues_s, with_s)
    random = _random(seed, BLINK_STREAM + 100)
    leads = random.uniform(-1.0, 1.0, len(starts)) * options.delay_s
    depths = _random(seed, DEPTH_STREAM).uniform(*options.depth, len(starts))
    for start, lead, depth in zip(starts, leads, depths, strict=True):
        shut = (CLOSE_SHARE + HOLD_SHARE / 2) * options.duration_s
        centre = round((start + shut) * rate) / rate
        first = max(0, int((centre - options.duration_s) * rate))
        last = min(len(values), int((centre + options.duration_s) * rate) + 2)
        times = np.arange(first, last) / rate - centre
        for side, offset in (("L", lead / 2), ("R", -lead / 2)):
            closed = depth * lid_closure((times + offset) / options.duration_s)
            _close(out[first:last], side, closed.astype(np.float32))
        memmap.release(out)
    return out


def lid_closure(phase: F64) -> F64:
    """How far a lid is closed, 0..1, at a time since the middle of the closed part, in durations of a blink."""
    closing = phase + HOLD_SHARE / 2 + CLOSE_SHARE
    opening = phase - HOLD_SHARE / 2
    open_share = 1 - CLOSE_SHARE - HOLD_SHARE
    down = minimum_jerk(closing / CLOSE_SHARE)
    return np.asarray(np.minimum(down, 1 - minimum_jerk(opening / open_share)))


def gaze_targets(duration_s: float, seed: int, options: GazeOptions = GazeOptions()) -> tuple[F64, F64]:
    """Times (N,) in seconds at which the eyes leave for a new target, and the targets (N, 2) as x, y.

    The first target is the centre at time 0; the last may lie beyond `duration_s`, so that a path always has an end.

    Raises:
        ValueError: for a rate that is not above 0 or a negative range.
    """
    if options.rate <= 0 or options.range < 0:
        raise ValueError(f"gaze rate must be above 0 and range not negative: {options.rate}, {options.range}")
    random = _random(seed, GAZE_STREAM)
    times = [0.0]
    targets = [(0.0, 0.0)]
    while times[-1] <= duration_s:
        wait, radius, angle, chance = random.uniform(size=4)
        low, high = options.interval_s
        times.append(times[-1] + (low + (high - low) * wait) / options.rate)
        reach = options.range * (options.radius[0] + (options.radius[1] - options.radius[0]) * radius)
        turn = 2 * np.pi * angle
        away = (reach * np.cos(turn), reach * np.sin(turn))
        targets.append((0.0, 0.0) if chance < options.to_centre else away)
    return np.asarray(times), np.asarray(targets)


def gaze_path(times_s: F64, seed: int, options: GazeOptions = GazeOptions()) -> F64:
    """(T, 2) deflection of the eyes to the side and up at times (T,) in seconds, in control units."""
    if not len(times_s):
        return np.zeros((0, 2))
    starts, targets = gaze_targets(float(times_s[-1]), seed, options)
    here = np.clip(np.searchsorted(starts, times_s, side="right") - 1, 0, len(starts) - 2)
    since = times_s - starts[here]
    if options.paper:
        share = since / (starts[here + 1] - starts[here])
        return np.asarray(targets[here] + (targets[here + 1] - targets[here]) * share[:, None])
    share = minimum_jerk(since / options.dart_s)
    before = targets[np.maximum(here - 1, 0)]
    return np.asarray(before + (targets[here] - before) * share[:, None])


def gaze(
    values: F32,
    seed: int,
    rate: float = 60.0,
    options: GazeOptions = GazeOptions(),
    out: F32 | None = None,
    head_deg: NDArray[np.floating] | None = None,
) -> F32:
    """Add eye darts to a take's shared eye control, and let the upper lids follow up and down.

    Args:
        values: (T, 174) controls.
        seed: not negative; the same seed gives the same path at every rate.
        rate: frames per second.
        options: reach, frequency and manner of the darts.
        out: array for the result, which may be `values` itself (default: a new one).
        head_deg: (T, 3) yaw, pitch and roll of the head: eyes stay where they look while it turns.
    """
    out = result_array(values, out)
    path = free_path(len(values), seed, rate, options, head_deg)
    side, up = rig.columns("C_eye.X", "C_eye.Y")
    moves = [(int(side), path[:, 0]), (int(up), path[:, 1])]
    moves += [(int(lid), -options.lid * path[:, 1]) for lid in rig.both("eye_eyelidU")]
    for rows in memmap.blocks(out):
        for column, move in moves:
            out[rows, column] = np.clip(out[rows, column] + move[rows], rig.MINIMUM[column], rig.MAXIMUM[column])
    return out


def free_path(
    n_frames: int, seed: int, rate: float, options: GazeOptions, head_deg: NDArray[np.floating] | None
) -> F32:
    """(T, 2) what darts, and the head that the eyes make up for, add to the shared eye control."""
    path = gaze_path(np.arange(n_frames) / rate, seed, options).astype(np.float32)
    if head_deg is not None:
        path -= STEADY * np.asarray(head_deg[:, :2], np.float32) / EYE_DEG
    return path


def _blink_interval(random: np.random.Generator, options: BlinkOptions) -> float:
    """Seconds to the next blink: a draw of blinks per minute (EmoFace 3.2), turned around."""
    per_minute = np.exp(options.mean_log + options.sigma_log * random.standard_normal())
    per_minute = float(np.clip(per_minute, options.low, options.high)) * options.rate
    return max(60.0 / per_minute, MIN_GAP_S, options.duration_s)


def _close(values: F32, side: str, closed: NDArray[np.float32]) -> None:
    """Move the lid of one side, and a little of what surrounds it, towards shut, in place."""
    for name, target, share in (
        ("eye_blink", 1.0, 1.0),
        ("eye_eyelidU", 0.0, 1.0),
        ("eye_eyelidD", 1.0, LOWER_LID_LIFT),
        ("eye_cheekRaise", 1.0, CHEEK_LIFT),
        ("brow_lateral", 1.0, BROW_PULL),
    ):
        column = int(rig.columns(f"{side}_{name}")[0])
        values[:, column] += share * closed * (target - values[:, column])


def _random(seed: int, stream: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64([seed, stream]))


def result_array(values: F32, out: F32 | None) -> F32:
    """The array to write to, holding `values`: a copy, or `out`."""
    if out is None:
        return memmap.copy(values)
    if out is not values:
        out[...] = values
    return out
