"""Light and colours that change while the landmark system's pictures are learnt."""

from __future__ import annotations

import numpy as np
import torch

from facetake.portrait.landmark_translation.image.trainer import tinted
from facetake.portrait.landmark_translation.image.translator import Shown

POINTS = np.zeros((4, 68, 2), np.float32)


def given(reference: torch.Tensor) -> Shown:
    """What networks are shown of it, with landmark pictures of nothing."""
    return Shown(torch.full_like(reference, -1.0), reference, POINTS, POINTS)


def test_a_photograph_and_its_clip_change_alike() -> None:
    """Where they were the same they stay the same, the landmark picture stays as it is, and nothing leaves -1..1."""
    pictures = torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(1)) * 2.0 - 1.0
    seen, real = tinted(given(pictures), pictures.clone(), 0.3, 4, np.random.default_rng(2))
    assert torch.equal(seen.reference, real) and not torch.allclose(real, pictures, atol=0.02)
    assert torch.equal(seen.sketch, torch.full_like(pictures, -1.0)) and real.abs().max() <= 1.0


def test_frames_of_a_sequence_stand_in_one_light() -> None:
    """Of two sequences of two frames each keeps its light, the two have different ones, and black stays black."""
    grey = torch.zeros(4, 3, 2, 2)
    grey[..., 0] = -1.0
    _, real = tinted(given(grey), grey, 0.3, 2, np.random.default_rng(3))
    assert torch.equal(real[0], real[1]) and torch.equal(real[2], real[3]) and not torch.allclose(real[0], real[2])
    assert torch.equal(real[..., 0], grey[..., 0])


def test_no_spread_changes_nothing() -> None:
    """The paper's way, without other lights, is one of them."""
    grey = torch.zeros(4, 3, 2, 2)
    seen, real = tinted(given(grey), grey, 0.0, 4, np.random.default_rng(4))
    assert seen.reference is grey and real is grey
