"""The one data model: a take, control values on a fixed grid of frames, and what can be done to it.

Time is rational throughout, so 23.976 fps stays 24000/1001 and a thousand takes laid end to end do not drift. Files
are not known here (`facetake.formats`), nor how values come to be (`facetake.generate`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from facetake.arrays import F32, memmap
from facetake.errors import TakeError
from facetake.rig import MAXIMUM, MINIMUM, N_CONTROLS, NAMES, clamp, mirror_columns
from facetake.timebase import n_frames, positions

# How far outside its range a value may lie and still be taken for rounding
RANGE_SLACK = 1e-4

# Yaw and roll turn around when left and right are swapped, pitch does not
_HEAD_MIRROR = np.array([-1.0, 1.0, -1.0], dtype=np.float32)

# Frames looked at together while checking: small enough that no second copy of a long take is made
_BLOCK = 4096


@dataclass(frozen=True, eq=False)
class Take:
    """A facial performance: control values on a fixed frame grid; frame ``i`` is at ``start + i / rate``.

    An array that is float32, contiguous and in range is kept, not copied, and made read-only.

    Attributes:
        values: (T, 174) float32, each column within its control's range. T is at least 1.
        rate: Frames per second.
        start: Time of the first frame, in seconds from the start of the audio.
        head: (T, 3) float32 head yaw, pitch and roll in degrees, or None. No control turns the head.
        origin: How it came to be: model and its hash, audio hash, emotion track, seed, options. JSON-able.

    Raises:
        TakeError: The values have another shape, are not finite, or leave a control's range by more than 1e-4.
    """

    values: F32
    rate: Fraction
    start: Fraction = Fraction(0)
    head: F32 | None = None
    origin: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check everything and freeze the arrays."""
        object.__setattr__(self, "rate", _positive(Fraction(self.rate)))
        object.__setattr__(self, "start", Fraction(self.start))
        object.__setattr__(self, "values", _checked_values(self.values))
        if self.head is not None:
            object.__setattr__(self, "head", _checked_head(self.head, len(self.values)))

    @property
    def n_frames(self) -> int:
        """Number of frames, T."""
        return len(self.values)

    @property
    def duration_s(self) -> Fraction:
        """Length in seconds: every frame lasts ``1 / rate``."""
        return self.n_frames / self.rate

    @property
    def times_s(self) -> NDArray[np.float64]:
        """(T,) time of each frame in seconds, rounded to float only at the last step."""
        frames = np.arange(self.n_frames, dtype=np.float64)
        return frames * float(1 / self.rate) + float(self.start)


def patched(
    take: Take, values: F32, stretches: Iterable[tuple[int, int]], head: F32 | None, origin: Mapping[str, object]
) -> Take:
    """The take with other values in some stretches, which alone are looked at.

    Args:
        take: Any take.
        values: (T, 174) float32, in its rows outside the stretches those of the take.
        stretches: First frame of each, and the one past its last.
        head: (T, 3) degrees, or None.
        origin: How it came to be.

    Raises:
        TakeError: As `Take`, within the stretches.
    """
    for first, last in stretches:
        if not _in_range(values[first:last], first):
            values[first:last] = clamp(values[first:last])
    made = copy(take)
    told = {"values": _frozen(values), "head": None if head is None else _checked_head(head, len(values))}
    for name, value in {**told, "origin": origin}.items():
        object.__setattr__(made, name, value)  # as a frozen one is begun
    return made


def _positive(rate: Fraction) -> Fraction:
    if rate <= 0:
        raise TakeError(f"a take cannot run at {rate} frames per second; give a rate above zero, such as 60")
    return rate


def _frozen(array: NDArray[np.floating] | object) -> F32:
    """The array as contiguous float32, read-only; the same memory where it already is float32."""
    kept = np.ascontiguousarray(array, dtype=np.float32)
    if kept.flags.writeable:
        kept.setflags(write=False)
    return kept


def _checked_values(values: object) -> F32:
    array = np.ascontiguousarray(values, dtype=np.float32)
    if array.ndim != 2 or array.shape[1] != N_CONTROLS or len(array) == 0:
        raise TakeError(
            f"a take needs at least one frame of {N_CONTROLS} controls, but the values have the shape {array.shape}"
        )
    inside = True
    for rows in memmap.blocks(array, _BLOCK):
        inside &= _in_range(array[rows], rows.start)
    return _frozen(array if inside else clamp(array))


def _in_range(block: F32, first: int) -> bool:
    """Whether nothing in the block needs clamping; a TakeError where clamping would not be honest."""
    if bool(np.all((block >= MINIMUM) & (block <= MAXIMUM))):
        return True
    wrong = ~((block >= MINIMUM - RANGE_SLACK) & (block <= MAXIMUM + RANGE_SLACK))
    if wrong.any():
        frame, column = (int(index) for index in np.argwhere(wrong)[0])
        raise TakeError(
            f"{NAMES[column]} is {block[frame, column]:g} at frame {first + frame}, outside "
            f"{MINIMUM[column]:g} to {MAXIMUM[column]:g}; clamp the curve or mend the value"
        )
    return False


