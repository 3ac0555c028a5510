"""Where networks of portraits run: which device is chosen, and that a graphics card learns what a CPU learns.

What needs a card is left out where there is none.
"""

from __future__ import annotations

from dataclasses import astuple, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from facetake.cli import main
from facetake.errors import PortraitError
from facetake.networks.patchgan import PatchSize
from facetake.networks.sequence_translator import SequenceTranslatorSize
from facetake.networks.unet import UNetSize
from facetake.portrait.audiodvp import renderer as dvp
from facetake.portrait.audiodvp.settings import read_settings as dvp_settings
from facetake.portrait.landmark_translation.image.dataset import Plates
from facetake.portrait.landmark_translation.image.losses import judges
from facetake.portrait.landmark_translation.image.trainer import GlobalTrainer, LocalTrainer
from facetake.portrait.landmark_translation.image.training import new_translator
from facetake.portrait.landmark_translation.settings import GlobalTraining, LocalTraining, PictureSettings
from facetake.portrait.metrics.style import Style
from facetake.portrait.read_avatars.dataset import Maps
from facetake.portrait.read_avatars.renderer_training import ReadAvatarsRendererTrainer
from facetake.portrait.read_avatars.settings import read_settings
from facetake.portrait.training.devices import CPU, device, home

NEAR = 0.05  # of a loss, after an epoch: sums in another order, and rounded products (TF32)
on_a_card = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA card")


def test_a_device_is_found_by_its_name() -> None:
    """The name auto is a card where there is one, any other is what it says, and networks say where they are."""
    assert device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert device("cpu") == CPU == home(torch.nn.Linear(1, 1))


@pytest.mark.parametrize("name", ["cuda:99", "gpu", "meta", ""])
def test_a_device_that_is_not_there_is_named(name: str) -> None:
    """Whoever asks for a card that is not there is told so, and what to ask for."""
    with pytest.raises(PortraitError, match=rf"no device '{name}' here .*; name cpu, cuda, cuda:0 or auto"):
        device(name)


@pytest.mark.parametrize("system", ["audiodvp", "read", "landmark"])
def test_the_commands_refuse_it_too(system: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every system's training names the device that is not there before it looks at anything else."""
    assert main(["portrait", "train", system, str(tmp_path), "-o", str(tmp_path / "run"), "--device", "gpu"]) != 0
    assert "no device 'gpu' here" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def _pictures(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, shape, dtype=np.uint8)


def _dvp_losses(where: torch.device) -> tuple[float, ...]:
    settings = dvp_settings("tiny")
    trainer = dvp.AudioDvpRendererTrainer(settings, where)
    drawn = _pictures(8, settings.side, settings.side, 3)
    real = _pictures(8, settings.side, settings.side, 3)
    return astuple(trainer.epoch(drawn, real, 0))


def _read_losses(where: torch.device) -> tuple[float, ...]:
    settings = read_settings("tiny")
    dice = np.random.default_rng(1)
    settings = replace(settings, renderer=replace(settings.renderer, lips=5.0))
    side = settings.side
    uv = dice.uniform(-1.0, 1.0, (8, side, side, 2)).astype(np.float16)
    maps = Maps(
        uv,
        (uv[..., 0] > -0.5).astype(np.uint8),
        _pictures(8, side, side, 3),
        (uv[..., 1] > 0.5).astype(np.uint8),
        dice.uniform(size=(16, 5)).astype(np.float32),
    )
    return astuple(ReadAvatarsRendererTrainer(5, settings, Style(), where).epoch([maps], 0))


def _landmark_losses(where: torch.device) -> tuple[float, ...]:
    unet = UNetSize(downs=3, width=4, refine=False, dropout=0.0, norm="group")
    judge = PatchSize(4, 1, "group")
    settings = PictureSettings(
        side=64,
        reference="moved",
        changed="parts",
        out="added",
        part_unet=unet,
        rest_unet=unet,
        part_critic=judge,
        critic=judge,
        sequence=SequenceTranslatorSize((4, 4, 8), 8, 1, out="added"),
        local_training=LocalTraining(epochs=1, batch=4),
        global_training=GlobalTraining(1, 4, 1),
    )
    points = np.random.default_rng(2).uniform(16, 48, (8, 68, 2)).astype(np.float32)
    plates = Plates(_pictures(8, 64, 64, 3), _pictures(8, 64, 64, 3), _pictures(2, 8, 64, 64, 3), points, points[:2])
    translator = new_translator(settings, 0).to(where)
    rows = [trainer(translator, settings, judges(), 0).epoch([plates], 0) for trainer in (LocalTrainer, GlobalTrainer)]
    return tuple(value for row in rows for value in astuple(row))


@on_a_card
@pytest.mark.parametrize("losses", [_dvp_losses, _read_losses, _landmark_losses])
def test_a_card_learns_what_a_cpu_learns(losses: object) -> None:
    """An epoch of every system's picture networks has the same losses on both, but for rounding."""
    assert callable(losses)
    assert losses(torch.device("cuda")) == pytest.approx(losses(CPU), rel=NEAR)
