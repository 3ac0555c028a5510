"""The distance in distribution tells movement apart, and the measure says what is missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

pytest.importorskip("torch", reason="measuring needs torch, which the train extra brings")

from facetake.errors import ConfigError  # noqa: E402  after the skip
from facetake_training.measure import acting, discriminator, faces, stress  # noqa: E402

KEPT = np.ones(6, bool)


def people(scale: float, seed: int, count: int = 8) -> list[np.ndarray]:
    """Clips of six seconds whose scores wander by so much."""
    random = np.random.default_rng(seed)
    return [scale * np.cumsum(random.normal(0, 0.05, (150, 6)), axis=0) for _ in range(count)]


def test_the_same_movement_is_near_and_a_still_face_is_far() -> None:
    """Other people who move alike are nearer than faces that hardly move, or move three times as much."""
    basis = faces._basis(people(1.0, 0), KEPT)
    same, still, wild = (faces._distance(people(scale, 1), people(1.0, 2), basis) for scale in (1.0, 0.1, 3.0))
    assert 0.0 <= same < 0.5 * min(still, wild)
    assert faces._distance(people(1.0, 1), people(1.0, 1), basis) == pytest.approx(0.0, abs=1e-3)


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    """A folder with one sound has no two lines to compare."""
    (tmp_path / "a.wav").write_bytes(b"")
    with pytest.raises(ConfigError, match="two sounds"):
        acting.measure(tmp_path, None)  # type: ignore[arg-type]  # never reached


def test_a_network_tells_other_movement_apart_and_the_same_by_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    """Faces that move three times as much are told from people it never saw; other people who move alike are not."""
    monkeypatch.setattr(discriminator, "SEEDS", 1)
    shape = (-1, faces.WINDOW, len(KEPT))
    real, same, wild = (
        [faces._windows([rows], KEPT).reshape(shape) for rows in people(scale, seed)]
        for seed, scale in enumerate((1.0, 1.0, 3.0))
    )
    assert discriminator.separability(real, wild) > 0.8
    assert 0.25 < discriminator.separability(real, same) < 0.75
    with pytest.raises(ValueError, match="4 clips"):
        discriminator.separability(real[:3], same)


def test_brows_that_follow_the_voice_are_told_from_those_that_do_not(tmp_path: Path) -> None:
    """Brows that rise with what is loud and high agree with stress, a little late too; brows that wander do not."""
    rate = 16_000
    times_s = np.arange(6 * rate) / rate
    loud = 0.5 + 0.45 * np.sin(2 * np.pi * 0.4 * times_s)
    sf.write(tmp_path / "a.wav", 0.3 * loud * np.sin(2 * np.pi * 150 * times_s + 40 * loud), rate)
    at_s = np.arange(0.5, 5.5, 0.04)
    heard = stress.stress(tmp_path / "a.wav", at_s)
    names = ["browInnerUp", "eyeBlinkLeft", "jawOpen"]
    rows = np.zeros((len(at_s), 3))
    rows[:, 0] = 0.2 * np.maximum(np.roll(heard, 3), 0.0)
    rows[:, 1] = np.random.default_rng(0).normal(0.1, 0.05, len(at_s))
    found = stress.agreement(rows, names, heard)
    assert found["brows"] > 0.65 and abs(found["lids"]) < 0.45
