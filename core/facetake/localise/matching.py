"""Which phrases of a take belong to which phrases of another recording, in order, by their lengths and pauses.

One phrase may stand for two or three, as languages pause at other places; one that fits nothing stays without a
partner. Knows no sound and no face.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from facetake.phrases import Phrase

GROUPS: Final = ((1, 1), (1, 2), (2, 1), (1, 3), (3, 1))
"""How many phrases of the take and of the line may be one; more than three is another text."""
GROUPED: Final = 0.3  # cost of each phrase more in a group: as a length that is off by a third
ALONE: Final = 0.8  # cost of a phrase without partner: two of them cost what a length off by five does
PAUSES: Final = 0.2  # what pauses count beside lengths: they vary more between speakers
PAUSE_S: Final = 0.3  # added to both pauses, so that a tenth of a second more or less is none
MOST_RATIO: Final = 1.6  # of the tempo of two languages: Pellegrino 2011 has 1.5 between the fastest and the slowest
BAND: Final = 40  # phrases that both may drift apart by, as a share of the whole: more is another text
MOST_PHRASES: Final = 4000  # two hours of talk, ten seconds of work; more are several scenes


class Match(NamedTuple):
    """Phrases that belong together: rows [first, last) of the take's and of the line's; one of both may be empty."""

    take: tuple[int, int]
    line: tuple[int, int]

    @property
    def is_whole(self) -> bool:
        """Whether there are phrases on both sides."""
        return self.take[0] < self.take[1] and self.line[0] < self.line[1]


def match(take: Sequence[Phrase], line: Sequence[Phrase]) -> tuple[Match, ...]:
    """The cheapest way to pair phrases in order, found by dynamic programming.

    A length costs the logarithm of how far it is from the tempo of the whole, or from the take's own where that is
    cheaper, as a sentence more or less changes the whole; a pause before it costs likewise.

    Args:
        take: phrases of the take, in order.
        line: phrases of the new recording, in order.

    Returns:
        Matches in order, in which every phrase of both stands once.
    """
    ways = [_cheapest(take, line, tempo) for tempo in (_tempo(take, line), 1.0)]
    return min(ways, key=lambda way: way[0])[1]


def _cheapest(take: Sequence[Phrase], line: Sequence[Phrase], tempo: float) -> tuple[float, tuple[Match, ...]]:
    """What the cheapest way costs at a tempo, and its matches."""
    costs = np.full((len(take) + 1, len(line) + 1), np.inf)
    costs[0, 0] = 0.0
    steps: dict[tuple[int, int], tuple[int, int]] = {}
    slope = len(line) / max(len(take), 1)
    band = max(BAND, int(slope) + 1)
    for i in range(len(take) + 1):
        middle = round(i * slope)
        for j in range(max(0, middle - band), min(len(line), middle + band) + 1):
            for p, q in ((1, 0), (0, 1), *GROUPS):
                if p > i or q > j or not np.isfinite(costs[i - p, j - q]):
                    continue
                cost = costs[i - p, j - q] + _cost(take, line, (i - p, i), (j - q, j), tempo)
                if cost < costs[i, j] - 1e-12:
                    costs[i, j] = cost
                    steps[i, j] = p, q
    found = []
    at = len(take), len(line)
    while at != (0, 0):
        before = at[0] - steps[at][0], at[1] - steps[at][1]
        found.append(Match((before[0], at[0]), (before[1], at[1])))
        at = before
    return float(costs[-1, -1]), tuple(reversed(found))


def _tempo(take: Sequence[Phrase], line: Sequence[Phrase]) -> float:
    """How much longer the line speaks than the take, within what languages differ by."""
    spoken, said = (sum(phrase.duration_s for phrase in phrases) for phrases in (take, line))
    return float(np.clip(said / spoken, 1.0 / MOST_RATIO, MOST_RATIO)) if spoken and said else 1.0


def _cost(
    take: Sequence[Phrase], line: Sequence[Phrase], rows: tuple[int, int], columns: tuple[int, int], tempo: float
) -> float:
    p, q = rows[1] - rows[0], columns[1] - columns[0]
    if not p or not q:
        return ALONE
    lengths = [group[b - 1].end_s - group[a].start_s for group, (a, b) in ((take, rows), (line, columns))]
    cost = abs(np.log(lengths[1] / lengths[0] / tempo)) + GROUPED * (p + q - 2)
    if rows[0] and columns[0]:
        pauses = [group[a].start_s - group[a - 1].end_s for group, a in ((take, rows[0]), (line, columns[0]))]
        cost += PAUSES * abs(np.log((pauses[1] + PAUSE_S) / (pauses[0] + PAUSE_S)))
    return float(cost)
