"""The distance in distribution tells movement apart, and the measure says what is missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="measuring needs torch, which the train extra brings")

from facetake.errors import ConfigError  # noqa: E402  after the skip
from facetake_training.measure import acting, faces  # noqa: E402

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
