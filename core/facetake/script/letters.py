"""Pronunciations by letters: g2p2's models, a package of them for each family of languages. Knows no lexicon.

The models are read from the packages as they were installed: g2p2 itself would fetch a missing one.
"""

from __future__ import annotations

import lzma
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from facetake.phones import from_ipa

if TYPE_CHECKING:
    from g2p2 import Model

Way = tuple[str, ...]
_VOWELS: Final = "aɐeəɛiɪoɔuʊøœyʏː"
_EASY: Final = {
    # An r behind a vowel is hardly heard, and neither is the vowel of an ending before n.
    "de": (
        (f"(?<=[{_VOWELS}])[ʁr](?![{_VOWELS}])", ""),
        ("eːɐ̯", "ɛ"),
        ("(?<=[iuoy])(ː?)ɐ̯", r"\1"),
        ("(?<=[bp])ən$", "m"),
        ("(?<=[^nmŋɐ])ən$", "n"),
        ("aɪ̯nən$", "aɪ̯n"),
    ),
}
GROUPS: Final = ("germanic", "romance", "slavic", "other_euro", "iranian", "turkic", "indic", "semitic", "sea", "other")


def has(language: str) -> bool:
    """Whether a model of the language is installed."""
    return find_spec("g2p2") is not None and _file(language) is not None


def spell(word: str, language: str) -> tuple[Way, ...]:
    """How a word is said, carefully and, where the language's rules are known, as in a sentence; maybe nothing."""
    ipa = str(_model(language).phonemize(word))
    easy = ipa
    for pattern, sound in _EASY.get(language, ()):
        easy = re.sub(pattern, sound, easy)
    ways = (phones_of(one, language) for one in (ipa, easy))
    return tuple(dict.fromkeys(way for way in ways if way))


def phones_of(ipa: str, language: str) -> Way:
    """A word in IPA as phones; a sound that no mouth shape is known for is left out."""
    ipa = ipa.replace("͡", "").replace("ʔ", "")
    try:
        return from_ipa(ipa, language)
    except ValueError:
        return tuple(phone for sound in ipa for phone in _one(sound, language))


def _one(sound: str, language: str) -> Way:
    try:
        return from_ipa(sound, language)
    except ValueError:
        return ()


@cache
def _file(language: str) -> Path | None:
    for group in GROUPS:
        spec = find_spec(f"g2p2_group_{group}")
        if spec is not None and spec.origin is not None:
            path = Path(spec.origin).parent / f"{language}.g2p.xz"
            if path.is_file():
                return path
    return None


@cache
def _model(language: str) -> Model:
    from g2p2 import Model

    path = _file(language)
    assert path is not None  # as `has` told
    return Model.from_bytes(lzma.decompress(path.read_bytes()))
