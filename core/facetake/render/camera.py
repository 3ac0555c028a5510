"""A pinhole camera (as OpenCV's: x right, y down, z forward, pixel centres at +0.5) and what is posed before it.

Knows rotations, projection and its inverse, and how other programs write the same picture; does not know meshes or
images. The torch side of all this is in `facetake.render.perspective`, so that a preview needs no torch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facetake.arrays import F32


@dataclass(frozen=True)
class Camera:
    """Intrinsics of a pinhole camera, in pixels.

    focal: focal length; centre: principal point (x, y); size: (width, height).
    """

    focal: float
    centre: tuple[float, float]
    size: tuple[int, int]

    def __post_init__(self) -> None:
        """Refuses cameras that cannot see (ValueError)."""
        if self.focal <= 0 or min(self.size) < 1:
            raise ValueError(f"a camera needs a positive focal length and size, not {self.focal} and {self.size}")

    def scaled(self, factor: float) -> Camera:
        """The same view on `factor` times as many pixels each way."""
        width, height = self.size
        return Camera(
            self.focal * factor,
            (self.centre[0] * factor, self.centre[1] * factor),
            (round(width * factor), round(height * factor)),
        )

    def project(self, points: F32) -> F32:
        """Screen positions (..., 3) of camera-space points (..., 3) in metres: x, y in pixels and depth in metres."""
        depth = points[..., 2:]
        flat = points[..., :2] / depth * np.float32(self.focal) + np.asarray(self.centre, np.float32)
        return np.concatenate([flat, depth], axis=-1).astype(np.float32)

    def unproject(self, screen: F32) -> F32:
        """The inverse of `project`: camera-space points (..., 3) in metres."""
        depth = screen[..., 2:]
        flat = (screen[..., :2] - np.asarray(self.centre, np.float32)) * depth / np.float32(self.focal)
        return np.concatenate([flat, depth], axis=-1).astype(np.float32)


def pytorch3d_ndc(size: tuple[int, int]) -> tuple[float, float, float]:
    """What takes pixels to PyTorch3D's normalised coordinates (x left, y up, the shorter side from -1 to 1).

    Returns (scale, x0, y0): x_ndc = x0 - scale * x and y_ndc = y0 - scale * y, for size (width, height) in pixels.
    Depth stays as it is, metres forward, in both.
    """
    width, height = size
    scale = 2.0 / min(size)
    return scale, 0.5 * scale * width, 0.5 * scale * height


def portrait(size: tuple[int, int], fov_deg: float, shift_y: float = 0.0) -> Camera:
    """A camera whose shorter side spans `fov_deg`; `shift_y` moves the picture down by that part of its height."""
    width, height = size
    focal = 0.5 * min(size) / np.tan(np.radians(fov_deg) / 2.0)
    return Camera(float(focal), (width / 2.0, height * (0.5 + shift_y)), size)


def rotation_matrices(vectors: F32) -> F32:
    """Rotation matrices (T, 3, 3) of rotation vectors (T, 3) in radians (Rodrigues)."""
    from scipy.spatial.transform import Rotation

    return np.asarray(Rotation.from_rotvec(np.asarray(vectors, np.float64)).as_matrix(), np.float32)


def rotation_vectors(rotation: F32) -> F32:
    """Rotation vectors (T, 3) of matrices (T, 3, 3)."""
    from scipy.spatial.transform import Rotation

    return np.asarray(Rotation.from_matrix(np.asarray(rotation, np.float64)).as_rotvec(), np.float32)


def placed(points: F32, rotation: F32, translation: F32) -> F32:
    """Points (T, N, 3) in the camera's space: R x + t."""
    return np.asarray(points @ rotation.transpose(0, 2, 1) + translation[:, None], np.float32)
