"""Head motion from the rhythm of speech (landmark translation 3.3): nods on strong onsets, drift between phrases.

Holds how onsets and emotion become yaw, pitch and roll. It does not know the waveform, the 174 controls (none of them
turns the head) or how a host applies the rotation. The paper keeps onsets above a threshold, picks a random direction
and lets the speed follow the onset strength: `onset_motion`, and a spring brings the head back, so that a long line
does not wander off. `head_motion`, the default, nods on the strongest onsets alone and holds a pose over each phrase.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from facetake.arrays import F64
from facetake.motion.waves import Wave, minimum_jerk, smoothed

Style = Literal["phrases", "onsets"]
STYLES: Final[tuple[Style, ...]] = get_args(Style)

HEAD_STREAM = 3
"""Mixed into the seed, so that head, blinks and gaze are independent of each other."""
AMOUNTS = (0.25, 0.6, 0.55, 1.0, 0.8, 0.75, 0.95)
"""Amount of motion per emotion, in the order of the emotion weights: neutral, happy, sad, angry, surprise, fear,
disgusted.

Landmark translation 3.3 and its Fig. 5: barely any in neutral speech, most in anger and disgust."""
DIRECTIONS = (0.35, 1.0, 0.25)
"""Typical share of an onset's motion that goes to yaw, pitch and roll: emphasis is mostly a nod."""
DRIFT_DEG = (3.5, 1.8, 1.8)
"""Typical pose held over a phrase."""
LIFT_DEG = 1.5
"""Pitch about which those poses lie: nods go down, so the head is carried a little higher while speaking."""
LIMIT_DEG = 10.0
"""No angle exceeds this; larger ones are bent towards it."""
POSTURES_DEG = (
    (0.0, 0.0, 0.0),
    (0.0, 1.0, 1.5),
    (0.0, -4.5, 1.5),
    (0.0, -3.0, 0.0),
    (0.0, 2.5, 0.0),
    (2.0, 1.5, -1.0),
    (3.0, 1.5, 1.0),
)
"""Yaw, pitch and roll at which each emotion carries the head: sad lowers it, angry looks from under the brows,
surprised and afraid draw it back, disgusted turns it away; to which side is drawn once a line."""
SWAY_DEG = (0.7, 0.6, 0.5)
SWAY_HZ = (0.12, 0.6)
"""Spread of what a head moves of itself, for no head that is carried by a neck is ever still, and its rates."""
ONSET_AMOUNTS = (0.1, 0.5, 0.4, 1.0, 0.8, 0.7, 1.0)
"""As `AMOUNTS`, for `onset_motion`, which has nothing but onsets: barely any, slight and obvious as in the paper."""
ONSET_LIMITS_DEG = (12.0, 8.0, 8.0)
"""No yaw, pitch and roll of `onset_motion` exceeds these; larger ones are bent towards them."""
PUSH_DEG = 700.0
RETURN_S = 0.25
PUSHED_S = 0.12
"""Of `onset_motion`: speed in degrees a second that an onset of strength 1 gives within a second, time in which the
spring takes most of it back, and time over which pushes are spread."""


@dataclass(frozen=True)
class HeadOptions:
    """How much and how the head moves.

    Attributes:
        amount: multiplies all motion; 0 keeps the head still.
        threshold: share of a line's strong onset level (95th percentile) below which onsets are ignored.
        floor: smallest onset level that counts as strong (speech peaks at 1 to 3, noise stays below 0.5), so that
            room noise moves nothing.
        nod_deg: typical size of the motion on the strongest onset at amount 1.
        rise_s, fall_s: time into and out of that motion.
        spacing_s: of two onsets closer than this only the stronger counts.
        phrase_s: shortest and longest time a pose is held.
        turn_s: time from one pose to the next, and into and out of silence.
    """

    amount: float = 1.0
    threshold: float = 0.6
    floor: float = 1.0
    nod_deg: float = 4.0
    rise_s: float = 0.2
    fall_s: float = 0.4
    spacing_s: float = 0.35
    phrase_s: tuple[float, float] = (1.2, 3.0)
    turn_s: float = 0.7


