"""The likeliest way through a line's words, with pauses, words that were left out, and speech that nobody wrote.

Words stand in a row of junctions. From a junction a path goes into a pronunciation of the next word, into silence or
into other speech (both come back to it), or past the word, which was then left out. Knows no spelling and no time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from facetake.arrays import F32, F64, I32, Mask
from facetake.phones import INDEX, SILENCE, base

Pronunciations = Sequence[Sequence[str]]
LEFT_OUT = 14.0  # what a word that was left out costs: about what four frames of a wrong phone do
OTHER = 10.0  # what it costs that other speech begins, so that a slurred phone does not count as such
OTHER_FRAME = (
    1.4  # and what each frame of it costs under the likeliest phone: right phones cost a third, wrong ones thrice
)
PAUSE = 1.0  # what it costs that silence begins between words: most words follow without
ELSEWHERE = 1.5  # what a frame of a word costs outside its window, where one is known: as much as other speech does
SWITCH = 0.2  # what a rarer pronunciation costs beside the first
IS_SILENCE = -1  # as the word of a step
IS_OTHER = -2  # likewise


@dataclass(frozen=True)
class Step:
    """A stretch of the way: frames `first` to `end` are one phone of a word, silence, or other speech.

    Attributes:
        word: its index, or IS_SILENCE or IS_OTHER.
        phone: as the pronunciation writes it.
        place: of the phone in its word.
    """

    word: int
    phone: str
    place: int
    first: int
    end: int


@dataclass(frozen=True)
class _States:
    """The states in a row: of each junction its silence and its other speech, then the next word's pronunciations."""

    phone: I32  # (N,) column of the scores
    word: I32  # (N,) index, IS_SILENCE or IS_OTHER
    place: I32  # (N,) of the phone in its word
    names: tuple[str, ...]
    enters: I32  # (N,) the junction before, or -1 where a phone goes before
    cost: F64  # (N,) of entering
    exits: I32  # states that reach a junction, by junction
    slices: I32  # (J,) where those of each junction begin


class _State(NamedTuple):
    """As a row of `_States`."""

    phone: int
    word: int
    place: int
    name: str
    enters: int
    cost: float


def _states(words: Sequence[Pronunciations]) -> _States:
    rows: list[_State] = []
    exits: list[list[int]] = [[] for _ in range(len(words) + 1)]
    for junction in range(len(words) + 1):
        exits[junction] += [len(rows), len(rows) + 1]
        pause = PAUSE if 0 < junction < len(words) else 0.0
        rows.append(_State(INDEX[SILENCE], IS_SILENCE, 0, SILENCE, junction, pause))
        rows.append(_State(len(INDEX), IS_OTHER, 0, "", junction, OTHER))
        for way, phones in enumerate(words[junction] if junction < len(words) else ()):
            for place, phone in enumerate(phones):
                cost = SWITCH if way and not place else 0.0
                rows.append(_State(INDEX[base(phone)], junction, place, phone, -1 if place else junction, cost))
            exits[junction + 1].append(len(rows) - 1)
    columns = np.array([(one.phone, one.word, one.place, one.enters) for one in rows], np.int32).T
    slices = np.cumsum([0, *map(len, exits[:-1])]).astype(np.int32)
    flat = np.array([state for some in exits for state in some], np.int32)
    names = tuple(one.name for one in rows)
    return _States(
        columns[0], columns[1], columns[2], names, columns[3], np.array([one.cost for one in rows]), flat, slices
    )


def walk(
    scores: F32,
    words: Sequence[Pronunciations],
    *,
    to_the_end: bool = True,
    windows: Sequence[tuple[int, int]] = (),
) -> list[Step]:
    """The likeliest way through the words.

    Args:
        scores: (T, 42) log-probabilities of `facetake.phones.PHONES`.
        words: the pronunciations of each word, the usual one first, each of one phone at least.
        to_the_end: all words come before the last frame; else the way may end within any of them.
        windows: of each word, the first frame in which it is likely to be heard and the one after the last.
    """
    if not len(scores):
        return []
    states = _states(words)
    turns, charge = {at for window in windows for at in (0, *window)}, np.zeros(len(states.phone))
    heard = np.append(scores, scores.max(axis=1, keepdims=True) - np.float32(OTHER_FRAME), axis=1)
    entering = np.flatnonzero(states.enters >= 0)
    junctions = states.enters[entering]
    fee = states.cost[entering]
    skip = LEFT_OUT * np.arange(len(words) + 1)
    past = _Past.empty(len(scores), len(states.phone), len(words) + 1)
    score = np.full(len(states.phone), -np.inf)
    junction = -skip
    past.skipped[0, 1:] = True
    before = np.empty_like(score)
    for t, frame in enumerate(heard):
        before[1:] = score[:-1]
        before[entering] = junction[junctions] - fee
        np.greater(before, score, out=past.moved[t])
        score = np.maximum(before, score) + frame[states.phone]
        if t in turns:
            charge = _charged(states, windows, t)
        if turns:
            score -= charge
        best = np.maximum.reduceat(score[states.exits], states.slices) + skip
        past.scores[t] = score
        reached = np.maximum.accumulate(best)
        np.greater(reached, best, out=past.skipped[t + 1])
        junction = reached - skip
    return _traced(states, past, None if not to_the_end or junction[-1] == -np.inf else len(words))


def _charged(states: _States, windows: Sequence[tuple[int, int]], t: int) -> F64:
    """(N,) what a frame costs in each state as its word lies in its window or not."""
    first, last = np.array([*windows, (0, t + 1), (0, t + 1)], np.int64)[states.word].T  # silence and other: anywhere
    charge: F64 = ELSEWHERE * ((first > t) | (last <= t))
    return charge


@dataclass(frozen=True)
class _Past:
    """What is kept of each frame, to find the way back.

    Attributes:
        scores: (T, N) of the states.
        moved: (T, N) whether the state was entered in that frame.
        skipped: (T + 1, J) whether the junction was reached past the word before it.
    """

    scores: F32
    moved: Mask
    skipped: Mask

    @classmethod
    def empty(cls, n_frames: int, n_states: int, n_junctions: int) -> _Past:
        """Of so many frames."""
        moved, skipped = np.zeros((n_frames, n_states), np.bool_), np.zeros((n_frames + 1, n_junctions), np.bool_)
        return cls(np.empty((n_frames, n_states), np.float32), moved, skipped)


def _traced(states: _States, past: _Past, junction: int | None) -> list[Step]:
    """The way back, from a junction or, where it is None, from the best state."""
    end = t = len(past.scores)
    state = int(past.scores[-1].argmax()) if junction is None else _leaving(states, past, t, junction)
    steps: list[Step] = []
    while t > 0:
        t -= 1
        if t and not past.moved[t, state]:
            continue
        steps.append(Step(int(states.word[state]), states.names[state], int(states.place[state]), t, end))
        end = t
        if t:
            entered = int(states.enters[state])
            state = state - 1 if entered < 0 else _leaving(states, past, t, entered)
    return steps[::-1]


def _leaving(states: _States, past: _Past, t: int, junction: int) -> int:
    """The state from which a junction was reached before frame t."""
    while past.skipped[t, junction]:
        junction -= 1
    last = states.slices[junction + 1] if junction + 1 < len(states.slices) else len(states.exits)
    some = states.exits[states.slices[junction] : last]
    return int(some[past.scores[t - 1, some].argmax()])
