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

from facetake.arrays import F32, I64, U8
from facetake.face.ibug import IBUG_MIRROR, INNER_LIPS
from facetake.portrait.landmark_translation.image import parts
from facetake.portrait.landmark_translation.image.image_warp import Movable
from facetake.portrait.landmark_translation.image.settings import PictureSettings
from facetake.portrait.landmark_translation.image.sketch import draw
from facetake.portrait.landmark_translation.image.translator import Shown
from facetake.portrait.storage import Progress, fill, mapped
from facetake.portrait.training.devices import CPU
from facetake.portrait.training.tensors import as_tensor
from facetake.portrait.video.playback import FrameSource, at_random, in_order
from facetake.portrait.video.region import Region
from facetake.timebase import Rate

ROOM = 0.22  # of the landmarks' extent, left around them on each side
CALM = 0.5  # what a turn of the head counts beside an open mouth, in the search for the calmest frame
SHUT = 10.0  # likewise shut lids, of which a little is much
LIDS = ((37, 41), (38, 40), (43, 47), (44, 46))  # iBUG's numbers: upper and lower points of the lids


@dataclass(frozen=True)
class Filmed:
    """One clip of one person.

    Attributes:
        film: its pictures, square.
        size: their side in pixels.
        rate: frames per second.
        points: (T, 68, 2) landmarks in their pixels, pixel centres at +0.5.
    """

    film: FrameSource
    size: int
    rate: Rate
    points: F32


@dataclass(frozen=True)
class Plates:
    """One clip as the networks see it.

    Attributes:
        real: (T, H, W, 3) the clip.
        sketches: (T, H, W, 3) landmark pictures.
        references: (R, T, H, W, 3) the photograph for every frame, or (R, 1, H, W, 3) where it stays as it is.
        points: (T, 68, 2) landmarks in pixels of these.
        reference_points: (R, 68, 2) those of the photographs.
    """

    real: U8
    sketches: U8
    references: U8
    points: F32
    reference_points: F32

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


def region_around(points: F32, size: int, settings: PictureSettings) -> Region:
    """The square that the networks see of pictures of `size` pixels with landmarks (T, 68, 2)."""
    if settings.region == "frame":
        return Region(0, 0, size, settings.side)
    low = points.min(axis=(0, 1))
    high = points.max(axis=(0, 1))
    side = int(np.clip(np.ceil((high - low).max() * (1.0 + 2.0 * ROOM)), 2, size))
    left, top = (int(x) for x in np.rint((low + high - side) / 2.0).clip(0, size - side))
    return Region(left, top, side, settings.side)


def seen_in(region: Region, points: F32) -> F32:
    """Points (..., 2) of a picture in the pixels in which networks see a region of it."""
    scale = np.float32(region.pixels / region.side)
    return np.asarray((points - np.array([region.left, region.top], np.float32)) * scale, np.float32)


def calmest(points: F32, count: int) -> I64:
    """Frames (R,) that serve as photographs: the one with the calmest face, then others spread over the clip."""
    eyes = np.linalg.norm(points[:, 36] - points[:, 45], axis=1)
    gap = np.mean([np.linalg.norm(points[:, a] - points[:, b], axis=1) for a, b in INNER_LIPS], axis=0) / eyes
    middle = points[:, [36, 45]].mean(axis=1)
    turn = np.abs(points[:, 30, 0] - middle[:, 0]) / eyes
    tilt = np.abs(points[:, 30, 1] - middle[:, 1] - np.median(points[:, 30, 1] - middle[:, 1])) / eyes
    lids = np.mean([np.linalg.norm(points[:, a] - points[:, b], axis=1) for a, b in LIDS], axis=0) / eyes
    shut = np.maximum(np.median(lids) - lids, 0.0)
    first = int(np.argmin(gap + CALM * (turn + tilt) + SHUT * shut))
    others = np.linspace(0, len(points) - 1, count + 1)[1:-1].round().astype(np.int64).tolist()
    return np.array([first, *others], np.int64)[: min(count, len(points))]


def plates_of(filmed: Filmed, n_frames: int, settings: PictureSettings, folder: Path, progress: Progress) -> Plates:
    """What is learnt from a clip's first frames, from its folder or made there."""
    folder.mkdir(parents=True, exist_ok=True)
    points = filmed.points[:n_frames]
    side = settings.side
    region = region_around(points, filmed.size, settings)
    known = calmest(points, settings.references)
    files = {name: folder / f"{name}.npy" for name in ("real", "sketches", "references")}
    moves = n_frames if settings.reference == "moved" else 1
    shape = (n_frames, side, side, 3)
    all_shape = (len(known) * moves, side, side, 3)
    if not files["real"].is_file():
        cut = (region.cut(picture) for picture in in_order(filmed.film, n_frames))
        fill(files["real"], shape, np.uint8, cut, progress)
    if not files["sketches"].is_file():
        drawn = (draw(row, side) for row in seen_in(region, points))
        fill(files["sketches"], shape, np.uint8, drawn, progress)
    if not files["references"].is_file():
        rows = _references(filmed, known, points if moves > 1 else None, region)
        fill(files["references"], all_shape, np.uint8, rows, progress)
    real, sketches = (mapped(files[name], shape, np.uint8) for name in ("real", "sketches"))
    references = mapped(files["references"], all_shape, np.uint8).reshape(len(known), moves, side, side, 3)
    return Plates(real, sketches, references, seen_in(region, points), seen_in(region, points[known]))


def mirrored(plates: Plates, folder: Path, progress: Progress) -> Plates:
    """The same clip of the same person seen in a mirror; only its landmark pictures need a file in the folder."""
    side = plates.real.shape[2]
    path = folder / "mirrored_sketches.npy"
    points, known = (_turned(points, side) for points in (plates.points, plates.reference_points))
    if not path.is_file():
        fill(path, plates.sketches.shape, np.uint8, (draw(row, side) for row in points), progress)
    sketches = mapped(path, plates.sketches.shape, np.uint8)
    return Plates(plates.real[:, :, ::-1], sketches, plates.references[..., ::-1, :], points, known)


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
