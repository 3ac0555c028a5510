"""Tests of facetake.render.shade on a square that fills the picture."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from facetake.render.shade import MeshSurface, backdrop, shade, vertex_normals
from facetake.render.zbuffer import face_ids

CORNERS = np.array([[-4, -4, 1], [68, -4, 1], [68, 68, 1], [-4, 68, 1]], np.float32)
FACES = np.array([[0, 2, 1], [0, 3, 2]], np.int32)
CAMERA = np.array([600.0, 32.0, 32.0], np.float32)


def picture(
    occlusion: float = 1.0, red: int = 120, normal: tuple[float, float, float] = (0, 0, -1)
) -> NDArray[np.uint8]:
    """A 32 x 32 picture of one flat, matt square."""
    texture = np.full((8, 8, 4), 90, np.uint8)
    texture[..., 0], texture[..., 3] = red, 0
    surface = MeshSurface(
        FACES,
        FACES,
        np.full((4, 2), 4.0, np.float32),
        np.full(4, occlusion, np.float32),
        np.zeros(2, np.float32),
        texture,
    )
    normals = np.tile(np.asarray(normal, np.float32), (4, 1))
    return shade(face_ids(CORNERS, FACES, 64, 64), CORNERS, normals, surface, backdrop(32, 32), CAMERA)


def test_a_flat_square_gets_one_even_colour() -> None:
    """The same normal and colour everywhere give the same pixel everywhere, within rounding."""
    image = picture().astype(int)
    assert image.shape == (32, 32, 3)
    assert np.ptp(image[..., 0]) <= 4


def test_closed_in_places_are_darker_and_redder() -> None:
    """Occlusion takes light away."""
    assert picture(0.3).mean() < picture(1.0).mean() - 20


def test_the_texture_colours_the_surface() -> None:
    """More red in the texture, more red in the picture, and green stays."""
    low = picture(red=60)
    high = picture(red=200)
    assert high[..., 0].mean() > low[..., 0].mean() + 40
    assert abs(int(high[16, 16, 1]) - int(low[16, 16, 1])) <= 1


def test_the_side_to_the_key_light_is_brighter() -> None:
    """A surface turned to the upper left outshines one turned to the lower right."""
    assert picture(normal=(-0.5, -0.5, -0.7)).mean() > picture(normal=(0.5, 0.5, -0.7)).mean() + 20


def test_uncovered_pixels_show_the_backdrop() -> None:
    """Without triangles the picture is the backdrop, bright in the middle and dark in the corners."""
    texture = np.zeros((8, 8, 4), np.uint8)
    surface = MeshSurface(
        FACES, FACES, np.zeros((4, 2), np.float32), np.ones(4, np.float32), np.zeros(2, np.float32), texture
    )
    nothing = np.full((64, 64), -1, np.int32)
    image = shade(nothing, CORNERS, np.zeros((4, 3), np.float32), surface, backdrop(32, 32), CAMERA)
    assert int(image[13, 16].sum()) > int(image[31, 31].sum())


def test_ids_of_another_size_are_refused() -> None:
    """Ids must lie on twice the picture's pixels."""
    texture = np.zeros((8, 8, 4), np.uint8)
    surface = MeshSurface(
        FACES, FACES, np.zeros((4, 2), np.float32), np.ones(4, np.float32), np.zeros(2, np.float32), texture
    )
    with pytest.raises(ValueError, match="do not fit"):
        shade(np.zeros((64, 63), np.int32), CORNERS, CORNERS, surface, backdrop(32, 32), CAMERA)


def test_normals_of_a_flat_square_point_at_the_viewer() -> None:
    """The winding of FACES looks towards -z, the viewer."""
    np.testing.assert_allclose(vertex_normals(CORNERS, FACES), np.tile([0, 0, -1], (4, 1)), atol=1e-6)
