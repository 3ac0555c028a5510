"""Makes the actor's video say something else: expression in, pictures out (AudioDVP 3.3, figure 2).

Knows networks, masks and the order of the target's frames; does not know sound or video files.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from facetake.arrays import F32, U8
from facetake.portrait.audiodvp.checkpoint import TrainedAudioDvp
from facetake.portrait.audiodvp.dataset import masked
from facetake.portrait.audiodvp.renderer import rendered
from facetake.portrait.audiodvp.subject import DrawableActor
from facetake.portrait.video.compositing import blended, softened
from facetake.portrait.video.playback import BLOCK, at_random


def perform(
    subject: DrawableActor, trained: TrainedAudioDvp, expression: F32, frames: NDArray[np.int64], *, neural: bool = True
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
    region = trained.about.region
    picture_of = at_random(subject)
    mask_of = lru_cache(2 * BLOCK)(subject.mask)
    drawn = (
        masked(subject.draw(row, int(t)), mask_of(int(t)), region) for row, t in zip(expression, frames, strict=True)
    )
    how = trained.about.settings
    squares = rendered(trained.generator, drawn, how.radius, how.ends) if neural else drawn
    for t, square in zip(frames, squares, strict=True):
        picture = region.put(square, subject.size)
        yield blended(picture_of(int(t)), picture, softened(mask_of(int(t))))
