"""Turn-taking: who speaks when, who has the floor, and what is only a sign of listening. Knows no sound and no face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from facetake.phrases import Phrase

BACKCHANNEL_S: Final = 1.0  # Heldner 2013: vocal signs of listening last 0.3 to 0.9 s
WITHIN_S: Final = 0.8  # of the other's speech before and after, for a short phrase to be a sign of listening
TURN_PAUSE_S: Final = 1.5  # longer pauses within one turn are rare: gaps between turns are 0.2 s (Stivers 2009)


class Turn(NamedTuple):
    """A phrase of a scene: whose, by number, from when to when, and whether it is only a sign of listening."""

    who: int
    phrase: Phrase
    is_backchannel: bool = False


@dataclass(frozen=True)
class Talk:
    """Who speaks when.

    Attributes:
        turns: phrases of all speakers by their start.
        n_speakers: of the scene, also those who say nothing.
        duration_s: of the scene.
    """

    turns: tuple[Turn, ...]
    n_speakers: int
    duration_s: float

    def phrases(self, who: int) -> list[Phrase]:
        """What somebody says, signs of listening too."""
        return [turn.phrase for turn in self.turns if turn.who == who]

    def floor(self) -> list[tuple[float, int]]:
        """Instants at which somebody takes the floor, and who; the first who speaks has it from 0 on."""
        found: list[tuple[float, int]] = []
        for turn in self.turns:
            if not turn.is_backchannel and (not found or found[-1][1] != turn.who):
                found.append((turn.phrase.start_s if found else 0.0, turn.who))
        return found

    def speaking(self, who: int) -> list[tuple[float, float]]:
        """Stretches in which somebody has something to say: own phrases, joined over short pauses nobody fills."""
        stretches: list[tuple[float, float]] = []
        last: Turn | None = None
        for turn in self.turns:
            if turn.is_backchannel:
                continue
            if turn.who == who:
                goes_on = last is not None and last.who == who and stretches
                if goes_on and turn.phrase.start_s - stretches[-1][1] <= TURN_PAUSE_S:
                    stretches[-1] = stretches[-1][0], max(stretches[-1][1], turn.phrase.end_s)
                else:
                    stretches.append((turn.phrase.start_s, turn.phrase.end_s))
            last = turn
        return stretches

    def is_speaking(self, who: int, time_s: float) -> bool:
        """Whether somebody's phrase, or sign of listening, sounds at an instant."""
        return any(phrase.start_s <= time_s < phrase.end_s for phrase in self.phrases(who))

    @property
    def overlap_s(self) -> float:
        """Seconds in which more than one speak."""
        edges = sorted((at, step) for turn in self.turns for at, step in zip(turn.phrase, (1, -1), strict=True))
        spent = 0.0
        count = 0
        before = 0.0
        for at, step in edges:
            spent += at - before if count > 1 else 0.0
            count += step
            before = at
        return spent


def talk(phrases: Sequence[Sequence[Phrase]], duration_s: float) -> Talk:
    """Who speaks when, from the phrases of each speaker."""
    every = sorted(
        (Turn(who, phrase) for who, found in enumerate(phrases) for phrase in found),
        key=lambda turn: (turn.phrase.start_s, turn.who),
    )
    marked = [turn._replace(is_backchannel=_is_backchannel(turn, phrases)) for turn in every]
    return Talk(tuple(marked), len(phrases), duration_s)


def _is_backchannel(turn: Turn, phrases: Sequence[Sequence[Phrase]]) -> bool:
    """Whether a short phrase stands alone within the speech of somebody else, who goes on."""
    phrase = turn.phrase
    if phrase.duration_s > BACKCHANNEL_S:
        return False
    own = [one for one in phrases[turn.who] if one != phrase]
    if any(one.start_s < phrase.end_s + WITHIN_S and one.end_s > phrase.start_s - WITHIN_S for one in own):
        return False
    others = [one for who, found in enumerate(phrases) if who != turn.who for one in found]
    before = [one.start_s < phrase.start_s - 1e-6 <= one.end_s + WITHIN_S for one in others]
    after = [one.end_s > phrase.end_s and one.start_s <= phrase.end_s + WITHIN_S for one in others]
    return bool(np.any(before) and np.any(after))
