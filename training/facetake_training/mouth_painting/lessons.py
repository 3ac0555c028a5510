"""Lessons for the painter of mouths: one frame of a clip moved to where another frame's points are, and that frame.

Knows clips as `clips` keeps them; does not know networks.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from facetake.arrays import F32, U8
from facetake.arrays.reader import read_npz
from facetake.errors import ConfigError
from facetake.portrait.landmark_translation.still.mesh import FaceMesh, looked_up, shut_where_crossed, source_of
from facetake.portrait.landmark_translation.still.mouth import (
    SIDE_PX,
    MouthSquare,
    hollow,
    mouth_shape,
    mouth_square,
    told,
)
from facetake.portrait.metrics.lips import INNER

CALM = 0.5  # share of lessons that begin with lips nearly shut, as most photographs have them
CALM_QUANTILE = 0.25  # of a clip's openings: what counts as nearly shut
OPEN = 0.3  # share of lessons that ask for one of the most open tenth: rare in speech and hardest
SHIFT = 0.03  # of the square's side, standard deviation
SCALE = 0.08  # standard deviation of the logarithm of its size
LIGHT = 0.05  # of a channel and of all three together, standard deviation of the logarithm


@dataclass(frozen=True)
class MouthClip:
    """Mouths of one person: windows (T, S, S, 3), and points (T, N, 2) of the face's net in their pixels."""

    windows: U8
    points: F32
    opening: F32


def read_clips(folder: Path, mesh: FaceMesh) -> dict[str, MouthClip]:
    """Every clip of a folder, by name. ConfigError where there is none."""
    found = {}
    for path in sorted(folder.glob("*.npz")):
        held = read_npz(path)
        points = np.asarray(held["points"], np.float32)
        eyes = np.linalg.norm(points[:, 33] - points[:, 263], axis=1)
        gaps = np.mean([np.linalg.norm(points[:, a] - points[:, b], axis=1) for a, b in INNER], axis=0)
        kept = shut_where_crossed(points[:, mesh.numbers], mesh)
        found[path.stem] = MouthClip(np.asarray(held["windows"]), kept, np.asarray(gaps / eyes, np.float32))
    if not found:
        raise ConfigError(f"{folder} has no clips; make them with `facetake-train mouth-clips`")
    return found


@dataclass(frozen=True)
class Lesson:
    """What the painter is told (11, H, W), given (3, H, W) and asked for (3, H, W), all in -1..1, with its reach.

    reach, inside: (1, H, W) in 0..1.
    """

    told: F32
    given: F32
    wanted: F32
    reach: F32
    inside: F32


class MouthLessons:
    """Lessons drawn at random, every clip as often as any other, half of them in a mirror."""

    def __init__(self, clips: dict[str, MouthClip], mesh: FaceMesh, seed: int) -> None:
        """Takes the clips."""
        self._clips = list(clips.values())
        self._mesh = mesh
        self.random = np.random.default_rng(seed)

    def draw(self) -> Lesson:
        """One lesson."""
        clip = self._clips[self.random.integers(len(self._clips))]
        first, second = self._frames(clip)
        return self.lesson(clip, first, second, is_varied=True)

    def _frames(self, clip: MouthClip) -> tuple[int, int]:
        order = np.argsort(clip.opening)
        count = len(order)
        first = self.random.integers(count)
        if self.random.random() < CALM:
            first = order[self.random.integers(max(1, int(CALM_QUANTILE * count)))]
        second = self.random.integers(count)
        if self.random.random() < OPEN:
            second = order[count - 1 - self.random.integers(max(1, count // 10))]
        return int(first), int(second)

    def lesson(self, clip: MouthClip, first: int, second: int, *, is_varied: bool = False) -> Lesson:
        """The lesson of two frames: the first moved to where the second is."""
        mesh = self._mesh
        before, after = clip.points[first], clip.points[second]
        there, square = (self._square(mouth_square(points, mesh), is_varied) for points in (before, after))
        light = np.ones(3, np.float32)
        if is_varied:
            light = np.exp(LIGHT * (self.random.normal() + self.random.normal(size=3))).astype(np.float32)
        placed = square.points(after)
        still, moved = mesh.with_rings(before, placed, placed)
        source = source_of(moved, still, mesh.faces, (SIDE_PX, SIDE_PX))
        lit = [np.clip(clip.windows[frame].astype(np.float32) * light, 0.0, 255.0) for frame in (first, second)]
        shape = mouth_shape(placed, mesh)
        given = hollow(looked_up(lit[0], source), shape)
        photograph = looked_up(lit[0], there.places)
        what = told(given, shape, photograph, mouth_shape(there.points(before), mesh))
        wanted = np.moveaxis(looked_up(lit[1], square.places), -1, 0) / np.float32(127.5) - 1.0
        lesson = Lesson(what, what[:3], wanted, shape.reach[None], shape.inside[None])
        return _mirrored(lesson) if is_varied and self.random.random() < 0.5 else lesson

    def _square(self, square: MouthSquare, is_varied: bool) -> MouthSquare:
        if not is_varied:
            return square
        side = square.side * float(np.exp(SCALE * self.random.normal()))
        x, y = SHIFT * square.side * self.random.normal(size=2) + 0.5 * (square.side - side)
        return MouthSquare(square.left + float(x), square.top + float(y), side)


def _mirrored(lesson: Lesson) -> Lesson:
    """The lesson in a mirror; what is told of x keeps its sign, as it says where in the square a pixel lies."""
    what = lesson.told[..., ::-1].copy()
    what[-2] = lesson.told[-2]
    return Lesson(
        what, *(some[..., ::-1].copy() for some in (lesson.given, lesson.wanted, lesson.reach, lesson.inside))
    )
