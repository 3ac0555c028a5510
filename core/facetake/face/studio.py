"""Photographs the preview head: one posed frame in, one sRGB picture out.

Knows the head, a camera and the shader; does not know takes, sound or video. Needs numba (the `preview` extra).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from os import cpu_count

import numpy as np
from numpy.typing import NDArray

from facetake.arrays import F32
from facetake.errors import RenderError
from facetake.face.choices import FRONT, VIEWS
from facetake.face.head import MIDDLE_TEXEL, PARTS, SOFTNESS, Head, load, rotation
from facetake.render.camera import portrait
from facetake.render.shade import SUPERSAMPLING, MeshSurface, Wrinkles, backdrop, seen, shade, vertex_normals
from facetake.render.zbuffer import bands, fill_ids

DISTANCE_M = 1.15  # by eye: as from a portrait lens; from nearer noses grow
FOV_DEG = 16.6  # so that hair and collar fill the picture from there
LOOK_AT_M = np.array([0.0, 0.012, 0.0], dtype=np.float32)
"""A little below the eyes, so that the chin of an open jaw stays in the picture."""
MOST_THREADS = 4  # more gain little: posing is done by one
BAND_ROWS = 24  # of a picture, drawn by a thread at a time: small enough to share evenly
_MOUTH = tuple(PARTS.index(name) for name in ("cavity", "teeth", "tongue"))
MOUTH_DARKEST = 0.55  # by eye, share of light inside a shut mouth: with less, teeth flash up as lips part
MOUTH_LIT_M = 0.018  # opening from which on it has all of it, by eye: a wide vowel's


class Studio:
    """A camera before the head, for pictures of one size (width, height) in pixels."""

    def __init__(self, size: tuple[int, int], head: Head | None = None, view: str = FRONT) -> None:
        """Prepares backdrop, camera and surface.

        head: the first of `facetake.face.choices.HEADS` unless given; view: from where, one of `VIEWS` there.
        RenderError for a view that is not there.
        """
        if view not in VIEWS:
            raise RenderError(f"there is no view called {view!r}; there are: {', '.join(VIEWS)}")
        self.head = head or load()
        self._aside = rotation(np.array([[VIEWS[view], 0.0, 0.0]], np.float32))[0]
        self._away = np.array([0, 0, DISTANCE_M], np.float32) - self._aside @ LOOK_AT_M
        self._size = size
        self._camera = portrait(size, FOV_DEG).scaled(SUPERSAMPLING)
        self._backdrop = backdrop(size[1], size[0])
        part = self.head.part
        self._soft = np.array([SOFTNESS[name] for name in PARTS], dtype=np.float32)[part]
        self._mouth = np.unique(self.head.faces[np.isin(part, _MOUTH)])
        self._teeth = np.unique(self.head.faces[part == PARTS.index("teeth")])
        eyes = np.unique(self.head.faces[part == PARTS.index("eye")])
        is_left = self.head.rest[eyes, 0] > 0
        self._eyes = (eyes[is_left], eyes[~is_left])
        self._threads = ThreadPoolExecutor(min(MOST_THREADS, cpu_count() or 1), "studio")

    def picture(self, vertices: F32, arkit: F32) -> NDArray[np.uint8]:
        """An sRGB picture (height, width, 3) of vertices (V, 3) from `Head.deform`, and the weights given to it.

        Of the weights, (52,) or (N,) of all shapes, gaze and wrinkles are taken.
        """
        view = np.array([self._camera.focal, *self._camera.centre], dtype=np.float32)
        placed, screen = seen(np.ascontiguousarray(vertices, np.float32), self._aside, self._away, view)
        surface = self._surface(vertices, np.asarray(arkit, np.float32)[None])
        normals = vertex_normals(placed, self.head.faces)
        width, height = self._size
        ids = np.empty((SUPERSAMPLING * height, SUPERSAMPLING * width), np.int32)
        out = np.empty((height, width, 3), np.uint8)
        shown = bands(screen, self.head.faces, SUPERSAMPLING * height, SUPERSAMPLING * BAND_ROWS)

        def draw(band: int) -> None:
            rows = (band * BAND_ROWS, min((band + 1) * BAND_ROWS, height))
            within = (SUPERSAMPLING * rows[0], SUPERSAMPLING * rows[1])
            fill_ids(screen, self.head.faces, ids, within, shown[band])
            shade(ids, screen, normals, surface, self._backdrop, view, out=out, rows=rows)

        for _ in self._threads.map(draw, range(len(shown))):
            pass
        return out

    def _surface(self, vertices: F32, arkit: F32) -> MeshSurface:
        head = self.head
        folds = Wrinkles(head.wrinkles, head.wrinkles_at, MIDDLE_TEXEL, head.wrinkles_of(arkit)[0])
        uv = head.look(head.gaze_deg(arkit)[0])
        return MeshSurface(head.faces, head.uv_faces, uv, self._occlusion(vertices), self._soft, head.texture, folds)

    def _occlusion(self, vertices: F32) -> F32:
        """Baked openness with eyes and the inside of the mouth darker the less they are open."""
        opened = max(float(self.head.gaps(vertices[None])[0, :, 1].max()), 0.0) / MOUTH_LIT_M
        light = MOUTH_DARKEST + (1.0 - MOUTH_DARKEST) * min(opened, 1.0)
        occlusion = self.head.occlusion.copy()
        occlusion[self._mouth] *= np.float32(light)
        occlusion[self._teeth] /= np.float32(light**0.6)  # teeth stand in front and catch more of what comes in
        for eye, lit in zip(self._eyes, self.head.eyes_lit(vertices), strict=True):
            occlusion[eye] *= lit
        return occlusion
