"""Where the words of a text stand in a line, told by the visemes that were heard in it.

Letters are read as the visemes that they usually are, and both rows are laid along each other as cheaply as they can
be: good to a syllable or so, enough to see which word a finding is in. Knows texts and visemes; does not hear, and
knows no language: what has other letters than these is laid out by its length.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from math import inf
from typing import Final

LETTERS: Final = {
    "p": "pbm",
    "f": "fvw",
    "t": "tdnl",
    "s": "sz",
    "k": "kgqcxh",
    "S": "j",
    "r": "r",
    "i": "iy",
    "e": "e",
    "a": "a",
    "O": "o",
    "u": "uw",
}
"""Visemes by the letters that are mostly spoken so."""
LIKE: Final = ("iEe@", "aE@O", "uOr", "tskTSr", "ft", "pf")
"""Visemes that a letter of another may stand for: half as dear as any."""
MOST: Final = 2000  # letters or visemes of a line; a longer text is not laid out
PAUSE: Final = " "
BOTH, SHARED, ON = range(3)
"""Ways on: to the next letter and viseme, the next letter at the same viseme, the next viseme of the same letter."""
SHARING: Final = 0.15
SHARE: Final = 0.3
"""What a letter costs that shares a viseme, and how much its unlikeness does then: many are not spoken. By choice."""
Placed = list[tuple[str, float, float]]


def place(text: str, heard: Sequence[tuple[str, float, float]]) -> Placed:
    """Words with their begin and end in seconds; empty where there are none, or too many.

    Args:
        text: what is said.
        heard: visemes with begin and end in seconds, in order of time.
    """
    words = text.split()
    letters = [(PAUSE, -1)]
    for number, word in enumerate(words):
        letters += [(one, number) for one in _plain(word)] + [(PAUSE, -1)]
    if not words or not heard or max(len(letters), len(heard)) > MOST or len(letters) == len(words) + 1:
        return []
    begins: dict[int, float] = {}
    ends: dict[int, float] = {}
    for letter, sound in _laid([one for one, _ in letters], heard):
        number = letters[letter][1]
        if number >= 0:
            begins.setdefault(number, heard[sound][1])
            ends[number] = heard[sound][2]
    return [(words[number], begins[number], max(ends[number], begins[number])) for number in sorted(begins)]


def _plain(word: str) -> str:
    """Its letters, without marks on them."""
    return "".join(one for one in unicodedata.normalize("NFKD", word).casefold() if one.isalnum())


def _laid(letters: Sequence[str], heard: Sequence[tuple[str, float, float]]) -> list[tuple[int, int]]:
    """Pairs of letter and viseme along the cheapest way through both, each in its order."""
    away = {(letter, name): _away(letter, name) for letter in set(letters) for name in {one[0] for one in heard}}
    lengths = [max(end - begin, 0.01) for _, begin, end in heard]
    mean = sum(lengths) / len(lengths)
    back = _steps(
        [
            [away[letter, one[0]] * length / mean for one, length in zip(heard, lengths, strict=True)]
            for letter in letters
        ]
    )
    way = []
    row, column = len(letters) - 1, len(heard) - 1
    while row or column:
        way.append((row, column))
        move = back[row][column]
        row -= move != ON
        column -= move != SHARED
    return [(0, 0), *way[::-1]]


def _steps(cost: Sequence[Sequence[float]]) -> list[list[int]]:
    """How the cheapest way to each pair of letter and viseme came there: `BOTH`, `SHARED` or `ON`."""
    before: list[float] = []
    back = []
    for row, costs in enumerate(cost):
        total: list[float] = []
        moves = []
        for column, here in enumerate(costs):
            best, move = (0.0, BOTH) if row == column == 0 else (inf, BOTH)
            if row and column:
                best, move = before[column - 1], BOTH
            if column and total[column - 1] < best:
                best, move = total[column - 1], ON
            if row and before[column] + SHARING < best:
                best, move = before[column] + SHARING, SHARED
            total.append(best + (SHARE * here if move == SHARED else here))
            moves.append(move)
        before = total
        back.append(moves)
    return back


def _away(letter: str, viseme: str) -> float:
    """How little a letter stands for a viseme, 0..1."""
    if letter == PAUSE:
        return 0.0 if viseme == "sil" else 0.7
    if viseme == "sil":
        return 1.0
    own = [name for name, some in LETTERS.items() if letter in some]
    if not own:
        return 0.5
    if viseme in own:
        return 0.0
    return 0.5 if any(viseme in group and any(name in group for name in own) for group in LIKE) else 0.9
