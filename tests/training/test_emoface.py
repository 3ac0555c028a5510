"""Training runs: they learn, resume, log and can be configured as the paper's."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")
pytest.importorskip("accelerate", reason="training needs accelerate")

from safetensors.torch import load_file  # noqa: E402  after the skips

from facetake import mouth, rig  # noqa: E402
from facetake.config import load_config  # noqa: E402
from facetake.errors import ConfigError, ModelError  # noqa: E402
from facetake.networks.emoface import EmoFaceSize  # noqa: E402
from facetake.networks.encoder import MelSize  # noqa: E402
from facetake_training import checkpoint, emoface, losses, shipping  # noqa: E402
from facetake_training.dataset import DataConfig, SourceConfig  # noqa: E402
from facetake_training.emoface import TrainConfig  # noqa: E402
from facetake_training.evaluate import score  # noqa: E402
from facetake_training.losses import LossConfig  # noqa: E402

SIZE = EmoFaceSize("mel", mel=MelSize(16, 1, 8), width=16, layers=1, heads=2, feedforward=16)
CONFIGS = Path(__file__).parents[2] / "training" / "configs"


def tiny(out: Path, corpus: Path, **changes: object) -> TrainConfig:
    """A run of a few rounds on a tiny corpus."""
    data = DataConfig((SourceConfig(corpus),), crop_s=1.0)
    loss = LossConfig(curves=1.0, mouth=1.0, velocity=1.0, lips=1.0, phones=1.0)
    config = TrainConfig(
        out, data, SIZE, loss, steps=4, batch=2, workers=0, every=2, masks=True, average=0.5, threads=1
    )
    return replace(config, **changes)  # type: ignore[arg-type]


@pytest.mark.filterwarnings("ignore")
def test_a_run_writes_checkpoints_and_logs(tmp_path: Path, corpus: Path) -> None:
    """A run leaves safetensors and JSON, no pickle, a CSV of scores and TensorBoard files; the best can be exported."""
    best = emoface.train(tiny(tmp_path / "run", corpus))
    names = {path.name for path in (tmp_path / "run").iterdir()}

    assert best.is_file()
    assert {
        "last.safetensors",
        "last.optimizer.safetensors",
        "last.json",
        "best.json",
        "log.csv",
        "tensorboard",
    } <= names
    assert not [name for name in names if name.endswith((".pt", ".pth", ".pkl", ".bin"))]
    assert [row["step"] for row in csv.DictReader((tmp_path / "run" / "log.csv").open())] == ["2", "4"]
    assert "differ by at most" in shipping.export_run(tiny(tmp_path / "run", corpus), "tiny.toml", tmp_path / "model")
    assert "merged.onnx written" in shipping.export_merged_run(tiny(tmp_path / "run", corpus), tmp_path)
    assert {"ear.onnx", "audio2rig.onnx", "audio2rig.safetensors", "audio2rig.json", "models.toml"} == {
        path.name for path in (tmp_path / "model").iterdir()
    }


@pytest.mark.filterwarnings("ignore")
def test_a_run_resumes(tmp_path: Path, corpus: Path) -> None:
    """A second call goes on at the round the first stopped at, with its optimiser's moments, and ends where asked."""
    emoface.train(tiny(tmp_path / "run", corpus, steps=2))
    before = {name: one.clone() for name, one in load_file(tmp_path / "run" / "last.optimizer.safetensors").items()}
    emoface.train(tiny(tmp_path / "run", corpus, steps=4))
    after = load_file(tmp_path / "run" / "last.optimizer.safetensors")

    assert json.loads((tmp_path / "run" / "last.json").read_text())["step"] == 4
    assert float(before["0.step"]) == 2
    assert float(after["0.step"]) == 4


@pytest.mark.filterwarnings("ignore")
def test_training_lowers_the_loss(tmp_path: Path, corpus: Path) -> None:
    """Thirty rounds lower the error of the curves on the training lines."""
    config = tiny(tmp_path / "run", corpus, steps=30, every=30, learning_rate=1e-2, average=0.0)
    network = emoface.build(config)
    before = score(network.eval(), config.data, "train", n_crops=6).full
    emoface.train(config)
    checkpoint.load_weights(tmp_path / "run" / "best.safetensors", network)

    assert score(network.eval(), config.data, "train", n_crops=6).full < 0.8 * before


def test_schedules() -> None:
    """The paper's StepLR falls by 0.995 every 100 rounds; the cosine one warms up and ends at a hundredth."""
    step = TrainConfig(Path(), DataConfig(()), schedule="step")
    cosine = replace(step, schedule="cosine", steps=1000)

    assert [emoface.rate_at(n, step) for n in (0, 99, 100, 2999)] == pytest.approx([1, 1, 0.995, 0.995**29])
    assert emoface.rate_at(0, cosine) < 0.01 < 0.9 < emoface.rate_at(200, cosine)
    assert emoface.rate_at(1000, cosine) == pytest.approx(0.01)


def test_aperture_is_the_one_that_checks_use() -> None:
    """The differentiable opening equals facetake.mouth's."""
    curves = np.random.default_rng(0).random((20, 174)).astype(np.float32)

    assert np.allclose(losses.aperture(torch.from_numpy(curves)[None])[0].numpy(), mouth.aperture(curves), atol=1e-6)


