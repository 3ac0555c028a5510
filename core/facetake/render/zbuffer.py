"""Which triangle is in front at each pixel: a z-buffer that returns face ids and nothing else.

Knows projected points; does not know cameras, materials or colours. Barycentric weights are recomputed by whoever
shades, so that every rasterizer can be swapped for another.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from facetake.arrays import F32, I32

NOTHING = -1
"""Face id of a pixel that no triangle covers."""


def face_ids(screen: F32, faces: I32, height: int, width: int, *, one_sided: bool = False) -> I32:
    """Ids (height, width) of the nearest triangles, `NOTHING` where there is none.

    screen: (V, 3) float32: x and y in pixels (pixel centres at +0.5) and depth in metres; a triangle with a corner
    at depth <= 0 is skipped. faces: (F, 3) int32; of equal depths the lower id wins. one_sided: skip triangles seen
    from behind (counter-clockwise on a screen whose y points down), which on a closed mesh are hidden anyway.
    """
    ids = np.empty((height, width), dtype=np.int32)
    corners = np.ascontiguousarray(faces, dtype=np.int32)
    _fill(np.ascontiguousarray(screen, dtype=np.float32), corners, ids, one_sided, 0, height)
    return ids


def fill_ids(screen: F32, faces: I32, ids: I32, rows: tuple[int, int], chosen: I32 | None = None) -> None:
    """Ids of triangles seen from the front, for rows first to end of `ids` alone, so that threads share a picture.

    Like `face_ids` but on pixels whose centres lie on an edge, and several times as fast: rows of a triangle are found
    by its edges, and nothing is tested along them. screen (V, 3) float32, faces (F, 3) int32 and ids (H, W) int32 lie
    in memory row by row. chosen (N,) int32: the triangles to look at, in rising order; all where none are given.
    """
    some = np.arange(len(faces), dtype=np.int32) if chosen is None else chosen
    _fill_front(screen, faces, some, ids, rows[0], rows[1])


def bands(screen: F32, faces: I32, height: int, rows: int) -> list[I32]:
    """Triangles seen from the front (N,) that each band of `rows` of a picture's `height` rows shows, in rising order.

    What `fill_ids` takes for them, so that no band looks at the triangles of others.
    """
    count = -(-height // rows)
    starts, chosen = _sort(screen, faces, count, np.float32(rows))
    return np.split(chosen, starts[1:-1])


@njit(cache=True, fastmath=True, nogil=True)
def _sort(screen, faces, count, rows):  # type: ignore[no-untyped-def]
    """Where each band's triangles begin (count + 1,), and the triangles, band after band."""
    first = np.empty(faces.shape[0], np.int32)
    last = np.empty(faces.shape[0], np.int32)
    starts = np.zeros(count + 1, np.int64)
    end = np.float32(count) * rows
    zero = np.float32(0.0)
    for f in range(faces.shape[0]):
        a = faces[f, 0]
        b = faces[f, 1]
        c = faces[f, 2]
        ay = screen[a, 1]
        by = screen[b, 1]
        cy = screen[c, 1]
        top = min(ay, by, cy)
        bottom = max(ay, by, cy)
        area = (screen[b, 0] - screen[a, 0]) * (cy - ay) - (by - ay) * (screen[c, 0] - screen[a, 0])
        is_ahead = min(screen[a, 2], screen[b, 2], screen[c, 2]) > zero
        first[f] = 0
        last[f] = -1
        if area < zero and is_ahead and bottom >= zero and top <= end:
            first[f] = max(np.int32(top / rows), np.int32(0))
            last[f] = min(np.int32(bottom / rows), np.int32(count - 1))
        for band in range(first[f], last[f] + 1):
            starts[band + 1] += 1
    for band in range(count):
        starts[band + 1] += starts[band]
    chosen = np.empty(starts[count], np.int32)
    free = starts.copy()
    for f in range(faces.shape[0]):
        for band in range(first[f], last[f] + 1):
            chosen[free[band]] = f
            free[band] += 1
    return starts, chosen


@njit(cache=True, fastmath=True, nogil=True)
def _fill_front(screen, faces, chosen, ids, first_row, end_row):  # type: ignore[no-untyped-def]
    """Spans between edges; 1/depth, which is linear on the screen, is the sorting key."""
    width = ids.shape[1]
    nearest = np.zeros((end_row - first_row, width), dtype=np.float32)
    ids[first_row:end_row] = NOTHING
    half = np.float32(0.5)
    one = np.float32(1.0)
    zero = np.float32(0.0)
    top_row = np.float32(first_row)
    end = np.float32(end_row)
    for f in chosen:
        a = faces[f, 0]
        b = faces[f, 1]
        c = faces[f, 2]
        ay = screen[a, 1]
        by = screen[b, 1]
        cy = screen[c, 1]
        top = min(ay, by, cy)
        bottom = max(ay, by, cy)
        if bottom < top_row or top > end:
            continue
        ax = screen[a, 0]
        bx = screen[b, 0]
        cx = screen[c, 0]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        az = screen[a, 2]
        bz = screen[b, 2]
        cz = screen[c, 2]
        if area >= zero or az <= zero or bz <= zero or cz <= zero:
            continue
        inv = one / area
        ia = one / az
        ib = one / bz
        ic = one / cz
        # 1 / depth is ia + (x - ax) * zx + (y - ay) * zy
        zx = ((ib - ia) * (cy - ay) - (ic - ia) * (by - ay)) * inv
        zy = ((ic - ia) * (bx - ax) - (ib - ia) * (cx - ax)) * inv
        y0 = max(np.int32(first_row), np.int32(np.ceil(top - half)))
        y1 = min(np.int32(end_row - 1), np.int32(np.floor(bottom - half)))
        sab = _slope(bx - ax, by - ay)
        sbc = _slope(cx - bx, cy - by)
        sca = _slope(ax - cx, ay - cy)
        for y in range(y0, y1 + 1):
            py = np.float32(y) + half
            left, right = _between(py, ax, ay, by, sab, np.float32(1e9), np.float32(-1e9))
            left, right = _between(py, bx, by, cy, sbc, left, right)
            left, right = _between(py, cx, cy, ay, sca, left, right)
            x0 = max(np.int32(0), np.int32(np.ceil(left - half)))
            x1 = min(np.int32(width - 1), np.int32(np.ceil(right - half)) - np.int32(1))
            row = y - first_row
            start = ia + (half - ax) * zx + (py - ay) * zy
            for x in range(x0, x1 + 1):
                closeness = start + np.float32(x) * zx
                if closeness > nearest[row, x]:
                    nearest[row, x] = closeness
                    ids[y, x] = f


