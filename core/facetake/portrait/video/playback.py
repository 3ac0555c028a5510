"""The order in which a video's frames are shown, and its pictures in that order, the latest kept.

Knows frame numbers and pictures; does not know what is done with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Protocol

import numpy as np

from facetake.arrays import F64, I64, U8, Mask

BLOCK = 32  # frames read at a time
SLOW = 4  # frames of the video, a sixth of a second, over which it slows down before it turns


class FrameSource(Protocol):
    """A video whose pictures can be read."""

    @property
    def n_frames(self) -> int:
        """Number of frames, T."""

    def frames(self, first: int, last: int) -> U8:
        """Pictures (n, H, W, 3), RGB, of frames `first` to `last` - 1."""


def there_and_back(n_frames: int, available: int) -> I64:
    """Which of `available` frames of the target's video stands behind each of `n_frames`, (n_frames,).

    It plays forwards, then backwards, and so on, so that a line longer than the video shows no cut. Before each turn it
    slows down evenly and after it gathers speed alike, in whole frames: none is skipped, some are held.
    """
    if available < 1:
        raise ValueError("a video needs at least one frame")
    shown = np.arange(n_frames)
    if n_frames <= available:
        return shown
    last = available - 1
    slow = _slow(available)
    way, passed = np.divmod(shown + slow, _leg(available))
    gone = _eased(passed, last, slow)
    place = np.where(shown < slow, shown, np.where(way % 2, last - gone, gone))  # at first it runs already
    return np.floor(place + 0.5).astype(np.int64)


def whole_face(n_frames: int, learnable: Mask) -> tuple[I64, int]:
    """As `there_and_back`, in the longest stretch of a video that shows the whole face throughout.

    Args:
        n_frames: how many are shown.
        learnable: (T,) whether a frame of the video shows the whole face, as some does.

    Returns:
        The frames (n_frames,) and how many the stretch has.
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], learnable, [False]]).astype(np.int8))).reshape(-1, 2)
    first, last = max(edges.tolist(), key=lambda each: each[1] - each[0])
    return first + there_and_back(n_frames, last - first), last - first


def turns(n_frames: int, available: int) -> I64:
    """The shown frames in which `there_and_back` turns."""
    first = available - 1 + _slow(available)
    return np.arange(first, n_frames, _leg(available)) if n_frames > available else np.zeros(0, np.int64)


def _slow(available: int) -> int:
    """Frames of the video over which it slows down; they take twice as long as they would."""
    return min(SLOW, (available - 1) // 2)


def _leg(available: int) -> int:
    """Shown frames from one turn to the next."""
    return max(1, available - 1 + 2 * _slow(available))


def _eased(passed: I64, last: int, slow: int) -> F64:
    """How far a leg has come, 0..last, after so many shown frames: from rest to full speed, and to rest again."""
    total = last + 2 * slow
    four = max(1, 4 * slow)
    ends = np.where(2 * passed < total, passed**2 / four, last - (total - passed) ** 2 / four)
    inside = (passed >= 2 * slow) & (passed <= total - 2 * slow)
    return np.asarray(np.where(inside, passed - slow, ends))


def in_order(film: FrameSource, n_frames: int) -> Iterator[U8]:
    """Yields the first pictures of the video, a block in memory at a time."""
    for first in range(0, n_frames, BLOCK):
        yield from film.frames(first, min(first + BLOCK, n_frames))


def at_random(film: FrameSource) -> Callable[[int], U8]:
    """Gives a picture (H, W, 3) by its number; playing back and forth asks for the same ones again soon."""

    @lru_cache(maxsize=2)
    def block(number: int) -> U8:
        return film.frames(number * BLOCK, min((number + 1) * BLOCK, film.n_frames))

    return lambda frame: np.asarray(block(frame // BLOCK)[frame % BLOCK])
