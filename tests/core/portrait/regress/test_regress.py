"""Tests of the regression on a made-up actor of the default face model, and of the file that it may start from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import published
import pytest
import torch
from anny_actor import anny_actor
from made_up import filmed

from facetake.cli import main
from facetake.errors import ConfigError, PortraitError
from facetake.face.anny import load
from facetake.networks.resnet import ResNet, ResNetSize
from facetake.portrait.capture.actor import CapturedActor, read_actor
from facetake.portrait.capture.clip_capture import Order
from facetake.portrait.capture.posed_face import open_face
from facetake.portrait.regress.capturing import regress
from facetake.portrait.regress.losses import FaceFittingLoss
from facetake.portrait.regress.network import FaceEstimate, Regressor
from facetake.portrait.regress.regression import Epoch, Regression
from facetake.portrait.regress.settings import RegressionLossSettings, RegressionSettings, read_settings
from facetake.portrait.training.presets import PRESETS  # noqa: E402
from facetake.pretrained import VARIABLE, WeightsMissingError
from facetake.render.camera import portrait
from facetake.render.harmonics import to_srgb
from facetake.render.perspective import place, project

N = 8
SIZE = 64
BAR_PX = 0.6
"""How near the landmarks must come on average, of 64 pixels."""


@pytest.fixture(autouse=True)
def no_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks of whoever runs the tests do not count."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture(scope="module")
def actor(tmp_path_factory: pytest.TempPathFactory) -> CapturedActor:
    """Eight frames of a head that turns and acts."""
    return anny_actor(tmp_path_factory.mktemp("actors") / "actor", N, SIZE)


@pytest.fixture(scope="module")
def trained(actor: CapturedActor, tmp_path_factory: pytest.TempPathFactory) -> tuple[Regression, list[Epoch], Path]:
    """The tiny preset, to its end."""
    regression = Regression(actor, load(), read_settings("tiny"))
    told = []
    folder = tmp_path_factory.mktemp("runs") / "regress"
    regression.train(folder, log=lambda _, epoch: told.append(epoch))
    return regression, told, folder


def test_the_presets_are_valid_and_the_paper_is_the_paper(tmp_path: Path) -> None:
    """All three files fit the struct, and the paper's one says what the defaults, which cite it, say."""
    assert [read_settings(name).epochs for name in PRESETS] == [40, 20, 30]
    assert read_settings("paper") == RegressionSettings()
    (tmp_path / "own.toml").write_text('start = "vggface2"\n[size]\nwidth = 8\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="ResNet-50"):
        read_settings(str(tmp_path / "own.toml"))
    with pytest.raises(ConfigError, match="quick, paper, tiny"):
        read_settings("fast")


def test_the_loss_falls_and_landmarks_are_met(trained: tuple[Regression, list[Epoch], Path]) -> None:
    """The loss ends far below where it began, colours come nearer, and landmarks are met within a stated distance."""
    regression, told, _ = trained
    assert told[-1].loss < 0.01 * told[0].loss
    assert told[-1].photo < 0.2 * told[0].photo
    assert regression.distance_px(regression.fit()) < BAR_PX


def test_the_fit_is_as_any_other(actor: CapturedActor, trained: tuple[Regression, list[Epoch], Path]) -> None:
    """It has the shapes of an actor's fit, with activations in 0..1 and a light for every frame."""
    fit = trained[0].fit()
    fit.check(N, "here")
    assert fit.light.shape == (N, 9, 3)
    assert fit.expression.min() >= 0.0 and fit.expression.max() <= 1.0
    assert np.array_equal(fit.landmarks, actor.fit.landmarks)


def test_training_goes_on_where_it_stopped(actor: CapturedActor, tmp_path: Path) -> None:
    """Stopped after its first checkpoint and begun again, it ends at the weights of a training in one go."""
    settings = replace(read_settings("tiny"), epochs=4, save_every=2)

    def stop(number: int, _: Epoch) -> None:
        if number == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Regression(actor, load(), settings).train(tmp_path / "twice", log=stop)
    numbers: list[int] = []
    again = Regression(actor, load(), settings)
    once = Regression(actor, load(), settings)
    again.train(tmp_path / "twice", log=lambda number, _: numbers.append(number))
    once.train(tmp_path / "once")
    assert numbers == [3, 4]
    for name, value in once.network.state_dict().items():
        assert torch.allclose(value.float(), again.network.state_dict()[name].float(), atol=1e-5), name
    with pytest.raises(PortraitError, match="other settings"):
        Regression(actor, load(), replace(settings, seed=1)).train(tmp_path / "once")


def rest(model: Any, number: int) -> FaceEstimate:
    """A face at rest, 0.9 m away."""
    light = torch.zeros(number, 9, 3)
    light[:, 0] = 0.7
    return FaceEstimate(
        torch.zeros(number, model.expression_size),
        light,
        torch.zeros(number, 3),
        torch.tensor([[0.0, 0.0, 0.9]]).expand(number, 3),
        torch.zeros(1, model.identity_size),
        torch.zeros(1, model.albedo_size),
    )


def test_losses_are_the_papers_equations_and_the_released_code() -> None:
    """Landmarks all one pixel off, of mouth and eyes or not, and pictures one grey off, cost what the formulas say."""
    model = load()
    camera = portrait((SIZE, SIZE), 25.0)
    printed = FaceFittingLoss(model, camera, RegressionLossSettings())
    released = FaceFittingLoss(model, camera, RegressionLossSettings(form="released"))
    found = rest(model, 2)
    space = printed.placed(found)
    points = printed.points
    rows = torch.from_numpy(model.topology.landmarks.rows(points))
    seen = project(model.landmarks(space)[:, rows], camera)[..., :2] + torch.tensor([1.0, 0.0])
    drawn = printed.drawn(found, space)
    pictures = to_srgb(drawn.image(0.0)) * 255.0
    pictures[..., 1] += 25.5
    weights = float(printed._weight.sum())
    assert sorted(set(printed._weight.tolist())) == [1.0, 50.0] and (printed._weight == 50.0).sum() == 32
    scale = 256 / SIZE
    terms = printed.terms(found, pictures, seen)
    assert terms.photo == pytest.approx(0.1, rel=1e-2)
    assert terms.landmarks == pytest.approx(weights * scale / 68, rel=1e-3)
    assert float(terms.total) == pytest.approx(1.9 * terms.photo + 1.6e-3 * terms.landmarks, rel=1e-4)
    terms = released.terms(found, pictures, seen)
    covered = float(drawn.points.covered().float().mean())
    assert terms.photo == pytest.approx(0.01 * covered / 3, rel=1e-2)
    assert terms.landmarks == pytest.approx(2 * weights * scale**2 / 68, rel=1e-3)


def test_coefficients_cost_what_they_should() -> None:
    """Priors are sums of squares with the paper's shares, more for activations and gazes; the impossible costs more."""
    model = load()
    camera = portrait((SIZE, SIZE), 25.0)
    comparison = FaceFittingLoss(model, camera, RegressionLossSettings())
    found = rest(model, 2)
    jaw, smile, gaze = map(model.expression_names.index, ("jawOpen", "mouthSmileLeft", "eyeLookInLeft"))
    found.expression[:, jaw], found.identity[:, 0], found.albedo[:, 0] = 0.5, 2.0, 3.0
    assert float(comparison._prior(found)) == pytest.approx(0.8 * 8 * 0.25 + 1.0 * 4.0 + 1.7e-3 * 9.0)
    found.expression[:, gaze] = 0.5
    assert float(comparison._prior(found)) == pytest.approx(0.8 * 8 * 31 * 0.25 + 1.0 * 4.0 + 1.7e-3 * 9.0)
    assert float(comparison._beyond(found.expression)) == 0.0
    found.expression[0, smile], found.expression[1, smile] = -0.5, 1.5
    assert float(comparison._beyond(found.expression)) == pytest.approx(0.25)


def test_the_network_begins_at_rest_and_turns_about_the_face() -> None:
    """Its last layer is zero, so it says nothing; a turn leaves the middle of the face where it was."""
    settings = read_settings("tiny")
    home = torch.tensor([0.01, 0.02, 0.9])
    pivot = torch.tensor([0.0, 0.03, -0.08])
    network = Regressor(settings, 3, 4, 5, home, pivot).eval()
    pictures = torch.randint(0, 256, (2, 80, 80, 3))
    found = network(pictures)
    assert found.expression.abs().max() == 0.0 and found.rotation.abs().max() == 0.0
    assert torch.allclose(found.translation, home.expand(2, 3))
    assert found.light[0, 0].tolist() == pytest.approx([0.7] * 3) and found.light[:, 1:].abs().max() == 0.0
    with torch.no_grad():
        network.fc.bias[4 + 27 + 1] = 0.4
    turned = network(pictures)
    middle = place(pivot[None, None].expand(2, 1, 3), turned.rotation, turned.translation)
    assert torch.allclose(middle[:, 0], (home + pivot).expand(2, 3), atol=1e-6)


def test_the_trunk_is_caffes(tmp_path: Path) -> None:
    """Stages halve in their first 1 x 1 convolution, the first pooling rounds up, and 224 pixels end in 7 x 7."""
    trunk = ResNet(ResNetSize()).eval()
    assert sum(value.numel() for value in trunk.parameters()) == 23_508_032
    strides = [trunk.get_submodule(f"layer{stage}.0.conv1").stride for stage in (1, 2, 3, 4)]
    assert strides == [(1, 1), (2, 2), (2, 2), (2, 2)]
    assert trunk.get_submodule("layer3.0.conv2").stride == (1, 1)
    sizes: list[tuple[int, ...]] = []
    for name in ("maxpool", "layer4"):
        trunk.get_submodule(name).register_forward_hook(lambda *given: sizes.append(tuple(given[2].shape[2:])))
    with torch.inference_mode():
        assert trunk(torch.zeros(1, 3, 224, 224)).shape == (1, 2048)
    assert sizes == [(56, 56), (7, 7)]


def test_the_published_file_starts_the_network(tmp_path: Path) -> None:
    """The pickle of numpy arrays is read without running it and fills the whole trunk."""
    path = published.vggface2(tmp_path)
    network = Regressor(RegressionSettings(), 3, 4, 5, torch.zeros(3), torch.zeros(3))
    before = network.trunk.get_submodule("layer4.2.conv3").weight.clone()  # type: ignore[operator]
    assert str(path) in network.begin("vggface2", tmp_path)
    assert not torch.equal(before, network.trunk.get_submodule("layer4.2.conv3").weight)  # type: ignore[arg-type]


def test_a_missing_file_is_told_or_done_without() -> None:
    """The paper's setting needs the file; "found" says that it starts from random weights."""
    network = Regressor(read_settings("tiny"), 3, 4, 5, torch.zeros(3), torch.zeros(3))
    with pytest.raises(WeightsMissingError, match="resnet50_ft_weight.pkl"):
        network.begin("vggface2", None)
    assert "random weights" in network.begin("found", None)


def test_norms_settle_on_the_whole_clip() -> None:
    """After settling, the first norm's statistics are those of all pictures, whatever the batches were."""
    network = Regressor(read_settings("tiny"), 3, 4, 5, torch.zeros(3), torch.zeros(3))
    pictures = torch.randint(0, 256, (6, 64, 64, 3))
    network.settle([pictures[:3], pictures[3:]])
    conv = network.trunk.conv1(network._seen(pictures))
    assert torch.allclose(network.trunk.bn1.running_mean, conv.mean(dim=(0, 2, 3)), atol=1e-2)  # type: ignore[arg-type]
    assert network.trunk.bn1.momentum == 0.1 and not network.training


def test_a_video_is_captured_by_regression(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Stopped in its middle a capture leaves no actor; the command goes on with it, and no fit of before remains."""
    video = filmed(tmp_path, load(), 6, size=96)
    text = 'start = "random"\nside = 32\nnorms = "still"\nepochs = 3\n[size]\nwidth = 8\nblocks = [1, 1, 1, 1]\n'
    (tmp_path / "short.toml").write_text(text, encoding="utf-8")
    order = Order(video.video, tmp_path / "actor", video.tracks, size=64)
    out = tmp_path / "actor"

    def stop(share: float, what: str) -> None:
        if what == "regression" and share < 1.0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        regress(order, open_face(), read_settings(str(tmp_path / "short.toml")), None, stop)
    with pytest.raises(PortraitError, match="no finished actor"):
        read_actor(out)
    for other in (replace(order, size=96), replace(order, last_s=0.1)):
        with pytest.raises(PortraitError, match="unfinished regression"):
            regress(other, open_face(), read_settings("tiny"), None, stop)
    named = ["portrait", "capture", str(video.video), "-o", str(out), "--tracks", str(video.tracks), "--size", "64"]
    assert main([*named, "--method", "regress", "--settings", str(tmp_path / "short.toml")]) == 0
    told = capsys.readouterr().err
    assert "landmarks are" in told and "random weights" in told
    actor = read_actor(out)
    assert (actor.about.face, actor.n_frames, len(actor.fit.light)) == ("anny", 6, 6)
    assert not list(out.glob("overlay-*")) and not list(out.glob("regress/kept*"))
    assert (out / "regress" / "regressor.safetensors").is_file()


def test_the_papers_capture_needs_its_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without VGGFace2's file the paper's setting ends before anything is captured, and a fit refuses --weights."""
    video = filmed(tmp_path, load(), 2, size=64)
    named = ["portrait", "capture", str(video.video), "-o", str(tmp_path / "actor"), "--tracks", str(video.tracks)]
    assert main([*named, "--method", "regress", "--settings", "paper"]) == 2
    assert "resnet50_ft_weight.pkl" in capsys.readouterr().err
    assert main([*named, "--weights", str(tmp_path)]) == 2
    assert "--method regress" in capsys.readouterr().err
    assert not (tmp_path / "actor").exists()
