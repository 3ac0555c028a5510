"""Rough times of words, as transcripts and subtitles have them, guide the way through a line."""

from __future__ import annotations

import numpy as np
import pytest

from facetake.alignment import align_heard
from facetake.arrays import F32
from facetake.phones import INDEX, PHONES
from facetake.script import Aligned, Sheet, Word, documents, hints, lattice, subtitles
from facetake.script.aligner import align
from facetake.script.hints import FURTHEST, Window
from facetake.script.text import Written

MARGIN = round(60 * hints.MARGIN_S)
FRAMES = 6  # of each phone here
SAYS = {"map": "M AE P", "sees": "S IY Z", "you": "Y UW", "five": "F AY V", "the": "DH AH", "cake": "K EY K"}


def heard(said: str) -> F32:
    """Log-probabilities of words said one behind the other; "." is a tenth of a second of silence."""
    rows = [INDEX[phone] for word in said.split() for phone in SAYS.get(word, "SIL").split() for _ in range(FRAMES)]
    shares = np.full((len(rows), len(PHONES)), 0.1 / (len(PHONES) - 1), np.float32)
    shares[np.arange(len(rows)), rows] = 0.9
    return np.log(shares)


def frames(said: str, cues: list[Word]) -> list[Window]:
    """Windows of a text's words."""
    return hints.windows([Written(one) for one in said.split()], cues, "en")


def placed(said: str, cues: list[Word], sound: str) -> Aligned:
    """A text with cues, found in what was said."""
    words = [Written(one) for one in said.split()]
    ways = [[tuple(SAYS[one.text].split())] for one in words]
    log_probs = heard(sound)
    return align(log_probs, len(log_probs) / 60, words, ways, "en", hints.windows(words, cues, "en"))


def test_a_window_is_a_word_s_time_and_a_margin() -> None:
    """Each word of a cue has the cue's; a word of none lies between its neighbours', or at the line's ends."""
    found = frames(
        "so map the cake he sees and goes",
        [Word("Map the", 1.0, 2.0), Word("[door]", 2.0, 2.5), Word("he sees!", 4.0, 4.5), Word("no", 9.0, 9.0)],
    )
    first, second = (60 - MARGIN, 120 + MARGIN), (240 - MARGIN, 270 + MARGIN)
    before, between, behind = (0, first[1]), (first[0], second[1]), (second[0], FURTHEST)
    assert found == [before, first, first, between, second, second, behind, behind]
    assert frames("map", [Word("map", 0.1, 0.2)]) == [(0, round(60 * 0.2) + MARGIN)]
    assert frames("map you", []) == [(0, FURTHEST)] * 2


def test_of_two_places_the_one_that_the_file_says_is_taken() -> None:
    """A sentence that was begun twice is found where the times have it, and not where it was begun first."""
    sound = " ".join(["map sees you", *["."] * 20, "map sees you"])
    second_s = (len(heard(sound)) - 8 * FRAMES) / 60
    for start_s in (0.0, second_s):
        found = placed("map sees you", [Word("map sees you", start_s, start_s + 0.8)], sound)
        assert found.alignment.words[0].start_s == pytest.approx(start_s, abs=1 / 60)
        assert [one.kind for one in found.differences] == ["added"]


def test_within_its_window_the_sound_places_a_word() -> None:
    """Times that are off by less than the margin change nothing of what is found."""
    sound = ". map sees . you ."
    plain = placed("map sees you", [], sound)
    for off_s in (-0.4, 0.3):
        cues = [Word(one.text, max(0.0, one.start_s + off_s), one.end_s + off_s) for one in plain.alignment.words]
        assert placed("map sees you", [one for one in cues if one.end_s > 0], sound).alignment == plain.alignment


def test_times_of_another_recording_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where words are lost by a file's times, they are found without them, and that is told."""
    monkeypatch.setattr(lattice, "ELSEWHERE", 6.0)  # clearer speech than a person's costs less
    text = " ".join(["map sees you five the cake"] * 6)
    log_probs = heard(f"{text} . .")
    duration_s = len(log_probs) / 60
    off = tuple(Word(one, 60.0 + place / 5, 60.2 + place / 5) for place, one in enumerate(text.split()))
    found, plain = (align_heard(log_probs, duration_s, Sheet(text, words=words)) for words in (off, ()))

    assert found.alignment == plain.alignment and len(found.alignment.words) == 36
    assert (found.told, plain.told) == (("its times do not fit the sound and do not count",), ())


def test_long_lines_are_walked_with_their_windows() -> None:
    """Beyond a span, too, a word is found where the times have it, and not where it was begun first."""
    pause = " ".join(["."] * 420)  # 42 s
    sound = f"map you {pause} map you . . . . . . . . . . map you {pause}"
    log_probs = heard(sound)
    begins = np.flatnonzero(np.diff(log_probs.argmax(axis=1) == INDEX["M"]) & (log_probs[1:, INDEX["M"]] > -1)) + 1
    for begin in begins / 60:
        found = placed("map you map you", [Word("map you", 0.0, 0.5), Word("map you", begin, begin + 0.5)], sound)
        assert [one.text for one in found.alignment.words] == ["map", "you", "map", "you"]
        assert found.alignment.words[2].start_s == pytest.approx(begin, abs=1 / 60)
    assert len(begins) == 2


def test_subtitles_and_transcripts_have_times() -> None:
    """A cue has its own, of WebVTT those within it; Whisper's words have theirs."""
    srt = "1\n00:00:01,000 --> 00:00:02,500\nMap the cake\n\n2\n01:00:03,25 --> 01:00:04,000\nhe sees\n"
    assert subtitles.read(srt).hints == (Word("Map the cake", 1.0, 2.5), Word("he sees", 3603.25, 3604.0))
    vtt = "WEBVTT\n\n00:01.000 --> 00:02.500\n<v Ann>Map <00:01.400>the <00:01.900>cake</v>\n"
    found = [(one.text.strip(), one.start_s, one.end_s) for one in subtitles.read(vtt).hints]
    assert found == [("<v Ann>Map", 1.0, 1.4), ("the", 1.4, 1.9), ("cake</v>", 1.9, 2.5)]
    rows = '[{"word": " Map", "start": 0.5, "end": 0.7, "probability": 0.5}]'
    whisper = f'{{"text": " Map", "segments": [{{"start": 0, "end": 1, "text": " Map", "words": {rows}}}]}}'
    assert documents.read(whisper).hints == (Word("Map", 0.5, 0.7, 0.5),)
    assert frames("map the cake", list(subtitles.read(vtt).hints))[1] == (84 - MARGIN, 114 + MARGIN)
