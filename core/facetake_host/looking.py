"""Where an object is that an actor looks at: rows for the engine, of what a host says frame by frame."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

Point = tuple[float, float, float]
"""Metres from between the eyes of the head at rest: to the actor's left, up and forward."""
ROWS_FPS = 30  # eyes follow this many a second smoothly (`facetake.motion.gaze_shifts`)
STILL_M = 0.001  # by choice: less is a rig's noise


def frames(start_frame: int, duration_s: float, rate: Fraction) -> range:
    """The frames of a scene at which to look an object up over a line: all, or as many as `ROWS_FPS` needs."""
    step = max(1, int(rate / ROWS_FPS))
    return range(start_frame, start_frame + max(1, int(duration_s * rate) + 1), step)


def rows(found: Sequence[Point], looked: range, rate: Fraction) -> list[list[float]]:
    """Seconds since the first of the frames, and the point; only those at which it has moved."""
    kept: list[list[float]] = []
    for frame, point in zip(looked, found, strict=True):
        if not kept or max(abs(now - before) for now, before in zip(point, kept[-1][1:], strict=True)) > STILL_M:
            kept.append([float((frame - looked.start) / rate), *point])
    return kept