def head_motion(
    onsets: NDArray[np.floating],
    emotion: NDArray[np.floating],
    seed: int,
    rate: float = 60.0,
    speech: NDArray[np.floating] | None = None,
    options: HeadOptions = HeadOptions(),
) -> NDArray[np.float32]:
    """Head rotation for a line of speech.

    Args:
        onsets: (T,) onset strength per frame, not negative.
        emotion: (T, 7) emotion weights; rows sum to 1.
        seed: not negative; the same seed and input give the same motion.
        rate: frames per second.
        speech: (T,) 0..1, where there is speech; told from the onsets when missing.
        options: size and manner of the motion.

    Returns:
        (T, 3) float32 yaw, pitch and roll in degrees, each within 10; positive is towards the character's left, up,
        and tilted to the character's left. Zero and still in silence; no speed at the first frame.

    Raises:
        ValueError: when lengths differ or the emotion does not have 7 columns.
    """
    n_frames = len(onsets)
    if emotion.shape != (n_frames, len(AMOUNTS)):
        raise ValueError(f"emotion must be ({n_frames}, {len(AMOUNTS)}), not {emotion.shape}")
    frames, strengths = accents(onsets, rate, options)
    active = _active(frames, n_frames, rate) if speech is None else np.asarray(speech, np.float64)
    strengths = strengths * active[frames]
    amount = options.amount * smoothed(np.asarray(emotion, np.float64) @ np.asarray(AMOUNTS), options.turn_s * rate)
    random = np.random.Generator(np.random.PCG64([seed, HEAD_STREAM]))
    pose = _drift(n_frames, random, rate, options)
    pose *= smoothed(active, options.turn_s * rate)[:, None]
    pose += _nods(frames, strengths, n_frames, random, rate, options)
    pose *= amount[:, None]
    pose += options.amount * (_sway(n_frames, random, rate) + _posture(emotion, random, rate, options))
    pose /= LIMIT_DEG
    np.tanh(pose, out=pose)
    pose *= LIMIT_DEG
    return pose.astype(np.float32)


def onset_motion(
    onsets: NDArray[np.floating], emotion: NDArray[np.floating], seed: int, rate: float = 60.0, amount: float = 1.0
) -> NDArray[np.float32]:
    """Head rotation that follows onsets alone, as the paper has it (landmark translation 3.3).

    Onsets above the line's mean and half its standard deviation push the head, in a direction drawn each time they come
    to exceed that, as hard as they are strong; a critically damped spring brings it back.

    Args:
        onsets: (T,) onset strength per frame, not negative.
        emotion: (T, 7) emotion weights; rows sum to 1.
        seed: not negative; the same seed and input give the same motion.
        rate: frames per second.
        amount: multiplies all motion.

    Returns:
        (T, 3) float32 yaw, pitch and roll in degrees, signs as in `head_motion`, within `ONSET_LIMITS_DEG`.

    Raises:
        ValueError: when lengths differ or the emotion does not have 7 columns.
    """
    n_frames = len(onsets)
    if emotion.shape != (n_frames, len(AMOUNTS)):
        raise ValueError(f"emotion must be ({n_frames}, {len(AMOUNTS)}), not {emotion.shape}")
    if not n_frames:
        return np.zeros((0, 3), np.float32)
    level = np.asarray(onsets, np.float64)
    strong = level > max(level.mean() + 0.5 * level.std(), HeadOptions.threshold * HeadOptions.floor)
    begins = np.cumsum(strong & ~np.concatenate([[False], strong[:-1]]))
    random = np.random.Generator(np.random.PCG64([seed, HEAD_STREAM]))
    ways = random.normal(size=(int(begins[-1]) + 1, 3))
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    size = PUSH_DEG * amount * (np.asarray(emotion, np.float64) @ np.asarray(ONSET_AMOUNTS))
    pushes = (size * level * strong)[:, None] * ways[begins]
    after = np.arange(round(12 * RETURN_S * rate)) / rate
    swing = after * np.exp(-after / RETURN_S) / rate
    pose = np.stack([np.convolve(smoothed(push, PUSHED_S * rate), swing)[:n_frames] for push in pushes.T], axis=1)
    limits = np.asarray(ONSET_LIMITS_DEG)
    return np.asarray(limits * np.tanh(pose / limits), np.float32)


