"""Lengths and angles of edges, and the way back."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from facetake.face import anny
from facetake.face.marks import Marks
from facetake.portrait.landmark_translation.motion.edge_solver import laid, settle
from facetake.portrait.landmark_translation.motion.edges import (
    TRIANGLES,
    bends,
    edges_of,
    eye_distance,
    joints,
    wrapped,
)


@pytest.fixture(scope="module")
def marks() -> Marks:
    """The 68 points of the default model."""
    return Marks(anny.load())


@pytest.fixture(scope="module")
def faces(marks: Marks) -> torch.Tensor:
    """A face at rest, then 200 random expressions (201, 68, 3), in units of the eyes' distance."""
    random = torch.Generator().manual_seed(3)
    actions = torch.rand(201, 52, generator=random) * (torch.rand(201, 52, generator=random) < 0.4)
    actions[0] = 0.0
    points = marks.of(0.8 * torch.randn(80, generator=random), actions).double()
    return points / eye_distance(points[:1])


def test_triangles_are_delaunay(marks: Marks) -> None:
    """No point lies inside a triangle's circle on the face they were made of, and together they cover its outline."""
    actions = torch.zeros(1, 52)
    actions[0, anny.load().expression_names.index("jawOpen")] = 0.35
    flat = marks.of(torch.zeros(80), actions)[0, :, :2].double().numpy() * 1000.0
    area = 0.0
    for row in TRIANGLES:
        a, b, c = flat[row]
        area += 0.5 * abs(np.cross(np.append(b - a, 0), np.append(c - a, 0))[2])
        middle = np.linalg.solve(2.0 * np.stack([b - a, c - a]), [b @ b - a @ a, c @ c - a @ a])
        away = np.linalg.norm(flat - middle, axis=1)
        assert (away > away[row].min() - 1e-3).all()
    from scipy.spatial import ConvexHull

    assert area == pytest.approx(ConvexHull(flat).volume, rel=1e-6)


def test_every_edge_is_measured() -> None:
    """A sheet folded along its one inner edge has that edge's angle, and no other, and lengths in the unit given."""
    known = joints()
    assert known.n_edges == len(TRIANGLES) + 68 - 1  # Euler, for a sheet without holes
    row = 40
    a, b, c, d = known.wings[row]
    points = torch.randn(68, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    points[[a, b, c, d]] = torch.tensor([[0, 0, 0], [0, 2, 0], [1, 0, 0], [-0.6, 0, -0.8]], dtype=torch.float64)
    folded = bends(points)[row].item()
    assert abs(folded) == pytest.approx(np.arccos(0.6))
    points[d, 2] = 0.8
    assert bends(points)[row].item() == pytest.approx(-folded)
    edges = edges_of(points, 4.0)
    assert edges[known.hinges[row], 0].item() == pytest.approx(0.5)
    border = np.setdiff1d(np.arange(known.n_edges), known.hinges)
    assert len(border) and not edges[border, 1].any()


def test_gradients_are_finite_differences(faces: torch.Tensor) -> None:
    """Lengths and angles have the slopes that small movements show, at rest with lips shut and in an expression."""
    wanted = torch.randn(joints().n_edges, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    for face in faces[[0, 5]]:
        points = face.clone().requires_grad_()
        torch.autograd.backward((edges_of(points) * wanted).sum())
        assert points.grad is not None
        for point, axis in ((3, 0), (30, 2), (51, 1), (62, 2), (66, 1)):
            step = torch.zeros_like(face)
            step[point, axis] = 1e-6
            change = edges_of(face + step) - edges_of(face - step)
            change = torch.stack([change[:, 0], wrapped(change[:, 1])], dim=1) / 2e-6
            assert points.grad[point, axis].item() == pytest.approx((change * wanted).sum().item(), rel=1e-4, abs=1e-4)


def test_faces_come_back(faces: torch.Tensor) -> None:
    """Every one of 200 expressions is put together from the face at rest, to far below 1e-3 of the eyes' distance."""
    start = faces[:1].expand(200, -1, -1)
    found = settle(edges_of(faces[1:]), start)
    off = (laid(found, faces[1:], range(68)) - faces[1:]).norm(dim=2)
    assert (start - faces[1:]).norm(dim=2).max() > 0.1
    assert off.max() < 1e-5
    assert (found - faces[1:]).norm(dim=2)[:, :3].max() < 0.02  # and lies where its steady points were


def test_a_face_keeps_its_place_and_edges_may_disagree(faces: torch.Tensor) -> None:
    """A face turned and moved comes back there; edges that no face has give one between, with finite numbers."""
    turn = torch.linalg.qr(torch.randn(3, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1)))[0]
    moved = faces[:3] @ turn.T * turn.det() + 5.0
    torch.testing.assert_close(settle(edges_of(moved), moved), moved)
    told = edges_of(faces[1:4]) * torch.tensor([1.1, 0.9], dtype=torch.float64)
    found = settle(told, faces[1:4], apart=())
    grown = edges_of(found)[..., 0] / edges_of(faces[1:4])[..., 0]
    assert torch.isfinite(found).all()
    assert 1.0 < grown.median() < 1.11


def test_settling_can_be_learnt_through(faces: torch.Tensor) -> None:
    """Points follow the edges they are made of: slopes through the steps agree with small changes of the edges."""
    told = edges_of(faces[5:6]).detach().requires_grad_()
    start = faces[:1]
    torch.autograd.backward(settle(told, start)[0, 57, 1])
    assert told.grad is not None
    place = int(told.grad[0, :, 0].abs().argmax())
    step = torch.zeros_like(told)
    step[0, place, 0] = 1e-5
    with torch.no_grad():
        change = (settle(told + step, start) - settle(told - step, start))[0, 57, 1] / 2e-5
    assert told.grad[0, place, 0].item() == pytest.approx(change.item(), rel=2e-2)


def test_nothing_gives_nothing() -> None:
    """No frames are no frames."""
    assert settle(torch.zeros(0, joints().n_edges, 2), torch.zeros(0, 68, 3)).shape == (0, 68, 3)
