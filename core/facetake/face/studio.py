"""Photographs the preview head: one posed frame in, one sRGB picture out.

Knows the head, a camera and the shader; does not know takes, sound or video. Needs numba (the `preview` extra).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facetake.arrays import F32
from facetake.face.head import PARTS, SOFTNESS, Head, load
from facetake.render.camera import portrait
from facetake.render.shade import SUPERSAMPLING, MeshSurface, backdrop, shade, vertex_normals
from facetake.render.zbuffer import face_ids

DISTANCE_M = 1.15  # by eye: as from a portrait lens; from nearer noses grow
FOV_DEG = 15.5  # so that head and collar fill the picture from there
LOOK_AT_M = np.array([0.0, 0.012, 0.0], dtype=np.float32)
"""A little below the eyes, so that the chin of an open jaw stays in the picture."""
_MOUTH = tuple(PARTS.index(name) for name in ("cavity", "teeth", "tongue"))
MOUTH_DARKEST = 0.55  # by eye, share of light inside a shut mouth: with less, teeth flash up as lips part
MOUTH_LIT_M = 0.018  # opening from which on it has all of it, by eye: a wide vowel's


class Studio:
    """A camera before the head, for pictures of one size (width, height) in pixels."""

    def __init__(self, size: tuple[int, int], head: Head | None = None) -> None:
        """Prepares backdrop, camera and surface; head: the shipped one unless given."""
        self.head = head or load()
        self._camera = portrait(size, FOV_DEG).scaled(SUPERSAMPLING)
        self._backdrop = backdrop(size[1], size[0])
        part = self.head.part
        self._soft = np.array([SOFTNESS[name] for name in PARTS], dtype=np.float32)[part]
        self._mouth = np.unique(self.head.faces[np.isin(part, _MOUTH)])
        self._teeth = np.unique(self.head.faces[part == PARTS.index("teeth")])

    def picture(self, vertices: F32, gaze_deg: F32) -> NDArray[np.uint8]:
        """An sRGB picture (height, width, 3) of vertices (V, 3) from `Head.deform`; gaze (2, 2) as `Head.gaze_deg`."""
        placed = np.ascontiguousarray(vertices - LOOK_AT_M + np.array([0, 0, DISTANCE_M], np.float32))
        screen = self._camera.project(placed)
        width, height = self._camera.size
        surface = MeshSurface(
            self.head.faces,
            self.head.uv_faces,
            self.head.look(gaze_deg),
            self._occlusion(vertices),
            self._soft,
            self.head.texture,
        )
        normals = vertex_normals(placed, self.head.faces)
        view = np.array([self._camera.focal, *self._camera.centre], dtype=np.float32)
        ids = face_ids(screen, self.head.faces, height, width, one_sided=True)
        return shade(ids, screen, normals, surface, self._backdrop, view)

    def _occlusion(self, vertices: F32) -> F32:
        """Baked openness with the inside of the mouth darker the less it is open."""
        opened = max(float(self.head.gaps(vertices[None])[0, :, 1].max()), 0.0) / MOUTH_LIT_M
        light = MOUTH_DARKEST + (1.0 - MOUTH_DARKEST) * min(opened, 1.0)
        occlusion = self.head.occlusion.copy()
        occlusion[self._mouth] *= np.float32(light)
        occlusion[self._teeth] /= np.float32(light**0.6)  # teeth stand in front and catch more of what comes in
        return occlusion
