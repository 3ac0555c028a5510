"""How READ Avatars learns from little: maps and pictures moved alike, sines fast enough for edges, rates that fall; and
that learning of parameters goes on where it stopped.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from facetake.errors import ConfigError
from facetake.networks import checkpoint
from facetake.networks.siren import Siren, SirenSize
from facetake.portrait.capture.clip_list import LABELS
from facetake.portrait.metrics.style import Style
from facetake.portrait.read_avatars import audio_to_parameters
from facetake.portrait.read_avatars.dataset import Maps
from facetake.portrait.read_avatars.renderer import PhonemeEncoder, RendererInput, filled
from facetake.portrait.read_avatars.renderer_training import ReadAvatarsRendererTrainer, jittered
from facetake.portrait.read_avatars.settings import (
    ParameterSize,
    ParameterTraining,
    PhonemeEncoderSize,
    ReadAvatarsSettings,
    read_settings,
)
from facetake.portrait.training.trainer import share_of_rate


def _ramps(side: int) -> torch.Tensor:
    """A picture (1, 2, side, side) whose colours are its coordinates."""
    line = torch.linspace(-1.0, 1.0, side)
    return torch.stack(torch.meshgrid(line, line, indexing="ij"))[None]


def test_maps_and_pictures_are_moved_alike() -> None:
    """Where colours are coordinates they still are after a jitter, within a pixel, and masks go along."""
    ramp = _ramps(64).expand(3, 2, 64, 64)
    inside = ramp.abs().amax(dim=1) < 0.5
    given = RendererInput(
        ramp[:, None].expand(3, 5, 2, 64, 64),
        inside,
        inside,
        ~inside,
        torch.rand(3, 8, 4),
        torch.cat([ramp, ramp[:, :1]], dim=1),
    )

    made = jittered(given, 1.0, np.random.default_rng(1))

    assert (made.uv[:, 2] - ramp).abs().max() > 0.05
    assert torch.equal(made.uv[:, 0], made.uv[:, 4])
    assert (made.uv[:, 2] - made.background[:, :2])[:, :, 8:-8, 8:-8].abs().max() < 2.0 / 64
    assert torch.equal(made.alpha, ~made.hole) and torch.equal(made.alpha, made.lips)
    assert (made.uv[:, 2].abs().amax(dim=1) < 0.5)[made.alpha].float().mean() > 0.99
    assert jittered(given, 0.0, np.random.default_rng(1)) is given


@pytest.mark.parametrize(("rows", "widths"), [(4, (16, 32)), (16, (16, 16, 32, 32)), (16, (32, 32, 64, 64))])
def test_sounds_begin_apart(rows: int, widths: tuple[int, ...]) -> None:
    """Before anything is learnt a texture hears which sound is spoken: sines turn by a good part of a radian."""
    torch.manual_seed(0)
    spoken = torch.eye(16)[torch.randint(16, (64,))][:, None].expand(64, rows, 16)  # one sound throughout each window
    encoder = PhonemeEncoder(16, rows, PhonemeEncoderSize(widths, 32, 8))
    size = SirenSize(64, 1)
    weight = Siren(10, 1, size, 8).state_dict()["hidden.0.weight"]
    turned = size.omega * encoder(spoken) @ weight[:, 2:].T

    assert 0.3 < turned.std(dim=0).mean() < 3.0


def test_what_goes_beside_coordinates_does_not_slow_them() -> None:
    """A texture with 64 numbers of sound beside its coordinates starts as fast across the face as one without."""
    torch.manual_seed(0)
    alone = Siren(2, 1, SirenSize(512, 1))
    beside = Siren(66, 1, SirenSize(512, 1), 64)

    starts = [torch.as_tensor(network.hidden[0].weight)[:, :2].detach().std() for network in (alone, beside)]

    assert 0.9 < float(starts[1] / starts[0]) < 1.1


@pytest.mark.parametrize("gan", [0.0, 0.02])
@pytest.mark.parametrize("stopped", [0.2, 0.5, 0.8])
def test_parameters_go_on_where_they_stopped(gan: float, stopped: float, tmp_path: Path) -> None:
    """Stopped after any epoch, saved or not, and even while saving, it ends with the bytes of learning in one go."""
    dice = np.random.default_rng(0)
    features, label, parameters = (dice.uniform(size=(30, n)).astype(np.float32) for n in (3, LABELS, 2))
    clips = [audio_to_parameters.SpokenClip(features, label, parameters, np.ones(30, np.bool_))]
    how = ParameterTraining(ParameterSize(8, 1, 1, 8, True), 10, 4, 1e-2, gan, 1.0, 10, 5, save_every=2)
    folder = tmp_path / "run"
    saved = []
    folder.mkdir()

    def stop(share: float) -> None:
        if share >= stopped:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        audio_to_parameters.learn(clips, how, 0, stop, folder)
    assert [path.name for path in folder.iterdir()] == [f"kept-generator-{2 * (round(10 * stopped) // 2):06d}"]
    (folder / "kept-generator.part").mkdir()  # as it is left by whoever is stopped while saving
    shares: list[float] = []
    resumed = audio_to_parameters.learn(clips, how, 0, shares.append, folder)
    assert shares[0] == pytest.approx((2 * (round(10 * stopped) // 2) + 1) / 10)
    for name, network in (("resumed", resumed), ("at_once", audio_to_parameters.learn(clips, how, 0))):
        checkpoint.save(tmp_path, name, network, None, {})
        saved.append((tmp_path / f"{name}.safetensors").read_bytes())
    assert saved[0] == saved[1]
    audio_to_parameters.forget(folder)
    assert not list(folder.iterdir())


def test_a_hole_is_filled_from_both_sides() -> None:
    """Between black and white there is grey, what is known stays, and nothing is made up far from it."""
    picture = torch.zeros(1, 3, 64, 64)
    picture[..., 34:] = 1.0
    known = torch.ones(1, 64, 64, dtype=torch.bool)
    known[..., 31:34] = False

    made = filled(picture, known)

    assert torch.equal(made[..., :31], picture[..., :31]) and torch.equal(made[..., 34:], picture[..., 34:])
    assert 0.0 < float(made[0, 0, 5, 32]) < 1.0
    assert not filled(picture, torch.zeros_like(known)).any()


def test_the_rate_falls_towards_the_end() -> None:
    """Full at first, then evenly down over the share that is asked for, and never nothing."""
    shares = [share_of_rate(epoch, 10, 0.5) for epoch in range(10)]

    assert shares[:5] == [1.0] * 5
    assert np.diff(shares[4:]) == pytest.approx(-1.0 / 6.0)
    assert shares[-1] > 0.0
    assert [share_of_rate(epoch, 10, 0.0) for epoch in range(10)] == [1.0] * 10


def test_trainers_slow_down() -> None:
    """In the last epoch of a training whose rate falls both optimisers have the rate of that epoch."""
    settings = read_settings("tiny")
    how = replace(settings.renderer, epochs=4, falling=0.5)
    trainer = ReadAvatarsRendererTrainer(2, replace(settings, renderer=how), Style())
    side = settings.side
    maps = Maps(
        np.zeros((4, side, side, 2), np.float16),
        np.ones((4, side, side), np.uint8),
        np.zeros((4, side, side, 3), np.uint8),
        np.zeros((4, side, side), np.uint8),
        np.zeros((8, 2), np.float32),
    )

    trainer.epoch([maps], 3)

    for adam in (trainer.renderer_adam, trainer.critic_adam):
        assert adam.param_groups[0]["lr"] == pytest.approx(how.rate / 3.0)


def test_the_first_epochs_may_be_coarse() -> None:
    """They see every map at half the side, the others whole; a side that cannot be halved so often is refused."""
    settings = read_settings("tiny")
    settings = replace(settings, side=2 * settings.side, renderer=replace(settings.renderer, coarse=1, jitter=0.0))
    side = settings.side
    dice = np.random.default_rng(3)
    uv = dice.uniform(-1.0, 1.0, (4, side, side, 2)).astype(np.float16)
    masks = np.ones((4, side, side), np.uint8)
    maps = Maps(uv, masks, dice.integers(0, 255, (4, side, side, 3)).astype(np.uint8), masks, np.zeros((8, 2), "f4"))
    trainer = ReadAvatarsRendererTrainer(2, settings, Style())
    sides: list[int] = []
    trainer.renderer.register_forward_hook(lambda _network, _given, made: sides.append(made[0].shape[-1]))

    for epoch in range(2):
        trainer.epoch([maps], epoch)

    assert sorted(set(sides)) == [side // 2, side] and sides[0] == side // 2
    with pytest.raises(ValueError, match="halvings of half of it"):
        replace(settings, side=2**settings.unet.downs)


def test_lips_count_as_often_as_asked() -> None:
    """In a picture that is all lips the difference counts five times, in one without them once."""
    settings = read_settings("tiny")
    weighed = replace(settings, renderer=replace(settings.renderer, lips=5.0))
    side = settings.side
    dice = np.random.default_rng(3)
    uv = dice.uniform(-1.0, 1.0, (4, side, side, 2)).astype(np.float16)
    real = dice.integers(0, 255, (4, side, side, 3)).astype(np.uint8)

    def first_loss(how: ReadAvatarsSettings, lips: int) -> float:
        masks = [np.full((4, side, side), value, np.uint8) for value in (1, lips)]
        maps = Maps(uv, masks[0], real, masks[1], np.zeros((8, 2), np.float32))
        return ReadAvatarsRendererTrainer(2, how, Style()).epoch([maps], 0).l1

    once = first_loss(settings, 1)
    assert first_loss(weighed, 1) == pytest.approx(5.0 * once)
    assert first_loss(weighed, 0) == pytest.approx(once)
    with pytest.raises(ValueError, match="lips is 0 or more"):
        replace(settings, renderer=replace(settings.renderer, lips=-1.0))


@pytest.mark.parametrize("falling", [-0.1, 1.1])
def test_a_rate_cannot_fall_over_more_than_all(falling: float, tmp_path: Path) -> None:
    """Shares of the epochs outside 0..1 are refused by their name."""
    path = tmp_path / "own.toml"
    path.write_text(f"[renderer]\nfalling = {falling}\n")
    with pytest.raises(ConfigError, match="falling is a share of the epochs, 0 to 1, not"):
        read_settings(str(path))


def test_the_example_is_the_quick_networks_with_fewer_passes_and_ears() -> None:
    """What ships for minutes of film differs from the preset in how long it learns, that it hears and is sharpened."""
    own = read_settings("minutes")
    quick = read_settings("quick")

    assert own.renderer.epochs < quick.renderer.epochs and own.parameters.epochs < quick.parameters.epochs
    assert (quick.texture, own.texture) == ("static", "audio")
    assert (quick.renderer.sharpen, own.renderer.sharpen) == (0.0, 1.0)
    assert quick == replace(
        own,
        texture=quick.texture,
        renderer=replace(own.renderer, epochs=quick.renderer.epochs, sharpen=0.0),
        parameters=replace(own.parameters, epochs=quick.parameters.epochs),
    )
