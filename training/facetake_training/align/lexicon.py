"""How words are said: the pronouncing dictionary that comes with the recogniser, and espeak-ng for the rest.

English pronunciations are those of the CMU dictionary inside pocketsphinx, which has no stress; the stress is
espeak-ng's. Words it lacks, and other languages, are espeak-ng's altogether (a program it runs, not a library
it links). This module does NOT know about audio or time.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final

from facetake.errors import ConfigError
from facetake.phones import from_ipa, is_vowel, with_stress
from facetake_training.align.engine import PAUSE, Pronunciation, Slot, model_folder, token_of

VOICES: Final = {"en": "en-us", "de": "de", "zh": "cmn"}
_WEAK: Final = frozenset(
    "a an the of to and in is was for that it with as at on be by he his her him she we you they them or but "
    "are were had has have from if than can could would should must shall will am been do does so us me my".split()
)
"""English words of one syllable that a sentence leaves unstressed."""
_R_SOUNDS: Final = frozenset("rʁʀɾɹ")
_BACK_FRICATIVES: Final = frozenset("xχç")
# espeak-ng 1.51 prints "??" for the German vowels before a vocalised r that it has no IPA for.
_UNPRINTED: Final = "??"


def words_of(text: str) -> list[tuple[tuple[str, ...], ...]]:
    """Split a transcript into places, each with its alternative word sequences.

    ``{can i get|give me|} a small latte`` has four places; the first may be either phrase or nothing.
    """
    places: list[tuple[tuple[str, ...], ...]] = []
    for part in re.split(r"(\{[^{}]*\})", text):
        if part.startswith("{"):
            places.append(tuple(tuple(_words(option)) for option in part[1:-1].split("|")))
        else:
            places += [((word,),) for word in _words(part)]
    return places


def _words(text: str) -> list[str]:
    lowered = text.lower().replace("’", "'").replace("ʻ", "")
    found = re.findall(r"[^\W_]+(?:'[^\W_]+)*'?", lowered)
    return [word.rstrip("'") for word in found]


class Lexicon:
    """The pronunciations of one language, looked up once."""

    def __init__(self, language: str) -> None:
        """Choose the language: en, de or zh; ConfigError for another, and where espeak-ng is missing."""
        if language not in VOICES:
            raise ConfigError(f"no pronunciations for language {language!r}; use one of {', '.join(VOICES)}")
        if shutil.which("espeak-ng") is None:
            raise ConfigError("espeak-ng is not installed; it gives pronunciations: apt-get install espeak-ng")
        self.language = language
        self._known: dict[str, Slot] = {}

    def prepare(self, words: Iterable[str]) -> None:
        """Look up many words at once; espeak-ng starts once for all of them."""
        new = sorted(set(words) - self._known.keys())
        spoken = _espeak(new, self.language)
        for word, pronunciation in zip(new, spoken, strict=True):
            self._known[word] = self._entry(word, pronunciation)

    def slots(self, text: str) -> list[Slot]:
        """Give a transcript as slots for the aligner. Words that cannot be pronounced are left out."""
        places = words_of(text)
        self.prepare(word for place in places for option in place for word in option)
        slots = [tuple(dict.fromkeys(p for option in place for p in self.said(option))) for place in places]
        return [slot for slot in slots if any(slot)]

    def said(self, words: Sequence[str]) -> list[Pronunciation]:
        """Give every way to say some prepared words in a row, the cross product of their pronunciations."""
        ways: list[Pronunciation] = [()]
        for word in words:
            ways = [(*way, PAUSE, *p) if way else p for way in ways for p in self._known[word]]
        return ways

    def _entry(self, word: str, spoken: Pronunciation) -> Slot:
        listed = _cmu().get(word, ()) if self.language == "en" else ()
        if not listed:
            return (spoken,)
        return tuple(dict.fromkeys(_stressed(word, phones, spoken) for phones in listed))


@cache
def _cmu() -> dict[str, tuple[Pronunciation, ...]]:
    table: dict[str, tuple[Pronunciation, ...]] = {}
    path = model_folder() / "cmudict-en-us.dict"
    for line in path.read_text(encoding="utf-8").splitlines():
        word, *phones = line.split()
        word = re.sub(r"\(\d+\)$", "", word)
        table[word] = (*table.get(word, ()), tuple(phones))
    return table


def _stressed(word: str, phones: Pronunciation, spoken: Pronunciation) -> Pronunciation:
    """Give the dictionary's phones the stress espeak-ng says; none where their vowels cannot be matched."""
    vowels = [i for i, phone in enumerate(phones) if is_vowel(phone)]
    levels = [int(t[-1]) for t in spoken if t[-1].isdigit()]
    if len(vowels) == 1:
        levels = [0 if word in _WEAK else 1]
    if len(levels) != len(vowels):
        return phones
    said = list(phones)
    for i, level in zip(vowels, levels, strict=True):
        said[i] = with_stress(phones[i], level)
    return tuple(said)


def _espeak(words: Sequence[str], language: str) -> list[Pronunciation]:
    if not words:
        return []
    lines = _espeak_lines("\n\n".join(words) + "\n\n", language)
    if len(lines) != len(words):  # some word is silent to espeak: ask one by one to keep them apart
        lines = [" ".join(_espeak_lines(word, language)) for word in words]
    return [_tokens(line, language) for line in lines]


def _espeak_lines(text: str, language: str) -> list[str]:
    command = ["espeak-ng", "-v", VOICES[language], "--ipa", "-q", "--sep=_", "--stdin"]
    done = subprocess.run(command, input=text, capture_output=True, encoding="utf-8", check=False)
    return [line for line in done.stdout.splitlines() if line.strip(" _")]


def _tokens(ipa: str, language: str) -> Pronunciation:
    """Turn a line of espeak-ng's IPA (``b_ˈuː_x``) into tokens of the aligner's grammar."""
    tokens: list[str] = []
    for sound in re.split(r"[_\s]+", re.sub(r"\([a-z-]+\)", "", ipa).replace(_UNPRINTED, "ʊ")):
        level = 1 if "ˈ" in sound else 2 if "ˌ" in sound else 0
        for phone in from_ipa(sound, language):
            tokens.append(token_of(with_stress(phone, level), _variant(sound, phone, language)))
            level = 0 if is_vowel(phone) else level
    return tuple(tokens)


def _variant(sound: str, phone: str, language: str) -> str:
    if language == "en":
        return ""
    if phone == "HH":
        return "r" if _R_SOUNDS & set(sound) else "x" if _BACK_FRICATIVES & set(sound) else ""
    return "de"
