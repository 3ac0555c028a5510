"""The training pairs: masked drawings of the face model beside masked pictures, on disk (AudioDVP figure 5).

Made once for a training folder and mapped into memory, so that three minutes need no more memory than six seconds.
Knows the folder's files; does not know networks.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from facetake.arrays import U8, Mask
from facetake.portrait.audiodvp.subject import DrawableActor
from facetake.portrait.storage import Progress, fill, mapped
from facetake.portrait.video.playback import in_order
from facetake.portrait.video.region import Region


def masks_of(subject: DrawableActor, path: Path, progress: Progress) -> Mask:
    """The widened lower-face masks (T, H, W) of every frame, from `path` or made there."""
    shape = (subject.n_frames, subject.size, subject.size)
    if not path.is_file():
        fill(path, shape, np.bool_, (subject.mask(frame) for frame in range(subject.n_frames)), progress)
    return mapped(path, shape, np.bool_)


def pairs_of(
    subject: DrawableActor, masks: Mask, region: Region, n_frames: int, folder: Path, progress: Progress
) -> tuple[U8, U8]:
    """Drawings and pictures (n_frames, pixels, pixels, 3) of the first frames, black outside the mask."""
    shape = (n_frames, region.pixels, region.pixels, 3)
    drawn = folder / "drawn.npy"
    real = folder / "real.npy"
    if not drawn.is_file():
        expression = subject.expression
        drawings = (masked(subject.draw(expression[t], t), masks[t], region) for t in range(n_frames))
        fill(drawn, shape, np.uint8, drawings, progress)
    if not real.is_file():
        pictures = enumerate(in_order(subject, n_frames))
        fill(real, shape, np.uint8, (masked(picture, masks[t], region) for t, picture in pictures), progress)
    return mapped(drawn, shape, np.uint8), mapped(real, shape, np.uint8)


def masked(picture: U8, mask: Mask, region: Region) -> U8:
    """The region of a picture (H, W, 3), black outside the mask."""
    return region.cut(np.where(mask[..., None], picture, np.uint8(0)))
