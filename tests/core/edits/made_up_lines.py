"""Lines of known words and phones, as tests of edits make them up."""

from __future__ import annotations

from facetake.script import Alignment, Phone, Word

WORDS = {"I": "AY1", "never": "N EH1 V ER0", "said": "S EH1 D", "that": "DH AE1 T", "map": "M AE1 P"}


def spoken(text: str = "I never said that", *, phone_s: float = 0.1, gap_s: float = 0.05) -> Alignment:
    """A line of known words, its phones of one length and a pause after each word."""
    phones: list[Phone] = []
    words: list[Word] = []
    at_s = 0.3
    for word in text.split():
        start_s = at_s
        for symbol in WORDS[word].split():
            phones.append(Phone(symbol, at_s, at_s + phone_s))
            at_s += phone_s
        words.append(Word(word, start_s, at_s))
        at_s += gap_s
    return Alignment(at_s + 0.3, tuple(phones), tuple(words), "en")
