"""Sharpening of painted pictures: what it makes stronger, what it leaves, and how much of it is found to be enough."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage

from facetake.arrays import F32, U8
from facetake.portrait.metrics.sharpness import cpbd
from facetake.portrait.sharpening import HALVINGS, fitted, sharpened
from facetake.portrait.training.devices import as_pictures, as_tensor
from facetake.portrait.video.compositing import blended

SIDE = 96


def waves(per_pixel: float) -> torch.Tensor:
    """A picture (1, 3, SIDE, SIDE) of upright waves."""
    row = 0.2 * torch.sin(2.0 * torch.pi * per_pixel * torch.arange(SIDE) + 0.4)
    return row.expand(1, 3, SIDE, SIDE)


@pytest.mark.parametrize(("per_pixel", "gain"), [(0.05, 1.0), (0.15, 1.0), (0.35, 1.5), (0.5, 1.25)])
def test_only_what_is_fine_becomes_stronger(per_pixel: float, gain: float) -> None:
    """Waves of three pixels grow by the amount and those of seven by nothing, away from the mirrored edges."""
    before = waves(per_pixel)
    after = sharpened(before, 0.5)

    assert after.shape == before.shape
    assert (after - gain * before)[..., 16:-16].abs().max() < 0.01
    assert torch.equal(sharpened(before, 0.0), before)


def test_along_a_diagonal_the_finest_pattern_is_left() -> None:
    """A chequerboard of single pixels, which networks paint by themselves, stays as it is; small pictures work too."""
    board = 0.2 * (-1.0) ** (torch.arange(SIDE)[:, None] + torch.arange(SIDE)).expand(1, 3, SIDE, SIDE)

    assert (sharpened(board, 1.0) - board).abs().max() < 1e-5
    assert sharpened(board[..., :8, :8], 1.0).shape == (1, 3, 8, 8)


def blurred(sigma_px: float) -> tuple[torch.Tensor, list[U8], list[F32]]:
    """Grainy pictures, blurred as if painted; themselves; and how much shows, all but a border."""
    dice = np.random.default_rng(5)
    grain = [ndimage.gaussian_filter(dice.normal(0.0, 100.0, (SIDE, SIDE)), 0.8) for _ in range(3)]
    real = [np.clip(128.0 + one[..., None], 0, 255).repeat(3, axis=2).astype(np.uint8) for one in grain]
    made = np.stack([ndimage.gaussian_filter(picture, (sigma_px, sigma_px, 0.0)) for picture in real])
    weight = np.pad(np.ones((SIDE - 8, SIDE - 8), np.float32), 4)
    return as_tensor(made), real, [weight] * 3


def test_the_least_amount_that_is_as_sharp_is_found() -> None:
    """By it pictures have the real ones' CPBD, and by a step of the search less they have not; it comes again."""
    made, real, weights = blurred(0.8)
    amount = fitted(made, real, weights, 8.0)
    wanted = np.mean([cpbd(picture) for picture in real])

    def sharpness(by: float) -> float:
        pictures = as_pictures(sharpened(made, by))
        return float(np.mean([cpbd(blended(*each)) for each in zip(real, pictures, weights, strict=True)]))

    assert 1.0 < amount < 4.0
    assert sharpness(0.0) < sharpness(amount - 8.0 / 2**HALVINGS) < wanted <= sharpness(amount)
    assert fitted(made, real, weights, 8.0) == amount


def test_the_amount_is_bounded_at_both_ends() -> None:
    """What is as sharp already is left, and what cannot be made so gets the most that is allowed."""
    made, real, weights = blurred(1.6)

    assert fitted(as_tensor(np.stack(real)), real, weights, 2.0) == 0.0
    assert fitted(made, real, weights, 0.25) == 0.25


def test_what_lies_around_a_soft_picture_does_not_count_as_its_sharpness() -> None:
    """A painted part without an edge beside a film full of them is sharpened as much as one alone."""
    made, real, weights = blurred(1.6)
    beside = np.zeros((SIDE, SIDE), np.float32)
    beside[:, : SIDE // 2] = weights[0][:, : SIDE // 2]
    soft = torch.nn.functional.avg_pool2d(made, 9, 1, 4, count_include_pad=False)

    assert fitted(made, real, [beside] * 3, 0.25) == fitted(made, real, weights, 0.25) == 0.25
    assert fitted(soft, real, [beside] * 3, 0.25) == 0.25
