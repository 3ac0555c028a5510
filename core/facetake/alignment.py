"""A recording and its text, aligned: which word and which phone sounds when. Knows no curve."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from facetake import audio, script
from facetake.arrays import F32
from facetake.audio import FRAME_RATE_HZ
from facetake.inference import Ear
from facetake.script import Aligned, Sheet
from facetake.timebase import n_frames


def align(
    path: Path,
    text: str | Sheet | None,
    ear: Ear,
    *,
    language: str | None = None,
    dictionary: Path | None = None,
    progress: Callable[[float], None] | None = None,
) -> Aligned:
    """Words and phones of a recording in time.

    Args:
        path: sound file of any length, rate and number of channels.
        text: what is said, or what a file says of it (`script.read`): phones in it are taken as they are, and words are
            looked for about the times that it has; None gives the phones as heard.
        ear: that tells phones.
        language: two letters; None tells it from the text.
        dictionary: a user's pronunciations, looked up first.
        progress: called with the share done, 0..1.

    Raises:
        AudioError: the sound cannot be read.
        ModelError: the ear tells no phones.
        ScriptError: as `script.fit`.
    """
    with audio.unchanged(path), audio.stream(path) as sound:
        duration_s = float(sound.duration_s)
        heard = ear.hear(sound, n_frames(sound.duration_s, Fraction(FRAME_RATE_HZ)), progress, with_phones=True)
    assert heard.phones is not None  # as asked
    return align_heard(heard.phones, duration_s, text, language=language, dictionary=dictionary)


def align_heard(
    log_probs: F32,
    duration_s: float,
    text: str | Sheet | None,
    *,
    language: str | None = None,
    dictionary: Path | None = None,
) -> Aligned:
    """As `align`, of a line that was heard already.

    Args:
        log_probs: (T, 42) of `facetake.phones.PHONES`, as from `Ear.hear(..., with_phones=True)`.
        duration_s: of the line.
        text: as of `align`.
        language: as of `align`.
        dictionary: as of `align`.

    Raises:
        ScriptError: as `script.fit`.
    """
    if isinstance(text, Sheet):
        known = text.alignment(duration_s)
        if known is not None:
            return Aligned(known, n_words=len(known.words))
        language = language or text.language or None
        return script.fit(log_probs, duration_s, text.text, language, dictionary, text.hints)
    return script.fit(log_probs, duration_s, text, language, dictionary)
