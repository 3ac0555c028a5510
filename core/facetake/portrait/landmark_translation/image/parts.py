"""The parts of a face that are translated one by one: where they lie, how they are cut out and laid back (3.4).

Knows iBUG's 68 points and pictures as tensors; does not know networks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from facetake.arrays import I64
from facetake.face.ibug import EYES, MOUTH, NOSE
from facetake.portrait.video.compositing import PAPER_PX

_MIDDLE = (EYES.start + EYES.stop) // 2  # iBUG counts the subject's right eye first
POINTS = {
    "nose": NOSE,
    "right_eye": slice(EYES.start, _MIDDLE),
    "left_eye": slice(_MIDDLE, EYES.stop),
    "mouth": MOUTH,
}
"""The points of each part, in the order in which the parts are laid over each other."""
SOFT = 0.2
"""Share of a part's shorter side over which its edge fades into the rest. The paper lays parts down with hard edges."""


@dataclass(frozen=True)
class PartSizes:
    """Width and height of the cut parts in a picture of 256 pixels; in others they scale."""

    eye: tuple[int, int] = (56, 40)
    nose: tuple[int, int] = (48, 48)
    mouth: tuple[int, int] = (64, 40)

    def pixels(self, part: str, side: int, multiple: int) -> tuple[int, int]:
        """Width and height of a part in a picture of `side` pixels, rounded up to a multiple a network can halve."""
        across, down = getattr(self, part.rpartition("_")[2])
        scale = side / PAPER_PX
        return _up(across * scale, multiple), _up(down * scale, multiple)


def _up(pixels: float, multiple: int) -> int:
    return max(1, int(np.ceil(pixels / multiple - 1e-9))) * multiple


def corners(points: NDArray[np.floating], part: str, size: tuple[int, int], side: int) -> I64:
    """Left and top (B, 2) of a part around the mean of its landmarks, moved so that all of it is in the picture.

    points: (B, 68, 2) pixels; size: width and height of the part; side: of the picture.
    """
    middle = points[:, POINTS[part]].mean(axis=1)
    low = np.rint(middle - np.array(size) / 2.0).astype(np.int64)
    return np.asarray(low.clip(0, np.array([side - size[0], side - size[1]])))


def cut(pictures: Tensor, at: I64, size: tuple[int, int]) -> Tensor:
    """Parts (B, C, h, w) of pictures (B, C, H, W) with corners (B, 2); size: width and height."""
    across, down = size
    return torch.stack(
        [
            picture[:, top : top + down, left : left + across]
            for picture, (left, top) in zip(pictures, at.tolist(), strict=True)
        ]
    )


def placed(parts: Tensor, at: I64, side: int) -> Tensor:
    """Parts (B, C, h, w) at corners (B, 2) of pictures (B, C, side, side) of zeros."""
    down, across = parts.shape[-2:]
    return torch.stack(
        [
            F.pad(part, (left, side - left - across, top, side - top - down))
            for part, (left, top) in zip(parts, at.tolist(), strict=True)
        ]
    )


def laid(under: Tensor, parts: Tensor, at: I64) -> Tensor:
    """Pictures (B, 3, H, W) with parts (B, 3, h, w) over them at corners (B, 2), their edges fading."""
    weight = softness(parts.shape[-1], parts.shape[-2]).to(parts.device).expand(len(parts), 1, -1, -1)
    both = placed(torch.cat([parts * weight, weight], dim=1), at, under.shape[-1])
    return under * (1.0 - both[:, 3:]) + both[:, :3]


def softness(across: int, down: int) -> Tensor:
    """How much of a part shows (1, 1, down, across): 1 inside, towards 0 at its edge."""
    ramp = max(1.0, SOFT * min(across, down))
    x, y = (
        ((torch.minimum(place, size - 1 - place) + 0.5) / ramp).clamp(max=1.0)
        for size in (across, down)
        for place in [torch.arange(size, dtype=torch.float32)]
    )
    return (y[:, None] * x)[None, None]
