"""A lit picture of a coloured mesh, in torch: the image formation of AudioDVP 3.1.2, each step differentiable.

Knows meshes, colours, light and a camera; does not know face models. Gradients reach positions, colours and light, but
not the outline (see `facetake.render.bary`).
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from facetake.render.bary import Fragments, fragments
from facetake.render.camera import Camera
from facetake.render.harmonics import shade
from facetake.render.perspective import project, vertex_normals
from facetake.render.rasterizer import Engine, face_ids


@dataclass(frozen=True)
class Picture:
    """What a camera sees: rgb (P, 3), linear light, of the surface points; `image` makes pictures of it.

    points: which pixels and triangles they are; screen (B, V, 3): where the vertices went.
    """

    rgb: Tensor
    points: Fragments
    screen: Tensor

    def image(self, background: Tensor | float = 0.0) -> Tensor:
        """Pictures (B, H, W, 3), linear light in 0..1, before a background of that shape or one number."""
        return self.points.image(self.rgb.clamp(0.0, 1.0), background)


def draw(
    vertices: Tensor,
    faces: Tensor,
    albedo: Tensor,
    light: Tensor,
    camera: Camera,
    *,
    engine: Engine | None = None,
    focal: Tensor | None = None,
    ids: Tensor | None = None,
    chosen: Tensor | None = None,
) -> Picture:
    """The picture of a mesh.

    Args:
        vertices: (B, V, 3) camera space, metres.
        faces: (F, 3).
        albedo: (B, V, 3) or (1, V, 3), linear.
        light: (B, 9, 3) or (1, 9, 3) coefficients of `facetake.render.harmonics`.
        camera: what sees it.
        engine: in place of the rasterizer that was chosen.
        focal: in place of the camera's.
        ids: (B, H, W) face ids found before, to save looking again.
        chosen: (F,) bool: triangles to show; the others hide but stay dark background.
    """
    screen = project(vertices, camera, focal)
    if ids is None:
        ids = face_ids(screen, faces, camera.size, engine)
    points = fragments(screen, faces, ids, chosen)
    lit = shade(albedo, vertex_normals(vertices, faces), light)
    return Picture(points.interpolate(lit), points, screen)
