"""How far a classifier's confidence is to be believed: temperature, reliability, and when to keep silent.

Works on scores and labels alone. A sure answer is one whose greatest probability, as a share of the sum of all, is
high; calibration makes that share the frequency of being right (Guo et al. 2017).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import special

from facetake.arrays import F64, I64

BINS: Final = 10  # tenths, by choice: each has to hold enough answers
TEMPERATURES: Final = np.geomspace(0.25, 8.0, 61)
"""By choice: from four times sharper to eight times softer, in steps of 6 %."""
THRESHOLDS: Final = np.round(np.arange(0.3, 0.905, 0.01), 2)
"""By choice: of seven moods an answer below is hardly one, and above none is left."""


def softmax(scores: F64) -> F64:
    """(N, K) shares of each row of scores (N, K), which add up to 1."""
    return np.asarray(special.softmax(scores, axis=1))


def sigmoid_shares(scores: F64) -> F64:
    """(N, K) of the sum of each row's sigmoids of scores (N, K)."""
    each = special.expit(scores)
    return np.asarray(each / np.maximum(each.sum(axis=1, keepdims=True), 1e-9))


def surprise_of(share: F64, labels: I64) -> float:
    """Mean negative logarithm of the share that the right class has, classes weighing the same."""
    from sklearn.metrics import log_loss
    from sklearn.utils.class_weight import compute_sample_weight

    weight = compute_sample_weight("balanced", labels)
    return float(log_loss(labels, share, sample_weight=weight, labels=range(share.shape[1])))


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
    """How often answers of each confidence are right.

    scikit-learn's calibration_curve leaves out tenths without answers and does not count the others.
    """
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
    from sklearn.metrics import confusion_matrix

    return np.asarray(confusion_matrix(labels, guess, labels=range(classes)), np.int64)


def balanced_accuracy(table: I64) -> float:
    """Mean over the classes that occur of the share answered rightly.

    scikit-learn's balanced_accuracy_score wants the answers again and warns of one that is the truth of none.
    """
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
