"""Pictures that are moved at random: as sharp as they were, within their range, and labels unmixed."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="pictures are moved by torch, of the portrait extra")

from facetake.portrait.training.augmentation import moved, turns  # noqa: E402  after the skip


def test_what_is_moved_stays_sharp_and_in_range() -> None:
    """Of the slopes of fine noise, half a pixel aside, four fifths are left; bilinear sampling leaves 0.64."""
    rough = torch.rand(1, 1, 130, 130, generator=torch.Generator().manual_seed(0))
    picture = (4.0 * (torch.nn.functional.avg_pool2d(rough, 3, 1) - 0.5)).clamp(-1.0, 1.0)
    aside = torch.tensor([[[1.0, 0.0, 1.0 / 128], [0.0, 1.0, 1.0 / 128]]])

    new = moved(picture, aside)

    assert new.abs().max() <= 1.0
    assert new.diff(dim=-1).abs().mean() > 0.8 * picture.diff(dim=-1).abs().mean()
    assert set(moved(picture.sign(), aside, "nearest").flatten().tolist()) <= {-1.0, 0.0, 1.0}


def test_no_movement_changes_nothing() -> None:
    """With an amount of 0 pictures stay where they are."""
    picture = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(moved(picture, turns(2, 0.0, np.random.default_rng(0))), picture)
