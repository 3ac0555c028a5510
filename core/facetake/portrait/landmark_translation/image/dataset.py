"""What the picture networks learn from, on disk: the clip, its landmark pictures, and its photographs.

Made once for a training folder and mapped into memory. Knows clips as pictures with 68 points; does not know networks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from facetake.arrays import F32, I64, U8, Mask
from facetake.face.ibug import IBUG_MIRROR
from facetake.portrait.landmark_translation.image import parts
from facetake.portrait.landmark_translation.image.image_warp import Movable
from facetake.portrait.landmark_translation.image.sketch import draw
from facetake.portrait.landmark_translation.image.translator import Shown, region_around
from facetake.portrait.landmark_translation.person import calmest
from facetake.portrait.landmark_translation.settings import PictureSettings
from facetake.portrait.storage import Progress, fill, mapped
from facetake.portrait.training.devices import CPU, as_tensor
from facetake.portrait.video.compositing import Region
from facetake.portrait.video.playback import FrameSource, at_random, in_order
from facetake.timebase import Rate


@dataclass(frozen=True)
class Filmed:
    """One clip of one person.

    Attributes:
        film: its pictures, square.
        size: their side in pixels.
        rate: frames per second.
        points: (T, 68, 2) landmarks in their pixels, pixel centres at +0.5.
        learnable: (T,) whether a frame shows the whole face; None: all do.
    """

    film: FrameSource
    size: int
    rate: Rate
    points: F32
    learnable: Mask | None = None


@dataclass(frozen=True)
class Plates:
    """One clip as the networks see it.

    Attributes:
        real: (T, H, W, 3) the clip.
        sketches: (T, H, W, 3) landmark pictures.
        references: (R, T, H, W, 3) the photograph for every frame, or (R, 1, H, W, 3) where it stays as it is.
        points: (T, 68, 2) landmarks in pixels of these.
        reference_points: (R, 68, 2) those of the photographs.
        learnable: (T,) whether a frame shows the whole face; None: all do.
    """

    real: U8
    sketches: U8
    references: U8
    points: F32
    reference_points: F32
    learnable: Mask | None = None

    @property
    def frames(self) -> I64:
        """Those that are learnt from."""
        return np.arange(len(self)) if self.learnable is None else np.flatnonzero(self.learnable)

    def __len__(self) -> int:
        """Number of frames."""
        return len(self.real)

    @property
    def n_references(self) -> int:
        """Number of photographs."""
        return len(self.references)

    def mean_corner(self, part: str, size: tuple[int, int]) -> I64:
        """Where a part of width and height `size` lies on average, (2,)."""
        side = self.real.shape[1]
        return np.asarray(np.rint(parts.corners(self.points, part, size, side).mean(axis=0)).astype(np.int64))


def plates_of(filmed: Filmed, n_frames: int, settings: PictureSettings, folder: Path, progress: Progress) -> Plates:
    """What is learnt from a clip's first frames, from its folder or made there."""
    folder.mkdir(parents=True, exist_ok=True)
    points = filmed.points[:n_frames]
    side = settings.side
    region = region_around(points, filmed.size, settings)
    learnable = np.ones(n_frames, np.bool_) if filmed.learnable is None else filmed.learnable[:n_frames]
    frames = np.flatnonzero(learnable)
    known = frames[calmest(points[frames], settings.references)]
    files = {name: folder / f"{name}.npy" for name in ("real", "sketches", "references")}
    moves = n_frames if settings.reference == "moved" else 1
    shape = (n_frames, side, side, 3)
    all_shape = (len(known) * moves, side, side, 3)
    if not files["real"].is_file():
        cut = (region.cut(picture) for picture in in_order(filmed.film, n_frames))
        fill(files["real"], shape, np.uint8, cut, progress)
    if not files["sketches"].is_file():
        drawn = (draw(row, side) for row in region.points(points))
        fill(files["sketches"], shape, np.uint8, drawn, progress)
    if not files["references"].is_file():
        rows = _references(filmed, known, points if moves > 1 else None, region)
        fill(files["references"], all_shape, np.uint8, rows, progress)
    real, sketches = (mapped(files[name], shape, np.uint8) for name in ("real", "sketches"))
    references = mapped(files["references"], all_shape, np.uint8).reshape(len(known), moves, side, side, 3)
    return Plates(real, sketches, references, region.points(points), region.points(points[known]), learnable)


def mirrored(plates: Plates, folder: Path, progress: Progress) -> Plates:
    """The same clip of the same person seen in a mirror; only its landmark pictures need a file in the folder."""
    side = plates.real.shape[2]
    path = folder / "mirrored_sketches.npy"
    points, known = (_turned(points, side) for points in (plates.points, plates.reference_points))
    if not path.is_file():
        fill(path, plates.sketches.shape, np.uint8, (draw(row, side) for row in points), progress)
    sketches = mapped(path, plates.sketches.shape, np.uint8)
    return Plates(plates.real[:, :, ::-1], sketches, plates.references[..., ::-1, :], points, known, plates.learnable)


def _turned(points: F32, side: int) -> F32:
    """Landmarks (..., 68, 2) in a mirror of pictures of `side` pixels: a left eye is a right one there."""
    there = points[..., IBUG_MIRROR, :].copy()
    there[..., 0] = side - there[..., 0]
    return there


def _references(filmed: Filmed, known: I64, points: F32 | None, region: Region) -> Iterator[U8]:
    """Photographs as networks see them, moved to every frame's points (T, 68, 2) if those are given."""
    picture_of = at_random(filmed.film)
    for frame in known:
        picture = picture_of(int(frame))
        if points is None:
            yield region.cut(picture)
        else:
            movable = Movable(picture, filmed.points[frame])
            yield from (region.cut(movable.moved(row)) for row in points)


def shown(plates: Plates, frames: I64, reference: int, device: torch.device = CPU) -> tuple[Shown, Tensor]:
    """What networks on a device are shown for frames (B,) with one photograph, and the real pictures (B, 3, H, W)."""
    moves = plates.references.shape[1] > 1
    photographs = plates.references[reference][frames if moves else np.zeros_like(frames)]
    points = plates.points[frames]
    known = points if moves else np.broadcast_to(plates.reference_points[reference], points.shape)
    sketch = as_tensor(plates.sketches[frames], device)
    real = as_tensor(plates.real[frames], device)
    return Shown(sketch, as_tensor(photographs, device), points, known), real
