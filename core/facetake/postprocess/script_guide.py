"""A mouth that follows a line's script: what its words ask of the lips, as far as the sound bears them out.

The script says which sounds there are, so p, b, m, f and v close, and nothing else does; it leaves all else to the
networks but rounding, of which it knows a little more than they do. Where the sound contradicts it, it counts less.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from facetake import mouth, phones
from facetake.arrays import F32, F64
from facetake.postprocess import heard_lips, spans
from facetake.postprocess.heard_lips import OPENING, ROUNDING
from facetake.postprocess.masking import Values
from facetake.script import Alignment, Phone
from facetake.script.timing import SLACK_S
from facetake.visemes import VISEMES

SILENCE: Final = VISEMES.index("sil")
SURE: Final = 0.3
"""Confidence from which on a word of the script, and so its phones, is believed wholly, below it in proportion. Right
words have 0.8; on training clips 0.1 and 0.3 score alike, and 0.5 less."""
HELD: Final = {"P": 0.7}
"""Share of a phone in which its lips stay shut, where that is less than all: a p's breath comes after its seal. On
tracked lips of the training clips shares of 0.6 to 0.8 score alike, and all of it closes too much."""
ROUNDED: Final = {"W": 3.5, "UW": 2.0, "UY": 2.0, "OW": 1.9, "AO": 1.6, "OE": 1.5, "OY": 1.4, "R": 1.0, "ER": 0.4}
"""How far tracked lips are rounded in each phone, in spreads of a line's own rounding: fitted to 56 clips that the
networks learnt from, too; UY and OE, which English lacks, as UW and between it and ER."""
ROUND_SHARE: Final = 0.2
"""Of the script's rounding against the curves' own: from 0.15 to 0.3 all sets of clips gain."""
ROUND_S: Final = 0.14  # of half of how long rounding comes and goes: spreads of 50 ms fitted best
LEAST_ROUND: Final = {"W": 0.8, "UW": 0.35, "UY": 0.35, "OW": 0.4, "OE": 0.4, "AO": 0.4, "OY": 0.6}
"""Of `mouth.pucker`, about two thirds of what tracked lips reach in scale of the curves: less is not seen as round."""
NARROW: Final = ("W",)
NARROW_OPEN: Final = 0.07
"""Of `mouth.aperture`, at most: lips of a w are nearly shut, a sixth of a wide vowel's opening in tracked lips."""
RAMP_S: Final = 0.08  # into and out of what a phone asks: about the time of a closure's


def visemes(heard: NDArray[np.floating], script: Alignment, rate: float = 60.0) -> F32:
    """Visemes by sound and script: the script's as far as the sound bears each phone out, else those heard.

    Between phones silence that is heard becomes surer, and speech that is heard stays: somebody says more than is
    written, or something else. A soft closure is brief.

    Args:
        heard: (T, 16) probabilities.
        script: the line's phones, in seconds from the first frame.
        rate: frames per second.

    Returns:
        (T, 16) float32 probabilities.
    """
    told = script.visemes(len(heard), rate)
    trust = np.array(heard[:, SILENCE], np.float32)
    for phone in script.phones:
        trust[_frames(phone.start_s, phone.end_s, len(heard), rate)] = 0.0
    for phone in _said(script):
        here = _frames(phone.start_s, phone.end_s, len(heard), rate)
        if here.start == here.stop and _is_closing(phone):  # however brief it is, lips close
            here = slice(max(here.start - 1, 0), min(here.start, len(heard)))
            told[here] = np.eye(len(VISEMES))[VISEMES.index(phones.viseme_of(phone.symbol))]
        trust[here] = phone.confidence
        if (share := _held(phone)) < 1.0:
            rest = _frames(phone.start_s + share * (phone.end_s - phone.start_s), phone.end_s, len(heard), rate)
            told[max(rest.start, here.start + 1) : rest.stop] = told[min(rest.stop, len(told) - 1)]
    return np.asarray(heard + trust[:, None] * (told - heard), np.float32)


def shape(values: Values, script: Alignment, speech: NDArray[np.floating], rate: float = 60.0) -> None:
    """Rounds lips where the script asks for it, in place.

    Call it when curves are in time with the sound, before lips are sealed.

    Args:
        values: (T, 174) controls.
        script: the line's phones, in seconds from the first frame.
        speech: (T,) 0..1 where somebody speaks.
        rate: frames per second.
    """
    said = _said(script)
    if said and len(values):
        _round(values, said, np.asarray(speech) > 0.5, rate)
        _narrow(values, said, rate)


