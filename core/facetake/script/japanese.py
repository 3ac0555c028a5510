"""Japanese: where words end and how they are read, by SudachiPy; how kana sound, by rule. Knows no other language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Final

from facetake import phones
from facetake.errors import ScriptError

if TYPE_CHECKING:
    from sudachipy import Tokenizer

_ROWS: Final = {
    "": "アイウエオ",
    "K": "カキクケコ",
    "G": "ガギグゲゴ",
    "S": "サ_スセソ",
    "Z": "ザ_ズゼゾ",
    "T": "タ__テト",
    "D": "ダ__デド",
    "N": "ナニヌネノ",
    "HH": "ハヒ_ヘホ",
    "B": "バビブベボ",
    "P": "パピプペポ",
    "M": "マミムメモ",
    "Y": "ヤ_ユ_ヨ",
    "R": "ラリルレロ",
    "W": "ワ____",
}
_VOWELS: Final = ("AA", "IY", "UW", "EH", "AO")
_ODD: Final = phones.table(
    """
    シ=SH+IY ジ=JH+IY チ=CH+IY ヂ=JH+IY ツ=T+S+UW ヅ=Z+UW フ=F+UW ヲ=AO ン=N ヴ=V+UW ヰ=IY ヱ=EH ヶ=K+EH ヵ=K+AA
    """
)
_SMALL: Final = {"ャ": "AA", "ュ": "UW", "ョ": "AO", "ァ": "AA", "ィ": "IY", "ゥ": "UW", "ェ": "EH", "ォ": "AO"}
_PALATAL: Final = frozenset({"SH", "JH", "CH"})  # these take a small ya, yu or yo without a Y


@cache
def _table() -> dict[str, tuple[str, ...]]:
    table = dict(_ODD)
    for consonant, row in _ROWS.items():
        for kana, vowel in zip(row, _VOWELS, strict=True):
            if kana != "_":
                begins = "D" if consonant == "R" else consonant  # a tap, which is heard as a short D
                table[kana] = (begins, vowel) if begins else (vowel,)
    return table


def cut(text: str) -> Iterator[str]:
    """The words of a text; endings of verbs stand by themselves."""
    for morpheme in _tokenizer().tokenize(text):
        yield morpheme.surface()


def pronunciations(word: str) -> tuple[tuple[str, ...], ...]:
    """How a word may sound, the likeliest first; none where it is not Japanese."""
    particle = {"は": ("W", "AA"), "へ": ("EH",), "を": ("AO",)}.get(word)
    kana = katakana(word)
    if not re.fullmatch(r"[ァ-ヺー]+", kana):
        kana = katakana("".join(one.reading_form() for one in _tokenizer().tokenize(word)))
    spoken = phones_of(kana)
    topic = phones_of(f"{kana[:-1]}ワ") if kana.endswith("ハ") and len(kana) > 1 else ()  # "today" with its particle
    return tuple(dict.fromkeys(way for way in (particle, spoken, topic) if way))


def katakana(text: str) -> str:
    """Hiragana as katakana; anything else as it is."""
    return "".join(chr(ord(one) + 0x60) if "ぁ" <= one <= "ゖ" else one for one in text)


def phones_of(kana: str) -> tuple[str, ...]:
    """How katakana sound; signs that are none are left out. A long vowel is one phone, a doubled consonant too."""
    phones: list[str] = []
    for one in kana:
        if one in _SMALL and phones:
            phones.pop()  # its vowel gives way
            if one in "ャュョ" and phones and phones[-1] not in _PALATAL:
                phones.append("Y")
            phones.append(_SMALL[one])
        else:
            sounds = _table().get(one, ())
            if (one, *phones[-1:]) in (("ウ", "AO"), ("イ", "EH")):
                continue  # "ou" and "ei" are long vowels
            phones += sounds[1:] if sounds[:1] == tuple(phones[-1:]) else sounds
    return tuple(phones)


@cache
def _tokenizer() -> Tokenizer:
    try:
        import sudachipy

        dictionary = sudachipy.Dictionary(dict="small")
        return dictionary.tokenizer() if hasattr(dictionary, "tokenizer") else dictionary.create()
    except ImportError as error:
        raise ScriptError('Japanese text needs SudachiPy; pip install "facetake[script-ja]"') from error


def counted(digits: str) -> str:
    """A number as it is written in characters, so that its reading is known."""
    try:
        from num2words import num2words
    except ImportError as error:
        raise ScriptError(
            f'the text has the number {digits}; pip install "facetake[script-ja]", or write it in words'
        ) from error
    return str(num2words(int(digits), lang="ja"))
