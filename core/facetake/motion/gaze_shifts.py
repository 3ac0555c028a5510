"""How eyes and head look at targets: saccades, the head that follows, and eyes that stay on what they look at.

`plan` decides from the cues alone when each shift of gaze begins, how far the head goes along and whether a blink comes
with it; `turn_head` and `look` carry that out. While a target is looked at both eyes are aimed at it from where they
are, whatever turns the head, so they converge on what is near. Knows no audio, emotion or files; targets are as
`facetake.gaze` has them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from facetake import rig
from facetake.arrays import F32, F64, memmap
from facetake.gaze import GazeTrack
from facetake.motion import eyes
from facetake.motion.eyes import GazeOptions
from facetake.motion.waves import minimum_jerk

SHIFT_STREAM = 4
"""Mixed into the seed, so that blinks, darts and head stay the same whatever is looked at."""
SACCADE_S = 0.021
SACCADE_S_PER_DEG = 0.0022
"""Duration of a saccade by its size, the main sequence of healthy adults."""
PURSUED_DEG = 2.0
"""Steps below this are a target that moves, as a host samples it: the eyes take each within the time to the next."""
EYES_M = np.array([[0.0302, 0.0, 0.0], [-0.0302, 0.0, 0.0]])
NECK_M = np.array([0.0, -0.098, -0.121])
"""The left and the right eye, and where the head turns, from between the eyes: those of the preview's head."""
EASY_DEG = 15.0
HEAD_SHARE = (0.2, 0.75)
"""Head's part of how far a target lies to the side: within the first angle, where eyes go nearly alone, and beyond."""
HEAD_SPREAD = 0.1  # of the head's part, drawn for each shift: no actor is a machine
HEAD_LAG_S = (0.03, 0.06)
HEAD_S = 0.25
HEAD_S_PER_DEG = 0.008
"""How much later than the eyes the head starts, and what its turn takes: 20 degrees in 0.4 s."""
REACH_DEG = (65.0, 35.0, 45.0)
EYE_REACH_DEG = (36.0, 26.0, 36.0)
"""How far to a side, up and down eyes and head turn together, so that eyes keep room for the head's own motion (10
degrees), and how far eyes turn alone where the head is left out."""
BLINK_DEG = (15.0, 35.0)
"""Shifts below the first never bring a blink, those above the second always do (97 % of those above 33 degrees)."""
AWAY_DEG = ((12.0, 22.0), (-10.0, 5.0))
AWAY_MOST_DEG = 56.0
AWAY_M = 2.0
"""How far aside and up eyes look away from what they looked at, where that ends, and how far into the room."""
FIXATION_DEG = 4.0
"""Degrees around a target for a unit of a free dart, which reaches 0.1 to 0.2: such darts are below one degree."""


@dataclass(frozen=True)
class GazePlan:
    """When and how gaze shifts; the first one is over before the line begins.

    Attributes:
        starts_s, durations_s: (N,) of the saccades, one after another.
        is_free: (N,) whether the eyes then dart about of themselves.
        points_m: (N, 3) what is looked at, within reach; straight ahead where that is free.
        turns_deg: (N, 2) yaw and pitch of the head for it.
        lags_s: (N,) by which the head starts later.
        blinks_s: (M,) starts of those shifts that a blink comes with.
        told: a sentence about targets out of reach, or none.
    """

    starts_s: F64
    durations_s: F64
    is_free: NDArray[np.bool_]
    points_m: F64
    turns_deg: F64
    lags_s: F64
    blinks_s: F64
    told: tuple[str, ...] = ()


def plan(track: GazeTrack, seed: int, *, with_head: bool = True) -> GazePlan:
    """Decides on every shift of gaze.

    A cue that comes while the eyes are still on their way waits; one that is overtaken by the next is left out.

    Args:
        track: what is looked at, and when.
        seed: not negative; the same seed and cues give the same shifts, whatever follows.
        with_head: the head turns, too.
    """
    random = np.random.Generator(np.random.PCG64([seed, SHIFT_STREAM]))
    draws = random.uniform(size=(len(track.times_s), 5))
    reach = REACH_DEG if with_head else EYE_REACH_DEG
    directions, distances_m, told = _reachable(track, draws, reach)
    kept, starts, durations, sizes = _in_turn(track.times_s, directions)
    is_free = np.array([look == "free" for look in track.looks])[kept]
    chance = (sizes - BLINK_DEG[0]) / (BLINK_DEG[1] - BLINK_DEG[0])
    turns = _head_share(directions[kept]) * (1.0 + HEAD_SPREAD * (2.0 * draws[kept, 2:3] - 1.0))
    return GazePlan(
        starts,
        durations,
        is_free,
        distances_m[kept, None] * _towards(directions[kept]),
        np.where(is_free[:, None], 0.0, turns),
        HEAD_LAG_S[0] + (HEAD_LAG_S[1] - HEAD_LAG_S[0]) * draws[kept, 3],
        starts[draws[kept, 4] < chance],
        told,
    )


