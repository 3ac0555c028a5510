"""Tests of facetake.render.harmonics: the basis is that of real light, and colours go there and back."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch comes with the train and portrait extras")

from facetake.render.harmonics import AMBIENT, ambient, basis, shade, to_linear, to_srgb  # noqa: E402


def sphere(number: int) -> np.ndarray:
    """Directions (number, 3) spread evenly."""
    index = np.arange(number) + 0.5
    polar = np.arccos(1 - 2 * index / number)
    turn = np.pi * (1 + 5**0.5) * index
    return np.stack([np.cos(turn) * np.sin(polar), np.sin(turn) * np.sin(polar), np.cos(polar)], axis=1)


def test_bands_are_orthogonal() -> None:
    """Averaged over all directions, no two of the nine functions overlap."""
    values = basis(torch.from_numpy(sphere(40000))).numpy()
    gram = values.T @ values / len(values)
    scale = np.sqrt(np.diag(gram))
    np.testing.assert_allclose(gram / scale / scale[:, None], np.eye(9), atol=2e-3)


def test_a_lamps_light_falls_off_as_lambert_says() -> None:
    """Nine coefficients fitted to the clamped cosine of one lamp leave the error that two bands must leave, no more."""
    directions = sphere(20000)
    cosine = np.maximum(directions @ np.array([0.6, -0.64, -0.48]), 0.0)
    values = basis(torch.from_numpy(directions)).numpy()
    fitted = values @ np.linalg.lstsq(values, cosine, rcond=None)[0]
    # Ramamoorthi and Hanrahan 2001: nine coefficients keep 99.2 percent of the energy
    assert 1 - ((fitted - cosine) ** 2).sum() / (cosine**2).sum() == pytest.approx(0.992, abs=2e-3)


def test_light_from_above_brightens_what_looks_up() -> None:
    """The second coefficient is light along y: in camera space up is negative y, towards the viewer negative z."""
    up, down, front = torch.tensor([[0.0, -1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, -1.0]])
    light = ambient()
    light[1] = -0.2
    light[2] = 0.1
    lit = {
        name: shade(torch.ones(1, 3), normal[None], light).mean().item()
        for name, normal in (("up", up), ("down", down), ("front", front))
    }
    assert lit["up"] > lit["down"] and lit["front"] > 0.5 * (lit["up"] + lit["down"])


def test_ambient_light_is_the_same_everywhere() -> None:
    """The light that a fit starts from shades every normal alike: 0.7 times the first constant."""
    normals = torch.from_numpy(sphere(50)).float()
    lit = shade(torch.ones(50, 3), normals, ambient())
    assert lit.std().item() < 1e-6
    assert lit.mean().item() == pytest.approx(AMBIENT * np.pi / np.sqrt(4 * np.pi), rel=1e-5)


def test_srgb_goes_there_and_back_with_finite_slopes() -> None:
    """Encoding and decoding cancel, and black has a slope."""
    values = torch.linspace(0, 1, 300).double()
    np.testing.assert_allclose(to_linear(to_srgb(values)), values, atol=1e-9)
    black = torch.zeros(1, requires_grad=True)
    (slope,) = torch.autograd.grad(to_srgb(black).sum(), black)
    assert slope.item() == pytest.approx(12.92)
