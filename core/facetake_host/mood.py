"""Emotion over time as a person draws it: a weight for each emotion at every tenth of a second."""

from __future__ import annotations

from collections.abc import Sequence

EMOTIONS = ("happy", "sad", "angry", "surprise", "fear", "disgusted")
"""What can be drawn; the rest of each instant is neutral."""
STEP_S = 0.1  # by choice: a mood drawn by hand is no finer
SAME = 0.005  # weights closer than this are one


class Mood:
    """Weights on a grid; at each instant they add up to 1 at most.

    Attributes:
        weights: emotion to its weights, one for each step from 0 s to the end.
    """

    def __init__(self, duration_s: float = 0.0) -> None:
        """Neutral for a line of that length."""
        self.count = max(1, round(duration_s / STEP_S) + 1)
        self.weights: dict[str, list[float]] = {name: [0.0] * self.count for name in EMOTIONS}

    def copy(self) -> Mood:
        """One of its own, to be drawn on."""
        return self._over(self.count, self.weights)

    def stretched(self, duration_s: float) -> Mood:
        """The same for a line of another length: cut off, or the last weights held."""
        count = Mood(duration_s).count
        held = {name: [*row, *row[-1:] * max(0, count - len(row))][:count] for name, row in self.weights.items()}
        return self._over(count, held)

    @staticmethod
    def _over(count: int, weights: dict[str, list[float]]) -> Mood:
        made = Mood()
        made.count = count
        made.weights = {name: list(row) for name, row in weights.items()}
        return made

    @property
    def is_neutral(self) -> bool:
        """Whether nothing is drawn."""
        return not any(weight > SAME for row in self.weights.values() for weight in row)

    def paint(self, emotion: str, start_s: float, start: float, end_s: float, end: float) -> None:
        """Draws a straight line of weights between two instants; other emotions make room where the sum passes 1."""
        if start_s > end_s:
            start_s, start, end_s, end = end_s, end, start_s, start
        first, last = (min(self.count - 1, max(0, round(at / STEP_S))) for at in (start_s, end_s))
        for step in range(first, last + 1):
            share = (step - first) / (last - first) if last > first else 1.0
            self._put(emotion, step, min(1.0, max(0.0, start + share * (end - start))))

    def fill(self, emotion: str, weight: float) -> None:
        """One emotion at one weight throughout, and no other."""
        for name, row in self.weights.items():
            row[:] = [weight if name == emotion else 0.0] * self.count

    def follow(self, cues: Sequence[str]) -> None:
        """Draws the lines of a cue file, such as the engine heard them: linear between them, held outside."""
        points = [_point(cue) for cue in cues]
        for name, row in self.weights.items():
            for step in range(self.count):
                row[step] = _between([(at, weights.get(name, 0.0)) for at, weights in points], step * STEP_S)

    def cues(self) -> str:
        """The lines of a cue file, few, and within a hundredth of what was drawn: "1.2 angry:0.8"."""
        rows = [tuple(self.weights[name][step] for name in EMOTIONS) for step in range(self.count)]
        kept = [0]
        for step in range(2, self.count):
            if not _straight(rows, kept[-1], step):
                kept.append(step - 1)
        kept += [self.count - 1] if self.count > 1 else []
        return "".join(f"{step * STEP_S:.1f} {_written(rows[step])}\n" for step in kept)

    def _put(self, emotion: str, step: int, weight: float) -> None:
        self.weights[emotion][step] = weight
        others = [name for name in EMOTIONS if name != emotion]
        total = sum(self.weights[name][step] for name in others)
        if total > 1.0 - weight:
            for name in others:
                self.weights[name][step] *= (1.0 - weight) / total


def _point(cue: str) -> tuple[float, dict[str, float]]:
    """Seconds and weights of "1.2 angry:0.8+sad:0.1"."""
    at, _, text = cue.partition(" ")
    parts = [part.partition(":") for part in text.strip().split("+")]
    return float(at), {name: float(weight or 1.0) for name, _, weight in parts}


def _between(points: Sequence[tuple[float, float]], at: float) -> float:
    before = [point for point in points if point[0] <= at]
    after = [point for point in points if point[0] > at]
    if not before or not after:
        return (before or after)[-1 if before else 0][1]
    (start, low), (end, high) = before[-1], after[0]
    return low + (high - low) * (at - start) / (end - start)


def _straight(rows: list[tuple[float, ...]], first: int, last: int) -> bool:
    """Whether everything between two steps lies on the line between them."""
    for step in range(first + 1, last):
        share = (step - first) / (last - first)
        if any(
            abs(a + share * (b - a) - here) > SAME
            for a, b, here in zip(rows[first], rows[last], rows[step], strict=True)
        ):
            return False
    return True


def _written(row: tuple[float, ...]) -> str:
    # rounded down, so that blends never add up to more than 1
    parts = [
        f"{name}:{int(100 * weight) / 100:g}" for name, weight in zip(EMOTIONS, row, strict=True) if weight >= 0.01
    ]
    return "+".join(parts) or "neutral"
