"""Tests of facetake.render.picture: weights, pictures and gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch comes with the train and portrait extras")

from facetake.render.camera import Camera  # noqa: E402
from facetake.render.perspective import project  # noqa: E402
from facetake.render.picture import barycentric, fragments  # noqa: E402
from facetake.render.rasterizer import face_ids  # noqa: E402

if TYPE_CHECKING:
    from torch import Tensor

CAMERA = Camera(60.0, (20.0, 16.0), (40, 32))
FACES = torch.tensor([[0, 1, 2], [1, 3, 2]])


def square() -> Tensor:
    """Two triangles that recede: camera-space vertices (1, 4, 3)."""
    corners: Tensor = torch.tensor([[[-0.4, -0.3, 1.0], [-0.4, 0.3, 1.2], [0.4, -0.3, 2.0], [0.4, 0.3, 2.4]]])
    return corners


def test_interpolated_positions_project_back_onto_their_pixels() -> None:
    """Perspective-correct weights give the surface point that the pixel's centre shows."""
    vertices = square()
    screen = project(vertices, CAMERA)
    points = fragments(screen, FACES, face_ids(screen, FACES, CAMERA.size))
    seen = project(points.interpolate(vertices), CAMERA)
    assert len(seen) > 100
    np.testing.assert_allclose(seen[:, 0], points.column + 0.5, atol=1e-4)
    np.testing.assert_allclose(seen[:, 1], points.row + 0.5, atol=1e-4)


def test_weights_have_true_gradients() -> None:
    """Slopes with respect to corners agree with finite differences."""
    corners = torch.tensor([[[1.0, 1.0, 1.1], [1.5, 9.0, 2.0], [8.0, 2.0, 1.4]]]).double().requires_grad_()
    assert torch.autograd.gradcheck(lambda c: barycentric(c, torch.tensor([[3.2, 3.7]]).double()), (corners,))


def test_a_pictures_loss_falls_as_its_gradient_says() -> None:
    """A step along the negative gradient lowers a photometric loss by what a finite difference foretells."""
    vertices = square().double()
    colour = torch.rand(1, 4, 3, generator=torch.Generator().manual_seed(0)).double()
    ids = face_ids(project(vertices, CAMERA), FACES, CAMERA.size)

    def loss(moved: Tensor) -> Tensor:
        points = fragments(project(moved, CAMERA), FACES, ids)
        return (points.image(points.interpolate(colour)) ** 2).sum()

    at = vertices.clone().requires_grad_()
    (slope,) = torch.autograd.grad(loss(at), at)
    step = 1e-6 * slope / slope.norm()
    measured = (loss(vertices + step) - loss(vertices - step)) / 2.0
    assert measured.item() == pytest.approx((slope * step).sum().item(), rel=1e-4)


def test_only_chosen_triangles_are_kept() -> None:
    """Leaving a triangle out leaves its pixels to the background."""
    screen = project(square(), CAMERA)
    ids = face_ids(screen, FACES, CAMERA.size)
    points = fragments(screen, FACES, ids, torch.tensor([False, True]))
    assert set(points.face.tolist()) == {1}
    assert torch.equal(points.covered(), ids == 1)
    picture = points.image(torch.ones(len(points.face), 3), 0.25)
    assert set(torch.unique(picture).tolist()) == {0.25, 1.0}


def test_one_set_of_values_serves_a_batch() -> None:
    """Values with a batch of one are those of every picture."""
    screen = project(square().expand(3, -1, -1), CAMERA)
    points = fragments(screen, FACES, face_ids(screen, FACES, CAMERA.size))
    colour = torch.rand(1, 4, 3)
    assert torch.equal(points.interpolate(colour), points.interpolate(colour.expand(3, -1, -1)))
