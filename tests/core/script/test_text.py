"""What of a text is spoken."""

from __future__ import annotations

import pytest

from facetake.errors import ScriptError
from facetake.script import text


def spoken(said: str, language: str = "en") -> list[str]:
    """The words of a text."""
    return [one.text for one in text.words(said, language)[0]]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Hello, world!", ["Hello", "world"]),
        ("I don’t know", ["I", "don't", "know"]),
        ('<speak>Go <break time="1s"/> <emphasis>now</emphasis></speak>', ["Go", "now"]),
        ("[sighs] Go (quietly) *coughs* now", ["Go", "now"]),
        ("JOHN: Go now", ["Go", "now"]),
        ("Go 😀 now 👍🏽", ["Go", "now"]),
        ("50 % of it & more", ["50", "percent", "of", "it", "and", "more"]),
        ("It costs $20", ["It", "costs", "20", "dollars"]),
        ("\u202bGo now\u202c", ["Go", "now"]),
        ("caf\u0065\u0301", ["café"]),
    ],
)
def test_only_words_are_spoken(said: str, words: list[str]) -> None:
    """Tags, directions, speakers' names, emoji and marks of direction are no words; signs are."""
    assert spoken(said) == words


def test_directions_are_told() -> None:
    """What was left out is named, since it may have been spoken after all."""
    assert text.words("[sighs] Go", "en")[1] == ("left out as directions: [sighs]",)


def test_braces_mark_the_word_to_lean_on() -> None:
    """A word in braces has emphasis and the others none."""
    assert [(one.text, one.emphasis) for one in text.words("I {never} said", "en")[0]] == [
        ("I", 0.0),
        ("never", 1.0),
        ("said", 0.0),
    ]


@pytest.mark.parametrize("said", ["", "  \n", "...", "[laughs]", "😀", "<break/>"])
def test_a_text_without_words_is_refused(said: str) -> None:
    """One sentence says so."""
    with pytest.raises(ScriptError, match="no word to speak"):
        text.words(said, "en")


def test_a_text_in_another_encoding_is_refused() -> None:
    """Signs that could not be decoded are told, and not passed over in the middle of words."""
    with pytest.raises(ScriptError, match="save it as UTF-8"):
        text.words("Stra\ufffde", "de")


def test_a_text_of_a_million_words_is_refused_at_once() -> None:
    """No time is spent on what can be no line."""
    with pytest.raises(ScriptError, match="cut it by lines"):
        text.words("word " * 1_000_000, "en")


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("I never said that", "en"),
        ("Ich habe das nie gesagt", "de"),
        ("Yo nunca dije eso, señor", "es"),
        ("Je ne l'ai jamais dit", "fr"),
        ("我从来没有说过", "zh"),
        ("私はそれを言っていません", "ja"),
        ("Я этого не говорил", "ru"),
        ("لم أقل ذلك", "ar"),
        ("Hm", "en"),
    ],
)
def test_the_language_is_told_by_letters_and_common_words(said: str, language: str) -> None:
    """Short lines in each language are known, and English is what is left."""
    assert text.language_of(said) == language
