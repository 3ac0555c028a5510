"""How words are said: a user's own dictionary first, then the language's lexicon, then by letters.

Knows where pronunciations come from, and no sound and no time.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import islice, product
from pathlib import Path
from typing import Final

from facetake import files
from facetake.errors import ScriptError
from facetake.phones import INDEX, SILENCE, base, from_ipa
from facetake.script import espeak, japanese, letters, mandarin, numbers, spanish, tables

Way = tuple[str, ...]
Ways = tuple[Way, ...]
MOST_WAYS: Final = 6  # of a word: each is tried in the sound
MOST_BYTES: Final = 1 << 24  # of a dictionary: a million words
_BY_RULE: Final[Mapping[str, Callable[[str], Ways]]] = {
    "es": spanish.pronunciations,
    "zh": mandarin.pronunciations,
    "ja": japanese.pronunciations,
}
FORMS: Final = Path(__file__).with_name("spoken_forms.toml")


@cache
def _forms(kind: str, language: str) -> Mapping[str, str]:
    """Abbreviations, or weak forms, of a language."""
    table: dict[str, dict[str, dict[str, str]]] = tomllib.loads(FORMS.read_text(encoding="utf-8"))
    return table[kind].get(language, {})


class Lexicon:
    """The pronunciations of one language.

    Attributes:
        language: two letters.
        own: the user's, by word in small letters.
    """

    def __init__(self, language: str, dictionary: Path | None = None) -> None:
        """Reads the user's dictionary; the rest when it is first asked for.

        Raises:
            ScriptError: the dictionary cannot be read, or has a line that says no pronunciation.
        """
        self.language = language
        self.own = read_dictionary(dictionary, language) if dictionary else {}
        self._known: dict[str, Ways] = {}

    def pronunciations(self, words: Sequence[str]) -> list[Ways]:
        """The pronunciations of each word, the usual one first.

        Raises:
            ScriptError: nothing that is installed can say one of them.
        """
        new = [word for word in dict.fromkeys(words) if word not in self._known]
        said = {word: [word.lower()] if word.lower() in self.own else _readings(word, self.language) for word in new}
        found = self._parts([part for readings in said.values() for reading in readings for part in reading.split()])
        for word in new:
            ways = [way for reading in said[word] for way in _joined(reading, found)]
            self._known[word] = tuple(dict.fromkeys(ways))[:MOST_WAYS]
        for word in new:
            if not self._known[word]:
                raise ScriptError(self._unknown(word))
        return [self._known[word] for word in words]

    def _parts(self, parts: Sequence[str]) -> dict[str, Ways]:
        """Ways to say single words; none where nothing is known."""
        said: dict[str, Ways] = {}
        missing = []
        found = tables.look_up(parts, self.language) if tables.has(self.language) else {}
        for part in dict.fromkeys(parts):
            ways = self.own.get(part) or _weak(part, self.language) + found.get(part, ())
            if not ways and self.language in _BY_RULE:
                ways = _BY_RULE[self.language](part)
            if not ways:
                missing.append(part)
            said[part] = ways
        return said | self._spelled(missing)

    def _spelled(self, words: Sequence[str]) -> dict[str, Ways]:
        """Words that no lexicon has: by the language's model of letters, or by espeak-ng."""
        if not words:
            return {}
        if self.language in ("zh", "ja"):  # words in Latin letters between characters are read as English
            some = [word for word in words if word.isascii() and word.isalpha()]
            return dict(zip(some, lexicon("en").pronunciations(some), strict=True))
        spell = next((one.spell for one in (tables, letters) if one.has(self.language)), None)
        if spell is not None:
            return {word: spell(word, self.language) for word in words}
        return {word: (way,) for word, way in espeak.pronunciations(words, self.language).items()}

    def _unknown(self, word: str) -> str:
        remedy = "name a dictionary with a line for it (--dictionary)"
        if self.language in ("en", "de", "fr"):
            return f'no pronunciation is known for "{word}"; pip install "facetake[script]", or {remedy}'
        if not espeak.is_there() and self.language not in _BY_RULE:
            return f'no pronunciation is known for "{word}" ({self.language}); install espeak-ng, or {remedy}'
        return f'no pronunciation is known for "{word}" ({self.language}); spell it as it is said, or {remedy}'


def _joined(reading: str, said: Mapping[str, Ways]) -> list[Way]:
    """Ways to say one word or several behind each other."""
    options = [said.get(part, ()) for part in reading.split()]
    ways = islice(product(*options), MOST_WAYS) if options and all(options) else ()
    return [tuple(phone for part in way for phone in part) for way in ways]


def _weak(word: str, language: str) -> Ways:
    said = _forms("weak", language).get(word, "")
    return tuple(tuple(way.split()) for way in said.split("|")) if said else ()


def _readings(word: str, language: str) -> list[str]:
    """What a written word may be said as: itself, an abbreviation's words, a number's, or its letters one by one."""
    lower = word.lower().rstrip("'") if len(word) > 1 else word.lower()
    if word[0].isdigit() and language not in ("zh", "ja"):
        return [way.lower() for way in numbers.spoken(word, language)]
    if word[0].isdigit() and language == "ja" and word.isdecimal():
        return [japanese.counted(word)]
    meant = _forms("abbreviations", language).get(lower)
    ways = [meant] if meant else [lower]
    if word.isupper() and 2 <= len(word) <= 5 and word.isascii():  # NASA is a word and the BBC letters; either may be
        ways.append(" ".join("ay" if one == "a" else one for one in lower))
    return ways


def read_dictionary(path: Path, language: str) -> dict[str, Ways]:
    """A user's dictionary: a word a line, then its phones (`facetake  F EY1 S T EY2 K`) or its sounds in IPA.

    A word may stand on several lines; lines that begin with # are left out.

    Raises:
        ScriptError: the file cannot be read, or a line is wrong.
    """
    try:
        lines = files.read_text(path, MOST_BYTES).splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = files.reason(error) if isinstance(error, OSError) else "it is no text in UTF-8"
        raise ScriptError(f"cannot read the dictionary {path}: {reason}") from error
    found: dict[str, Ways] = {}
    for number, line in enumerate(lines, 1):
        word, *sounds = line.split()[:100] or ("#",)
        if not word.startswith(("#", ";;;")):
            key = word.split("(")[0].lower() if "(" in word[1:] else word.lower()
            found[key] = (*found.get(key, ()), _way(sounds, language, f"{path}, line {number}"))
    return found


def _way(sounds: Sequence[str], language: str, where: str) -> Way:
    phones: list[str] = []
    for sound in sounds:
        try:
            own = sound.upper().rstrip("012") in INDEX and sound.isascii() and sound == sound.upper()
            phones += (sound,) if own else from_ipa(sound.replace("͡", ""), language)
        except ValueError as error:
            raise ScriptError(f"{where}: {error}") from error
    if not phones or SILENCE in map(base, phones):
        raise ScriptError(f"{where}: no sound stands behind the word; write it as `facetake  F EY1 S T EY2 K`")
    return tuple(phones)


@cache
def lexicon(language: str) -> Lexicon:
    """The lexicon of a language without a user's dictionary; what it looked up stays known."""
    return Lexicon(language)
