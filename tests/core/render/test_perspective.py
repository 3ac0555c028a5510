"""Tests of facetake.render.perspective against numpy, scipy and finite differences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch comes with the train and portrait extras")

from scipy.spatial.transform import Rotation  # noqa: E402

from facetake.render.camera import Camera, pytorch3d_ndc  # noqa: E402
from facetake.render.perspective import place, project, rotation_matrix, vertex_normals  # noqa: E402
from facetake.render.shade import vertex_normals as numba_normals  # noqa: E402

if TYPE_CHECKING:
    from torch import Tensor

CAMERA = Camera(300.0, (60.0, 50.0), (128, 96))


def test_rotation_vectors_are_scipys() -> None:
    """Matrices agree with scipy for large, small and no rotations."""
    rng = np.random.default_rng(0)
    vectors = np.concatenate([rng.normal(0, 1, (20, 3)), rng.normal(0, 1e-5, (5, 3)), np.zeros((1, 3))])
    expected = Rotation.from_rotvec(vectors).as_matrix()
    np.testing.assert_allclose(rotation_matrix(torch.from_numpy(vectors)).numpy(), expected, atol=1e-12)


@pytest.mark.parametrize("size", [0.0, 1e-6, 1e-4, 0.7])
def test_rotation_has_true_gradients_even_at_zero(size: float) -> None:
    """Slopes agree with finite differences where the formula changes over, and at no rotation at all."""
    vector = (size * torch.tensor([0.6, -0.3, 0.74], dtype=torch.float64)).requires_grad_()
    assert torch.autograd.gradcheck(rotation_matrix, (vector,), eps=1e-6, atol=1e-6)


def test_projection_is_the_cameras() -> None:
    """Torch and numpy put the same points at the same pixels."""
    points = np.random.default_rng(1).uniform((-1, -1, 1), (1, 1, 3), (40, 3)).astype(np.float32)
    np.testing.assert_allclose(project(torch.from_numpy(points), CAMERA).numpy(), CAMERA.project(points), rtol=1e-5)


def test_placed_points_carry_gradients_to_pose_and_focal_length() -> None:
    """Screen positions have the slopes that finite differences give."""
    points = torch.rand(1, 5, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(2)) - 0.5
    pose = [torch.tensor(values).double() for values in ([[0.1, 0.4, -0.2]], [[0.1, 0.0, 3.0]], 280.0)]

    def screen(rotation: Tensor, translation: Tensor, focal: Tensor) -> Tensor:
        return project(place(points, rotation, translation), CAMERA, focal)

    assert torch.autograd.gradcheck(screen, [value.requires_grad_() for value in pose])


def test_normals_are_those_of_the_shader() -> None:
    """Torch and numba give the same vertex normals."""
    rng = np.random.default_rng(3)
    vertices = rng.normal(0, 1, (30, 3)).astype(np.float32)
    faces = rng.integers(0, 30, (50, 3))
    faces = faces[(np.diff(np.sort(faces, axis=1), axis=1) > 0).all(axis=1)]
    used = np.unique(faces)
    found = vertex_normals(torch.from_numpy(vertices)[None], torch.from_numpy(faces))[0].numpy()
    np.testing.assert_allclose(found[used], numba_normals(vertices, faces.astype(np.int32))[used], atol=1e-5)


def test_ndc_puts_corners_where_pytorch3d_has_them() -> None:
    """The top left pixel corner is at +1 on the shorter side's axis and beyond it on the other, both positive."""
    scale, x0, y0 = pytorch3d_ndc((128, 96))
    assert (x0 - scale * 0.0, y0 - scale * 0.0) == pytest.approx((128 / 96, 1.0))
    assert (x0 - scale * 64.0, y0 - scale * 48.0) == pytest.approx((0.0, 0.0))