def turn_head(head_deg: F32, shifts: GazePlan, rate: float = 60.0) -> None:
    """Turns the head along, in place: (T, 3) yaw, pitch and roll in degrees, with the motion that speech gave it."""
    settled = np.zeros((len(head_deg) + 1, 2))
    settled[0] = shifts.turns_deg[0]
    steps = np.diff(shifts.turns_deg, axis=0)
    begins = shifts.starts_s[1:] + shifts.lags_s[1:]
    lasting = HEAD_S + HEAD_S_PER_DEG * np.linalg.norm(steps, axis=1)
    for step, begin, duration in zip(steps, begins, lasting, strict=True):
        first, last = (min(int(np.ceil(time_s * rate)), len(head_deg)) for time_s in (begin, begin + duration))
        share = minimum_jerk((np.arange(first, last) / rate - begin) / duration)
        head_deg[first:last, :2] += (share[:, None] * step).astype(np.float32)
        settled[last] += step
    head_deg[:, :2] += np.cumsum(settled[:-1], axis=0).astype(np.float32)


def look(
    values: F32,
    shifts: GazePlan,
    seed: int,
    options: GazeOptions,
    rate: float = 60.0,
    out: F32 | None = None,
    head_deg: NDArray[np.floating] | None = None,
) -> F32:
    """Aims a take's eyes, in place of its own eye controls, and lets the upper lids follow up and down.

    Args:
        values: (T, 174) controls.
        shifts: from `plan`.
        seed: not negative, of the darts: free ones, and small ones around a target.
        options: of the darts.
        rate: frames per second.
        out: array for the result, which may be `values` itself (default: a new one).
        head_deg: (T, 3) yaw, pitch and roll of the head, `turn_head` done; None where it stays.
    """
    out = eyes.result_array(values, out)
    free = eyes.free_path(len(out), seed, rate, options, head_deg)
    small = replace(options, dart_s=SACCADE_S)
    darts_deg = FIXATION_DEG * eyes.gaze_path(np.arange(len(out)) / rate, seed, small)
    for rows in memmap.blocks(out):
        times_s = np.arange(rows.start, rows.stop) / rate
        here = np.maximum(np.searchsorted(shifts.starts_s, times_s, side="right") - 1, 0)
        share = _risen((times_s - shifts.starts_s[here]) / shifts.durations_s[here])[:, None]
        turned = np.zeros((len(times_s), 3)) if head_deg is None else np.asarray(head_deg[rows], np.float64)
        freely = _free_aim(out[rows], free[rows], options.lid)
        before, after = (
            np.where(
                shifts.is_free[index, None],
                freely,
                _target_aim(shifts.points_m[index], turned, darts_deg[rows], options.lid),
            )
            for index in (np.maximum(here - 1, 0), here)
        )
        _put(out[rows], before + share * (after - before))
    return out


def saccade_s(size_deg: F64 | float) -> F64:
    """How long saccades of these sizes take."""
    return np.asarray(SACCADE_S + SACCADE_S_PER_DEG * np.asarray(size_deg))


def _reachable(track: GazeTrack, draws: F64, reach: tuple[float, float, float]) -> tuple[F64, F64, tuple[str, ...]]:
    """Directions (N, 2) and distances (N,) of what is looked at, and what is told of targets out of reach."""
    side, up, down = reach
    found = np.zeros((len(track.times_s), 2))
    distances = np.linalg.norm(track.targets_m, axis=1)
    beyond = []
    for n, kind in enumerate(track.looks):
        if kind == "target":
            aimed = _angles(track.targets_m[n])
            found[n] = np.clip(aimed, (-side, -down), (side, up))
            if (found[n] != aimed).any():
                beyond.append(float(track.times_s[n]))
        else:
            distances[n] = AWAY_M
            if kind == "away":
                found[n] = np.clip(_aside(found[n - 1] if n else np.zeros(2), draws[n]), (-side, -down), (side, up))
    return found, distances, _told(beyond, reach)


def _told(beyond: list[float], reach: tuple[float, float, float]) -> tuple[str, ...]:
    if not beyond:
        return ()
    more = f" (and {len(beyond) - 1} more)" if len(beyond) > 1 else ""
    return (
        f"the target at {beyond[0]:g} s{more} is out of reach: gaze turns {reach[0]:g} degrees to a side, "
        f"{reach[1]:g} up and {reach[2]:g} down, and goes that far",
    )


def _aside(before: F64, draws: F64) -> F64:
    """A direction away from another, to either side, but never to where the camera mostly is, nor far back."""
    (near, far), (low, high) = AWAY_DEG
    aside = near + (far - near) * abs(2.0 * draws[0] - 1.0)
    sides = before[0] + np.array([aside, -aside])
    yaw = sides[int(draws[0] < 0.5)]
    if not near <= abs(yaw) <= AWAY_MOST_DEG:
        yaw = sides[int(draws[0] >= 0.5)]
    return np.array([yaw, low + (high - low) * draws[1]])


