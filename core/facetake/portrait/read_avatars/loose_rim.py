"""Which of a face's rim the film does not show: triangles that lie over a collar or a wall, whose colours come and go.

A face model is never quite as wide as its actor. Where its jaw lies over what is behind, the surface has the colours of
whatever the head passes: nothing that a texture could learn, and what is painted there is noise. Those triangles are
found by how much the film's colours change on them, and are not drawn; the video's own pixels stay in their place. Only
what hangs together with the rim is left out, as a mouth and eyes change as well. Knows surfaces and their films; does
not know networks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from facetake.arrays import F64, I64, U8, Mask
from facetake.face.model import MATERIALS, Topology
from facetake.portrait.read_avatars.surface import OUTER_RING, ActorSurface

LOOKED_AT = 120  # frames of all clips together: a head has been wherever it goes in a minute
FEWEST = 3  # frames in which a triangle must be seen for its change to count
TIMES = 3.0
"""So many times the change of most of the face. At 2 a cheek in moving shadow goes too, at 4 a seam of the jacket
stays; by eye on a clip of HDTF in front of a shelf."""
LEAST = 12.0
"""And of 0..255 at least so much: in a film without grain or in even light most of the face hardly changes at all, and
a cheek that a smile moves is not yet a collar."""
ROUNDS = 3  # of means with neighbours: a triangle is a pixel or two, and single ones are chance
EYES = np.array([33, 133, 263, 362])  # MediaPipe's corners
KEPT = 0.15  # of the part's height: nothing so near to lips and eyes is left out, however much it changes


@dataclass
class _Seen:
    """Sums over frames for each triangle: times seen (F,), colours (F, 3) and their squares (F, 3)."""

    times: F64
    colours: F64
    squares: F64

    def add(self, ids: NDArray[np.int32], picture: U8) -> None:
        """Adds a picture (H, W, 3) with the triangles (H, W) that it shows, -1 for none."""
        count = len(self.times)
        shown = ids[ids >= 0]
        pixels = np.bincount(shown, minlength=count)
        found = pixels > 0
        colours = picture[ids >= 0].astype(np.float64)
        sums = np.stack([np.bincount(shown, channel, count) for channel in colours.T], axis=1)
        means = sums[found] / pixels[found, None]
        self.times[found] += 1.0
        self.colours[found] += means
        self.squares[found] += means**2

    def changes(self) -> F64:
        """How far colours (F,) stray from their mean, 0..255; 0 where nothing was seen."""
        times = np.maximum(self.times, 1.0)[:, None]
        spread: F64 = np.sqrt(np.maximum(self.squares / times - (self.colours / times) ** 2, 0.0).mean(axis=1))
        return spread


def loose_rim(surfaces: list[ActorSurface], counts: list[int]) -> tuple[int, ...]:
    """Numbers of the triangles at the rim of what is drawn of one actor that the films do not show.

    Args:
        surfaces: the actor in each clip.
        counts: how many of each clip's first frames are looked at.
    """
    first = surfaces[0]
    size = len(first.model.faces)
    seen = _Seen(np.zeros(size), np.zeros((size, 3)), np.zeros((size, 3)))
    for surface, frames in zip(surfaces, _spread(surfaces, counts), strict=True):
        for frame in frames:
            seen.add(surface.shown_triangles(frame), surface.frames(frame, frame + 1)[0])
    topology = first.model.topology
    skin: Mask = first.drawn_triangles & (topology.material == MATERIALS.index("skin"))
    known = skin & (seen.times >= FEWEST)
    if not known.any():
        return ()
    changes = _smooth(seen.changes(), np.where(known, seen.times, 0.0), skin, topology.faces)
    restless: Mask = skin & (changes > max(TIMES * np.median(seen.changes()[known]), LEAST))
    return tuple(map(int, np.flatnonzero(_at_rim(restless, skin, first, topology))))


def _spread(surfaces: list[ActorSurface], counts: list[int]) -> list[list[int]]:
    """Frames of each clip, spread evenly over those of all that can be learnt from."""
    able = [np.flatnonzero(surface.actor.learnable[:count]) for surface, count in zip(surfaces, counts, strict=True)]
    step = max(1, -(-sum(map(len, able)) // LOOKED_AT))
    return [[int(frame) for frame in some[::step]] for some in able]


def _smooth(values: F64, weights: F64, skin: Mask, faces: I64) -> F64:
    """Values (F,) as means with those of triangles that share a corner, where weights (F,) count them.

    Triangles of the skin that no pixel showed get what is nearest to them.
    """
    for _ in range(ROUNDS):
        values, weights = _with_neighbours(values, weights, faces)
        weights = np.where(skin, weights, 0.0)
    while (without := skin & (weights == 0.0)).any():
        near, shares = _with_neighbours(values, weights, faces)
        reached = without & (shares > 0.0)
        if not reached.any():
            break
        values, weights = np.where(reached, near, values), np.where(reached, shares, weights)
    return values


def _with_neighbours(values: F64, weights: F64, faces: I64) -> tuple[F64, F64]:
    """Weighted means (F,) of values (F,) over triangles that share a corner, and their weights together (F,)."""
    count = int(faces.max()) + 1
    corners = faces.ravel()
    sums, shares = (np.bincount(corners, np.repeat(some, 3), count) for some in (values * weights, weights))
    share = shares[faces].sum(axis=1)
    return sums[faces].sum(axis=1) / np.maximum(share, 1e-9), share


def _at_rim(restless: Mask, skin: Mask, surface: ActorSurface, topology: Topology) -> Mask:
    """Of restless triangles those that reach the rim of the skin, and what they cut off from the rest of it."""
    faces = topology.faces
    outside = np.zeros(int(faces.max()) + 1, np.bool_)
    outside[faces[~surface.drawn_triangles].ravel()] = True
    near = restless & ~_around_features(skin, surface)
    rows, group = _together(near, faces)
    reaching = np.unique(group[outside[faces[rows]].any(axis=1)])
    left = np.zeros_like(skin)
    left[rows[np.isin(group, reaching)]] = True
    if not left.any():
        return left
    rows, group = _together(skin & ~left, faces)
    left[rows[group != np.bincount(group).argmax()]] = True
    return left


def _around_features(skin: Mask, surface: ActorSurface) -> Mask:
    """Which triangles (F,) lie near to lips or eyes on the face at rest; none where the model has no such points."""
    from scipy.spatial import cKDTree

    topology = surface.model.topology
    points = topology.landmarks.rows(np.concatenate([OUTER_RING, EYES]))
    if not len(points):
        return np.zeros_like(skin)
    rest = surface.at_rest()
    middles = rest[topology.faces].mean(axis=1)
    away, _ = cKDTree(middles[topology.landmarks.face[points]]).query(middles)
    near: Mask = away < KEPT * np.ptp(middles[skin], axis=0).max()
    return near


def _together(chosen: Mask, faces: I64) -> tuple[I64, I64]:
    """The chosen triangles and for each the number of its group; those of one group hang together by corners."""
    rows = np.flatnonzero(chosen)
    places = (np.repeat(np.arange(len(rows)), 3), faces[rows].ravel())
    corners = csr_matrix((np.ones(3 * len(rows)), places), shape=(len(rows), int(faces.max()) + 1))
    _, group = connected_components(corners @ corners.T, directed=False)
    return rows, np.asarray(group, np.int64)
