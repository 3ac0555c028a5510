"""A photograph's face as a net of triangles between MediaPipe's points, and how a picture follows when points move.

Lips part where the net has a hole: no triangle joins upper and lower lip, so that neither is ever drawn twice. Around
the face lie rings that follow it less and less; the picture's edge stands still. Knows pictures and points; does not
know what moves them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from facetake.arrays import F32, I32, I64
from facetake.face.marks import JAW_FILE
from facetake.face.model import FaceModel

OVAL = np.array(
    """
    10 338 297 332 284 251 389 356 454 323 361 288 397 365 379 378 400 377
    152 148 176 149 150 136 172 58 132 93 234 127 162 21 54 103 67 109
    """.split(),
    dtype=np.int64,
)
"""MediaPipe's points around the face, clockwise from the middle of the forehead."""
INNER_LIPS = np.array("78 191 80 81 82 13 312 311 310 415 308 324 318 402 317 14 87 178 88 95".split(), dtype=np.int64)
OUTER_LIPS = np.array("61 185 40 39 37 0 267 269 270 409 291 375 321 405 314 17 84 181 91 146".split(), dtype=np.int64)
"""MediaPipe's points around the lips, from the right corner over the upper lip."""
FACING = np.array([[191, 95], [80, 88], [81, 178], [82, 87], [13, 14], [312, 317], [311, 402], [310, 318], [415, 324]])
"""Points of the inner lips that face each other, upper and lower."""
JAW = np.array([127, 234, 93, 132, 58, 172, 150, 176, 152, 400, 379, 397, 288, 361, 323, 454, 356], np.int64)
N_SKIN = 468  # MediaPipe's points without irises
RINGS = np.array([1.1, 1.25, 1.5, 1.9, 2.6, 4.0], np.float32)
"""Sizes of the rings around the face, as multiples of its own; the last lies beyond the picture."""
WITH_HEAD = np.array([0.95, 0.85, 0.6, 0.28, 0.06, 0.0], np.float32)
WITH_FACE = np.array([0.62, 0.3, 0.07, 0.0, 0.0, 0.0], np.float32)
"""How far each ring goes along with a turn of the head, and with what the face does: hair belongs to the one, not to
the other. By eye, on photographs whose background has lines."""
EDGE = 0.15  # of the picture's side: nearer to its edge rings move less, and not at all on it
GROWN = 2  # pixels by which lips go on into the mouth, for what lies over their edge in part
OPEN = 0.6  # of jawOpen: then the net is woven, as lips that touch cannot be told apart


@dataclass(frozen=True)
class FaceMesh:
    """Which of MediaPipe's points make up a face, and which triangles lie between them.

    Attributes:
        numbers: (N,) MediaPipe's numbers.
        faces: (F, 3) rows of `numbers`, the mouth left out; then those of the rings, which begin at row N.
    """

    numbers: I64
    faces: I32

    def rows(self, numbers: I64) -> I64:
        """Rows of MediaPipe's numbers."""
        return np.searchsorted(self.numbers, numbers)

    def with_rings(self, still: F32, head: F32, face: F32, side: int | None = None) -> tuple[F32, F32]:
        """Points of the face and of the rings, in the photograph and moved.

        Args:
            still: (N, 2) in the photograph.
            head: (N, 2) where they are when only the head has turned.
            face: (N, 2) where they are in all.
            side: of the picture, whose edge is to stand still; None where its edge does not matter.

        Returns:
            (M, 2) in the photograph and (M, 2) moved.
        """
        oval = self.rows(OVAL)
        middle = still[oval].mean(axis=0)
        there = [middle + size * (still[oval] - middle) for size in RINGS]
        by_head = (head - still)[oval]
        by_face = (face - head)[oval]
        away = [turn * by_head + act * by_face for turn, act in zip(WITH_HEAD, WITH_FACE, strict=True)]
        held = [1.0 if side is None else _from_edge(ring, side) for ring in there]
        moved = [ring + share * by for ring, share, by in zip(there, held, away, strict=True)]
        return np.concatenate([still, *there]), np.concatenate([face, *moved])


