"""Training of what hears the emotion in a voice by an ear, and the model it becomes."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

torch = pytest.importorskip("torch", reason="training needs torch")

from facetake import emotion_recognition, inference  # noqa: E402  after the skip
from facetake.config import load_config  # noqa: E402
from facetake.emotion import EMOTIONS  # noqa: E402
from facetake.errors import ConfigError, ModelError  # noqa: E402
from facetake_training import audio_emotion, shipping, voice_statistics  # noqa: E402
from facetake_training.audio_emotion import EmotionConfig  # noqa: E402
from facetake_training.audio_emotion_paper import PaperConfig  # noqa: E402
from facetake_training.cli import main  # noqa: E402
from facetake_training.emotion_datasets import ActedSource  # noqa: E402
from facetake_training.measure import auto  # noqa: E402
from facetake_training.voice_statistics import Statistics  # noqa: E402
from facetake_training.voices import VoiceData  # noqa: E402

CONFIGS = Path(__file__).parents[2] / "training" / "configs"
TAUGHT = [name for name in EMOTIONS if name != "surprise"]


@pytest.fixture
def voices(tmp_path: Path) -> Path:
    """A folder of three speakers whose pitch says the emotion, of which there are six."""
    folder = tmp_path / "voices"
    folder.mkdir()
    time = np.arange(16_000) / 16_000
    for place, speaker in enumerate(("ann", "bob", "cem")):
        for label, emotion in enumerate(TAUGHT):
            sound = 0.3 * np.sin(2 * np.pi * (200 + 300 * label + 10 * place) * time)
            sf.write(folder / f"{speaker}_{emotion}_1.wav", sound, 16_000)
    return folder


@pytest.fixture
def run(voices: Path, tmp_path: Path, tiny_model: Path) -> EmotionConfig:
    """A tiny run, with the ear of a model folder of its own."""
    shutil.copytree(tiny_model, tmp_path / "model")
    source = ActedSource(voices, "named", "ours: our own", valid=("bob",), test=("cem",), copies=1)
    return EmotionConfig(tmp_path / "run", VoiceData((source,)), tmp_path / "model", shrinkage=(1e-3, 1e-1))


def test_a_run_ships_what_generate_uses(run: EmotionConfig, voices: Path) -> None:
    """The exported model answers as the readout does, for its own ear, and never with what nobody taught."""
    audio_emotion.train(run)
    assert run.ear is not None
    said = shipping.export_emotion_run(run, "tiny.toml", run.ear)
    found = inference.load(run.ear).audio_emotion
    about = inference.declarations(run.ear)["audio_emotion"].about

    assert "differ by at most" in said and about["trained_on"] == ["ours: our own"]
    assert found.threshold == pytest.approx(about["scores"]["threshold"])  # type: ignore[index]
    aside = voice_statistics.heard(run.data, "valid", run.seed, found.ear, run.out / "valid.npz")
    share = found.run(aside.voices)
    assert np.allclose(share.sum(axis=1), 1.0, atol=1e-5) and (share[:, EMOTIONS.index("surprise")] < 1e-6).all()
    voice, energy_db = emotion_recognition.listen(voices / "bob_sad_1.wav", found.ear)
    whole = emotion_recognition.statistics(voice, emotion_recognition.voice_seconds(energy_db), slice(None))
    assert np.abs(whole - aside.voices[(aside.labels == 2) & (aside.copies == 0)]).max() < 0.02
    assert np.abs(found.usual).max() > 0.0


def test_what_was_heard_is_not_heard_again(run: EmotionConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second run with other shrinkage reads what the first one kept; another seed, copies or ear hear anew."""
    first = audio_emotion.train(run).read_bytes()

    def refuse(*_: object) -> None:
        raise AssertionError("heard again")

    monkeypatch.setattr(voice_statistics, "statistics", refuse)
    assert audio_emotion.train(run).read_bytes() == first
    with pytest.raises(AssertionError, match="heard again"):
        audio_emotion.train(replace(run, seed=1))


