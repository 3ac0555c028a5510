"""Takes that the tests of the formats write and read."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from facetake import rig
from facetake.take import Take


@pytest.fixture
def make_take() -> Callable[..., Take]:
    """A function that gives a take of random values over the whole of every control's range."""

    def make(
        n_frames: int = 90, rate: Fraction = Fraction(60), start: Fraction = Fraction(0), head: bool = False
    ) -> Take:
        rng = np.random.default_rng(n_frames)
        values = rig.MINIMUM + (rig.MAXIMUM - rig.MINIMUM) * rng.random((n_frames, rig.N_CONTROLS))
        turns = rng.normal(scale=8, size=(n_frames, 3)).astype(np.float32) if head else None
        return Take(values.astype(np.float32), rate, start, turns, {"seed": 3, "audio": "Zoë.wav"})

    return make


@pytest.fixture
def shapes_take() -> Take:
    """A second of a take that ARKit's shapes can say: each of the 52 rises and falls, two at a time."""
    frame = np.arange(60)[:, None]
    weights = np.clip(1 - np.abs(frame - np.arange(52)[None]), 0, 1) * 0.75
    return Take(rig.from_arkit(weights.astype(np.float32)), Fraction(60))
