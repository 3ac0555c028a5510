"""Overlapping windows over lines of any length, and how two windows join."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from facetake.arrays import F32
from facetake.audio import FRAME_RATE_HZ, SAMPLE_RATE_HZ

WINDOW_FRAMES = 300  # 5 s, about the length the networks were trained on
HOP_FRAMES = 240  # windows share a second: both edges, and half a second in which one fades into the other
EDGE_FRAMES = 15  # at a window's edge a network sees too little context; cross-fading happens inside


def spans(n_frames: int) -> Iterator[tuple[int, int]]:
    """First frame and number of frames of each window over `n_frames`, in order; the last one ends with the line."""
    first = 0
    while n_frames - first > WINDOW_FRAMES:
        yield first, WINDOW_FRAMES
        first += HOP_FRAMES
    yield first, n_frames - first


class Joiner:
    """Joins the outputs of consecutive windows, each cross-faded into the next."""

    def __init__(self) -> None:
        """Begins a line."""
        self.tail: tuple[F32, ...] = ()

    def join(self, outputs: tuple[F32, ...], is_last: bool) -> tuple[F32, ...]:
        """The frames that are final now, of each output (t, ...) of a window."""
        if self.tail:
            outputs = tuple(_cross_fade(old, new) for old, new in zip(self.tail, outputs, strict=True))
        if is_last:
            return outputs
        self.tail = tuple(output[HOP_FRAMES:] for output in outputs)
        return tuple(output[:HOP_FRAMES] for output in outputs)


def _cross_fade(old: F32, new: F32) -> F32:
    """`new` with its first frames faded in from `old`; the outermost frames of each count for nothing."""
    overlap = min(len(old), len(new))
    place = np.arange(overlap, dtype=np.float32)
    share = np.clip((place - EDGE_FRAMES + 1) / max(overlap - 2 * EDGE_FRAMES, 1), 0.0, 1.0)[:, None]
    out = new.copy()
    out[:overlap] = old[:overlap] * (1.0 - share) + new[:overlap] * share
    return out


def sample_of(frame: int) -> int:
    """The sample at which a frame of 60 a second stands."""
    return (frame * SAMPLE_RATE_HZ + FRAME_RATE_HZ // 2) // FRAME_RATE_HZ


class SoundBuffer:
    """The part of a stream of blocks that windows still need."""

    def __init__(self, blocks: Iterable[F32]) -> None:
        """Reads nothing yet."""
        self.blocks = iter(blocks)
        self.kept = np.zeros(0, np.float32)
        self.begin = 0

    def span(self, begin: int, end: int) -> F32:
        """Samples begin .. end, zeros past the end of the sound; what lies before `begin` is forgotten."""
        while self.begin + len(self.kept) < end and (block := next(self.blocks, None)) is not None:
            self.kept = np.concatenate([self.kept, block])
        self.kept = self.kept[max(0, begin - self.begin) :]
        self.begin = begin
        found = self.kept[: end - begin]
        return np.pad(found, (0, end - begin - len(found)))
