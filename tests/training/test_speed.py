"""Sound played faster and slower."""

from __future__ import annotations

import numpy as np
import pytest

from facetake_training.speed import at_speed

RATE_HZ = 16_000


def tone(hertz: float, seconds: float = 1.0) -> np.ndarray:
    """A sine of 16 kHz, (S,)."""
    return np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE_HZ)) / RATE_HZ).astype(np.float32)


@pytest.mark.parametrize("speed", [0.8, 1.0, 1.083, 1.25])
def test_low_tones_lie_where_a_straight_line_has_them(speed: float) -> None:
    """Sound that changes little between samples is what lies between them, but for the first and last moments."""
    sound = tone(150.0)
    slow = np.interp(np.arange(0.0, len(sound) - 1, speed), np.arange(len(sound)), sound)
    found = at_speed(sound, speed)

    assert abs(len(found) - len(slow)) <= 1 and found.dtype == np.float32
    assert np.abs(found[200 : len(slow) - 200] - slow[200:-200]).max() < 2e-3


def test_what_would_fold_back_vanishes() -> None:
    """A tone above half the rate once it is faster is gone; one below stays as loud."""
    assert at_speed(tone(7000.0), 1.25)[200:-200].std() < 0.01
    assert at_speed(tone(4000.0), 1.25)[200:-200].std() == pytest.approx(0.5**0.5, rel=0.01)


@pytest.mark.parametrize("samples", [0, 1, 5])
def test_any_length_can_be_played(samples: int) -> None:
    """Of no sound comes none, of a click a click."""
    assert np.isfinite(at_speed(np.ones(samples, np.float32), 1.1)).all()