@pytest.mark.parametrize(
    "path", sorted(CONFIGS.rglob("*emoface*.toml")) + sorted(CONFIGS.glob("table4/*.toml")), ids=str
)
def test_reference_runs_are_valid(path: Path) -> None:
    """Every reference run's configuration loads; the paper's has the paper's numbers."""
    config = load_config(TrainConfig, path)

    assert config.steps > 0
    if path.name == "emoface_paper.toml":
        size = config.network
        assert (size.encoder, size.width, size.layers, size.positional) == ("wav2vec2", 512, 10, True)
        assert (config.schedule, config.steps, config.weight_decay) == ("step", 3000, 0.0)


def test_mistakes_are_named(tmp_path: Path, corpus: Path) -> None:
    """A missing corpus, an empty split, an unknown actor and weights that do not fit each get their sentence."""
    with pytest.raises(ConfigError, match=r"lines\.jsonl is missing"):
        emoface.train(tiny(tmp_path / "run", tmp_path / "gone"))
    with pytest.raises(ConfigError, match="no actor 'nobody'"):
        emoface.train(tiny(tmp_path / "run", corpus, data=DataConfig((SourceConfig(corpus),), actor="nobody")))
    with pytest.raises(ModelError, match="no weights"):
        emoface.build(tiny(tmp_path / "run", corpus, start=tmp_path / "gone.safetensors"))
    (tmp_path / "junk.safetensors").write_bytes(b"junk")
    with pytest.raises(ModelError, match="not a safetensors"):
        checkpoint.load_weights(tmp_path / "junk.safetensors", emoface.build(tiny(tmp_path / "run", corpus)))


def test_lips_alone_teach_nothing_but_lips() -> None:
    """Examples of which only the lips are known have no part in the loss of curves, and their lips' scale has none."""
    rng = torch.Generator().manual_seed(0)
    curves, truth = (torch.rand(2, 40, 174, generator=rng) for _ in range(2))
    phones = torch.zeros(2, 40, 1)
    track = torch.rand(2, 40, generator=rng)
    seen = torch.tensor([[0.0], [1.0]]).expand(2, 40)
    batch = {"curves": truth, "opening": track, "rounding": track, "seen": seen, "known": 1 - seen}
    weights = LossConfig(curves=1.0, mouth=1.0, velocity=1.0, lips=1.0, tracked=1.0)
    terms = losses.losses(curves, phones, batch, weights)
    scaled = losses.losses(curves, phones, batch | {"opening": 3 * track + 1}, weights)
    alone = losses.losses(curves[:1], phones[:1], {name: value[:1] for name, value in batch.items()}, weights)
    opened = {"opening": losses.aperture(curves), "rounding": losses.pucker(curves)}

    assert all(torch.allclose(terms[name], alone[name]) for name in ("curves", "velocity", "lips"))
    assert torch.allclose(terms["tracked"], scaled["tracked"], atol=1e-5)
    assert terms["tracked"] > 0.5 and alone["tracked"] == 0
    assert losses.losses(curves, phones, batch | opened, weights)["tracked"] < 1e-5


def test_a_teacher_s_lips_stand_before_the_performer_s() -> None:
    """Where a teacher heard the lips, the performer's opening and rounding count less, and all else as much."""
    phones = torch.zeros(1, 40, 1)
    ones = torch.ones(1, 40)
    truth = torch.zeros(1, 40, 174)
    heard = {"curves": truth, "opening": torch.rand(1, 40), "rounding": torch.rand(1, 40), "seen": ones, "known": ones}
    alone = heard | {"seen": 0 * ones}
    jaw, brow = (truth.clone() for _ in range(2))
    jaw[..., int(rig.columns("C_jaw")[0])] = 1.0
    brow[..., int(rig.columns("L_brow_raiseIn")[0])] = 1.0
    weights = LossConfig(curves=1.0, mouth=1.0, lips=1.0, tracked=1.0, followed=0.25)

    def curves_term(curves: Any, batch: dict[str, Any]) -> float:
        return float(losses.losses(curves, phones, batch, weights)["curves"])

    assert curves_term(jaw, heard) == pytest.approx(0.25 * curves_term(jaw, alone))
    assert curves_term(brow, heard) == pytest.approx(curves_term(brow, alone))
    assert losses.losses(jaw, phones, heard, weights)["lips"] == 0
    assert losses.losses(jaw, phones, alone, weights)["lips"] > 0


def test_rounding_counts_by_how_clearly_it_was_seen() -> None:
    """Rounding has its own weight in the loss, and counts for little where a tracker hardly saw any."""
    rng = torch.Generator().manual_seed(0)
    curves = torch.rand(1, 40, 174, generator=rng)
    track = torch.rand(1, 40, generator=rng)
    seen = torch.ones(1, 40)
    clear = {"curves": curves, "opening": losses.aperture(curves), "rounding": track, "seen": seen, "known": 1 - seen}
    phones = torch.zeros(1, 40, 1)

    def apart(rounding: float, faint: float, scale: float = 1.0) -> float:
        weights = LossConfig(curves=0.0, tracked=1.0, rounding=rounding, faint=faint)
        batch = clear | {"rounding": scale * track}
        return float(losses.losses(curves, phones, batch, weights)["tracked"])

    assert apart(3.0, 0.0) == pytest.approx(3 * apart(1.0, 0.0), rel=1e-4)
    assert apart(1.0, float(track.std(correction=0))) == pytest.approx(0.5 * apart(1.0, 0.0), rel=1e-4)
    assert apart(1.0, 0.05, scale=0.01) < 0.05 * apart(1.0, 0.0)


def test_rounding_is_the_check_s() -> None:
    """The differentiable rounding is `facetake.mouth.pucker`."""
    curves = torch.rand(1, 20, 174, generator=torch.Generator().manual_seed(1))

    assert np.allclose(losses.pucker(curves)[0], mouth.pucker(curves[0].numpy()), atol=1e-6)
