"""Can a small network tell drawn faces from real ones by how they move, and real ones from other real ones?

Knows windows of movement of any scores; does not know takes, sounds or pictures. People it is asked about are
never those it learnt from.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from facetake.arrays import F32, F64
from facetake.networks.optimization import step

SEEDS = 5  # networks, each of its own start
FOLDS = 4  # by choice: a quarter of either side's clips is kept out in turn
HIDDEN = 16  # by choice: small, as there are minutes of movement, not hours
ROUNDS = 120  # by choice: its loss on what it learns from is flat by then
BATCH = 64  # windows of either side
STEP = 3e-3  # of Adam


def separability(one: Sequence[F64], other: Sequence[F64]) -> float:
    """Area under the curve of telling windows of one side from the other's, mean over seeds and folds; 0.5 by chance.

    Args:
        one: windows (N, T, K) of each clip of one side, `FOLDS` clips or more.
        other: the same of the other side.

    Raises:
        ValueError: there are fewer clips than folds.
    """
    if min(len(one), len(other)) < FOLDS:
        raise ValueError(f"each side needs {FOLDS} clips, not {len(one)} and {len(other)}")
    found = [_fold(one, other, fold, seed) for seed in range(SEEDS) for fold in range(FOLDS)]
    return float(np.mean(found))


def _fold(one: Sequence[F64], other: Sequence[F64], fold: int, seed: int) -> float:
    """The area of one network for clips that are kept out."""
    learnt = [np.concatenate([clip for n, clip in enumerate(side) if n % FOLDS != fold]) for side in (one, other)]
    asked = [np.concatenate([clip for n, clip in enumerate(side) if n % FOLDS == fold]) for side in (one, other)]
    size = np.concatenate(learnt).std(axis=(0, 1)) + 1e-6
    network = _Teller(len(size), seed)
    network.learn(*((rows / size).astype(np.float32) for rows in learnt))
    return _area(*(network.tell((rows / size).astype(np.float32)) for rows in asked))


def _area(low: F64, high: F64) -> float:
    """The chance that one of the second is above one of the first."""
    ranks = np.argsort(np.argsort(np.concatenate([low, high]), kind="stable"), kind="stable") + 1.0
    above = ranks[len(low) :].sum() - 0.5 * len(high) * (len(high) + 1)
    return float(above / (len(low) * len(high)))


class _Teller(nn.Module):
    """One recurrent layer and a word on its last state."""

    def __init__(self, width: int, seed: int) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self._layer = nn.GRU(width, HIDDEN, batch_first=True)
            self._word = nn.Linear(HIDDEN, 1)
        self._random = np.random.default_rng(seed)

    def learn(self, low: F32, high: F32) -> None:
        """Teaches it to say less of windows (N, T, K) of the first than of the second."""
        steps = torch.optim.Adam(self.parameters(), STEP, weight_decay=1e-3)
        truth = torch.cat([torch.zeros(BATCH), torch.ones(BATCH)])
        for _ in range(ROUNDS):
            rows = [side[self._random.integers(len(side), size=BATCH)] for side in (low, high)]
            loss = nn.functional.binary_cross_entropy_with_logits(self._said(np.concatenate(rows)), truth)
            step(loss, steps)

    @torch.no_grad()
    def tell(self, windows: F32) -> F64:
        """What it says of windows (N, T, K)."""
        return self._said(windows).double().numpy()

    def _said(self, windows: F32) -> torch.Tensor:
        states, _ = self._layer(torch.from_numpy(windows))
        said: torch.Tensor = self._word(states[:, -1])[:, 0]
        return said
