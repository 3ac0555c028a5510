"""A recording and its text, aligned: which word and which phone sounds when. Knows no curve."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from facetake import audio, script
from facetake.audio import FRAME_RATE_HZ
from facetake.inference import Ear
from facetake.script import Aligned
from facetake.timebase import n_frames


def align(
    path: Path,
    text: str | None,
    ear: Ear,
    *,
    language: str | None = None,
    dictionary: Path | None = None,
    progress: Callable[[float], None] | None = None,
) -> Aligned:
    """Words and phones of a recording in time.

    Args:
        path: sound file of any length, rate and number of channels.
        text: what is said; None gives the phones as heard.
        ear: that tells phones.
        language: two letters; None tells it from the text.
        dictionary: a user's pronunciations, looked up first.
        progress: called with the share done, 0..1.

    Raises:
        AudioError: the file cannot be read.
        ModelError: the ear tells no phones.
        ScriptError: as `script.fit`.
    """
    with audio.unchanged(path), audio.stream(path) as sound:
        duration_s = float(sound.duration_s)
        heard = ear.hear(sound, n_frames(sound.duration_s, Fraction(FRAME_RATE_HZ)), progress, with_phones=True)
    assert heard.phones is not None  # as asked
    return script.fit(heard.phones, duration_s, text, language, dictionary)
