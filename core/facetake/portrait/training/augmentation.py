"""Pictures turned, scaled, moved and mirrored at random, several of one moment alike.

Of three minutes of video hardly anything can be learnt by heart; of six seconds everything can, unless each picture is
seen a little differently every time. Knows tensors.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

TURN_DEG = 8.0
STRETCH = 0.1
SHIFT = 0.06
"""By choice: about as far as an actor's head moves in a clip; further, too much is beyond the pictures' edges."""


def turns(count: int, amount: float, rng: np.random.Generator) -> Tensor:
    """Random movements (count, 2, 3).

    amount: 0 leaves pictures as they are; at 1 they are turned by up to `TURN_DEG`, made larger or smaller and moved by
    up to `STRETCH` and `SHIFT` of their size, and mirrored half of the time.
    """
    turn, stretch, across, down = rng.uniform(-amount, amount, (4, count))
    angle = np.radians(TURN_DEG) * turn
    scale = 1.0 + STRETCH * stretch
    mirror = np.where(rng.random(count) < 0.5 * amount, -1.0, 1.0)
    rows = [
        [mirror * scale * np.cos(angle), -scale * np.sin(angle), 2.0 * SHIFT * across],
        [mirror * scale * np.sin(angle), scale * np.cos(angle), 2.0 * SHIFT * down],
    ]
    return torch.from_numpy(np.stack([np.stack(row, axis=-1) for row in rows], axis=1)).float()


def moved(pictures: Tensor, by: Tensor, mode: Literal["bicubic", "nearest"] = "bicubic") -> Tensor:
    """Pictures (B, C, H, W) in -1..1 moved by `turns`; beyond their edges the edge goes on.

    Bicubic, since what is moved bilinearly is soft, and networks that learn from soft pictures paint them.

    mode: "nearest" for what must not mix.
    """
    grid = F.affine_grid(by, [*pictures.shape], align_corners=False)
    new = F.grid_sample(pictures, grid, mode=mode, padding_mode="border", align_corners=False)
    return new.clamp(-1.0, 1.0) if mode == "bicubic" else new
