"""What is regressed on lips, takes and labels: what follows them is learnt, what does not is left."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the regression is kept in torch's tensors, of the portrait extra")

from facetake.arrays import F32  # noqa: E402  after the skip
from facetake.portrait.audiodvp import expression  # noqa: E402
from facetake.portrait.audiodvp.settings import ExpressionTraining  # noqa: E402
from facetake.portrait.lip_regression import LIPS_REACH, N_LIPS, Ridge, regress  # noqa: E402


def _said(frames: int, seed: int) -> F32:
    """Rows (frames, 4): a take of two numbers that say nothing, and lips."""
    dice = np.random.default_rng(seed)
    return np.concatenate(
        [dice.uniform(size=(frames, 2)), dice.normal(size=(frames, N_LIPS))], axis=1, dtype=np.float32
    )


def test_an_actors_manner_is_regressed_on_the_lips() -> None:
    """Of a jaw that goes with the lips of the frame before, and a smile that goes with nothing, the jaw is learnt."""
    said = _said(500, 2)
    jaw = 0.4 + 0.1 * np.roll(said[:, -2], 1)
    seen: F32 = np.stack([jaw, np.random.default_rng(3).uniform(0.2, 0.3, 500)], axis=1).astype(np.float32)
    found = expression.learn(said[:250], seen[:250], 3, ExpressionTraining(way="ridge"), seed=0)
    made = expression.predict(found, said)

    assert np.corrcoef(made[250:, 0], seen[250:, 0])[0, 1] > 0.95
    assert made[250:, 1].std() < 0.5 * seen[250:, 1].std()
    far = expression.predict(found, np.full((1, 4), 90.0, np.float32))
    assert ((far >= seen[:250].min(axis=0) - 1e-6) & (far <= seen[:250].max(axis=0) + 1e-6)).all()


def test_a_label_moves_what_was_seen_with_it() -> None:
    """Brows that were up in clips with a label are up with it, and half as much with half of it; the jaw stays."""
    said = [_said(200, seed) for seed in (4, 5)]
    labels = [np.full((200, 1), mood, np.float32) for mood in (0.0, 1.0)]
    seen = [np.stack([0.3 + 0.1 * rows[:, -2], mood[:, 0]], axis=1) for rows, mood in zip(said, labels, strict=True)]
    found = regress(said, seen, labels)

    new = _said(100, 6)
    told = [np.asarray(found(found.windows(new, np.full((100, 1), mood, np.float32)))) for mood in (0.0, 0.5, 1.0)]

    np.testing.assert_allclose([rows[:, 1].mean() for rows in told], [0.0, 0.5, 1.0], atol=0.1)
    assert np.corrcoef(told[2][:, 0], new[:, -2])[0, 1] > 0.95


def test_clips_are_not_each_others_neighbours() -> None:
    """In either order clips teach the same; and a clip of one frame has neighbours too."""
    assert Ridge(4, 1).windows(_said(1, 7)).shape == (1, 2 + N_LIPS * (2 * LIPS_REACH + 1))
    said = [_said(60, 8), _said(60, 9)]
    seen = [np.roll(rows[:, -2:-1], 1) for rows in said]

    one, other = regress(said, seen), regress(said[::-1], seen[::-1])

    torch.testing.assert_close(one.weights, other.weights)
    assert one.weights.abs().max() > 0.0
