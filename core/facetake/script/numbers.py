"""Numbers as words, by num2words. Knows no sound."""

from __future__ import annotations

import re
from typing import Final

from facetake.errors import ScriptError

_ORDINAL: Final = re.compile(r"^(\d+)(st|nd|rd|th|er|re|e|º|ª|\.)$")
_DECIMAL_COMMA: Final = frozenset({"de", "es", "fr"})
LONGEST: Final = 18  # digits; a longer one is read digit by digit


def spoken(number: str, language: str) -> tuple[str, ...]:
    """The ways to say a number, the likeliest first, each in words.

    Args:
        number: "21", "3.5", "1,000", "21st", "10:30".
        language: two letters.

    Raises:
        ScriptError: num2words is not installed.
    """
    try:
        from num2words import num2words
    except ImportError as error:
        raise ScriptError(
            f'the text has the number {number}; pip install "facetake[script]", or write it in words'
        ) from error
    ordinal = _ORDINAL.match(number)
    digits = re.sub(r"\D", "", number)
    ways: list[str] = []
    try:
        if len(digits) > LONGEST:
            pass
        elif ordinal:
            ways.append(num2words(int(ordinal.group(1)), lang=language, to="ordinal"))
        elif ":" in number:
            ways.append(" ".join(num2words(int(part), lang=language) for part in number.split(":") if part))
        else:
            ways += _cardinals(number, language)
        if len(digits) >= 3:
            ways.append(" ".join(num2words(int(one), lang=language) for one in digits))
    except (NotImplementedError, ValueError, OverflowError, KeyError, IndexError):  # a language or number it lacks
        return ()
    return tuple(dict.fromkeys(re.sub(r"[-,]", " ", way) for way in ways))


def _cardinals(number: str, language: str) -> list[str]:
    from num2words import num2words

    value = _value(number, language)
    ways = [num2words(value, lang=language)]
    if language == "en":
        ways += [ways[0].replace(" and ", " ")]
    if isinstance(value, int) and 1100 <= value < 2100 and language in ("en", "de", "fr", "es"):
        ways.insert(0, num2words(value, lang=language, to="year"))
    return ways


def _value(number: str, language: str) -> int | float:
    thousands, point = (".", ",") if language in _DECIMAL_COMMA else (",", ".")
    if re.fullmatch(rf"\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+(?:{re.escape(point)}\d+)?", number):
        number = number.replace(thousands, "")
    number = number.replace(point, ".") if number.count(point) == 1 else re.sub(r"\D", "", number)
    return float(number) if "." in number else int(number)
