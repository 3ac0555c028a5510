"""Words and phones in time: the one data model of a line's script. Knows no file, no sound and no spelling."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from facetake import phones as alphabet
from facetake.arrays import F32
from facetake.visemes import VISEMES

SLACK_S = 1e-6  # two neighbours may overlap by the rounding of their times


@dataclass(frozen=True)
class Phone:
    """One sound of speech.

    Attributes:
        symbol: of `facetake.phones`, a vowel with its stress where that is known ("AA1"); never silence.
        start_s, end_s: in seconds from the start of the audio.
        confidence: 0..1, how well the sound bears it out.
        strength: how firmly it is shaped: 0.5 soft, 1 as usual, 1.5 hard.
    """

    symbol: str
    start_s: float
    end_s: float
    confidence: float = 1.0
    strength: float = 1.0


@dataclass(frozen=True)
class Word:
    """One word.

    Attributes:
        text: as it is written.
        start_s, end_s: in seconds from the start of the audio.
        confidence: 0..1, how well the sound bears it out.
        emphasis: 0..1, how much the speaker is to lean on it, as marked by hand; 0 leaves that to the voice.
    """

    text: str
    start_s: float
    end_s: float
    confidence: float = 1.0
    emphasis: float = 0.0


T = TypeVar("T", Phone, Word)


@dataclass(frozen=True)
class Alignment:
    """A line's script in time. Where no phone lies it is silent; a phone belongs to the word that holds its middle.

    Attributes:
        duration_s: of the line.
        phones: in order, none over another.
        words: likewise; none where the text is not known.
        language: two letters, or "" where it is not known.
    """

    duration_s: float
    phones: tuple[Phone, ...] = ()
    words: tuple[Word, ...] = ()
    language: str = ""

    def __post_init__(self) -> None:
        """Refuses what no line can be.

        Raises:
            ValueError: an unknown symbol, or times that are out of order, over each other or outside the line.
        """
        _check(self.phones, self.words, self.duration_s)

    def patched(
        self,
        phones: tuple[Phone, ...],
        words: tuple[Word, ...],
        new_phones: Sequence[tuple[int, int]],
        new_words: Sequence[tuple[int, int]],
    ) -> Alignment:
        """The same line with other phones and words.

        Args:
            phones: outside some places they are those of this one, in order.
            words: likewise.
            new_phones: the first of these places, and the one past the last; only they are looked at.
            new_words: likewise.

        Raises:
            ValueError: as where one is made.
        """
        for first, last in new_phones:
            _check(phones[max(0, first - 1) : last + 1], (), self.duration_s)
        for first, last in new_words:
            _check((), words[max(0, first - 1) : last + 1], self.duration_s)
        made = copy(self)
        object.__setattr__(made, "phones", phones)  # as a frozen one is begun
        object.__setattr__(made, "words", words)
        return made

    def phones_of(self, word: Word) -> tuple[Phone, ...]:
        """The phones of one of its words."""
        return tuple(one for one in self.phones if word.start_s <= (one.start_s + one.end_s) / 2 < word.end_s)

    def cut(self, start_s: float, end_s: float) -> Alignment:
        """A stretch of it, whose time begins at `start_s`; what reaches beyond is cut there."""

        def inside(spans: tuple[T, ...]) -> tuple[T, ...]:
            first = bisect_left(spans, start_s - 2 * SLACK_S, key=lambda one: one.end_s)
            last = bisect_right(spans, end_s + 2 * SLACK_S, key=lambda one: one.start_s)
            found = (one for one in spans[first:last] if one.end_s > start_s and one.start_s < end_s)
            return tuple(
                replace(one, start_s=max(one.start_s, start_s) - start_s, end_s=min(one.end_s, end_s) - start_s)
                for one in found
            )

        return replace(self, duration_s=end_s - start_s, phones=inside(self.phones), words=inside(self.words))

    def visemes(self, n_frames: int, rate: float = 60.0, start_s: float = 0.0) -> F32:
        """(n_frames, 16) which viseme each frame shows, 1 or 0: that of the phone about the frame's own instant."""
        shown = np.zeros((n_frames, len(VISEMES)), np.float32)
        shown[:, VISEMES.index("sil")] = 1.0
        for phone in self.phones:
            first, last = (
                int(np.clip(np.ceil((at - start_s) * rate), 0, n_frames)) for at in (phone.start_s, phone.end_s)
            )
            shown[first:last] = 0.0
            shown[first:last, VISEMES.index(alphabet.viseme_of(phone.symbol))] = 1.0
        return shown


def _check(phones: Sequence[Phone], words: Sequence[Word], duration_s: float) -> None:
    for phone in phones:
        if alphabet.base(phone.symbol) == alphabet.SILENCE:
            raise ValueError("silence is where no phone lies; leave it out")
    for name, spans in (("phone", phones), ("word", words)):
        _check_spans(spans, duration_s, name)


def _check_spans(spans: Sequence[Phone | Word], duration_s: float, name: str) -> None:
    last_s = 0.0
    for span in spans:
        if not last_s - SLACK_S <= span.start_s <= span.end_s <= duration_s + SLACK_S:
            raise ValueError(
                f"{name} from {span.start_s:g} to {span.end_s:g} s lies over its neighbour or outside {duration_s:g} s"
            )
        last_s = span.end_s