def _checked_head(head: object, n_frames: int) -> F32:
    array = np.ascontiguousarray(head, dtype=np.float32)
    if array.shape != (n_frames, 3):
        raise TakeError(f"head motion needs the shape ({n_frames}, 3): yaw, pitch and roll; it has {array.shape}")
    if not np.isfinite(array).all():
        frame = int(np.argwhere(~np.isfinite(array))[0, 0])
        raise TakeError(f"the head's angle at frame {frame} is not a number; mend it or leave the head out")
    return _frozen(array)


def resample(take: Take, rate: Fraction, begin_s: Fraction | None = None, count: int | None = None) -> Take:
    """The take at another frame rate, by linear interpolation at the new frames' instants.

    Nothing is filtered on the way down: a lip closure is short, and an average would open it.

    Args:
        take: Any take.
        rate: New frames per second.
        begin_s: Time of the first new frame, on the take's own clock; by default its start.
        count: New frames, at least 1; by default ``round(duration_s * rate)``.

    Returns:
        A take of those frames. Before the first frame's instant and after the last one's its values hold. The same
        take where rate and frames are already right.

    Raises:
        TakeError: The rate is not above zero.
    """
    begin_s = take.start if begin_s is None else begin_s
    count = n_frames(take.duration_s, _positive(rate)) if count is None else count
    if (rate, begin_s, count) == (take.rate, take.start, take.n_frames):
        return take
    below, share = positions(count, take.rate / rate, take.n_frames, (begin_s - take.start) * take.rate)
    parts = share.astype(np.float32)
    head = None if take.head is None else _between(take.head, below, parts)
    return replace(take, values=_between(take.values, below, parts), rate=rate, start=begin_s, head=head)


def _between(array: F32, below: NDArray[np.intp], share: F32) -> F32:
    """(count, C) values between frames, a block at a time so that long takes stay small."""
    result: F32 = memmap.make((len(below), *array.shape[1:]), np.float32)
    for rows in memmap.blocks(result, _BLOCK):
        here = array[below[rows]]
        above = np.minimum(below[rows] + 1, len(array) - 1)
        result[rows] = here + share[rows, None] * (array[above] - here)
        memmap.release(array)
    return result


def trim(take: Take, start_s: Fraction, end_s: Fraction) -> Take:
    """The frames within a stretch of time.

    Args:
        take: Any take.
        start_s: First instant kept, on the take's own clock.
        end_s: First instant no longer kept.

    Returns:
        The frames at ``start_s <= time < end_s``; its start is the time of the first frame kept.

    Raises:
        TakeError: No frame lies in that stretch.
    """
    first = max(0, -((take.start - Fraction(start_s)) * take.rate // 1))
    last = min(take.n_frames, -((take.start - Fraction(end_s)) * take.rate // 1))
    if first >= last:
        raise TakeError(
            f"no frame of the take lies from {float(start_s):g} s to {float(end_s):g} s; "
            f"it runs from {float(take.start):g} s to {float(take.start + take.duration_s):g} s"
        )
    head = None if take.head is None else take.head[first:last]
    return replace(take, values=take.values[first:last], start=take.start + first / take.rate, head=head)


def splice(first: Take, second: Take) -> Take:
    """One take after another.

    Args:
        first: Keeps its rate, start and origin.
        second: Follows at once; brought to the first one's rate. Where only one has head motion, the other's
            head stays straight.

    Returns:
        A take as long as both.
    """
    second = resample(second, first.rate)
    head = None
    if first.head is not None or second.head is not None:
        head = np.concatenate([_head_of(first), _head_of(second)])
    return replace(first, values=np.concatenate([first.values, second.values]), head=head)


def _head_of(take: Take) -> F32:
    return np.zeros((take.n_frames, 3), dtype=np.float32) if take.head is None else take.head


def blend(first: Take, second: Take, weight: float | NDArray[np.floating]) -> Take:
    """A mix of two takes of the same length and rate.

    Args:
        first: Shown at weight 0; keeps its start and origin.
        second: Shown at weight 1.
        weight: One number, or (T,) numbers, in 0..1.

    Returns:
        The mix, frame by frame. Where only one has head motion, the other's head counts as straight.

    Raises:
        TakeError: Lengths or rates differ.
        ValueError: A weight lies outside 0..1, or there are not as many as frames.
    """
    if (first.n_frames, first.rate) != (second.n_frames, second.rate):
        raise TakeError(
            f"takes of {first.n_frames} frames at {first.rate} fps and of {second.n_frames} at {second.rate} fps "
            "cannot be blended; resample and trim them to match"
        )
    share = _weights(weight, first.n_frames)
    head = None
    if first.head is not None or second.head is not None:
        head = _mixed(_head_of(first), _head_of(second), share)
    return replace(first, values=_mixed(first.values, second.values, share), head=head)


def _weights(weight: float | NDArray[np.floating], count: int) -> F32:
    share = np.asarray(weight, dtype=np.float32)
    if share.shape not in ((), (count,)) or not bool(np.all((share >= 0) & (share <= 1))):
        raise ValueError(f"weight must be one number or {count} numbers in 0..1")
    return np.broadcast_to(share, (count,))[:, None]


def _mixed(first: F32, second: F32, share: F32) -> F32:
    return first * (1 - share) + second * share


def mirror(take: Take) -> Take:
    """The take with left and right swapped; mirroring twice gives the take back."""
    columns, signs = mirror_columns()
    values = take.values[:, columns]
    values *= signs
    head = None if take.head is None else take.head * _HEAD_MIRROR
    return replace(take, values=values, head=head)