def _in_turn(times_s: F64, directions: F64) -> tuple[NDArray[np.intp], F64, F64, F64]:
    """Which cues are followed, and when their saccades start, how long they take and how far they go."""
    kept, starts, durations, sizes = [0], [-1.0], [SACCADE_S], [0.0]
    for n in range(1, len(times_s)):
        until_s = times_s[n + 1] if n + 1 < len(times_s) else np.inf
        start_s = max(float(times_s[n]), starts[-1] + durations[-1])
        if until_s <= start_s:
            continue
        size = _between(directions[kept[-1]], directions[n])
        duration_s = float(saccade_s(size))
        kept.append(n)
        starts.append(start_s)
        durations.append(min(duration_s, float(until_s) - start_s) if size < PURSUED_DEG else duration_s)
        sizes.append(size)
    return np.array(kept), np.array(starts), np.array(durations), np.array(sizes)


def _between(one: F64, other: F64) -> float:
    """The angle between two directions, in degrees."""
    first, second = _towards(one), _towards(other)
    return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(first, second)), first @ second)))


def _head_share(directions: F64) -> F64:
    """Yaw and pitch (N, 2) of a head that looks that way together with its eyes."""
    aside = np.linalg.norm(directions, axis=1, keepdims=True)
    near, far = HEAD_SHARE
    turned = near * np.minimum(aside, EASY_DEG) + far * np.maximum(aside - EASY_DEG, 0.0)
    return np.asarray(directions * turned / np.maximum(aside, 1e-9))


def _risen(share: F64) -> F64:
    """How far a saccade has gone: a half cosine, whose peak is 1.6 times its mean speed, as that of real ones."""
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * np.clip(share, 0.0, 1.0)))


def _angles(toward: F64) -> F64:
    """Yaw and pitch (..., 2) in degrees of vectors (..., 3)."""
    x, y, z = np.moveaxis(toward, -1, 0)
    return np.asarray(np.degrees(np.stack([np.arctan2(x, z), np.arctan2(y, np.hypot(x, z))], axis=-1)))


def _towards(angles_deg: F64) -> F64:
    """Unit vectors (..., 3) of yaw and pitch (..., 2)."""
    yaw, pitch = np.moveaxis(np.radians(angles_deg), -1, 0)
    return np.stack([np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch)], axis=-1)


def _target_aim(points_m: F64, head_deg: F64, darts_deg: F64, lid: float) -> F64:
    """(T, 5) side and up of the left, then of the right eye in degrees, and the lids, for eyes on points (T, 3)."""
    from scipy.spatial.transform import Rotation  # a tenth of a second, which a line without targets does not spend

    turned = Rotation.from_euler("YXZ", head_deg * (1.0, -1.0, -1.0), degrees=True)
    seen = turned.inv().apply(points_m - NECK_M) + NECK_M
    aim = [_angles(seen - eye) + darts_deg for eye in EYES_M]
    up = np.mean([_controls(angles)[:, 1] for angles in aim], axis=0)
    return np.concatenate([*aim, -lid * up[:, None]], axis=1)


def _free_aim(values: F32, path: F32, lid: float) -> F64:
    """The same of eyes that go on by themselves, from the take's own controls and free darts."""
    shared = values[:, rig.columns("C_eye.X", "C_eye.Y")].astype(np.float64) + path
    aim = [_degrees(shared + values[:, rig.columns(f"{side}_eye.X", f"{side}_eye.Y")]) for side in "LR"]
    return np.concatenate([*aim, -lid * path[:, 1:]], axis=1)


def _controls(angles_deg: F64) -> F64:
    """What a MetaHuman's eye controls (T, 2) say for yaw and pitch, within their range."""
    up = angles_deg[:, 1] / np.where(angles_deg[:, 1] < 0.0, rig.EYE_DOWN_DEG, rig.EYE_UP_DEG)
    return np.clip(np.stack([angles_deg[:, 0] / rig.EYE_SIDE_DEG, up], axis=1), -1.0, 1.0)


def _degrees(controls: F64) -> F64:
    """Yaw and pitch (T, 2) that eye controls stand for."""
    up = controls[:, 1] * np.where(controls[:, 1] < 0.0, rig.EYE_DOWN_DEG, rig.EYE_UP_DEG)
    return np.stack([controls[:, 0] * rig.EYE_SIDE_DEG, up], axis=1)


def _put(values: F32, aim: F64) -> None:
    """Writes an aim, in place: what both eyes share to the shared control, the rest to each eye's own."""
    left, right = _controls(aim[:, :2]), _controls(aim[:, 2:4])
    shared = 0.5 * (left + right)
    values[:, rig.columns("C_eye.X", "C_eye.Y")] = shared
    values[:, rig.columns("L_eye.X", "L_eye.Y")] = left - shared
    values[:, rig.columns("R_eye.X", "R_eye.Y")] = right - shared
    for lid in rig.both("eye_eyelidU"):
        values[:, lid] = np.clip(values[:, lid] + aim[:, 4], rig.MINIMUM[lid], rig.MAXIMUM[lid])
