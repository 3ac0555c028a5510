"""What a line's text says: words to be spoken, without tags, directions and signs. Knows no sound and no pronunciation.

A word in braces is one to lean on: `I {never} said that`.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from facetake.errors import ScriptError

MOST_CHARACTERS: Final = 1 << 20  # a million: more than an actor says in a day
_TAG: Final = re.compile(r"<[^<>]{0,500}>")
_DIRECTION: Final = re.compile(
    r"\[[^\[\]]{0,300}\]|\([^()]{0,300}\)|（[^（）]{0,300}）|【[^【】]{0,300}】|\*[^*\n]{1,100}\*"
)
_SPEAKER: Final = re.compile(r"^\s*[^\W\d_a-zà-ÿ]{2,}[^\n:a-zà-ÿ]{0,40}:(?=\s)", re.MULTILINE)
_PRICE: Final = re.compile(r"([$€£])\s?(\d+(?:[.,]\d+)*)")
_BRACE: Final = re.compile(r"\{([^{}]*)\}")
_WORD: Final = re.compile(
    r"\d+(?:[.,:]\d+)*(?:st|nd|rd|th|er|re|e|º|ª|\.(?=\s+[^\W\d_]))?|[^\W\d_]+(?:['’][^\W\d_]+)*['’]?"
)
_SIGNS: Final = {
    "%": {"en": "percent", "de": "Prozent", "es": "por ciento", "fr": "pour cent", "ja": "パーセント"},
    "&": {"en": "and", "de": "und", "es": "y", "fr": "et", "zh": "和", "ja": "アンド"},
    "€": {"en": "euros", "de": "Euro", "es": "euros", "fr": "euros", "zh": "欧元", "ja": "ユーロ"},
    "$": {"en": "dollars", "de": "Dollar", "es": "dólares", "fr": "dollars", "zh": "美元", "ja": "ドル"},
    "£": {"en": "pounds", "de": "Pfund", "es": "libras", "fr": "livres", "zh": "英镑", "ja": "ポンド"},
    "+": {"en": "plus", "de": "plus", "es": "más", "fr": "plus", "zh": "加", "ja": "プラス"},
    "@": {"en": "at", "de": "at", "es": "arroba", "fr": "arobase", "ja": "アット"},
    "°": {"en": "degrees", "de": "Grad", "es": "grados", "fr": "degrés", "zh": "度", "ja": "度"},
}
_SCRIPTS: Final = (("HIRAGANA", "ja"), ("KATAKANA", "ja"), ("HANGUL", "ko"), ("CYRILLIC", "ru"), ("ARABIC", "ar"))
_MORE_SCRIPTS: Final = (("HEBREW", "he"), ("GREEK", "el"), ("DEVANAGARI", "hi"), ("THAI", "th"), ("CJK", "zh"))
_COMMON: Final = {
    "en": "the and you that is of to it was what this not have with are we he she they my your i'm don't",
    "de": "der die das und ich nicht ist sie wir ein eine den mit auf es zu was auch für du mich sich dass",
    "es": "el la los las que y no es un una por con para lo qué está muy yo tú se del al me",
    "fr": "le les des et est pas que je vous nous une pour dans qui ce il elle sur c'est avec au tu",
}
_MARKS: Final = {"de": "äöüß", "es": "ñ¿¡áíóú", "fr": "éèêàçùœî"}


@dataclass(frozen=True)
class Written:
    """A word as it is written.

    Attributes:
        text: without what stands around it.
        emphasis: 1 where it stands in braces, else 0.
    """

    text: str
    emphasis: float = 0.0


def words(text: str, language: str = "en") -> tuple[tuple[Written, ...], tuple[str, ...]]:
    """The words of a text that are to be spoken, and what was left out, told for a person.

    Args:
        text: with tags of SSML or subtitles, directions in brackets, emoji and the like, which are left out.
        language: two letters; signs such as % are words of it.

    Raises:
        ScriptError: no word is left, or the text was read in another encoding than it is in.
    """
    if "\ufffd" in text:
        raise ScriptError("the text has signs that its encoding does not know; save it as UTF-8")
    if len(text) > MOST_CHARACTERS:
        raise ScriptError(f"the text has {len(text)} characters; {MOST_CHARACTERS} are the most; cut it by lines")
    text, told = _plain(text)
    found = tuple((_unspaced if language in ("zh", "ja") else _spaced)(text, language))
    if not found:
        raise ScriptError("the text has no word to speak; write what is said, or leave the text out")
    return found, told


def _plain(text: str) -> tuple[str, tuple[str, ...]]:
    """Without tags, directions, speakers' names and signs that nobody speaks."""
    text = unicodedata.normalize("NFC", text)
    text = _TAG.sub(" ", text)
    text = html.unescape(text) if "&" in text else text
    text = _PRICE.sub(r"\2 \1", text)
    directions = [found.group().strip() for found in _DIRECTION.finditer(text)]
    text = _SPEAKER.sub(" ", _DIRECTION.sub(" ", text))
    text = "".join(one for one in text if unicodedata.category(one) not in ("Cf", "Co", "So", "Sk") or one == "°")
    told = (f"left out as directions: {', '.join(directions[:5])}",) if directions else ()
    return text, told


def _marked(text: str) -> Iterator[tuple[str, float]]:
    """The text in pieces, each with whether it stood in braces."""
    done = 0
    for found in _BRACE.finditer(text):
        yield text[done : found.start()], 0.0
        yield found.group(1), 1.0
        done = found.end()
    yield text[done:], 0.0


def _spaced(text: str, language: str) -> Iterator[Written]:
    for piece, emphasis in _marked(text):
        for sign, names in _SIGNS.items():
            piece = piece.replace(sign, f" {names.get(language, '')} ")
        for found in _WORD.finditer(piece):
            yield Written(found.group().replace("’", "'"), emphasis)


def _unspaced(text: str, language: str) -> Iterator[Written]:
    """Words of Mandarin or Japanese, which no space parts: by the packages that know where words end."""
    from facetake.script import japanese, mandarin

    cut = mandarin.cut if language == "zh" else japanese.cut
    for piece, emphasis in _marked(text):
        for sign, names in _SIGNS.items():
            piece = piece.replace(sign, names.get(language, ""))
        for word in cut(piece):
            if any(one.isalnum() for one in word):
                yield Written(word, emphasis)


def language_of(text: str) -> str:
    """The language of a text, by its letters and its commonest words: two letters, English where nothing tells."""
    names = [unicodedata.name(one, "") for one in text[:2000] if one.isalpha()]
    for script, language in (*_SCRIPTS, *_MORE_SCRIPTS):
        if sum(name.startswith(script) for name in names) > 0.2 * len(names):
            return language
    lower = text.lower()[:20_000]
    found = re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)*", lower)
    score = {language: sum(found.count(word) for word in set(common.split())) for language, common in _COMMON.items()}
    for language, marks in _MARKS.items():
        score[language] += sum(lower.count(mark) for mark in marks)
    best = max(score, key=lambda one: score[one])
    return best if score[best] > score["en"] else "en"
