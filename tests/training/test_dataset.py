"""Examples for training, augmentation, and lips against tracked ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")

from facetake import mouth, rig  # noqa: E402  after the skip
from facetake.errors import ConfigError  # noqa: E402
from facetake.phones import INDEX  # noqa: E402
from facetake_training import lips  # noqa: E402
from facetake_training.augment import AugmentConfig, augment  # noqa: E402
from facetake_training.dataset import Crops, DataConfig, SourceConfig, draw_emotion, read_span  # noqa: E402
from facetake_training.performers.prosody import frame_loudness  # noqa: E402


def test_crops_repeat_by_seed(corpus: Path) -> None:
    """The same seed draws the same examples, another seed others; shapes fit together."""
    config = DataConfig((SourceConfig(corpus),), crop_s=1.0)
    first, again, other = (Crops(config, "train", 0).draw(np.random.default_rng(seed)) for seed in (3, 3, 4))

    assert np.array_equal(first.audio, again.audio) and np.array_equal(first.curves, again.curves)
    assert not np.array_equal(first.audio, other.audio)
    assert first.audio.shape == (16_000,) and first.curves.shape == (60, 174) and first.emotion.shape == (60, 7)


@pytest.mark.parametrize("speed", [0.8, 1.0, 1.25])
def test_labels_follow_the_speed(corpus: Path, speed: float) -> None:
    """Sound and phones stretch together: loudness is where the phones say speech is, at any speed."""
    crops = Crops(DataConfig((SourceConfig(corpus),), crop_s=2.2), "train", 0)
    example = crops.crop(crops.sources[0][0], speed, np.random.default_rng(0))
    spoken = example.phones != INDEX["SIL"]
    loud = frame_loudness(example.audio, len(spoken)) > 0.03

    assert spoken.sum() == pytest.approx(0.9 / speed * 60, abs=2)
    assert (spoken == loud).mean() > 0.96


def test_emotion_rows_are_weights() -> None:
    """Drawn emotions are weights that sum to 1, of every kind, sometimes changing over time."""
    tracks = [draw_emotion(60, np.random.default_rng(seed)) for seed in range(300)]

    assert all(np.allclose(track.sum(axis=1), 1, atol=1e-5) and track.min() >= -1e-6 for track in tracks)
    assert {int(track[0].argmax()) for track in tracks} == set(range(7))
    assert 0.1 < np.mean([np.ptp(track, axis=0).max() > 0.05 for track in tracks]) < 0.6


def test_augmentation_keeps_time() -> None:
    """Whatever happens to the sound, its length, range and timing stay."""
    rng = np.random.default_rng(0)
    click = np.zeros(32_000, np.float32)
    click[16_000:16_400] = rng.normal(0, 0.5, 400)
    quiet = AugmentConfig(noise=0.3, snr_db=(25.0, 45.0), room=1.0, equaliser=1.0, codec=0.5)
    for seed in range(25):
        out = augment(click, quiet, np.random.default_rng(seed))
        assert out.shape == click.shape and np.isfinite(out).all() and np.abs(out).max() <= 1
        assert abs(int(np.convolve(np.abs(out), np.ones(200), "same").argmax()) - 16_200) < 400


def test_spans_outside_a_file_are_silent(corpus: Path) -> None:
    """Reading before the start and past the end gives zeros around the sound."""
    path = corpus / "audio" / "0.flac"
    inside = read_span(path, 0.0, 1.5)
    around = read_span(path, -0.5, 2.5)

    assert not around[:8000].any() and not around[-7000:].any()
    assert np.array_equal(around[8000 : 8000 + 24_000], inside[:24_000])


def test_perfect_lips_score_one_and_late_ones_tell_their_lag(tmp_path: Path) -> None:
    """Curves equal to the truth score 1 everywhere; 80 ms late they still do, and the lag is told."""
    times = np.arange(300) / 60
    opening = 0.3 + 0.3 * np.sin(7 * times) + 0.2 * np.sin(17 * times)
    rounding = 0.5 + 0.4 * np.sin(5 * times)
    values = np.tile(rig.NEUTRAL, (300, 1))
    values[:, rig.columns("C_jaw")] = np.clip(opening, 0, 1)[:, None]
    values[:, rig.both("mouth_purseU")] = rounding[:, None]
    arkit = np.stack([rounding, np.zeros(300)], axis=1)
    truth = {
        "x.time": times,
        "x.aperture": mouth.aperture(values),
        "x.arkit": arkit,
        "names": ["mouthPucker", "mouthFunnel"],
    }
    np.savez(tmp_path / "t.npz", **truth)  # type: ignore[arg-type]  # numpy's stub mixes arrays and options
    config = lips.LipsConfig(tmp_path / "t.npz", tmp_path)
    same, late = (lips.score_curves(values, times + lag, config, "x") for lag in (0.0, 0.08))

    assert (same.aperture, same.pucker, same.closure) == pytest.approx((1, 1, 1), abs=1e-3)
    assert same.lag_ms == pytest.approx(0, abs=1)
    assert late.lag_ms == pytest.approx(80, abs=1)
    assert late.aperture > 0.99


def test_tracked_lips_are_drawn_in_time_with_their_sound(tracked_faces: lips.LipsConfig, corpus: Path) -> None:
    """Crops of tracked clips know the lips alone; sound, opening and rounding stay together at any speed."""
    config = DataConfig((SourceConfig(corpus),), crop_s=1.0, silence=0.0, tracked=(tracked_faces,), tracked_share=0.5)
    crops = Crops(replace(config, augment=AugmentConfig(0, (0, 0), 0, 0, 0, 0, (0, 0), 0)), "train", 0)
    drawn = [crops.draw(np.random.default_rng(seed)) for seed in range(60)]
    lips_alone = [example for example in drawn if example.seen.any()]

    assert 15 < len(lips_alone) < 45
    assert not any(example.trust.any() or example.curves.any() for example in lips_alone)
    assert all(example.seen.all() and len(example.opening) == 60 for example in lips_alone)
    for example in lips_alone:
        assert np.corrcoef(example.opening, frame_loudness(example.audio, 60))[0, 1] > 0.8
        assert np.corrcoef(example.opening, example.rounding)[0, 1] < -0.99
    assert not any(
        example.seen.any() for example in map(Crops(config, "valid", 0).draw, [np.random.default_rng(1)] * 9)
    )


def test_clips_are_chosen_by_name(tracked_faces: lips.LipsConfig) -> None:
    """A config may name clips; one that is not there is told with those that are."""
    config = tracked_faces

    assert lips.clips(config) == ["one", "two"]
    assert lips.clips(replace(config, only=("two",))) == ["two"]
    with pytest.raises(ConfigError, match="no clip 'three'; it holds one, two"):
        lips.clips(replace(config, only=("three",)))
