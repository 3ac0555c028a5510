"""Makes a photograph do what landmarks do: points in, pictures out, in constant memory (3.4).

Knows networks and pictures; does not know sound or where points come from.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from facetake.arrays import F32, U8
from facetake.portrait.landmark_translation.image import parts
from facetake.portrait.landmark_translation.image.dataset import region_around, seen_in
from facetake.portrait.landmark_translation.image.image_warp import Movable
from facetake.portrait.landmark_translation.image.settings import PictureSettings
from facetake.portrait.landmark_translation.image.sketch import draw
from facetake.portrait.landmark_translation.image.translator import Shown, Translator
from facetake.portrait.training.devices import home
from facetake.portrait.training.tensors import as_pictures, as_tensor
from facetake.portrait.video.region import Region


def show(
    translator: Translator, settings: PictureSettings, photograph: U8, known: F32, points: F32, *, neural: bool = True
) -> Iterator[U8]:
    """Yields a picture (H, H, 3) for each frame.

    Where the photograph is moved, what the networks change about it is laid over the moved photograph in its own
    resolution, which thus is kept wherever they change nothing.

    Args:
        translator: networks, on any device.
        settings: theirs.
        photograph: (H, H, 3), square.
        known: (68, 2) its landmarks in its pixels.
        points: (T, 68, 2) what they are to do.
        neural: through the networks; without, the photograph is only moved, to see what they add.
    """
    region = region_around(np.concatenate([points, known[None]]), len(photograph), settings)
    moves = settings.reference == "moved"
    movable = Movable(photograph, known)
    states: list[Tensor] | None = None
    for row in points:
        large = movable.moved(row) if moves or not neural else photograph
        if not neural:
            yield large
            continue
        square = region.cut(large)
        given = _shown(square, region, row, row if moves else known, home(translator))
        with torch.inference_mode():
            made, states = translator(given, states)
        made = made.cpu()
        yield _changed(large, region, square, made[0]) if moves else region.put(as_pictures(made[0]), len(photograph))


def _shown(square: U8, region: Region, row: F32, known: F32, device: torch.device) -> Shown:
    seen = seen_in(region, row)
    there = seen_in(region, known)
    sketch = as_tensor(draw(seen, region.pixels), device)
    return Shown(sketch[None], as_tensor(square, device)[None], seen[None], there[None])


def _changed(large: U8, region: Region, square: U8, made: Tensor) -> U8:
    """A picture (H, H, 3) with what networks changed about its region, which they saw as `square`."""
    change = (made - as_tensor(square)) * parts.softness(region.pixels, region.pixels)[0]
    grown = F.interpolate(change[None], (region.side, region.side), mode="bicubic", align_corners=False)[0]
    rows, columns = (slice(begin, begin + region.side) for begin in (region.top, region.left))
    picture = as_tensor(large)
    picture[:, rows, columns] += grown
    return as_pictures(picture)
