"""Stretches of time: found in a level, joined, and eased into and out of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]


def joined(spans: Iterable[tuple[float, float]], gap: float) -> list[tuple[float, float]]:
    """Spans in order with those merged that overlap or are closer than `gap`."""
    merged: list[tuple[float, float]] = []
    for first, last in spans:
        if merged and first - merged[-1][1] < gap:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


def gaps(spans: Sequence[tuple[float, float]]) -> list[float]:
    """Seconds between each span and the next."""
    return [after[0] - before[1] for before, after in zip(spans, spans[1:], strict=False)]


def runs(level: Float, high: float, low: float) -> list[tuple[int, int]]:
    """Stretches [first, last) above `low` that somewhere exceed `high`."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], level > low, [False]]).astype(np.int8)))
    pairs = [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]
    return [(first, last) for first, last in pairs if level[first:last].max() > high]


def envelope(n_frames: int, rate: float, spans: Iterable[tuple[float, float, float, float]]) -> Float:
    """(T,) 1 within each (start, end, rise, fall) span in seconds, raised-cosine ramps around it, 0 elsewhere."""
    level = np.zeros(n_frames)
    for start, end, rise, fall in spans:
        first = max(0, int((start - rise) * rate))
        last = min(n_frames, int((end + fall) * rate) + 2)
        times = np.arange(first, last) / rate
        away = np.maximum((start - times - 1e-9) / max(rise, 1e-9), (times - end - 1e-9) / max(fall, 1e-9))
        here = 0.5 + 0.5 * np.cos(np.pi * np.clip(away, 0.0, 1.0))
        np.maximum(level[first:last], here, out=level[first:last])
    return level
