"""A teacher of lips: fitted to tracked faces, it labels lines of a corpus for training to follow."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")

from facetake import audio  # noqa: E402  after the skip
from facetake.errors import ConfigError  # noqa: E402
from facetake.networks.lip_readout import LipReadout  # noqa: E402
from facetake.networks.whisper import WhisperLayers, WhisperSize  # noqa: E402
from facetake_training import checkpoint, lip_teacher, lips  # noqa: E402
from facetake_training.dataset import Crops, DataConfig, SourceConfig, read_lines  # noqa: E402
from facetake_training.lip_teacher import LabelConfig, TeacherConfig  # noqa: E402

SIZE = WhisperSize((Path("random"),), 64, 1)


@pytest.fixture
def config(
    tmp_path: Path, corpus: Path, tracked_faces: lips.LipsConfig, monkeypatch: pytest.MonkeyPatch
) -> TeacherConfig:
    """A small teacher over an encoder of random weights, which still hears loudness."""

    def fill(layers: WhisperLayers, files: object) -> None:
        generator = torch.Generator().manual_seed(0)
        for weight in layers.parameters():
            weight.data = 0.2 * torch.randn(weight.shape, generator=generator)

    monkeypatch.setattr(lip_teacher, "load_into", fill)
    return TeacherConfig(
        tmp_path / "teacher",
        (SIZE, SIZE),
        (tracked_faces,),
        (LabelConfig(corpus),),
        seeds=1,
        steps=60,
        batch=4,
        crop_s=1.0,
        hidden=16,
    )


def test_it_labels_what_it_heard(config: TeacherConfig, corpus: Path) -> None:
    """Labels lie beside the corpus, one track a line as long as its sound, and training draws them in time."""
    assert lip_teacher.train(config) == [f"{corpus}: {len(read_lines(corpus, 'train'))} lines labelled"]
    heard = lips.heard_lips(corpus)
    line = read_lines(corpus, "train")[0]
    track = heard[line.audio]

    assert track.times_s[-1] == pytest.approx(line.duration_s, abs=0.03)
    assert np.isfinite(track.opening).all() and track.opening.std() > 0
    data = DataConfig((SourceConfig(corpus),), crop_s=1.0, silence=0.0)
    drawn = [Crops(data, "train", 0).draw(np.random.default_rng(seed)) for seed in range(4)]
    assert all(example.known.all() and example.seen.any() and example.trust.any() for example in drawn)


def test_it_learns_lips_from_faces(config: TeacherConfig) -> None:
    """After training, the opening it hears follows the tracked one of a clip it learnt from."""
    config = replace(config, corpora=(), steps=150, lips=config.tracked[0])
    (report,) = lip_teacher.train(config)
    assert report.startswith("the teacher alone: opening 0.")
    readout = LipReadout(2, 64, 16, 0.4).eval()
    checkpoint.load_weights(config.out / "encoder0_seed0.safetensors", readout)
    states = lip_teacher.states_of(lip_teacher._encoder(SIZE), audio.read(lips.sound_path(config.tracked[0], "one")))
    truth = lips.tracked(config.tracked[0], "one")
    with torch.no_grad():
        opening = readout(states[None])[0, :, 0].numpy()

    found, _ = lips.lagged_correlation(np.arange(len(opening)) / 50, opening, truth.times_s, truth.opening)
    assert found > 0.6


def test_damaged_labels_are_named(corpus: Path) -> None:
    """A file of labels that is no archive is told with what to do."""
    (corpus / lips.HEARD_LIPS).write_bytes(b"junk")

    with pytest.raises(ConfigError, match="is damaged .*; make it again"):
        lips.heard_lips(corpus)


def test_states_do_not_depend_on_where_windows_begin() -> None:
    """Sound longer than a window gives as many states as it lasts, nearly those of one window."""
    torch.manual_seed(0)
    encoder = WhisperLayers(64, 1).eval()
    sound = np.random.default_rng(0).normal(0, 0.1, 12 * 16_000).astype(np.float32)
    whole = lip_teacher.states_of(encoder, sound)
    short = lip_teacher.states_of(encoder, sound[: 8 * 16_000])

    assert whole.shape == (2, 600, 64) and short.shape == (2, 400, 64)
    assert torch.allclose(whole[0, :390], short[0, :390], atol=1e-3)
