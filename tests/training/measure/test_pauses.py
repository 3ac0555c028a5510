"""What is measured of mouths in pauses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

pytest.importorskip("torch", reason="training needs torch")

from facetake import inference, rig  # noqa: E402  after the skip
from facetake.inference import AudioToRig, Ear, Models  # noqa: E402
from facetake.visemes import VISEMES  # noqa: E402
from facetake_training import lips  # noqa: E402
from facetake_training.measure import pauses  # noqa: E402


def test_pauses_are_found_inside_a_line() -> None:
    """Silence between sounds counts by its length; silence before the first and after the last does not."""
    level = np.full(600, 1e-5)
    for first, last in ((60, 150), (180, 300), (306, 420)):
        level[first:last] = 0.1

    assert pauses.find(level, 0.3) == [slice(150, 180)]
    assert pauses.find(level, 0.05, 0.2) == [slice(300, 306)]


@pytest.fixture
def words(tmp_path: Path) -> lips.LipsConfig:
    """Five noises of 0.6 s with pauses of 0.5 s, and a jaw that opens with each."""
    at = np.arange(6 * 16_000) / 16_000
    spoken = (at % 1.1 < 0.6) & (at < 5.5)
    sf.write(tmp_path / "a.flac", np.where(spoken, np.random.default_rng(0).normal(0, 0.1, len(at)), 0.0), 16_000)
    times_s = np.arange(180) / 30
    jaw = 0.4 * ((times_s % 1.1 < 0.6) & (times_s < 5.5))
    tracks = {"a.time": times_s, "a.jaw": jaw, "a.aperture": jaw, "a.arkit": np.zeros((180, 2))}
    np.savez(tmp_path / "lips.npz", names=np.array(["mouthPucker", "mouthFunnel"]), **tracks)  # type: ignore[arg-type]
    return lips.LipsConfig(tmp_path / "lips.npz", tmp_path)


def hearing_loudness(jaw_in_pauses: float) -> Models:
    """Networks that open the jaw where there is sound, and by another amount where there is none."""

    def hear(audio: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        count = round(audio.shape[1] * 60 / 16_000)
        edges = (np.arange(count + 1) * 16_000 + 30) // 60
        loud = [audio[0, a:b].std() > 1e-3 for a, b in zip(edges, edges[1:], strict=False)]
        visemes = np.full((1, count, 16), np.log(1e-4), np.float32)
        visemes[0, :, VISEMES.index("a")] = 0.0  # speech throughout, so that nothing but the network decides
        return np.array(loud, np.float32)[None, :, None], visemes

    def perform(features: np.ndarray, emotion: np.ndarray) -> np.ndarray:
        curves = np.tile(rig.NEUTRAL, (1, features.shape[1], 1)).astype(np.float32)
        jaw = jaw_in_pauses + (0.4 - jaw_in_pauses) * features[0, :, 0]
        curves[0, :, rig.columns("C_jaw")[0]] = jaw
        return curves

    return Models(Ear(hear, 1, "none"), AudioToRig(perform, "none"), inference.SHIPPED)


def test_jaws_in_pauses_of_word_lists_are_measured(words: lips.LipsConfig) -> None:
    """A jaw that shuts between words meets the bars, as far as it follows the artist."""
    report = pauses.measure_lists(words, hearing_loudness(0.0))

    assert "4 pauses" in str(report)
    assert report.is_met, str(report)


def test_running_pauses_are_compared_with_faces(words: lips.LipsConfig) -> None:
    """Where faces close in pauses and curves do not, both differences are told and missed."""
    follows = str(pauses.measure_running(words, hearing_loudness(0.0)))
    stays = pauses.measure_running(words, hearing_loudness(0.38))

    assert "4 pauses" in follows
    assert "share that closes: ours 1.00, faces 1.00" in follows
    assert not stays.is_met
