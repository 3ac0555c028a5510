"""Pronunciations out of tables: the lexicons and the letter-to-sound models of gruut's language packages.

Each package (English, French; MIT) holds a lexicon as an SQLite file and a conditional random field that spells
words it lacks. Knows nothing of texts.
"""

from __future__ import annotations

import base64
import sqlite3
import unicodedata
from collections.abc import Sequence
from contextlib import closing
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from facetake.phones import from_ipa, is_vowel, with_stress

if TYPE_CHECKING:
    from pycrfsuite import Tagger

LANGUAGES: Final = ("en", "fr")
MOST_WORDS: Final = 500  # asked at once: SQLite takes a thousand, and the table has no index
_REACH: Final = 3  # letters on either side that the models look at
Way = tuple[str, ...]


def has(language: str) -> bool:
    """Whether the package of a language is installed, and the one that runs its model."""
    needed = (f"gruut_lang_{language}", "pycrfsuite")
    return language in LANGUAGES and all(find_spec(name) is not None for name in needed)


def look_up(words: Sequence[str], language: str) -> dict[str, tuple[Way, ...]]:
    """The pronunciations of those words that the lexicon has, the usual one first; words in small letters."""
    found: dict[str, dict[Way, None]] = {}
    asked = sorted(set(words))
    with closing(sqlite3.connect(f"{(_folder(language) / 'lexicon.db').as_uri()}?mode=ro", uri=True)) as table:
        for first in range(0, len(asked), MOST_WORDS):
            some = asked[first : first + MOST_WORDS]
            marks = ",".join("?" * len(some))
            query = f"SELECT word, phonemes FROM word_phonemes WHERE word IN ({marks}) ORDER BY pron_order"
            for word, sounds in table.execute(query, some):
                way = phones_of(sounds.split(), language)
                if way:
                    found.setdefault(word, {})[way] = None
    return {word: tuple(ways) for word, ways in found.items()}


def spell(word: str, language: str) -> tuple[Way, ...]:
    """How a word that no lexicon has is said, by its letters; maybe nothing."""
    letters = unicodedata.normalize("NFC", word)
    tags = _tagger(language).tag([_features(letters, i) for i in range(len(letters))]) if letters else []
    sounds = [one for tag in tags for one in base64.b64decode(tag).decode().split("|") if one != "_"]
    way = phones_of(sounds, language)
    return (way,) if way else ()


def phones_of(sounds: Sequence[str], language: str) -> Way:
    """Sounds in IPA as phones; a stress mark goes to the vowel it stands before."""
    phones: list[str] = []
    for sound in sounds:
        level = 1 if "ˈ" in sound else 2 if "ˌ" in sound else 0
        bare = sound.replace("͡", "")
        for phone in from_ipa(bare, language) if bare != "SIL" else ():
            stressed = with_stress(phone, level) if language == "en" else phone
            phones.append(stressed)
            level = 0 if is_vowel(phone) else level
    return tuple(phones)


def _features(letters: str, at: int) -> dict[str, str | bool | float]:
    """What the model is told of a letter: itself, three on either side, and where the word begins and ends."""
    features: dict[str, str | bool | float] = {"bias": 1.0, "grapheme": _coded(letters[at])}
    for step in range(1, _REACH + 1):
        if at >= step:
            features[f"grapheme-{step}"] = _coded(letters[at - step])
        if at + step < len(letters):
            features[f"grapheme+{step}"] = _coded(letters[at + step])
    if at == 0:
        features["begin"] = True
    if at == len(letters) - 1:
        features["end"] = True
    return features


def _coded(letter: str) -> str:
    return base64.b64encode(letter.encode()).decode("ascii")


@cache
def _tagger(language: str) -> Tagger:
    from pycrfsuite import Tagger

    tagger = Tagger()
    tagger.open(str(_folder(language) / "g2p" / "model.crf"))
    return tagger


def _folder(language: str) -> Path:
    spec = find_spec(f"gruut_lang_{language}")
    assert spec is not None and spec.origin is not None  # as `has` told
    return Path(spec.origin).parent
