"""Training of the paper's audio emotion encoder, and calibration."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

torch = pytest.importorskip("torch", reason="training needs torch")
pytest.importorskip("sklearn", reason="scores need scikit-learn, of the train extra")

from sklearn.calibration import calibration_curve  # noqa: E402  after the skip

from facetake.emotion import EMOTIONS  # noqa: E402  after the skip
from facetake.errors import ConfigError  # noqa: E402
from facetake.networks.audio_emotion import VoiceSize  # noqa: E402
from facetake_training import audio_emotion_paper, calibration  # noqa: E402
from facetake_training.audio_emotion_paper import PaperConfig  # noqa: E402
from facetake_training.emotion_datasets import ActedSource  # noqa: E402
from facetake_training.voices import VoiceData, VoiceDataset, held  # noqa: E402


@pytest.fixture
def voices(tmp_path: Path) -> Path:
    """A folder of three speakers whose pitch says the emotion."""
    folder = tmp_path / "voices"
    folder.mkdir()
    for place, speaker in enumerate(("ann", "bob", "cem")):
        for label, emotion in enumerate(EMOTIONS):
            time = np.arange(16_000) / 16_000
            sound = 0.3 * np.sin(2 * np.pi * (200 + 300 * label + 10 * place) * time)
            sf.write(folder / f"{speaker}_{emotion}_1.wav", sound, 16_000)
    return folder


def config(folder: Path, out: Path) -> PaperConfig:
    """A tiny run."""
    source = ActedSource(folder, "named", "ours: our own", valid=("bob",), test=("cem",))
    data = VoiceData((source,), crop_s=(0.5, 0.8))
    return PaperConfig(
        out, data, VoiceSize((4, 4, 4, 8, 8, 8)), steps=4, batch=7, workers=0, every=2, average=0.5, reuse=2
    )


def test_a_run_resumes(voices: Path, tmp_path: Path) -> None:
    """Stopped and gone on with, a run logs each score once."""
    run = config(voices, tmp_path / "run")
    audio_emotion_paper.train(replace(run, steps=2))
    audio_emotion_paper.train(run)
    with (run.out / "log.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    assert [row["step"] for row in rows] == ["2", "4"]


def test_training_learns(voices: Path, tmp_path: Path) -> None:
    """What pitch tells plainly is learnt within a few rounds."""
    run = replace(config(voices, tmp_path / "run"), steps=60, every=60, learning_rate=1e-2, masks=True, average=0.0)
    audio_emotion_paper.train(run)
    with (run.out / "log.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    assert float(rows[-1]["loss"]) < 0.35


def test_targets_follow_intensity_where_asked(voices: Path) -> None:
    """Graded, a line at half strength is half neutral; else it counts fully, as in the paper."""
    table = voices / "lines.csv"
    rows = "".join(f"ann_{name}_1.wav,{name},0.5\n" for name in EMOTIONS)
    table.write_text("audio,emotion,intensity\n" + rows)
    data = VoiceData((ActedSource(table, "csv"),), noise=0.0, graded=True)

    _, target = next(iter(VoiceDataset(data, 28, 0)))
    assert set(target.flatten().tolist()) == {0.0, 0.5, 1.0}
    assert bool((target.sum(dim=1) == 1).all())
    _, plain = next(iter(VoiceDataset(replace(data, graded=False), 28, 0)))
    assert set(plain.flatten().tolist()) == {0.0, 1.0}


def test_neutral_speech_is_performed_where_asked(voices: Path) -> None:
    """One folder of neutral speech teaches all seven emotions by rule, but is never what is validated on."""
    made = VoiceData((ActedSource(voices, "neutral", perform=True),), crop_s=(0.5, 0.6))
    sound, target = next(iter(VoiceDataset(made, 21, 0)))

    assert bool(torch.isfinite(sound).all()) and len(set(target.argmax(dim=1).tolist())) >= 5
    with pytest.raises(ConfigError, match="keeps speakers aside"):
        held(made, "valid")


def test_an_emotion_nobody_teaches(voices: Path) -> None:
    """A source without disgust, and no speech to perform it, is refused by name."""
    for path in voices.glob("*disgusted*"):
        path.unlink()

    with pytest.raises(ConfigError, match="no source teaches disgusted"):
        VoiceDataset(VoiceData((ActedSource(voices, "named"),)), 4, 0)


def test_temperature_calms_what_is_too_sure() -> None:
    """Scores that are right in six of ten cases but claim more are brought to their true confidence."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 7, 2000)
    guess = np.where(rng.random(2000) < 0.6, labels, rng.integers(0, 7, 2000))
    scores = np.full((2000, 7), -8.0)
    scores[np.arange(2000), guess] = 8.0
    before = calibration.reliability(calibration.sigmoid_shares(scores), labels)
    temperature = calibration.fit_temperature(scores, labels)
    after = calibration.reliability(calibration.sigmoid_shares(scores / temperature), labels)

    assert temperature > 2.0 and before.error > 0.3 > 0.1 > after.error
    assert after.counts.sum() == 2000


def test_surprise_and_reliability_are_their_definitions() -> None:
    """Surprise is the mean over classes of their mean -log share; filled tenths are those of scikit-learn's curve."""
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 5, 300)
    share = calibration.softmax(rng.normal(0.0, 2.0, (300, 7)))
    own = -np.log(share[np.arange(300), labels])
    assert calibration.surprise_of(share, labels) == pytest.approx(np.mean([own[labels == k].mean() for k in range(5)]))
    found = calibration.reliability(share, labels)
    filled = found.counts > 0
    curve = calibration_curve(share.argmax(axis=1) == labels, share.max(axis=1), n_bins=10)
    assert np.allclose((found.accuracy[filled], found.confidence[filled]), curve)


def test_the_threshold_keeps_promises() -> None:
    """Emotions shown from the threshold on are right as often as asked; where they never are, it is the highest."""
    share = np.array([[0.1, 0.9], [0.1, 0.9], [0.4, 0.6], [0.4, 0.6], [0.9, 0.1]])

    assert calibration.choose_threshold(share, np.array([1, 1, 0, 0, 0]), 0.8) == pytest.approx(0.61)
    assert calibration.choose_threshold(share, np.zeros(5, np.int64), 0.8) == pytest.approx(0.9)


def test_balanced_accuracy_counts_only_what_is_there() -> None:
    """A class that does not occur does not count; one with few lines counts as much as one with many."""
    table = calibration.confusion(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1]), 3)

    assert table.tolist() == [[2, 0, 0], [1, 1, 0], [0, 0, 0]]
    assert calibration.balanced_accuracy(table) == pytest.approx(0.75)