def _from_edge(points: F32, side: int) -> F32:
    """How far points (N, 2) are from the edge of a picture, (N, 1): 0 on it and beyond, 1 where they are free of it."""
    inside = np.minimum(points, side - points).min(axis=1, keepdims=True)
    return np.asarray(np.clip(inside / (EDGE * side), 0.0, 1.0), np.float32)


def face_mesh(model: FaceModel) -> FaceMesh:
    """The net of a face model that has MediaPipe's points. ModelError for one that has not all it takes."""
    from scipy.spatial import Delaunay

    numbers, points = model_points(model, _opened(model))
    flat = points[0, :, :2].astype(np.float64)
    triangles = Delaunay(flat).simplices
    rows = {name: np.searchsorted(numbers, some) for name, some in (("oval", OVAL), ("lips", INNER_LIPS))}
    inside = _inside(flat[triangles].mean(axis=1), flat[rows["oval"]])
    is_mouth = np.isin(triangles, rows["lips"]).all(axis=1)
    faces = [triangles[inside & ~is_mouth]]
    before = rows["oval"]
    for ring in range(len(RINGS)):
        here = len(numbers) + ring * len(OVAL) + np.arange(len(OVAL))
        after = np.roll(before, -1)
        faces += [np.stack([before, after, here], axis=1), np.stack([after, np.roll(here, -1), here], axis=1)]
        before = here
    return FaceMesh(numbers, np.concatenate(faces).astype(np.int32))


def _opened(model: FaceModel) -> F32:
    row = np.zeros((1, len(model.expression_names)), np.float32)
    row[0, model.expression_names.index("jawOpen")] = OPEN
    return row


def model_points(model: FaceModel, expression: F32, identity: F32 | None = None) -> tuple[I64, F32]:
    """MediaPipe's numbers (N,) of a net, rising, and where a face model has those points, (T, N, 3) in metres.

    Its own landmarks lack most of the face's outline: the jaw's are those of `facetake.face.marks`, the eight others
    lie between their neighbours.
    """
    import torch

    own = model.topology.landmarks
    skin = own.mediapipe_index < N_SKIN
    with np.load(JAW_FILE, allow_pickle=False) as file:
        extra = ~np.isin(JAW, own.mediapipe_index[skin])
        numbers = np.concatenate([own.mediapipe_index[skin], JAW[extra]])
        face = np.concatenate([own.face[skin], file["face"][extra]])
        bary = np.concatenate([own.bary[skin], file["bary"][extra]])
    who = torch.zeros(1, model.identity_size) if identity is None else torch.from_numpy(identity)[None]
    corners = torch.from_numpy(model.topology.faces[face])
    weights = torch.from_numpy(np.asarray(bary, np.float32))[..., None]
    with torch.no_grad():
        parts = [
            (model.vertices(who, rows)[:, corners] * weights).sum(dim=2)
            for rows in torch.split(torch.from_numpy(expression), 64)
        ]
    found = torch.cat(parts).numpy()
    place = {int(number): found[:, row] for row, number in enumerate(numbers)}
    for number in OVAL:
        if int(number) not in place:
            place[int(number)] = _between(int(number), place)
    every = np.array(sorted(place), np.int64)
    return every, np.stack([place[int(number)] for number in every], axis=1)


def _between(number: int, place: dict[int, F32]) -> F32:
    """A point of the outline (T, 3) half way between the nearest on either side that the model has."""
    at = int(np.flatnonzero(number == OVAL)[0])
    sides = []
    for way in (-1, 1):
        step = next(s for s in range(1, len(OVAL)) if int(OVAL[(at + way * s) % len(OVAL)]) in place)
        sides.append((step, place[int(OVAL[(at + way * step) % len(OVAL)])]))
    (a, first), (b, second) = sides
    return np.asarray((b * first + a * second) / np.float32(a + b), np.float32)


