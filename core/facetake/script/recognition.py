"""Phones as they are heard, where nobody gives the text. Knows no word and no spelling."""

from __future__ import annotations

import numpy as np

from facetake.arrays import F32, F64, I32
from facetake.audio import FRAME_RATE_HZ
from facetake.phones import INDEX, PHONES, SILENCE
from facetake.script.timing import Alignment, Phone

CHANGE = 4.0  # what a change of phone costs, in log-probability: less makes phones flicker, more swallows short ones
LEAST_FRAMES = 2  # of a phone: 33 ms, about the shortest that the corpus' voices speak


def heard(log_probs: F32, duration_s: float) -> Alignment:
    """The likeliest phones of a line, without its text.

    Args:
        log_probs: (T, 42) of `facetake.phones.PHONES`, at 60 fps, as from `Ear.hear(..., with_phones=True)`.
        duration_s: of the line.

    Returns:
        Phones, no words; a phone's confidence is its mean probability.
    """
    path = likeliest(log_probs)
    edges = np.flatnonzero(np.diff(path)) + 1
    found = []
    for first, end in zip((0, *edges), (*edges, len(path)), strict=True):
        if len(path) and path[first] != INDEX[SILENCE]:
            sure = float(np.exp(log_probs[first:end, path[first]]).mean())
            times_s = (min(float(at) / FRAME_RATE_HZ, duration_s) for at in (first, end))
            found.append(Phone(PHONES[path[first]], *times_s, confidence=min(1.0, sure)))
    return Alignment(duration_s, tuple(found))


def likeliest(log_probs: F32) -> I32:
    """(T,) the phone of each frame: the best path in which a phone lasts and a change costs."""
    count, n_phones = log_probs.shape
    came_from = np.zeros((count, n_phones), np.int32)  # the phone before, where this frame is the first past the least
    score: F64 = log_probs[0].astype(np.float64) if count else np.zeros(n_phones)
    past = [score]  # best scores of the last LEAST_FRAMES frames
    for t in range(1, count):
        frame = log_probs[t]
        stay = score + frame
        before = past[-LEAST_FRAMES] if t >= LEAST_FRAMES else None
        if before is None:
            came_from[t] = -1
            score = stay
        else:
            best = int(before.argmax())
            enter = before[best] - CHANGE + log_probs[t - LEAST_FRAMES + 1 : t + 1].sum(axis=0)
            came_from[t] = np.where(enter > stay, best, -1)
            score = np.maximum(enter, stay)
        past = [*past[-LEAST_FRAMES + 1 :], score]
    return _traced(score, came_from)


def _traced(score: F64, came_from: I32) -> I32:
    path = np.zeros(len(came_from), np.int32)
    phone = int(score.argmax())
    t = len(path) - 1
    while t >= 0:
        path[t] = phone
        before = int(came_from[t, phone])
        if t and before >= 0:
            path[max(t - LEAST_FRAMES + 1, 0) : t + 1] = phone
            t -= LEAST_FRAMES - 1
            phone = before
        t -= 1
    return path
