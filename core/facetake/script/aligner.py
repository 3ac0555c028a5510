"""A text's words and phones in time, from what the ear told of the sound; and where the sound says something else.

The sound is trusted: a word that it does not bear out is told as left out or swapped, other speech as added. A long
line is gone through in spans, so that memory stays small. Knows how no word is spelled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from facetake.arrays import F32
from facetake.audio import FRAME_RATE_HZ
from facetake.phones import INDEX, PHONES, SILENCE, base
from facetake.script import lattice
from facetake.script.hints import Window
from facetake.script.lattice import IS_OTHER, Pronunciations, Step
from facetake.script.recognition import heard
from facetake.script.text import Written
from facetake.script.timing import Alignment, Phone, Word

EARLY_S: Final = 0.005  # the ear's phones begin this much after those of exact voices (180 lines of four engines)
NEAR: Final = 0.3  # share of a near sound's probability that counts: one ear's b is another's p
LEAST: Final = 0.002  # probability that a wrong phone keeps, so that a frame of noise decides nothing
SPAN_FRAMES: Final = 2400  # 40 s gone through at once; shorter lines are aligned whole
OVERLAP_FRAMES: Final = 600  # 10 s of a span are heard again with the next: what follows may turn its last words
FASTEST: Final = 9.0  # words a second that a span may hold, which nobody speaks for long
UNSURE: Final = (0.1, 0.2, 0.3)
"""A word of one, two or more phones with less confidence differs from the sound; right ones have 0.8."""
FOREIGN: Final = 0.6  # times that in other languages than English, whose sounds the ear knows less well
ADDED_S: Final = 0.12  # other speech of less is a slip and no word
_GROUPS: Final = (
    *("P B", "T D", "K G", "F V", "S Z", "SH ZH", "CH JH SH", "TH DH F", "DH D", "N NG M", "HH R G", "D DH R", "L R"),
    *("AH IH UH EH", "AH ER", "AA AO AH", "AA AE", "AO OW", "UH UW OW", "IY IH Y", "EH AE EY", "EY IY", "UW W"),
    *("UY UW IY IH", "OE ER UH AH", "AY AA", "AW AA", "OY AO", "V W"),
)
Kind = Literal["left out", "added", "swapped"]


@dataclass(frozen=True)
class Difference:
    """Where the sound says something else than the text.

    Attributes:
        kind: what happened to the words.
        text: the words of the text, "" of added ones.
        start_s, end_s: in seconds from the start of the audio; one instant where words were left out.
        heard: phones as heard there, "" where nothing was.
        place: index of its first word in the text, or of the word that follows.
    """

    kind: Kind
    text: str
    start_s: float
    end_s: float
    heard: str
    place: int

    @property
    def sentence(self) -> str:
        """For a person."""
        at = f"at {self.start_s:.2f} s"
        if self.kind == "left out":
            return f'"{self.text}" is not heard ({at})'
        if self.kind == "added":
            return f"speech that the text has not {at} (sounds like {self.heard})"
        return f'"{self.text}" {at} sounds like {self.heard}'

    @property
    def facts(self) -> dict[str, object]:
        """For a program."""
        times_s = {"start": round(self.start_s, 3), "end": round(self.end_s, 3)}
        return {"kind": self.kind, "text": self.text, **times_s, "heard": self.heard, "place": self.place}


@dataclass(frozen=True)
class Aligned:
    """A text in time.

    Attributes:
        alignment: words that were heard, and phones; where other speech was heard, phones as heard.
        differences: from the text, in order.
        n_words: of the text.
        told: what a person should know of the text, a sentence each.
    """

    alignment: Alignment
    differences: tuple[Difference, ...] = ()
    n_words: int = 0
    told: tuple[str, ...] = ()

    @property
    def confidence(self) -> float:
        """Mean of the words that were heard, by length; 0 where none was."""
        words = self.alignment.words
        lengths = [one.end_s - one.start_s for one in words]
        return float(np.average([one.confidence for one in words], weights=lengths)) if any(lengths) else 0.0


def align(
    log_probs: F32,
    duration_s: float,
    words: Sequence[Written],
    ways: Sequence[Pronunciations],
    language: str = "",
    windows: Sequence[Window] = (),
) -> Aligned:
    """Finds the words of a text in what was heard.

    Args:
        log_probs: (T, 42) of `facetake.phones.PHONES`, at 60 fps, as from `Ear.hear(..., with_phones=True)`.
        duration_s: of the line.
        words: of the text.
        ways: the pronunciations of each.
        language: of the text, two letters.
        windows: of each word, where it is likely to be heard (`script.hints`); none where nothing tells.
    """
    scores, sure = _scored(log_probs)
    steps = _walked(scores, ways, windows)
    steps = _believed(steps, sure, 1.0 if language in ("en", "") else FOREIGN)
    phones = _phones(steps, log_probs, sure, duration_s)
    found = _words(steps, phones, words)
    differences = _differences(steps, found, words, log_probs)
    spoken = [one for one in phones if one is not None]
    others = [one for step in steps if step.word == IS_OTHER for one in _as_heard(step, log_probs)]
    together = sorted((*spoken, *others), key=lambda one: one.start_s)
    kept = tuple(found[i] for i in sorted(found))
    return Aligned(Alignment(duration_s, _apart(together, duration_s), kept, language), differences, len(words))


def _near() -> F32:
    near = np.eye(len(PHONES), dtype=np.float32)
    for group in _GROUPS:
        rows = [INDEX[phone] for phone in group.split()]
        for a in rows:
            for b in rows:
                near[a, b] = max(near[a, b], NEAR)
    return near


def _scored(log_probs: F32) -> tuple[F32, F32]:
    """(T, 42) each: log-probability to walk by, and probability of the phone or one near it, 0..1."""
    shares = np.exp(log_probs)
    near = shares @ _near()
    return np.log(near + np.float32(LEAST)).astype(np.float32), np.minimum(near, 1.0).astype(np.float32)


def _walked(scores: F32, ways: Sequence[Pronunciations], windows: Sequence[Window] = ()) -> list[Step]:
    """The likeliest way, span by span where the line is long."""
    steps: list[Step] = []
    first = word = 0
    while len(scores) - first > SPAN_FRAMES:
        end = first + SPAN_FRAMES
        some = ways[word : word + round(FASTEST * SPAN_FRAMES / FRAME_RATE_HZ)]
        ahead = _since(windows[word : word + len(some)], first)
        found = lattice.walk(scores[first:end], some, to_the_end=False, windows=ahead)
        kept = _settled(found, SPAN_FRAMES - OVERLAP_FRAMES)
        steps += [_moved(step, first, word) for step in kept]
        first += kept[-1].end
        word += 1 + max((step.word for step in kept if step.word >= 0), default=-1)
    left = lattice.walk(scores[first:], ways[word:], windows=_since(windows[word:], first))
    return steps + [_moved(step, first, word) for step in left]


def _since(windows: Sequence[Window], first: int) -> list[Window]:
    """Windows in frames of a span."""
    return [(begin - first, end - first) for begin, end in windows]


def _settled(steps: Sequence[Step], until: int) -> list[Step]:
    """Steps up to a frame, and no word in halves; what is longer than a span is cut where it stands."""
    n = next((i for i, step in enumerate(steps) if step.end > until), len(steps))
    while n and n < len(steps) and steps[n].word >= 0 and steps[n].place > 0:
        n -= 1
    if n:
        return list(steps[:n])
    return [replace(steps[0], end=min(steps[0].end, until))]


def _moved(step: Step, frames: int, words: int) -> Step:
    word = step.word + words if step.word >= 0 else step.word
    return replace(step, word=word, first=step.first + frames, end=step.end + frames)


def _believed(steps: list[Step], sure: F32, share: float) -> list[Step]:
    """Words that the sound does not bear out become other speech, or silence."""
    groups: dict[int, list[Step]] = {}
    for step in steps:
        if step.word >= 0:
            groups.setdefault(step.word, []).append(step)
    least = (*UNSURE, *[UNSURE[-1]] * max(map(len, groups.values()), default=0))
    doubted = {word for word, own in groups.items() if _confidence(own, sure) < share * least[len(own) - 1]}
    kept: list[Step] = []
    for step in steps:
        one = replace(step, word=IS_OTHER, phone="", place=0) if step.word in doubted else step
        if kept and one.word == kept[-1].word == IS_OTHER:
            kept[-1] = replace(kept[-1], end=one.end)
        else:
            kept.append(one)
    return kept


def _confidence(steps: Sequence[Step], sure: F32) -> float:
    """Of one word: mean over its phones, since a vowel of a second says no more than a consonant."""
    return float(np.mean([sure[step.first : step.end, INDEX[base(step.phone)]].mean() for step in steps]))


def _phones(steps: Sequence[Step], log_probs: F32, sure: F32, duration_s: float) -> list[Phone | None]:
    """The phone of each step, None for those that are none; neighbours share their boundary."""
    edges_s = [_edge(steps, i, log_probs, duration_s) for i in range(len(steps) + 1)]
    phones: list[Phone | None] = []
    for i, step in enumerate(steps):
        found = None
        if step.word >= 0:
            how = float(sure[step.first : step.end, INDEX[base(step.phone)]].mean())
            found = Phone(step.phone, edges_s[i], max(edges_s[i], edges_s[i + 1]), round(how, 3))
        phones.append(found)
    return phones


def _edge(steps: Sequence[Step], i: int, log_probs: F32, duration_s: float) -> float:
    """When a step begins: where the two phones are as likely as each other, between the frames about their boundary."""
    if i == len(steps):
        return duration_s
    frame = steps[i].first
    if frame == 0:
        return 0.0
    old, new = (INDEX.get(base(one.phone or SILENCE), 0) for one in (steps[i - 1], steps[i]))
    before = float(log_probs[frame - 1, new] - log_probs[frame - 1, old])
    after = float(log_probs[frame, new] - log_probs[frame, old])
    share = min(max(-before / (after - before), 0.0), 1.0) if after > before else 0.5
    return min(max((frame - 0.5 + share) / FRAME_RATE_HZ - EARLY_S, 0.0), duration_s)


def _words(steps: Sequence[Step], phones: Sequence[Phone | None], words: Sequence[Written]) -> dict[int, Word]:
    own: dict[int, list[Phone]] = {}
    for step, phone in zip(steps, phones, strict=True):
        if phone is not None:
            own.setdefault(step.word, []).append(phone)
    return {i: _word(words[i], some) for i, some in own.items()}


def _word(written: Written, own: Sequence[Phone]) -> Word:
    sure = round(float(np.mean([one.confidence for one in own])), 3)
    return Word(written.text, own[0].start_s, own[-1].end_s, sure, written.emphasis)


def _as_heard(step: Step, log_probs: F32) -> list[Phone]:
    """Phones of other speech."""
    begin_s = step.first / FRAME_RATE_HZ
    found = heard(log_probs[step.first : step.end], (step.end - step.first) / FRAME_RATE_HZ).phones
    return [replace(one, start_s=one.start_s + begin_s, end_s=one.end_s + begin_s) for one in found]


def _apart(phones: Sequence[Phone], duration_s: float) -> tuple[Phone, ...]:
    """None over another or behind the end: other speech keeps to frames, and words do not."""
    kept: list[Phone] = []
    for one in phones:
        start_s = max(one.start_s, kept[-1].end_s) if kept else one.start_s
        end_s = min(one.end_s, duration_s)
        if end_s > start_s:
            kept.append(replace(one, start_s=start_s, end_s=end_s))
    return tuple(kept)


def _differences(
    steps: Sequence[Step], found: dict[int, Word], words: Sequence[Written], log_probs: F32
) -> tuple[Difference, ...]:
    """What lies before, between and behind the words that were heard."""
    borders = [-1, *sorted(found), len(words)]
    between: dict[int, list[Step]] = {word: [] for word in borders}
    last = -1
    for step in steps:
        last = step.word if step.word >= 0 else last
        if step.word < 0:
            between[last].append(step)
    gaps = ((borders[k], borders[k + 1], between[borders[k]]) for k in range(len(borders) - 1))
    told = (_difference(words, before + 1, after, gap, found, log_probs) for before, after, gap in gaps)
    return tuple(one for one in told if one is not None)


def _difference(
    words: Sequence[Written], first: int, end: int, gap: Sequence[Step], found: dict[int, Word], log_probs: F32
) -> Difference | None:
    """Of the words `first` to `end`, which were not heard, and the steps in their place."""
    text = " ".join(one.text for one in words[first:end])
    others = [step for step in gap if step.word == IS_OTHER]
    sounds = " ".join(one.symbol for step in others for one in _as_heard(step, log_probs))
    length_s = sum(step.end - step.first for step in others) / FRAME_RATE_HZ
    if sounds and length_s >= ADDED_S:
        span_s = (others[0].first / FRAME_RATE_HZ, others[-1].end / FRAME_RATE_HZ)
        return Difference("swapped" if text else "added", text, *span_s, sounds, first)
    if text:
        at_s = found[first - 1].end_s if first - 1 in found else 0.0
        return Difference("left out", text, at_s, at_s, "", first)
    return None
