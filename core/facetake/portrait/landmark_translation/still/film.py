"""A photograph that speaks at once: its own pixels follow the net's points, and a network paints inside the mouth.

All is drawn in twice the resolution and then halved, so that the edges of lips are smooth and nothing gets softer than
the photograph. Knows photographs' points and the painter; does not know takes or sound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from scipy.ndimage import gaussian_filter

from facetake.arrays import F32, U8
from facetake.portrait.landmark_translation.still.face import MovedPoints, StillFace
from facetake.portrait.landmark_translation.still.mesh import INNER_LIPS, filled, looked_up, source_of
from facetake.portrait.landmark_translation.still.mouth import (
    HOLE,
    SIDE_PX,
    MouthSquare,
    hollow,
    mouth_shape,
    mouth_square,
    own_share,
    told,
)
from facetake.portrait.metrics.sharpness import cpbd

Painter = Callable[[F32], F32]
"""From what it is told (11, SIDE_PX, SIDE_PX) to colours and how much of them shows (4, SIDE_PX, SIDE_PX), -1..1."""
FINE = 2  # times the resolution
DETAIL_PX = 1.0  # as fine as what a look-up takes away
LOST = np.arange(0.0, 1.05, 0.05)  # more would show the noise of a photograph that was enlarged


def pictures(face: StillFace, points: MovedPoints, painter: Painter | None, first: int = 0) -> Iterator[U8]:
    """Yields a picture (H, H, 3) for each frame from the first; without a painter a mouth is a dark hole."""
    photograph = face.fine.astype(np.float32)
    seen = FINE * face.seen
    there = mouth_square(seen, face.mesh)
    own = looked_up(photograph, there.places)
    before = mouth_shape(there.points(seen), face.mesh)
    teeth = own_share(before)
    size = face.fine.shape[:2]
    lost = _lost(photograph, face.picture)
    for turned, moved in zip(FINE * points.turned[first:], FINE * points.moved[first:], strict=True):
        still, now = face.mesh.with_rings(seen, turned, moved, len(face.fine))
        frame = looked_up(photograph, source_of(now, still, face.mesh.faces, size))
        inside = filled(moved[face.mesh.rows(INNER_LIPS)], size)[..., None]
        frame = frame * (1.0 - inside) + HOLE * inside
        if painter is not None:
            square = mouth_square(turned, face.mesh)
            source = source_of(square.points(now), still, face.mesh.faces, (SIDE_PX, SIDE_PX))
            shape = mouth_shape(square.points(moved), face.mesh)
            said = painter(told(hollow(looked_up(photograph, source), shape), shape, own, before))
            _paint(frame, square, said, shape.reach)
            _lay(frame, square, photograph, there, teeth * shape.inside)
        yield _as_picture(_sharpened(_halved(frame), lost))


def _halved(fine: F32) -> F32:
    height, width = fine.shape[:2]
    return np.asarray(fine.reshape(height // FINE, FINE, width // FINE, FINE, 3).mean(axis=(1, 3)), np.float32)


def _lost(fine: F32, picture: U8) -> float:
    """How much of its details a photograph is to be given back, as looking them up between pixels takes some away.

    As much as makes it as sharp as before (CPBD) when it has moved by a quarter of a pixel.
    """
    height, width = fine.shape[:2]
    columns, rows = (np.arange(size, dtype=np.float32) + np.float32(1.0) for size in (width, height))
    moved = _halved(looked_up(fine, np.stack(np.meshgrid(columns, rows), axis=-1)))
    wanted = cpbd(picture)
    enough = (lost for lost in LOST if cpbd(_as_picture(_sharpened(moved, lost))) >= wanted)
    return float(next(enough, LOST[-1]))


def _as_picture(levels: F32) -> U8:
    return np.asarray(np.rint(levels), np.uint8)


def _sharpened(picture: F32, lost: float) -> F32:
    """A picture (H, W, 3) with its details, what is finer than `DETAIL_PX`, enlarged by 1 + `lost`."""
    soft = gaussian_filter(picture, (DETAIL_PX, DETAIL_PX, 0))
    return np.asarray((picture + lost * (picture - soft)).clip(0.0, 255.0), np.float32)


def _paint(frame: F32, square: MouthSquare, said: F32, reach: F32) -> None:
    """Lays colours over a picture (H, W, 3) where a square of it lies, as far as they are to show."""
    some, places = _covered(frame, square)
    light = (np.moveaxis(said, 0, -1) + 1.0) * np.float32(127.5)
    share = _shares(light[..., 3] * reach / np.float32(255.0), places)
    some += share * (looked_up(light[..., :3], places) - some)


def _lay(frame: F32, square: MouthSquare, photograph: F32, there: MouthSquare, share: F32) -> None:
    """Lays a photograph's own mouth, in its square there, over a picture (H, W, 3) as far as it is to show."""
    some, places = _covered(frame, square)
    corner = np.array([there.left, there.top], np.float32)
    own = looked_up(photograph, corner + places * np.float32(there.side / SIDE_PX))
    some += _shares(share, places) * (own - some)


def _covered(frame: F32, square: MouthSquare) -> tuple[F32, F32]:
    """The part (h, w, 3) of a picture that a square covers, as a view, and its places (h, w, 2) in the square."""
    low = np.maximum(np.floor([square.left, square.top]).astype(int), 0)
    high = np.minimum(np.ceil([square.left + square.side, square.top + square.side]).astype(int), frame.shape[1::-1])
    columns, rows = (np.arange(a, b, dtype=np.float32) + np.float32(0.5) for a, b in zip(low, high, strict=True))
    places = square.points(np.stack(np.meshgrid(columns, rows), axis=-1))
    return frame[low[1] : high[1], low[0] : high[0]], places


def _shares(share: F32, places: F32) -> F32:
    """Shares (SIDE_PX, SIDE_PX) in 0..1 at places (h, w, 2), as (h, w, 3)."""
    levels = np.repeat(share[..., None] * np.float32(255.0), 3, axis=2)
    return np.asarray(looked_up(levels, places) / np.float32(255.0), np.float32)
