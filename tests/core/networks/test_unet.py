"""The U-Net and its discriminator."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="the networks need torch")

from facetake.networks.patchgan import PatchGAN, PatchSize  # noqa: E402  after the skip
from facetake.networks.unet import Norm, UNet, UNetSize  # noqa: E402


def test_the_papers_generator_has_the_papers_size() -> None:
    """At its full size it has the 140.9 and, without refinement, 54.4 million weights of the released network."""
    with torch.device("meta"):
        refined = UNet(21, 3, UNetSize())
        plain = UNet(21, 3, UNetSize(refine=False))

    assert sum(w.numel() for w in refined.parameters()) == pytest.approx(140.9e6, rel=2e-3)
    assert sum(w.numel() for w in plain.parameters()) == pytest.approx(54.4e6, rel=2e-3)


@pytest.mark.parametrize("norm", ["batch", "group"])
@pytest.mark.parametrize("refine", [True, False])
def test_one_picture_trains(norm: Norm, refine: bool) -> None:
    """A batch of one passes down to a single pixel and back, and gradient reaches every weight."""
    network = UNet(6, 3, UNetSize(4, 4, refine, 0.5, norm))
    made = network(torch.randn(1, 6, 16, 16))
    made.square().mean().backward()

    assert made.shape == (1, 3, 16, 16)
    assert made.abs().max() <= 1.0
    reached = {name for name, weight in network.named_parameters() if weight.grad is not None}
    assert reached == {name for name, _ in network.named_parameters()}


def test_with_group_norm_a_picture_does_not_depend_on_its_batch() -> None:
    """What else is in the batch changes nothing, in training too."""
    network = UNet(3, 3, UNetSize(3, 8, True, 0.0, "group"))
    pictures = torch.randn(3, 3, 16, 16)

    assert torch.allclose(network(pictures)[:1], network(pictures[:1]), atol=1e-5)


def test_a_side_that_cannot_be_halved_is_refused() -> None:
    """A picture of 20 pixels cannot be halved four times."""
    with pytest.raises(ValueError, match="multiples of 16"):
        UNet(3, 3, UNetSize(4, 4))(torch.zeros(1, 3, 20, 16))


def test_a_patch_is_seventy_pixels_wide() -> None:
    """A verdict of the paper's discriminator depends on 70 x 70 pixels and on none beside."""
    network = PatchGAN(3, PatchSize(4)).eval()
    picture = torch.zeros(1, 3, 128, 128, requires_grad=True)
    verdict = network(picture)
    verdict[0, 0, 7, 7].backward()
    assert picture.grad is not None
    touched = picture.grad.abs().sum(dim=(0, 1)).nonzero()

    assert verdict.shape == (1, 1, 14, 14)
    assert (touched.max(dim=0).values - touched.min(dim=0).values + 1).tolist() == [70, 70]