def test_an_emotion_model_of_another_ear_is_refused(run: EmotionConfig) -> None:
    """Its statistics mean nothing with an ear that was exported anew."""
    audio_emotion.train(run)
    assert run.ear is not None
    shipping.export_emotion_run(run, "tiny.toml", run.ear)
    ear = replace(inference.load(run.ear).ear, sha256="another")

    with pytest.raises(ModelError, match="made for another ear; train and export it again"):
        inference.audio_emotion.open_audio_emotion(run.ear, ear, 1)


def test_a_readout_does_not_lean_on_the_recording(run: EmotionConfig) -> None:
    """Of two channels that tell an emotion, the one that differs between copies of a line gets less weight."""
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 200)
    lines = np.repeat(np.arange(100), 4)
    told = np.stack([labels + rng.normal(0.0, 0.1, 400), labels[::4].repeat(4) + rng.normal(0.0, 0.1, 100).repeat(4)])
    zeros = np.zeros(400, np.int64)
    voices = np.pad(told.T, ((0, 0), (0, 2))).astype(np.float32)
    learnt = Statistics(voices, labels, zeros, lines, zeros)

    plain, careful = (
        next(audio_emotion.readouts(replace(run, recording=recording, speaking=0.0), learnt))[1]
        .out.weight[1]
        .detach()
        .abs()
        for recording in (0.0, 100.0)
    )
    assert 0.7 < float(plain[0] / plain[1]) < 1.4
    assert float(careful[0] / careful[1]) < 0.3


def test_every_emotion_and_source_has_its_weight() -> None:
    """However many recordings there are, emotions weigh the same and sources as asked."""
    labels = np.array([0, 0, 0, 1])
    learnt = Statistics(np.zeros((4, 2), np.float32), labels, np.array([0, 1, 1, 0]), labels, labels)
    sources = (ActedSource(Path(), "named", weight=3.0), ActedSource(Path(), "neutral", weight=1.0))

    assert np.allclose(audio_emotion.weights(VoiceData(sources), learnt), [0.375, 0.0625, 0.0625, 0.5])


def test_a_run_without_validation_speakers(run: EmotionConfig) -> None:
    """Nobody to choose and calibrate by is refused."""
    source = replace(run.data.sources[0], valid=())

    with pytest.raises(ConfigError, match="keeps speakers aside for 'valid'"):
        audio_emotion.train(replace(run, data=VoiceData((source,))))


def test_measure_auto_tells_all(run: EmotionConfig, voices: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The report has confusions, chance, what was taught with and without the set's mean, and mistakes."""
    audio_emotion.train(run)
    assert run.ear is not None
    shipping.export_emotion_run(run, "tiny.toml", run.ear)
    shutil.copy(voices / "ann_sad_1.wav", voices / "ann_surprise_1.wav")
    assert main(["measure", "auto", "--model", str(run.ear), "--audio", str(voices)]) == 0
    told = capsys.readouterr().out

    assert "19 lines, 3 speakers" in told and "chance 0.143 (7 emotions" in told
    assert "of what it was taught (neutral, happy, sad, angry, fear, disgusted): balanced accuracy" in told
    assert "the set's own mean off" in told
    assert "calibration error" in told and "auto on 16 emotional lines: right" in told
    assert "auto on 3 neutral lines: left neutral" in told
    report = auto.measure(run.data, [], inference.load(run.ear))
    assert "speakers kept for testing: 6 lines, 1 speaker\n" in str(report)


@pytest.mark.parametrize(
    ("name", "kind"), [("shipped", EmotionConfig), ("paper", PaperConfig), ("former", PaperConfig)]
)
def test_reference_configs_can_be_read(name: str, kind: type[EmotionConfig | PaperConfig]) -> None:
    """Every configuration fits the command that it is for."""
    assert load_config(kind, CONFIGS / f"audio_emotion_{name}.toml").data.sources