def _inside(points: np.ndarray, polygon: np.ndarray) -> np.ndarray:
    """Which points (P, 2) lie inside a polygon (K, 2): by how often a line to the right crosses it."""
    a = polygon
    b = np.roll(polygon, -1, axis=0)
    x, y = points[:, None, 0], points[:, None, 1]
    crosses = (a[:, 1] > y) != (b[:, 1] > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        at = a[:, 0] + (y - a[:, 1]) / (b[:, 1] - a[:, 1]) * (b[:, 0] - a[:, 0])
    return np.asarray((crosses & (x < at)).sum(axis=1) % 2 == 1)


def shut_where_crossed(points: F32, mesh: FaceMesh) -> F32:
    """Points (..., N, 2) whose lips do not cross: where a lower one lies above its upper one both go between."""
    upper, lower = mesh.rows(FACING[:, 0]), mesh.rows(FACING[:, 1])
    fixed = points.copy()
    crossed = points[..., lower, 1:] < points[..., upper, 1:]
    middle = 0.5 * (points[..., lower, :] + points[..., upper, :])
    fixed[..., upper, :] = np.where(crossed, middle, points[..., upper, :])
    fixed[..., lower, :] = np.where(crossed, middle, points[..., lower, :])
    return fixed


@njit(cache=True, nogil=True)
def _source(moved, still, faces, height, width):  # type: ignore[no-untyped-def]
    """Where each pixel (H, W, 2) of the moved picture lies in the photograph; -1e6 where no triangle is."""
    out = np.full((height, width, 2), np.float32(-1e6), np.float32)
    for f in range(faces.shape[0]):
        i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
        ax, ay = moved[i, 0], moved[i, 1]
        bx, by = moved[j, 0], moved[j, 1]
        cx, cy = moved[k, 0], moved[k, 1]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if abs(area) < 1e-6:
            continue
        left = max(0, int(np.floor(min(ax, bx, cx) - 0.5)))
        right = min(width - 1, int(np.ceil(max(ax, bx, cx) - 0.5)))
        top = max(0, int(np.floor(min(ay, by, cy) - 0.5)))
        bottom = min(height - 1, int(np.ceil(max(ay, by, cy) - 0.5)))
        for y in range(top, bottom + 1):
            for x in range(left, right + 1):
                px, py = x + 0.5, y + 0.5
                v = ((px - ax) * (cy - ay) - (py - ay) * (cx - ax)) / area
                w = ((bx - ax) * (py - ay) - (by - ay) * (px - ax)) / area
                u = 1.0 - v - w
                if u >= -1e-4 and v >= -1e-4 and w >= -1e-4:
                    out[y, x, 0] = u * still[i, 0] + v * still[j, 0] + w * still[k, 0]
                    out[y, x, 1] = u * still[i, 1] + v * still[j, 1] + w * still[k, 1]
    return out


@njit(cache=True, nogil=True)
def _grown(source):  # type: ignore[no-untyped-def]
    """The same, with pixels beside triangles looking where their neighbours do."""
    out = source.copy()
    height, width = source.shape[0], source.shape[1]
    for y in range(height):
        for x in range(width):
            if source[y, x, 0] > -1e5:
                continue
            count = 0
            sum_x = sum_y = 0.0
            for j in range(max(0, y - 1), min(height, y + 2)):
                for i in range(max(0, x - 1), min(width, x + 2)):
                    if source[j, i, 0] > -1e5:
                        count += 1
                        sum_x += source[j, i, 0]
                        sum_y += source[j, i, 1]
            if count:
                out[y, x, 0] = sum_x / count
                out[y, x, 1] = sum_y / count
    return out


def source_of(moved: F32, still: F32, faces: I32, size: tuple[int, int]) -> F32:
    """Where each pixel (H, W, 2) of the moved picture comes from, in pixels of the photograph, centres at +0.5.

    Below -1e5 where no triangle lies: inside the mouth, but for its edge, since pixels there show lips in part. Of
    triangles that lie on each other the later is seen.
    """
    moved = np.ascontiguousarray(moved, np.float32)
    found: F32 = _source(moved, np.ascontiguousarray(still, np.float32), faces, *size)
    for _ in range(GROWN):
        found = _grown(found)
    return found


@njit(cache=True, nogil=True)
def _look(picture, source, out):  # type: ignore[no-untyped-def]
    height, width = picture.shape[0], picture.shape[1]
    weights_x = np.empty(4, np.float32)
    weights_y = np.empty(4, np.float32)
    for y in range(source.shape[0]):
        for x in range(source.shape[1]):
            sx = source[y, x, 0] - np.float32(0.5)
            sy = source[y, x, 1] - np.float32(0.5)
            if sx < -1e5:
                out[y, x, 0] = out[y, x, 1] = out[y, x, 2] = 0.0
                continue
            fx, fy = np.floor(sx), np.floor(sy)
            for axis in range(2):
                t = sx - fx if axis == 0 else sy - fy
                some = weights_x if axis == 0 else weights_y
                some[0] = ((-0.5 * t + 1.0) * t - 0.5) * t
                some[1] = (1.5 * t - 2.5) * t * t + 1.0
                some[2] = ((-1.5 * t + 2.0) * t + 0.5) * t
                some[3] = (0.5 * t - 0.5) * t * t
            red = green = blue = np.float32(0.0)
            for j in range(4):
                row = min(max(int(fy) + j - 1, 0), height - 1)
                for i in range(4):
                    column = min(max(int(fx) + i - 1, 0), width - 1)
                    share = weights_y[j] * weights_x[i]
                    red += share * picture[row, column, 0]
                    green += share * picture[row, column, 1]
                    blue += share * picture[row, column, 2]
            out[y, x, 0] = min(max(red, 0.0), 255.0)
            out[y, x, 1] = min(max(green, 0.0), 255.0)
            out[y, x, 2] = min(max(blue, 0.0), 255.0)


def looked_up(picture: F32 | np.ndarray, source: F32) -> F32:
    """A picture (H, W, 3) in 0..255 at places (h, w, 2), cubic between pixels; black where `source` has none."""
    out = np.empty((*source.shape[:2], 3), np.float32)
    _look(picture, np.ascontiguousarray(source, np.float32), out)
    return out


@njit(cache=True, nogil=True)
def _fill(polygon, out, parts):  # type: ignore[no-untyped-def]
    height, width = out.shape
    count = polygon.shape[0]
    left = max(0, int(polygon[:, 0].min()) - 1)
    right = min(width - 1, int(polygon[:, 0].max()) + 1)
    top = max(0, int(polygon[:, 1].min()) - 1)
    bottom = min(height - 1, int(polygon[:, 1].max()) + 1)
    for y in range(top, bottom + 1):
        for x in range(left, right + 1):
            hits = 0
            for j in range(parts):
                py = y + (j + 0.5) / parts
                for i in range(parts):
                    px = x + (i + 0.5) / parts
                    is_in = False
                    for k in range(count):
                        ax, ay = polygon[k, 0], polygon[k, 1]
                        n = k + 1 if k + 1 < count else 0
                        bx, by = polygon[n, 0], polygon[n, 1]
                        if (ay > py) != (by > py) and px < ax + (py - ay) / (by - ay) * (bx - ax):
                            is_in = not is_in
                    hits += is_in
            out[y, x] = hits / (parts * parts)


def filled(polygon: F32, size: tuple[int, int], parts: int = 3) -> F32:
    """How much of each pixel (H, W) lies in a polygon (K, 2), 0..1, by `parts` x `parts` places in it."""
    out = np.zeros(size, np.float32)
    _fill(np.ascontiguousarray(polygon, np.float32), out, parts)
    return out
