"""One line of real speech: its audio, perhaps its text, to phones in time with a trust for each.

With a text the phones are aligned to it. Without one the line is recognised, aligned to what was recognised,
and compared with a free phone recogniser: where the two disagree the trust falls. A language that the
recogniser does not speak keeps the freely heard phones, at low trust throughout.

This module does NOT know about files or folders.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from facetake.audio import SAMPLE_RATE_HZ
from facetake.phones import SILENCE, base, viseme_of
from facetake_training.align.engine import (
    FRAME_S,
    PAUSE,
    Audio,
    PhoneAligner,
    PhoneListener,
    PhoneSegment,
    WordListener,
    phone_of,
)
from facetake_training.align.lexicon import Lexicon, words_of

DOUBTED: Final = 0.3
"""The trust of a phone that two recognisers hear differently, or that the audio does not fit."""
FOREIGN: Final = 0.7
"""The most trust for a language heard by an English acoustic model, exact text or not."""
POOR_PHONE: Final = -8.0
"""A fit below this is a phone that was not said as written: the worst 1 % of a known, clearly read text."""
POOR_LINE: Final = -5.0
"""A mean fit below this means that the text is not what was said (read lines lie between -1 and -3.5)."""
LIKELY: Final = 0.6
"""The least trust of a phone that fits, where the text is known but for some words (``{a|b}``)."""
LEAST_AGREEMENT: Final = 0.4
"""A recognised line whose free phones agree less than this was recognised wrongly."""
QUIET_DB: Final = 45.0
"""A phone that stays this far below the loudest frames of its line was not said there."""
_GRID: Final = round(FRAME_S * SAMPLE_RATE_HZ)
_SLACK_FRAMES: Final = 2  # two recognisers rarely put a boundary in the same 10 ms


@dataclass(frozen=True)
class LabelledLine:
    """What was said and when. `phones` holds (symbol, start_s, end_s, trust), contiguous over the whole line."""

    text: str
    phones: tuple[tuple[str, float, float, float], ...]


class Labeller:
    """Labels lines of one language. Recognisers load when first needed and are kept."""

    def __init__(self, language: str) -> None:
        """Choose the language (en, de, zh); ConfigError for another."""
        self.lexicon = Lexicon(language)
        self._aligner = PhoneAligner()

    @cached_property
    def _words(self) -> WordListener:
        return WordListener()

    @cached_property
    def _phones(self) -> PhoneListener:
        return PhoneListener()

    def label(self, samples: Audio, text: str | None) -> LabelledLine | str:
        """Label one line.

        Args:
            samples: (S,) mono, 16 kHz, -1..1.
            text: what is said, ``{a|b}`` where it is one of several; None where it is not known.

        Returns:
            The line, or a sentence saying why it cannot be labelled.
        """
        if len(samples) < 0.2 * SAMPLE_RATE_HZ or float(np.abs(samples).max(initial=0.0)) < 1e-3:
            return "the audio is shorter than 0.2 s or silent"
        if text is not None:
            return self._known(samples, text)
        return self._recognised(samples) if self.lexicon.language == "en" else self._heard(samples)

    def _known(self, samples: Audio, text: str) -> LabelledLine | str:
        segments = self._aligned(samples, text)
        if isinstance(segments, str):
            return segments
        if "{" in text:
            return self._doubted(samples, self._chosen(text, segments), segments, LIKELY)
        most = 1.0 if self.lexicon.language == "en" else FOREIGN
        return _line(text, segments, [DOUBTED if _misfit(s) else most for s in segments])

    def _recognised(self, samples: Audio) -> LabelledLine | str:
        text = self._words.listen(samples)
        segments = self._aligned(samples, text) if text else "no words were recognised"
        return segments if isinstance(segments, str) else self._doubted(samples, text, segments, DOUBTED)

    def _doubted(self, samples: Audio, text: str, segments: Sequence[PhoneSegment], least: float) -> LabelledLine | str:
        """Trust a line as far as a free phone recogniser agrees with it; phones that fit, at `least`."""
        agreement = agreements(segments, self._phones.listen(samples) or [])
        lengths = [0.0 if s.phone == SILENCE else s.end_s - s.start_s for s in segments]
        if np.average(agreement, weights=lengths) < LEAST_AGREEMENT:
            return f"two recognisers do not agree about it (heard: {text!r})"
        trust = [DOUBTED + (1 - DOUBTED) * a for a in agreement]
        floors = [0.0 if s.phone == SILENCE or _misfit(s) else least for s in segments]
        return _line(text, segments, [max(pair) for pair in zip(trust, floors, strict=True)])

    def _heard(self, samples: Audio) -> LabelledLine | str:
        segments = self._phones.listen(samples)
        return _line("", segments, [DOUBTED] * len(segments)) if segments else "no phones were recognised"

    def _aligned(self, samples: Audio, text: str) -> list[PhoneSegment] | str:
        slots = self.lexicon.slots(text)
        segments = self._aligner.align(samples, slots) if slots else None
        if segments is None:
            return f"the audio does not fit the text {text!r}" if slots else f"no word to say in {text!r}"
        spoken = [s for s in segments if s.phone != SILENCE]
        lengths = [s.end_s - s.start_s for s in spoken]
        fit = float(np.average([s.fit for s in spoken], weights=lengths)) if any(lengths) else -np.inf
        if fit < POOR_LINE:
            return f"the audio fits the text badly ({fit:.1f}): {text!r}"
        return [
            replace(s, fit=-np.inf) if quiet else s
            for s, quiet in zip(segments, _quiet(segments, samples), strict=True)
        ]

    def _chosen(self, text: str, segments: Sequence[PhoneSegment]) -> str:
        """Give the text with each ``{a|b}`` replaced by the option that was said."""
        if "{" not in text:
            return text
        said = tuple(s.phone for s in segments if s.phone != SILENCE)
        return " ".join(next(self._readings(words_of(text), said), ())) or text

    def _readings(
        self, places: Sequence[tuple[tuple[str, ...], ...]], said: tuple[str, ...]
    ) -> Iterator[tuple[str, ...]]:
        """Yield every choice of options, one for each place, that sounds as `said`."""
        if not places:
            yield from [()] if not said else []
            return
        for option in places[0]:
            for way in self.lexicon.said(option):
                phones = tuple(phone_of(token) for token in way if token != PAUSE)
                if said[: len(phones)] == phones:
                    rest = self._readings(places[1:], said[len(phones) :])
                    yield from ((*option, *words) for words in rest)


def _misfit(segment: PhoneSegment) -> bool:
    return segment.phone != SILENCE and segment.fit < POOR_PHONE


def _quiet(segments: Sequence[PhoneSegment], samples: Audio) -> list[bool]:
    """Tell which segments lie where nothing sounds; a phone there was misplaced."""
    frames = samples[: len(samples) // _GRID * _GRID].reshape(-1, _GRID)
    level_db = 10 * np.log10(np.mean(frames**2, axis=1) + 1e-10)
    floor_db = np.percentile(level_db, 95) - QUIET_DB
    spans = [(round(s.start_s / FRAME_S), round(s.end_s / FRAME_S)) for s in segments]
    return [bool(np.all(level_db[a : max(b, a + 1)] < floor_db)) for a, b in spans]


def agreements(segments: Sequence[PhoneSegment], heard: Sequence[PhoneSegment]) -> list[float]:
    """Give for each segment the share of its 10 ms frames where `heard` has its viseme within 20 ms."""
    mine = _visemes(segments)
    other = _visemes(heard)
    other = np.resize(other, len(mine)) if len(other) else np.full(len(mine), "")
    near = np.zeros(len(mine), dtype=bool)
    for shift in range(-_SLACK_FRAMES, _SLACK_FRAMES + 1):
        near |= np.roll(other, shift) == mine
    bounds = [(round(s.start_s / FRAME_S), round(s.end_s / FRAME_S)) for s in segments]
    return [float(near[a:b].mean()) if b > a else 0.0 for a, b in bounds]


def _visemes(segments: Sequence[PhoneSegment]) -> npt.NDArray[np.str_]:
    frames = [round(s.end_s / FRAME_S) - round(s.start_s / FRAME_S) for s in segments]
    # Free decoding knows no stress, and stress changes some visemes.
    return np.repeat(np.array([viseme_of(base(s.phone)) for s in segments], dtype="U3"), frames)


def _line(text: str, segments: Sequence[PhoneSegment], trust: Sequence[float]) -> LabelledLine:
    phones = tuple(
        (s.phone, round(s.start_s, 4), round(s.end_s, 4), round(t, 3))
        for s, t in zip(segments, trust, strict=True)
        if s.end_s > s.start_s
    )
    return LabelledLine(text, phones)
