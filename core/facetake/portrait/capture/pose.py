"""How pixels follow a pose and what moves points: derivatives for a fit, of many frames at once.

Knows a camera and points; does not know faces. Rotations are matrices (T, 3, 3) here and are changed by a small turn
from the left.
"""

from __future__ import annotations

import numpy as np

from facetake.arrays import F32
from facetake.render.camera import Camera


def pixel_slopes(camera_points: F32, camera: Camera) -> F32:
    """Derivatives (T, N, 2, 3) of pixels by points in the camera's space."""
    x = camera_points[..., 0]
    y = camera_points[..., 1]
    z = camera_points[..., 2]
    slopes = np.zeros((*z.shape, 2, 3), np.float32)
    slopes[..., 0, 0] = slopes[..., 1, 1] = camera.focal / z
    slopes[..., 0, 2] = -camera.focal * x / z**2
    slopes[..., 1, 2] = -camera.focal * y / z**2
    return slopes


def turn_slopes(turned: F32) -> F32:
    """Derivatives (T, N, 3, 3) of turned points by a small rotation from the left: -[R x] as a cross product."""
    x = turned[..., 0]
    y = turned[..., 1]
    z = turned[..., 2]
    slopes = np.zeros((*z.shape, 3, 3), np.float32)
    slopes[..., 0, 1], slopes[..., 0, 2] = z, -y
    slopes[..., 1, 0], slopes[..., 1, 2] = -z, x
    slopes[..., 2, 0], slopes[..., 2, 1] = y, -x
    return slopes


def point_slopes(points: F32, moves: F32, rotation: F32, translation: F32, camera: Camera) -> tuple[F32, F32]:
    """Pixels of points and how they follow the pose and a linear movement.

    Args:
        points: (T, N, 3) in the face's space.
        moves: (M, N, 3) what each coefficient adds to them.
        rotation: (T, 3, 3).
        translation: (T, 3).
        camera: of the crop.

    Returns:
        Pixels (T, N, 2), and slopes (T, N, 2, 6 + M): small turn, translation, coefficients.
    """
    turned = points @ rotation.transpose(0, 2, 1)
    space = turned + translation[:, None]
    by_space = pixel_slopes(space, camera)
    by_turn = by_space @ turn_slopes(turned)
    by_move = (by_space @ rotation[:, None]) @ moves.transpose(1, 2, 0)
    return camera.project(space)[..., :2], np.concatenate([by_turn, by_space, by_move], axis=-1)
