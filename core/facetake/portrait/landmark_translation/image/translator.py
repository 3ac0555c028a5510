"""The networks that turn landmark pictures and a photograph into pictures: parts, rest and whole (3.4, equation 7).

Knows tensors and the parts' places; does not know faces, files or how it is trained.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from facetake.arrays import F32, I64
from facetake.networks.sequence_translator import SequenceTranslator
from facetake.networks.unet import N_OUT, UNet, put
from facetake.portrait.landmark_translation.image import parts
from facetake.portrait.landmark_translation.image.parts import POINTS
from facetake.portrait.landmark_translation.settings import PictureSettings
from facetake.portrait.video.compositing import Region

ROOM = 0.22  # of the landmarks' extent, left around them on each side


@dataclass(frozen=True)
class Shown:
    """What the networks are shown for B frames.

    Attributes:
        sketch: (B, 3, H, W) landmark pictures in -1..1.
        reference: (B, 3, H, W) the photograph, as it is or moved.
        points: (B, 68, 2) landmarks in pixels of these pictures.
        reference_points: (B, 68, 2) those of the photograph as it is shown.
    """

    sketch: Tensor
    reference: Tensor
    points: F32
    reference_points: F32


@dataclass(frozen=True)
class Local:
    """What parts and rest come to.

    Attributes:
        condition: what each network saw, (B, 6, h, w), by its name.
        made: what it made of it, (B, 3, h, w).
        corners: (B, 2) where each part lies.
        combined: (B, 3, H, W) the parts laid over the rest, or over the photograph.
        within: (B, 1, H, W) how much of what networks make is shown, 0..1.
        reference: (B, 3, H, W) the photograph, which is seen elsewhere.
    """

    condition: dict[str, Tensor]
    made: dict[str, Tensor]
    corners: dict[str, I64]
    combined: Tensor
    within: Tensor
    reference: Tensor

    def kept(self, made: Tensor) -> Tensor:
        """Made pictures (B, 3, H, W) where they are shown, the photograph elsewhere."""
        return self.reference + self.within * (made - self.reference)


REST = "rest"


class LocalTranslator(nn.Module):
    """A network for each part, and one for the rest, which sees everything."""

    def __init__(self, settings: PictureSettings) -> None:
        """Builds the networks."""
        super().__init__()
        self.out = settings.out
        self.side = settings.side
        self.whole = settings.changed == "all"
        multiple = 2**settings.part_unet.downs
        self.sizes = {part: settings.parts.pixels(part, settings.side, multiple) for part in POINTS}
        self.networks = nn.ModuleDict()
        if settings.local:
            self.networks.update({part: UNet(6, N_OUT[settings.out], settings.part_unet) for part in POINTS})
        if self.whole or not settings.local:
            self.networks[REST] = UNet(6, N_OUT[settings.out], settings.rest_unet)

    def forward(self, shown: Shown) -> Local:
        """Translates single frames."""
        both = torch.cat([shown.sketch, shown.reference], dim=1)
        condition = {}
        corners = {part: parts.corners(shown.points, part, size, self.side) for part, size in self.sizes.items()}
        for name in self.networks:
            condition[name] = both if name == REST else self._piece(shown, name, corners[name])
        made = {name: self._made(name, seen) for name, seen in condition.items()}
        within = self._within(corners, shown.sketch)
        under = made.get(REST, shown.reference)
        combined = shown.reference + within * (under - shown.reference)
        for name in made:
            if name != REST:
                combined = parts.laid(combined, made[name], corners[name])
        return Local(condition, made, corners, combined, within, shown.reference)

    def _piece(self, shown: Shown, part: str, at: I64) -> Tensor:
        """A part of the landmark picture, and the same part of the photograph, (B, 6, h, w)."""
        size = self.sizes[part]
        known = parts.corners(shown.reference_points, part, size, self.side)
        return torch.cat([parts.cut(shown.sketch, at, size), parts.cut(shown.reference, known, size)], dim=1)

    def _within(self, corners: dict[str, I64], like: Tensor) -> Tensor:
        """Where pictures like these (B, 3, H, W) may be changed, (B, 1, H, W), 0..1: everywhere, or in the parts."""
        if self.whole:
            return torch.ones_like(like[:, :1])
        within = torch.zeros_like(like[:, :1])
        for part, at in corners.items():
            soft = parts.softness(*self.sizes[part]).to(like.device).expand(len(like), 1, -1, -1)
            within = torch.maximum(within, parts.placed(soft, at, self.side))
        return within

    def _made(self, name: str, condition: Tensor) -> Tensor:
        return put(self.out, condition[:, 3:], self.networks[name](condition))


class Translator(nn.Module):
    """Both stages."""

    def __init__(self, settings: PictureSettings) -> None:
        """Builds all networks."""
        super().__init__()
        self.local = LocalTranslator(settings)
        self.whole = SequenceTranslator(settings.sequence)

    def forward(self, shown: Shown, states: list[Tensor] | None = None) -> tuple[Tensor, list[Tensor]]:
        """Pictures (B, 3, H, W) of B frames, one after another, and what is remembered for the next."""
        local = self.local(shown)
        made, states = self.whole(local.combined[None], states)
        return local.kept(made[0]), states


def region_around(points: F32, size: int, settings: PictureSettings) -> Region:
    """The square that the networks see of pictures of `size` pixels with landmarks (T, 68, 2)."""
    if settings.region == "frame":
        return Region(0, 0, size, settings.side)
    low = points.min(axis=(0, 1))
    high = points.max(axis=(0, 1))
    side = int(np.clip(np.ceil((high - low).max() * (1.0 + 2.0 * ROOM)), 2, size))
    left, top = (int(x) for x in np.rint((low + high - side) / 2.0).clip(0, size - side))
    return Region(left, top, side, settings.side)
