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
    ids = np.full((height, width), NOTHING, dtype=np.int32)
    _fill(np.ascontiguousarray(screen, dtype=np.float32), np.ascontiguousarray(faces, dtype=np.int32), ids, one_sided)
    return ids


@njit(cache=True, fastmath=False)
def _fill(screen, faces, ids, one_sided):  # type: ignore[no-untyped-def]
    """Scan conversion with 1/depth, which is linear on the screen, as the sorting key."""
    height, width = ids.shape
    nearest = np.zeros((height, width), dtype=np.float32)
    for f in range(faces.shape[0]):
        a = faces[f, 0]
        b = faces[f, 1]
        c = faces[f, 2]
        if screen[a, 2] <= 0.0 or screen[b, 2] <= 0.0 or screen[c, 2] <= 0.0:
            continue
        ax = screen[a, 0]
        ay = screen[a, 1]
        bx = screen[b, 0]
        by = screen[b, 1]
        cx = screen[c, 0]
        cy = screen[c, 1]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area == 0.0 or (one_sided and area > 0.0):
            continue
        inv = np.float32(1.0) / area
        ia = 1.0 / screen[a, 2]
        ib = 1.0 / screen[b, 2]
        ic = 1.0 / screen[c, 2]
        x0 = max(0, int(np.floor(min(ax, bx, cx) - 0.5)))
        x1 = min(width - 1, int(np.ceil(max(ax, bx, cx) - 0.5)))
        y0 = max(0, int(np.floor(min(ay, by, cy) - 0.5)))
        y1 = min(height - 1, int(np.ceil(max(ay, by, cy) - 0.5)))
        for y in range(y0, y1 + 1):
            py = np.float32(y) + np.float32(0.5)
            left, right = _span(ax, ay, bx, by, cx, cy, py)
            for x in range(max(x0, int(left - 1.5)), min(x1, int(right + 0.5)) + 1):
                px = np.float32(x) + np.float32(0.5)
                wa = ((bx - px) * (cy - py) - (by - py) * (cx - px)) * inv
                wb = ((cx - px) * (ay - py) - (cy - py) * (ax - px)) * inv
                wc = np.float32(1.0) - wa - wb
                if wa >= 0.0 and wb >= 0.0 and wc >= 0.0:
                    # rounded as it is stored, so that a tie stays with the lower id
                    closeness = np.float32(wa * ia + wb * ib + wc * ic)
                    if closeness > nearest[y, x]:
                        nearest[y, x] = closeness
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