def _said(script: Alignment) -> tuple[Phone, ...]:
    """Phones of words, each as sure as it is believed, 0..1; what was heard in place of words is left out.

    A phone is believed as much as its word: a p in a word that is heard closes though noise hides it. Believed by
    their own sound alone, phones in noise give closures an F1 of 0.78 in place of 0.82 (24 clips of training).
    """
    if not script.words:  # a script of phones alone
        return tuple(replace(one, confidence=min(one.confidence / SURE, 1.0)) for one in script.phones)
    begins = np.array([word.start_s for word in script.words])
    found = []
    for phone in script.phones:
        middle_s = (phone.start_s + phone.end_s) / 2
        word = script.words[max(int(np.searchsorted(begins, middle_s + SLACK_S, side="right")) - 1, 0)]
        if word.start_s - SLACK_S <= middle_s <= word.end_s + SLACK_S:
            found.append(replace(phone, confidence=min(max(phone.confidence, word.confidence) / SURE, 1.0)))
    return tuple(found)


def _is_closing(phone: Phone) -> bool:
    return phones.base(phone.symbol) in phones.CLOSED | phones.TEETH


def _held(phone: Phone) -> float:
    """Share of a phone in which the lips keep what it asks of them; a soft closure is brief."""
    share = HELD.get(phones.base(phone.symbol), 1.0)
    return min(share, phone.strength) if _is_closing(phone) else share


def _frames(start_s: float, end_s: float, n_frames: int, rate: float) -> slice:
    first, last = (int(np.clip(np.ceil(at_s * rate), 0, n_frames)) for at_s in (start_s, end_s))
    return slice(first, last)


def _round(values: Values, said: Sequence[Phone], speech: NDArray[np.bool_], rate: float) -> None:
    """Brings rounding towards the script's, and up to what is seen as round in w, u and o."""
    asked = np.zeros(len(values))
    for phone in said:
        here = _frames(phone.start_s, phone.end_s, len(values), rate)
        asked[here] = phone.confidence * phone.strength * ROUNDED.get(phones.base(phone.symbol), 0.0)
    shown = heard_lips.measured(values, mouth.pucker)
    wanted = shown.astype(np.float64)
    if asked.any() and speech.sum() >= heard_lips.LEAST_FRAMES:
        like = heard_lips.in_scale(_softened(asked, ROUND_S * rate), shown, speech)
        wanted += ROUND_SHARE * (np.maximum(like, 0.0) - wanted)
    least = _asked(LEAST_ROUND, said, len(values), rate)
    heard_lips.bring(values, np.maximum(wanted, least), mouth.pucker, ROUNDING)


def _softened(track: F64, width: float) -> F64:
    """(T,) a track whose steps take about `width` frames."""
    window = np.hanning(2 * round(width) + 3)[1:-1]
    return np.asarray(np.convolve(track, window / window.sum(), mode="full")[round(width) : round(width) + len(track)])


def _narrow(values: Values, said: Sequence[Phone], rate: float) -> None:
    """Shuts lips in part where the script asks for it, and not wholly: rounded ones are open."""
    level = np.minimum(_asked(dict.fromkeys(NARROW, 1.0), said, len(values), rate), 1.0)
    if level.any():
        shown = heard_lips.measured(values, mouth.aperture)
        heard_lips.bring(values, np.minimum(shown, NARROW_OPEN), mouth.aperture, OPENING, level)


def _asked(amounts: Mapping[str, float], said: Sequence[Phone], n_frames: int, rate: float) -> F64:
    """(T,) what phones ask of a measure, as far as the sound bears them out, wholly in their middle."""
    wanted = np.zeros(n_frames)
    for phone in said:
        if amount := amounts.get(phones.base(phone.symbol), 0.0):
            rows, level = _level(phone, n_frames, rate)
            np.maximum(wanted[rows], amount * phone.confidence * phone.strength * level, out=wanted[rows])
    return wanted


def _level(phone: Phone, n_frames: int, rate: float) -> tuple[slice, F64]:
    """The frames about a phone, and for each 1 in its middle half, eased to 0 around it."""
    rows = _frames(phone.start_s - RAMP_S, phone.end_s + RAMP_S, n_frames, rate)
    begin_s = phone.start_s - rows.start / rate
    length_s = phone.end_s - phone.start_s
    core = (begin_s + length_s / 4, begin_s + 3 * length_s / 4, RAMP_S, RAMP_S)
    return rows, spans.envelope(rows.stop - rows.start, rate, [core])