@njit(cache=True, fastmath=True, inline="always")
def _slope(across, down):  # type: ignore[no-untyped-def]
    """How far across an edge goes a row; 0 for a level one, which no row crosses."""
    return across / down if down != np.float32(0.0) else np.float32(0.0)


@njit(cache=True, fastmath=True, inline="always")
def _between(y, ax, ay, by, slope, left, right):  # type: ignore[no-untyped-def]
    """The row's part of a triangle, widened to where it crosses an edge from height ay to by."""
    if (ay <= y) != (by <= y):
        x = ax + (y - ay) * slope
        left = min(left, x)
        right = max(right, x)
    return left, right


SMALL = 12
"""Triangles no wider, in pixels, are tried pixel by pixel: finding where their rows begin takes longer."""


@njit(cache=True, fastmath=False, nogil=True)
def _fill(screen, faces, ids, one_sided, first_row, end_row):  # type: ignore[no-untyped-def]
    """Scan conversion with 1/depth, which is linear on the screen, as the sorting key."""
    width = ids.shape[1]
    nearest = np.zeros((end_row - first_row, width), dtype=np.float32)
    ids[first_row:end_row] = NOTHING
    half = np.float32(0.5)
    for f in range(faces.shape[0]):
        a = faces[f, 0]
        b = faces[f, 1]
        c = faces[f, 2]
        ay = screen[a, 1]
        by = screen[b, 1]
        cy = screen[c, 1]
        top = min(ay, by, cy)
        bottom = max(ay, by, cy)
        if bottom < np.float32(first_row) or top > np.float32(end_row):
            continue
        if screen[a, 2] <= 0.0 or screen[b, 2] <= 0.0 or screen[c, 2] <= 0.0:
            continue
        ax = screen[a, 0]
        bx = screen[b, 0]
        cx = screen[c, 0]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area == 0.0 or (one_sided and area > 0.0):
            continue
        inv = np.float32(1.0) / area
        ia = 1.0 / screen[a, 2]
        ib = 1.0 / screen[b, 2]
        ic = 1.0 / screen[c, 2]
        x0 = max(0, int(np.floor(min(ax, bx, cx) - half)))
        x1 = min(width - 1, int(np.ceil(max(ax, bx, cx) - half)))
        y0 = max(first_row, int(np.floor(top - half)))
        y1 = min(end_row - 1, int(np.ceil(bottom - half)))
        is_small = x1 - x0 < SMALL
        for y in range(y0, y1 + 1):
            py = np.float32(y) + half
            first = x0
            last = x1
            if not is_small:
                left, right = _span(ax, ay, bx, by, cx, cy, py)
                first = max(x0, int(left - 1.5))
                last = min(x1, int(right + 0.5))
            for x in range(first, last + 1):
                px = np.float32(x) + half
                wa = ((bx - px) * (cy - py) - (by - py) * (cx - px)) * inv
                wb = ((cx - px) * (ay - py) - (cy - py) * (ax - px)) * inv
                wc = np.float32(1.0) - wa - wb
                if wa >= 0.0 and wb >= 0.0 and wc >= 0.0:
                    # rounded as it is stored, so that a tie stays with the lower id
                    closeness = np.float32(wa * ia + wb * ib + wc * ic)
                    if closeness > nearest[y - first_row, x]:
                        nearest[y - first_row, x] = closeness
                        ids[y, x] = f


@njit(cache=True)
def _span(ax, ay, bx, by, cx, cy, y):  # type: ignore[no-untyped-def]
    """Where a row crosses the triangle's edges: pixels outside are not worth testing, those inside still are."""
    left = np.float32(1e9)
    right = np.float32(-1e9)
    for x0, y0, x1, y1 in ((ax, ay, bx, by), (bx, by, cx, cy), (cx, cy, ax, ay)):
        if (y0 <= y) != (y1 <= y):
            x = x0 + (y - y0) * (x1 - x0) / (y1 - y0)
            left = min(left, x)
            right = max(right, x)
        elif y0 == y:
            left = min(left, x0, x1 if y1 == y else x0)
            right = max(right, x0, x1 if y1 == y else x0)
    return left, right