def accents(
    onsets: NDArray[np.floating], rate: float, options: HeadOptions = HeadOptions()
) -> tuple[NDArray[np.int64], F64]:
    """Frames (N,) and strengths (N,) in 0..1 of the onsets that move the head.

    These are peaks above the threshold, the strongest within each `spacing_s`.
    """
    level = np.asarray(onsets, np.float64)
    if not len(level):
        return np.empty(0, np.int64), np.empty(0)
    sounding = level[level > 0]
    strong = max(options.floor, float(np.percentile(sounding, 95)) if sounding.size else 0.0)
    reach = max(1, round(options.spacing_s * rate))
    padded = np.pad(level, reach, constant_values=-np.inf)
    best = np.max(np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1), axis=1)
    frames = np.flatnonzero((level == best) & (level > options.threshold * strong))
    frames = frames[np.diff(frames, prepend=-reach - 1) > reach]
    return frames, np.minimum(level[frames] / strong, 1.0)


def _nods(
    frames: NDArray[np.int64],
    strengths: F64,
    n_frames: int,
    random: np.random.Generator,
    rate: float,
    options: HeadOptions,
) -> F64:
    """(T, 3) motion on accents: each a smooth rise and a slower return, peaking just after the onset."""
    rise = max(2, round(options.rise_s * rate))
    fall = max(2, round(options.fall_s * rate))
    bump = np.concatenate([minimum_jerk(np.arange(rise) / rise), 1 - minimum_jerk(np.arange(fall + 1) / fall)])
    pulses = np.zeros((n_frames, 3))
    directions = random.normal(0.0, 0.5, (len(frames), 3)).clip(-0.8, 0.8) + (0.0, -1.0, 0.0)
    pulses[frames] = options.nod_deg * strengths[:, None] * directions * DIRECTIONS
    early = rise // 2
    for axis in range(3):  # in place, as a line may be hours long
        pulses[:, axis] = np.convolve(pulses[:, axis], bump)[early : early + n_frames]
    pulses *= _ease_in(n_frames, rise)[:, None]
    return pulses


def _drift(n_frames: int, random: np.random.Generator, rate: float, options: HeadOptions) -> F64:
    """(T, 3) slow change between random poses, one per phrase; starts from straight ahead."""
    times = [0.0]
    poses = [np.zeros(3)]
    while times[-1] * rate < n_frames:
        times.append(times[-1] + random.uniform(*options.phrase_s))
        poses.append(random.normal(0.0, 0.6, 3).clip(-1.3, 1.3) * DRIFT_DEG + (0.0, LIFT_DEG, 0.0))
    starts = np.asarray(times)
    targets = np.asarray(poses)
    now = np.arange(n_frames) / rate
    here = np.searchsorted(starts, now, side="right") - 1
    share = minimum_jerk((now - starts[here]) / options.turn_s)
    before = targets[np.maximum(here - 1, 0)]
    moved = targets[here]
    moved -= before
    moved *= share[:, None]
    moved += before
    return np.asarray(moved)


def _sway(n_frames: int, random: np.random.Generator, rate: float) -> F64:
    """(T, 3) what the head moves of itself."""
    times_s = np.arange(n_frames) / rate
    return np.stack([size * Wave(random, *SWAY_HZ).at(times_s) for size in SWAY_DEG], axis=1)


def _posture(emotion: NDArray[np.floating], random: np.random.Generator, rate: float, options: HeadOptions) -> F64:
    """(T, 3) how the emotion carries the head."""
    side = 1.0 if random.uniform() < 0.5 else -1.0
    posture = np.asarray(emotion, np.float64) @ (np.asarray(POSTURES_DEG) * (side, 1.0, side))
    return np.stack([smoothed(axis, options.turn_s * rate) for axis in posture.T], axis=1)


def _active(frames: NDArray[np.int64], n_frames: int, rate: float) -> F64:
    """(T,) 1 within half a second of an accent, else 0."""
    reach = round(0.5 * rate)
    edges = np.zeros(n_frames + 1)
    np.add.at(edges, np.maximum(frames - reach, 0), 1.0)
    np.add.at(edges, np.minimum(frames + reach, n_frames), -1.0)
    return np.asarray(np.cumsum(edges)[:n_frames] > 0, np.float64)


def _ease_in(n_frames: int, frames: int) -> F64:
    """(T,) 0 at the first frame, rising to 1: a nod at the very start begins from rest."""
    return minimum_jerk(np.arange(n_frames) / frames)
