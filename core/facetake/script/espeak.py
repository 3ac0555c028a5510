"""Pronunciations by the program espeak-ng, where it is installed: a hundred languages. Knows no lexicon."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from typing import Final

from facetake.phones import from_ipa, is_vowel, with_stress

PROGRAMS: Final = ("espeak-ng", "espeak")
LONGEST_S: Final = 20.0  # that it may take: it says a thousand words in one
_VOICES: Final = {"zh": "cmn-latn-pinyin", "en": "en-us"}
Way = tuple[str, ...]


def is_there() -> bool:
    """Whether the program is installed."""
    return _program() is not None


def _program() -> str | None:
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


def pronunciations(words: Sequence[str], language: str) -> dict[str, Way]:
    """How words sound one by one; those that it cannot say are not there."""
    program = _program()
    if program is None or not words:
        return {}
    asked = [word for word in dict.fromkeys(words) if "\n" not in word and not word.startswith("-")]
    command = [program, "-q", "--ipa", "--sep=_", "-v", _VOICES.get(language, language), "--stdin"]
    text = ".\n\n".join(asked)
    try:
        told = subprocess.run(command, input=text, capture_output=True, timeout=LONGEST_S, encoding="utf-8", check=True)
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return {}
    lines = [line for line in told.stdout.splitlines() if line.strip()]
    if len(lines) != len(asked):
        return {}
    return {word: way for word, line in zip(asked, lines, strict=True) if (way := _phones(line, language))}


def _phones(line: str, language: str) -> Way:
    phones: list[str] = []
    for sound in line.replace(" ", "_").split("_"):
        level = 1 if "ˈ" in sound else 2 if "ˌ" in sound else 0
        try:
            some = from_ipa(sound, language)
        except ValueError:  # a sound of a language that no mouth shape was named for
            continue
        for phone in some:
            phones.append(with_stress(phone, level) if language != "zh" else phone)
            level = 0 if is_vowel(phone) else level
    return tuple(phones)
