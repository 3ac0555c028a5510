"""Light from everywhere as nine spherical harmonics a colour (AudioDVP 3.1.2), and sRGB.

Knows normals and coefficients; does not know meshes. The basis has AudioDVP's constants and axes (x right, y up, z
towards the viewer, as in the reconstructions it builds on), while normals come in camera space (y down, z away): the
flip is here.
"""

from __future__ import annotations

from math import pi, sqrt

import torch
from torch import Tensor

N_BANDS = 9  # orders 0 to 2: 98 % of what even skin reflects (Ramamoorthi and Hanrahan 2001)
AMBIENT = 0.7
"""Coefficient of the first band in the light that a fit starts from: even light from all sides."""
# the cosine lobe's share of each order, times the harmonics' own constants
_C0 = pi / sqrt(4.0 * pi)
_C1 = 2.0 * pi / sqrt(3.0) * sqrt(3.0) / sqrt(4.0 * pi)
_C2 = 2.0 * pi / sqrt(8.0) * 3.0 * sqrt(5.0) / sqrt(12.0 * pi)


def ambient(device: torch.device | str = "cpu") -> Tensor:
    """Even grey light (9, 3): what a fit starts from."""
    light = torch.zeros(N_BANDS, 3, device=device)
    light[0] = AMBIENT
    return light


def basis(normals: Tensor) -> Tensor:
    """Y (..., 9) of unit normals (..., 3) in camera space."""
    x = normals[..., 0]
    y = -normals[..., 1]
    z = -normals[..., 2]
    return torch.stack(
        [
            torch.full_like(x, _C0),
            -_C1 * y,
            _C1 * z,
            -_C1 * x,
            _C2 * x * y,
            -_C2 * y * z,
            _C2 * 0.5 / sqrt(3.0) * (3.0 * z * z - 1.0),
            -_C2 * x * z,
            _C2 * 0.5 * (x * x - y * y),
        ],
        dim=-1,
    )


def shade(albedo: Tensor, normals: Tensor, light: Tensor) -> Tensor:
    """Colours (..., N, 3): albedo (..., N, 3) times the light that falls on normals (..., N, 3); equation in 3.1.2.

    light (..., 9, 3): coefficients of red, green and blue, `ambient` included. Not clamped; a picture clamps to 0..1.
    """
    return albedo * (basis(normals) @ light)


def to_srgb(linear: Tensor) -> Tensor:
    """SRGB 0..1 of linear light, any shape; what lies outside is clamped. Its slope stays finite at black."""
    inside = linear.clamp(0.0, 1.0)
    curve = 1.055 * inside.clamp(min=0.0031308) ** (1.0 / 2.4) - 0.055
    return torch.where(inside <= 0.0031308, 12.92 * inside, curve)


def to_linear(srgb: Tensor) -> Tensor:
    """Linear light 0..1 of sRGB 0..1, any shape."""
    curve = ((srgb.clamp(min=0.04045) + 0.055) / 1.055) ** 2.4
    return torch.where(srgb <= 0.04045, srgb / 12.92, curve)
