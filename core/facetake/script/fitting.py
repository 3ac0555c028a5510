"""A line's text put into its time: cleaned, spoken in every way it may be, and found in the sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from facetake.arrays import F32
from facetake.errors import ScriptError
from facetake.script import hints
from facetake.script import text as texts
from facetake.script.aligner import Aligned, align
from facetake.script.lexicon import Lexicon, lexicon
from facetake.script.recognition import heard
from facetake.script.timing import Word

MOST_DIFFER = 0.5  # of the words: beyond it the text is another line's, or in another language
MOST_HEARD = 0.9  # of the words: with fewer, the times that the text comes with are doubted
STRAY = 0.05  # of the words: so many more are heard where such times do not count, or else they do
FASTEST = 12.0  # words a second that nobody speaks: a text with more is another line's


def fit(
    log_probs: F32,
    duration_s: float,
    text: str | None,
    language: str | None = None,
    dictionary: Path | None = None,
    cues: Sequence[Word] = (),
) -> Aligned:
    """Finds a text in what was heard; without a text, the phones as heard.

    Args:
        log_probs: (T, 42) of `facetake.phones.PHONES`, at 60 fps, as from `Ear.hear(..., with_phones=True)`.
        duration_s: of the line.
        text: what is said; tags, directions and emoji in it are left out.
        language: two letters; None tells it from the text.
        dictionary: a user's pronunciations, looked up first.
        cues: stretches of the text with their times, as transcripts and subtitles have them: a word is looked for about
            its own. Where that loses words they do not count, and that is told.

    Raises:
        ScriptError: nothing in the text can be spoken, or no pronunciation is known for a word; or it has far more
            words than the line has time for.
    """
    if text is None:
        return Aligned(heard(log_probs, duration_s))
    language = language or texts.language_of(text)
    words, told = texts.words(text, language)
    if len(words) > FASTEST * duration_s + FASTEST:
        raise ScriptError(
            f"the text has {len(words)} words and the line {duration_s:.1f} s; name the text of this line alone"
        )
    known = Lexicon(language, dictionary) if dictionary else lexicon(language)
    ways = known.pronunciations([one.text for one in words])
    hinted = hints.windows(words, cues, language) if cues else []
    found = align(log_probs, duration_s, words, ways, language, hinted)
    if hinted and len(found.alignment.words) < MOST_HEARD * len(words):
        free = align(log_probs, duration_s, words, ways, language)
        if len(free.alignment.words) > len(found.alignment.words) + STRAY * len(words):
            found = free
            told += ("its times do not fit the sound and do not count",)
    if len(found.alignment.words) < MOST_DIFFER * len(words):
        told += (f"the sound fits few words of the text, read as language {language}: is it this line's?",)
    return replace(found, told=told)
