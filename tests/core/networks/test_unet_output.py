"""Tests of facetake.networks.unet: what becomes of what a network says."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="the networks need torch")

from facetake.networks.unet import N_OUT, put  # noqa: E402  after the skip

GIVEN = torch.full((2, 3, 4, 4), 0.5)


def test_a_picture_may_be_made_anew_or_added_to() -> None:
    """Anew nothing of the given picture is left; what is added stops at the brightest and the darkest."""
    said = torch.linspace(-1.0, 1.0, 2 * 3 * 16).reshape(2, 3, 4, 4)
    assert torch.equal(put("anew", GIVEN, said), said)
    assert torch.equal(put("added", GIVEN, said), (0.5 + said).clamp(-1.0, 1.0))


@pytest.mark.parametrize(("mask", "share"), [(-1.0, 0.0), (0.0, 0.5), (1.0, 1.0)])
def test_a_picture_may_be_blended_in(mask: float, share: float) -> None:
    """The fourth channel says how much of the network's colours is seen."""
    said = torch.cat([torch.full((2, 3, 4, 4), -0.5), torch.full((2, 1, 4, 4), mask)], dim=1)
    assert said.shape[1] == N_OUT["blended"]
    assert torch.allclose(put("blended", GIVEN, said), GIVEN - share * torch.ones_like(GIVEN))
