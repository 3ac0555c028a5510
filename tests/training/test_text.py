"""Tests of the sentences and the grammar."""

from __future__ import annotations

import random
from itertools import islice

import pytest

from facetake_training import text


@pytest.mark.parametrize(("language", "least"), [("en", 250), ("de", 80), ("zh", 60)])
def test_there_are_enough_neutral_sentences(language: str, least: int) -> None:
    """Each language has its promised number of different sentences."""
    lines = text.sentences(language)
    assert len(set(lines)) == len(lines) >= least


@pytest.mark.parametrize("emotion", ["happy", "sad", "angry", "surprise", "fear", "disgusted"])
def test_every_emotion_has_its_own_words(emotion: str) -> None:
    """Emotional sentences exist for all six emotions and are not the neutral ones."""
    lines = set(text.sentences("en", emotion))
    assert len(lines) >= 30
    assert not lines & set(text.sentences("en"))


def test_same_state_gives_the_same_text() -> None:
    """The stream is seeded: two runs say the same, another seed says something else."""
    first, again, other = (list(islice(text.stream("en", random.Random(s)), 50)) for s in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize("language", text.LANGUAGES)
def test_grammar_brings_new_finished_sentences(language: str) -> None:
    """Generated sentences rarely repeat and leave no rule name behind."""
    chance = random.Random(5)
    lines = [text.generate(language, chance) for _ in range(300)]
    assert len(set(lines)) > 285
    assert not any(mark in line for line in lines for mark in "{}_")


def test_every_written_sentence_comes_before_any_comes_again() -> None:
    """A round of the stream with no generated text holds each written sentence once."""
    emotions = ("neutral", "happy", "sad", "angry", "surprise", "fear", "disgusted")
    total = sum(len(text.sentences("en", emotion)) for emotion in emotions)
    lines = [line for line, _ in islice(text.stream("en", random.Random(3), written=1.0), total)]
    assert len(set(lines)) == total


def test_unknown_language_is_refused() -> None:
    """Asking for a language without sentences names the languages there are."""
    with pytest.raises(ValueError, match="en, de, zh"):
        text.sentences("fr")
