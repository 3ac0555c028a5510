"""When the words of a text may be said, as a file with times tells: a window for each. Knows no sound.

Transcripts and subtitles place words roughly: a window is wider than what the file says, and within it the sound
places the phones.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final

from facetake.audio import FRAME_RATE_HZ
from facetake.errors import ScriptError
from facetake.script import text as texts
from facetake.script.text import Written
from facetake.script.timing import Word

MARGIN_S: Final = 0.5  # Whisper's words are off by a third of a second, subtitles are shown as early or late as this
FURTHEST: Final = 1 << 40  # a frame behind every line's end
Window = tuple[int, int]
"""The first frame in which a word may be heard, and the one after the last."""


def windows(words: Sequence[Written], cues: Sequence[Word], language: str) -> list[Window]:
    """A window for each word of a text.

    Args:
        words: of the text.
        cues: stretches of it, of one word or several, with their times in seconds.
        language: of the text, two letters.

    Returns:
        For a word of a cue, its time and a margin; for any other, from the word before it to the one behind it.
    """
    said = [(one.text.lower(), cue) for cue in cues if cue.end_s > cue.start_s for one in _words(cue.text, language)]
    own = [one.text.lower() for one in words]
    blocks = SequenceMatcher(None, own, [name for name, _ in said], autojunk=False).get_matching_blocks()
    times_s: list[tuple[float, float] | None] = [None] * len(words)
    for block in blocks:
        for k in range(block.size):
            cue = said[block.b + k][1]
            times_s[block.a + k] = (cue.start_s - MARGIN_S, cue.end_s + MARGIN_S)
    return _filled(times_s)


def _words(text: str, language: str) -> tuple[Written, ...]:
    try:
        return texts.words(text, language)[0]
    except ScriptError:  # a sign, or a direction
        return ()


def _filled(times_s: Sequence[tuple[float, float] | None]) -> list[Window]:
    """Frames of the windows; where none is known, from the beginning of the one before to the end of the next."""
    first, last = [0.0] * len(times_s), [float("inf")] * len(times_s)
    since_s = 0.0
    for place, one in enumerate(times_s):
        since_s = first[place] = since_s if one is None else one[0]
    until_s = float("inf")
    for place, one in reversed(list(enumerate(times_s))):
        until_s = last[place] = until_s if one is None else one[1]
    return [(_frame(a), _frame(b)) for a, b in zip(first, last, strict=True)]


def _frame(at_s: float) -> int:
    return FURTHEST if at_s == float("inf") else max(0, round(at_s * FRAME_RATE_HZ))
