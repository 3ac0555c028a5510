"""Makes the actor's video say something else: expression in, pictures out (AudioDVP 3.3, figure 2).

Knows networks, masks and the order of the target's frames; does not know sound or video files.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from facetake.portrait.audiodvp.pairs import BLOCK, masked
from facetake.portrait.audiodvp.renderer import rendered
from facetake.portrait.audiodvp.subject import Mask, Subject
from facetake.portrait.audiodvp.trained import Trained
from facetake.portrait.composite import blended, softened

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]


def there_and_back(n_frames: int, available: int) -> NDArray[np.int64]:
    """Which of `available` frames of the target's video stands behind each of `n_frames`, (n_frames,).

    It plays forwards, then backwards, and so on, so that a line longer than the video shows no cut.
    """
    if available < 1:
        raise ValueError("a video needs at least one frame")
    place = np.arange(n_frames) % max(1, 2 * (available - 1))
    return np.asarray(np.minimum(place, 2 * (available - 1) - place) if available > 1 else place * 0)


def perform(
    subject: Subject, trained: Trained, expression: F32, frames: NDArray[np.int64], *, neural: bool = True
) -> Iterator[U8]:
    """Yields pictures (H, W, 3) of the actor with another expression, in constant memory.

    Args:
        subject: the actor.
        trained: networks.
        expression: (T, E), one row a picture.
        frames: (T,) the target's frame behind each: its head pose, light and everything but the lower face.
        neural: through the renderer; without it the drawing itself is laid over the video (Table 3's ablation).
    """
    if len(expression) != len(frames):
        raise ValueError(f"{len(expression)} expressions for {len(frames)} frames")
    region, target = trained.about.region, _Target(subject)
    drawn = (
        masked(subject.draw(row, int(t)), target.mask(int(t)), region)
        for row, t in zip(expression, frames, strict=True)
    )
    how = trained.about.settings
    squares = rendered(trained.generator, drawn, how.radius, how.ends) if neural else drawn
    for t, square in zip(frames, squares, strict=True):
        picture = region.put(square, subject.size)
        yield blended(target.picture(int(t)), picture, softened(target.mask(int(t))))


class _Target:
    """The target's pictures and masks, the latest kept: playing back and forth asks for them again soon."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self.mask = lru_cache(maxsize=2 * BLOCK)(self._mask)
        self._block = lru_cache(maxsize=2)(self._read)

    def picture(self, frame: int) -> U8:
        return np.asarray(self._block(frame // BLOCK)[frame % BLOCK])

    def _mask(self, frame: int) -> Mask:
        return self._subject.mask(frame)

    def _read(self, block: int) -> U8:
        return self._subject.frames(block * BLOCK, min((block + 1) * BLOCK, self._subject.n_frames))
