"""Tests of facetake.render.camera."""

from __future__ import annotations

import numpy as np
import pytest

from facetake.render.camera import Camera, portrait


def test_unproject_takes_back_what_project_did() -> None:
    """A point goes to the screen and returns to where it was."""
    points = np.random.default_rng(3).uniform((-1, -1, 0.5), (1, 1, 4), (200, 3)).astype(np.float32)
    camera = Camera(800.0, (320.0, 200.0), (640, 480))
    np.testing.assert_allclose(camera.unproject(camera.project(points)), points, atol=2e-5)


def test_axes_follow_opencv() -> None:
    """A point to the right of and below the axis lands right of and below the centre."""
    x, y, depth = Camera(100.0, (50.0, 50.0), (100, 100)).project(np.array([0.1, 0.2, 2.0], np.float32))
    assert (x, y, depth) == pytest.approx((55.0, 60.0, 2.0))


def test_scaled_shows_the_same_view_on_more_pixels() -> None:
    """Twice the pixels doubles every position."""
    camera = portrait((64, 48), 20.0)
    point = np.array([0.05, -0.03, 1.2], np.float32)
    np.testing.assert_allclose(camera.scaled(2).project(point)[:2], 2 * camera.project(point)[:2], rtol=1e-6)
    assert camera.scaled(2).size == (128, 96)


def test_portrait_spans_its_angle() -> None:
    """A point at half the angle lies on the edge of the shorter side."""
    edge = np.array([0.0, np.tan(np.radians(10.0)), 1.0], np.float32)
    assert portrait((200, 100), 20.0).project(edge)[1] == pytest.approx(100.0, abs=1e-3)


def test_a_camera_without_size_is_refused() -> None:
    """Nonsense is the programmer's mistake and raises ValueError."""
    with pytest.raises(ValueError, match="positive focal length"):
        Camera(0.0, (0.0, 0.0), (4, 4))
