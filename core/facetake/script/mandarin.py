"""Mandarin: where words end, and how they sound, by pypinyin. Knows no other language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Final

from facetake import phones
from facetake.errors import ScriptError
from facetake.phones import SILENCE

MOST_WAYS: Final = 6  # of a word with characters of several readings: the likely ones come first
_DIGITS: Final = dict(zip("0123456789", "零一二三四五六七八九", strict=True))
_UNITS: Final = ("", "十", "百", "千")
_INITIALS: Final = phones.table(
    """
    b=B p=P m=M f=F d=D t=T n=N l=L g=G k=K h=HH j=JH q=CH x=SH zh=JH ch=CH sh=SH r=ZH z=T+S c=T+S s=S
    """
)
_FINALS: Final = phones.table(
    """
    a=AA o=AO e=AH ai=AY ei=EY ao=AW ou=OW an=AA+N en=AH+N ang=AA+NG eng=AH+NG ong=UH+NG er=ER i=IY -i=IH u=UW
    v=UY ia=Y+AA ie=Y+EH iao=Y+AW iou=Y+OW ian=Y+EH+N in=IY+N iang=Y+AA+NG ing=IY+NG iong=Y+UH+NG ua=W+AA uo=W+AO
    uai=W+AY uei=W+EY uan=W+AA+N uen=W+AH+N uang=W+AA+NG ueng=W+AH+NG ve=UY+EH van=UY+AE+N vn=UY+N io=Y+AO n=N
    ng=NG m=M ê=EH
    """
)
"""Of strict pinyin; "-i" is the vowel behind z, c, s, zh, ch, sh and r."""


def cut(text: str) -> Iterator[str]:
    """The words of a text, each sign that is none by itself."""
    try:
        from pypinyin.seg import mmseg
    except ImportError as error:
        raise ScriptError('Mandarin text needs pypinyin; pip install "facetake[script]"') from error
    for piece in re.findall(r"[一-鿿㐀-䶿]+|[A-Za-z']+|[0-9]+(?:\.[0-9]+)?", text):
        yield from mmseg.seg.cut(piece) if ord(piece[0]) > ord("z") else [piece]


def pronunciations(word: str) -> tuple[tuple[str, ...], ...]:
    """How a word may sound, the likeliest first; none where it is not written in characters or digits."""
    try:
        from pypinyin import Style, pinyin
    except ImportError as error:
        raise ScriptError('Mandarin text needs pypinyin; pip install "facetake[script]"') from error
    word = re.sub(r"[0-9]+(?:\.[0-9]+)?", lambda found: number(found.group()), word)
    if not re.fullmatch(r"[一-鿿㐀-䶿]+", word):
        return ()
    usual = [row[0] for row in pinyin(word, style=Style.FINALS, strict=True, errors="ignore")]
    options = []
    for place, character in enumerate(word):
        begins = pinyin(word, style=Style.INITIALS, strict=True, errors="ignore")
        options.append([_syllable(begins[place][0], usual[place])] if place < len(usual) else [])
        if len(word) == 1:
            many_begins = pinyin(character, style=Style.INITIALS, strict=True, heteronym=True)[0]
            many_ends = pinyin(character, style=Style.FINALS, strict=True, heteronym=True)[0]
            options[-1] += [_syllable(a, b) for a, b in product(many_begins, many_ends)][: MOST_WAYS - 1]
    ways = (tuple(phone for part in way for phone in part) for way in product(*options))
    return tuple(dict.fromkeys(way for way in ways if way and SILENCE not in way))[:MOST_WAYS]


def _syllable(initial: str, final: str) -> tuple[str, ...]:
    if final == "i" and initial in ("z", "c", "s", "zh", "ch", "sh", "r"):
        final = "-i"
    return (*_INITIALS.get(initial, ()), *_FINALS.get(final, ("AH",)))


def number(digits: str) -> str:
    """A number of Arabic digits in characters: up to thousands as a number, beyond digit by digit."""
    whole, _, rest = digits.partition(".")
    said = "".join(_DIGITS[one] for one in whole) if len(whole) > 4 or whole.startswith("0") else _small(whole)
    return said + ("点" + "".join(_DIGITS[one] for one in rest) if rest else "")


def _small(digits: str) -> str:
    parts = [_DIGITS[one] + _UNITS[len(digits) - place - 1] if one != "0" else "零" for place, one in enumerate(digits)]
    said = re.sub("零+", "零", "".join(parts)).rstrip("零")
    return said.removeprefix("一") if said.startswith("一十") else said
