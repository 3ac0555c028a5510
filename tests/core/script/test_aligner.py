"""Words found in what was heard, and told where the sound says something else."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence

import numpy as np
import pytest

from facetake.arrays import F32
from facetake.phones import INDEX, PHONES
from facetake.script import Aligned
from facetake.script.aligner import align
from facetake.script.text import Written

FRAMES = 6  # of each phone here
SAYS = {"map": "M AE P", "sees": "S IY Z", "you": "Y UW", "five": "F AY V", "the": "DH AH", "cake": "K EY K"}


def heard(said: str, sure: float = 0.9) -> F32:
    """Log-probabilities of words said one behind the other; "." is a tenth of a second of silence."""
    phones = [phone for word in said.split() for phone in SAYS.get(word, "SIL").split()]
    rows = np.repeat(np.array([INDEX[phone] for phone in phones], np.int64), FRAMES)
    shares = np.full((len(rows), len(PHONES)), (1.0 - sure) / (len(PHONES) - 1), np.float32)
    shares[np.arange(len(rows)), rows] = sure
    return np.log(shares)


def aligned(script: str, said: str, **more: Sequence[tuple[str, ...]]) -> Aligned:
    """A script found in what was said; `more` are other pronunciations of a word."""
    words = script.split()
    ways = [[tuple(SAYS[word].split()), *more.get(word, ())] for word in words]
    log_probs = heard(said)
    return align(log_probs, len(log_probs) / 60, [Written(word) for word in words], ways)


def told(found: Aligned) -> list[tuple[str, str]]:
    """What differs, without times."""
    return [(one.kind, one.text) for one in found.differences]


def test_words_stand_where_they_are_said() -> None:
    """Words and phones begin within a frame of their sound, silence between them is left free, and nothing differs."""
    found = aligned("map sees you", ". map sees . you .")
    starts_s = [one.start_s for one in found.alignment.words]
    assert starts_s == pytest.approx([0.1, 0.4, 0.8], abs=1 / 60)
    assert [one.symbol for one in found.alignment.phones] == ["M", "AE", "P", "S", "IY", "Z", "Y", "UW"]
    assert found.alignment.words[1].end_s == pytest.approx(0.7, abs=1 / 60)
    assert not found.differences
    assert found.confidence > 0.85


def test_the_pronunciation_that_was_said_is_taken() -> None:
    """A second way to say a word wins where the sound has it."""
    found = aligned("map the sees", "map you sees", the=[("Y", "UW")])
    assert [one.symbol for one in found.alignment.phones][3:5] == ["Y", "UW"]
    assert not found.differences


@pytest.mark.parametrize(
    ("script", "said", "expected"),
    [
        ("map sees you five", "map sees five", [("left out", "you")]),
        ("map sees you five cake", "map cake", [("left out", "sees you five")]),
        ("map sees five", "map sees cake five", [("added", "")]),
        ("map sees five", "map cake five", [("swapped", "sees")]),
        ("sees map", "sees map you five", [("added", "")]),
        ("map sees", "cake map sees", [("added", "")]),
    ],
)
def test_what_differs_is_told(script: str, said: str, expected: list[tuple[str, str]]) -> None:
    """Words that were left out, added or swapped are told, and the others keep their places."""
    found = aligned(script, said)
    assert told(found) == expected
    for one in found.differences:
        assert one.sentence
        assert 0.0 <= one.start_s <= one.end_s <= found.alignment.duration_s


def test_other_speech_keeps_its_phones_as_heard() -> None:
    """What nobody wrote has phones and no word, so that the mouth can follow it."""
    found = aligned("map five", "map cake five")
    assert [one.text for one in found.alignment.words] == ["map", "five"]
    assert "K EY K" in " ".join(one.symbol for one in found.alignment.phones)
    assert found.differences[0].heard == "K EY K"


def test_a_text_of_another_line_is_not_forced_on_the_sound() -> None:
    """Hardly a word is found where another text was said."""
    found = aligned("sees you the sees you", "map cake . five map five . cake")
    assert len(found.alignment.words) <= 1
    assert found.differences


def test_silence_and_a_line_of_no_frames_hold_no_word() -> None:
    """Nothing is found in silence, and nothing fails where there is no sound at all."""
    quiet = aligned("map sees", ". . . . . . . .")
    assert not quiet.alignment.words
    assert told(quiet) == [("left out", "map sees")]
    assert told(aligned("map", "")) == [("left out", "map")]


def test_a_long_line_is_aligned_like_a_short_one() -> None:
    """Beyond a span nothing is lost where spans meet, also with a word that was left out and one that was added."""
    script = ["map", "sees", "you", "five", "the", "cake"] * 30
    said = [*script]
    del said[100]
    said[60:60] = [".", "cake", "."]
    found = aligned(" ".join(script), " ".join(said))
    assert len(found.alignment.words) == len(script) - 1
    assert [one[0] for one in told(found)] == ["added", "left out"]
    assert found.alignment.words[-1].end_s == pytest.approx(found.alignment.duration_s, abs=0.05)


def test_minutes_take_seconds_and_little_memory() -> None:
    """Memory is that of a span and of the answer, not of every way through the whole text."""
    words = [*SAYS] * 130
    log_probs = heard(" ".join(words))
    ways = [[tuple(SAYS[word].split())] for word in words]
    assert len(log_probs) / 60 > 200
    tracemalloc.start()
    found = align(log_probs, len(log_probs) / 60, [Written(word) for word in words], ways)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found.alignment.words) == len(words)
    assert most < 100e6  # every way at once would take 400 MB
