"""How READ Avatars learns from little: maps and pictures moved alike, and sines that start fast enough for edges."""

from __future__ import annotations

import numpy as np
import torch

from facetake.networks.siren import Siren, SirenSize
from facetake.portrait.read.renderer import Seen
from facetake.portrait.read.rendering import jittered


def _ramps(side: int) -> torch.Tensor:
    """A picture (1, 2, side, side) whose colours are its coordinates."""
    line = torch.linspace(-1.0, 1.0, side)
    return torch.stack(torch.meshgrid(line, line, indexing="ij"))[None]


def test_maps_and_pictures_are_moved_alike() -> None:
    """Where colours are coordinates they still are after a jitter, within a pixel, and masks go along."""
    ramp = _ramps(64).expand(3, 2, 64, 64)
    inside = ramp.abs().amax(dim=1) < 0.5
    given = Seen(ramp[:, None].expand(3, 5, 2, 64, 64), inside, ~inside, torch.rand(3, 8, 4),
                 torch.cat([ramp, ramp[:, :1]], dim=1))  # fmt: skip

    made = jittered(given, 1.0, np.random.default_rng(1))

    assert (made.uv[:, 2] - ramp).abs().max() > 0.05
    assert torch.equal(made.uv[:, 0], made.uv[:, 4])
    assert (made.uv[:, 2] - made.background[:, :2])[:, :, 8:-8, 8:-8].abs().max() < 2.0 / 64
    assert torch.equal(made.alpha, ~made.hole)
    assert (made.uv[:, 2].abs().amax(dim=1) < 0.5)[made.alpha].float().mean() > 0.99
    assert jittered(given, 0.0, np.random.default_rng(1)) is given


def test_what_goes_beside_coordinates_does_not_slow_them() -> None:
    """A texture with 64 numbers of sound beside its coordinates starts as fast across the face as one without."""
    torch.manual_seed(0)
    alone, beside = Siren(2, 1, SirenSize(512, 1)), Siren(66, 1, SirenSize(512, 1), 64)

    starts = [network.hidden[0].weight[:, :2].detach().std() for network in (alone, beside)]

    assert 0.9 < float(starts[1] / starts[0]) < 1.1
