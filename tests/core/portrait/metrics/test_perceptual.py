"""A user's VGG in torchvision's layout, with random numbers in it, and the style loss that is made of it."""

from __future__ import annotations

from pathlib import Path

import published
import pytest
import torch
import torch.nn.functional as F

from facetake.errors import ModelError
from facetake.networks.vgg import Vgg, depth_of, places
from facetake.portrait.metrics.perceptual import STYLE_LAYERS, VggStyle, gram, open_vgg
from facetake.portrait.metrics.style import Style
from facetake.portrait.read_avatars.renderer_training import style_loss
from facetake.pretrained import VARIABLE, WeightsMissingError, load_tensors


@pytest.fixture(autouse=True)
def no_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks of whoever runs the tests do not count."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """VGG-16's file."""
    return published.vgg(tmp_path_factory.mktemp("vgg"))


def test_named_layers_are_where_the_files_have_them() -> None:
    """The last convolution of each block of the published files is followed by the layer that papers name."""
    assert [places(16)[name] for name in ("relu1_1", *STYLE_LAYERS, "relu5_3")] == [1, 3, 8, 15, 22, 29]
    assert [places(19)[name] for name in ("relu1_2", "relu3_4", "relu4_4", "relu5_4")] == [3, 17, 26, 35]
    with pytest.raises(ValueError, match="VGG-16 has no layer relu3_4"):
        Vgg(16, "relu3_4")


def test_features_are_those_of_the_file(file: Path) -> None:
    """Worked out layer by layer from the file's tensors, relu1_2 and relu2_1 are what the network gives."""
    tensors = load_tensors(file)
    pictures = torch.rand(2, 3, 16, 20, generator=torch.Generator().manual_seed(0))
    x = (pictures - torch.tensor([0.485, 0.456, 0.406])[:, None, None]) / torch.tensor([0.229, 0.224, 0.225])[
        :, None, None
    ]
    wanted = {}
    for place, name in ((0, "relu1_1"), (2, "relu1_2"), (5, "relu2_1")):
        if place == 5:
            x = F.max_pool2d(x, 2)
        x = F.conv2d(x, tensors[f"features.{place}.weight"], tensors[f"features.{place}.bias"], padding=1).relu()
        wanted[name] = x
    found = open_vgg(file, "relu2_1")(pictures, ["relu2_1", "relu1_2"])
    assert set(found) == {"relu1_2", "relu2_1"} and found["relu2_1"].shape == (2, 128, 8, 10)
    for name, features in found.items():
        assert torch.allclose(features, wanted[name], atol=1e-5), name
    with pytest.raises(ValueError, match="ends before relu3_1"):
        open_vgg(file, "relu2_1")(pictures, ["relu3_1"])


def test_both_depths_are_told_apart(file: Path, tmp_path: Path) -> None:
    """Each file finds its network, whole or cut, fixed; another network's is refused."""
    deep = published.vgg(tmp_path, 19)
    assert (depth_of(list(load_tensors(file))), depth_of(list(load_tensors(deep)))) == (16, 19)
    whole = open_vgg(deep, "relu5_4")
    assert sum(value.numel() for value in whole.parameters()) == 20_024_384
    assert not any(value.requires_grad for value in whole.parameters())
    other = published.arcface(tmp_path).rename(tmp_path / "vgg16.pth")
    with pytest.raises(ModelError, match="of another network"):
        open_vgg(other, "relu1_2")


def test_gram_is_its_definition() -> None:
    """Two channels over four pixels, by hand."""
    features = torch.tensor([[[[1.0, 2.0], [0.0, 1.0]], [[0.0, 1.0], [3.0, 1.0]]]])
    assert torch.allclose(gram(features), torch.tensor([[[6.0, 3.0], [3.0, 11.0]]]) / 8.0)


def test_style_is_the_sum_over_four_layers(file: Path) -> None:
    """Nothing between equal pictures, else the squared differences, with a slope for the made one alone."""
    network = open_vgg(file, STYLE_LAYERS[-1])
    style = VggStyle(network)
    dice = torch.Generator().manual_seed(1)
    made, real = (2.0 * torch.rand(1, 3, 16, 16, generator=dice) - 1.0 for _ in range(2))
    assert float(style(made, made)) == 0.0
    made.requires_grad_()
    loss = style(made, real)
    slow = 0.0
    for name in STYLE_LAYERS:
        ours, theirs = (gram(network(0.5 * (x + 1.0), [name])[name]) for x in (made, real))
        slow += float((ours - theirs).square().sum().detach())
    assert float(loss.detach()) == pytest.approx(slow, rel=1e-4)
    torch.autograd.backward(loss)
    assert made.grad is not None and float(made.grad.abs().max()) > 0.0


def test_the_style_loss_is_named(file: Path, tmp_path: Path) -> None:
    """VGG where its file is there, else what stands in for it, unless VGG is a must; a damaged file is an error."""
    with_vgg = style_loss("found", file.parent)
    assert isinstance(with_vgg.network, VggStyle) and with_vgg.name.startswith("vgg ") and str(file) in with_vgg.told
    without = style_loss("found", tmp_path)
    assert isinstance(without.network, Style) and without.name == "filters"
    assert "pyramids and fixed filters, not VGG's: " in without.told and "vgg16-397923af.pth" in without.told
    assert isinstance(style_loss("filters", file.parent).network, Style)
    with pytest.raises(WeightsMissingError, match="VGG's style loss needs the network vgg: fetch vgg16-397923af.pth"):
        style_loss("vgg", tmp_path)
    (tmp_path / "vgg16-397923af.pth").write_text("no weights")
    with pytest.raises(ModelError, match="read safely"):
        style_loss("found", tmp_path)
