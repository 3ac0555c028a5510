"""What the renderer learns from, on disk: coordinates, masks, pictures and phonemes of every frame of every clip.

Made once for a training folder and mapped into memory. Knows the folder's files; does not know networks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from facetake.arrays import F16, F32, I64, U8, Mask
from facetake.portrait.read_avatars import audio_features
from facetake.portrait.read_avatars.renderer import RendererInput, grown
from facetake.portrait.read_avatars.settings import ReadAvatarsSettings
from facetake.portrait.read_avatars.surface import ActorSurface
from facetake.portrait.storage import fill, mapped
from facetake.portrait.training.devices import as_tensor
from facetake.portrait.video.compositing import Region, around
from facetake.portrait.video.playback import in_order

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Maps:
    """One clip as the renderer sees it.

    Attributes:
        uv: (T, H, W, 2) texture coordinates in -1..1.
        alpha: (T, H, W) 1 where the face is.
        real: (T, H, W, 3) the video.
        lips: (T, H, W) 1 inside the lips' outline, mouth and all.
        phonemes: (2 T, K) probabilities at twice the video's rate.
        learnable: (T,) whether a frame shows the whole face; None: all do.
    """

    uv: F16
    alpha: U8
    real: U8
    lips: U8
    phonemes: F32
    learnable: Mask | None = None

    @property
    def frames(self) -> I64:
        """Those that are learnt from."""
        return np.arange(len(self)) if self.learnable is None else np.flatnonzero(self.learnable)

    def __len__(self) -> int:
        """Number of frames."""
        return len(self.uv)


def region_of(surfaces: list[ActorSurface], settings: ReadAvatarsSettings, progress: Progress) -> Region:
    """The square that the renderer sees in every clip."""
    size = surfaces[0].size
    if settings.region == "frame":
        return Region(0, 0, size, settings.side)
    covered = np.zeros((size, size), np.uint8)
    for number, surface in enumerate(surfaces):
        for frame in range(surface.n_frames):
            covered |= surface.maps(surface.expression[frame], frame, surface.whole())[1]
        progress((number + 1) / len(surfaces))
    hole: Mask = grown(torch.from_numpy(covered[None].astype(np.bool_))).numpy()
    return around(hole, settings.side)


def maps_of(
    surface: ActorSurface, probabilities: F32, n_frames: int, region: Region, folder: Path, progress: Progress
) -> Maps:
    """The maps of a clip's first frames, from its folder or made there."""
    folder.mkdir(parents=True, exist_ok=True)
    side = region.pixels
    files = {name: folder / f"{name}.npy" for name in ("uv", "alpha", "real", "lips")}
    if not all(files[name].is_file() for name in ("uv", "alpha", "lips")):
        drawn = [surface.maps(surface.expression[frame], frame, region) for frame in range(n_frames)]
        fill(files["uv"], (n_frames, side, side, 2), np.float16, (each[0] for each in drawn), progress)
        for place, name in enumerate(("alpha", "lips"), start=1):
            fill(files[name], (n_frames, side, side), np.uint8, (each[place] for each in drawn), progress)
    if not files["real"].is_file():
        pictures = (region.cut(picture) for picture in in_order(surface, n_frames))
        fill(files["real"], (n_frames, side, side, 3), np.uint8, pictures, progress)
    alpha, lips = (mapped(files[name], (n_frames, side, side), np.uint8) for name in ("alpha", "lips"))
    uv = mapped(files["uv"], (n_frames, side, side, 2), np.float16)
    real = mapped(files["real"], (n_frames, side, side, 3), np.uint8)
    return Maps(uv, alpha, real, lips, probabilities[: 2 * n_frames], surface.actor.learnable[:n_frames])


def seen(maps: Maps, frames: I64, settings: ReadAvatarsSettings, others: I64 | None = None) -> RendererInput:
    """What the renderer is given for frames (B,) of a clip; past its ends the first and last frames are held.

    others: (B,) frames whose faces make the hole larger.
    """
    places = (frames[:, None] + np.arange(-settings.radius, settings.radius + 1)).clip(0, len(maps) - 1)
    uv = torch.from_numpy(maps.uv[places].astype(np.float32)).permute(0, 1, 4, 2, 3)
    alpha, lips = (torch.from_numpy(masks[frames] > 0) for masks in (maps.alpha, maps.lips))
    behind = alpha if others is None else alpha | torch.from_numpy(maps.alpha[others] > 0)
    heard = audio_features.windows(maps.phonemes, settings.half_window)[frames]
    return RendererInput(uv, alpha, lips, grown(behind), torch.from_numpy(heard), as_tensor(maps.real[frames]))
