"""How far a classifier's confidence is to be believed: temperature, reliability, and when to keep silent.

Works on scores and labels alone. A sure answer is one whose greatest probability, as a share of the sum of all, is
high; calibration makes that share the frequency of being right (Guo et al. 2017).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from facetake.arrays import F64, I64

BINS: Final = 10  # tenths, by choice: each has to hold enough answers
TEMPERATURES: Final = np.geomspace(0.25, 8.0, 61)
"""By choice: from four times sharper to eight times softer, in steps of 6 %."""
THRESHOLDS: Final = np.round(np.arange(0.3, 0.905, 0.01), 2)
"""By choice: of seven moods an answer below is hardly one, and above none is left."""


def shares(probabilities: F64) -> F64:
    """(N, K) of the sum of each row (N, K)."""
    return np.asarray(probabilities / np.maximum(probabilities.sum(axis=1, keepdims=True), 1e-9))


def sigmoid(scores: F64) -> F64:
    """Elementwise, without overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * scores)))


def softmax(scores: F64) -> F64:
    """(N, K) shares of each row of scores (N, K), which add up to 1."""
    grown = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(grown / grown.sum(axis=1, keepdims=True))


def sigmoid_shares(scores: F64) -> F64:
    """(N, K) of the sum of each row's sigmoids of scores (N, K)."""
    return shares(sigmoid(scores))


def surprise_of(share: F64, labels: I64) -> float:
    """Mean negative logarithm of the share that the right class has, classes weighing the same."""
    own = -np.log(np.maximum(share[np.arange(len(labels)), labels], 1e-9))
    return float(np.mean([own[labels == label].mean() for label in np.unique(labels)]))


def fit_temperature(scores: F64, labels: I64, to_shares: Callable[[F64], F64] = sigmoid_shares) -> float:
    """The temperature under which the shares of scores / temperature surprise the least."""
    losses = [surprise_of(to_shares(scores / t), labels) for t in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(losses))])


@dataclass(frozen=True)
class Reliability:
    """Of answers by their confidence.

    Attributes:
        counts: (10,) answers in each tenth of confidence.
        confidence: (10,) their mean confidence; 0 where there are none.
        accuracy: (10,) share that is right.
        error: expected calibration error, 0..1: |confidence - accuracy|, weighted by counts.
    """

    counts: I64
    confidence: F64
    accuracy: F64
    error: float


def reliability(share: F64, labels: I64) -> Reliability:
    """How often answers of each confidence are right."""
    sure = share.max(axis=1)
    right = share.argmax(axis=1) == labels
    place = np.minimum((sure * BINS).astype(np.int64), BINS - 1)
    counts = np.bincount(place, minlength=BINS)
    total = np.maximum(counts, 1)
    confidence = np.bincount(place, sure, BINS) / total
    accuracy = np.bincount(place, right, BINS) / total
    error = float((counts * np.abs(confidence - accuracy)).sum() / max(len(labels), 1))
    return Reliability(counts, confidence, accuracy, error)


def confusion(guess: I64, labels: I64, classes: int) -> I64:
    """(K, K) counts: rows are the truth, columns the answer."""
    table = np.zeros((classes, classes), np.int64)
    np.add.at(table, (labels, guess), 1)
    return table


def balanced_accuracy(table: I64) -> float:
    """Mean over the classes that occur of the share answered rightly."""
    totals = table.sum(axis=1)
    there = totals > 0
    return float((np.diag(table)[there] / totals[there]).mean())


def choose_threshold(share: F64, labels: I64, right: float = 0.7) -> float:
    """The least confidence from which on an emotion may be shown.

    Args:
        share: (N, K), neutral first.
        labels: (N,).
        right: share of the shown emotions (not neutral) that must be right; classes weigh the same.

    Returns:
        The lowest threshold that gives it, or the highest tried.
    """
    guess = share.argmax(axis=1)
    sure = share.max(axis=1)
    weight = (1.0 / np.maximum(np.bincount(labels, minlength=share.shape[1]), 1))[labels]
    for threshold in THRESHOLDS:
        shown = (guess > 0) & (sure >= threshold)
        if shown.any() and (weight * (guess == labels))[shown].sum() / weight[shown].sum() >= right:
            return float(threshold)
    return float(THRESHOLDS[-1])
