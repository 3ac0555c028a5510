"""The order in which a video's frames are shown, and its pictures in that order, the latest kept.

Knows frame numbers and pictures; does not know what is done with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
BLOCK = 32  # frames read at a time


class Film(Protocol):
    """A video whose pictures can be read."""

    @property
    def n_frames(self) -> int:
        """Number of frames, T."""

    def frames(self, first: int, last: int) -> U8:
        """Pictures (n, H, W, 3), RGB, of frames `first` to `last` - 1."""


def there_and_back(n_frames: int, available: int) -> NDArray[np.int64]:
    """Which of `available` frames of the target's video stands behind each of `n_frames`, (n_frames,).

    It plays forwards, then backwards, and so on, so that a line longer than the video shows no cut.
    """
    if available < 1:
        raise ValueError("a video needs at least one frame")
    place = np.arange(n_frames) % max(1, 2 * (available - 1))
    return np.asarray(np.minimum(place, 2 * (available - 1) - place) if available > 1 else place * 0)


def in_order(film: Film, n_frames: int) -> Iterator[U8]:
    """Yields the first pictures of the video, a block in memory at a time."""
    for first in range(0, n_frames, BLOCK):
        yield from film.frames(first, min(first + BLOCK, n_frames))


def at_random(film: Film) -> Callable[[int], U8]:
    """Gives a picture (H, W, 3) by its number; playing back and forth asks for the same ones again soon."""

    @lru_cache(maxsize=2)
    def block(number: int) -> U8:
        return film.frames(number * BLOCK, min((number + 1) * BLOCK, film.n_frames))

    return lambda frame: np.asarray(block(frame // BLOCK)[frame % BLOCK])
