"""Subtitles as text with times: SubRip (.srt) and WebVTT (.vtt). Knows no phone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from facetake.errors import ScriptError
from facetake.script.sheet import Sheet
from facetake.script.timing import Alignment, Word

_TIME: Final = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,](\d{1,3})"
_CUE: Final = re.compile(rf"^\s*{_TIME}\s*-->\s*{_TIME}.*$", re.MULTILINE)
_INNER: Final = re.compile(rf"<{_TIME}>")
PAUSE_S: Final = 0.5  # a longer one ends a subtitle
MOST_WORDS: Final = 10  # of a subtitle: two short lines
LONGEST_S: Final = 7.0  # of a subtitle, as broadcasters have it


def read(text: str) -> Sheet:
    """The text of all cues in order, each with its time, or with those that stand within it.

    Raises:
        ScriptError: there is no cue.
    """
    cues = list(_CUE.finditer(text))
    if not cues:
        raise ScriptError("it has no subtitle; a cue is `00:00:01,000 --> 00:00:02,500` with its text below")
    ends = [*(cue.start() for cue in cues[1:]), len(text)]
    spoken, timed = [], list[Word]()
    for cue, end in zip(cues, ends, strict=True):
        paragraph = text[cue.end() : end].strip("\n").split("\n\n")[0]
        spoken.append(paragraph)
        timed += _timed(paragraph, _seconds(cue.groups()[:4]), _seconds(cue.groups()[4:]))
    return Sheet("\n".join(spoken).strip(), cues=tuple(timed))


def _timed(paragraph: str, start_s: float, end_s: float) -> list[Word]:
    """A cue's text in the stretches that times within it make, as WebVTT may have them; without them it is one."""
    inner = list(_INNER.finditer(paragraph))
    starts_s = [start_s, *(_seconds(one.groups()) for one in inner)]
    begins, ends = [0, *(one.end() for one in inner)], [*(one.start() for one in inner), len(paragraph)]
    times = zip(starts_s, [*starts_s[1:], end_s], begins, ends, strict=True)
    return [Word(paragraph[a:b], since_s, until_s) for since_s, until_s, a, b in times if paragraph[a:b].strip()]


def _seconds(clock: Sequence[str | None]) -> float:
    """Of hours (or none), minutes, seconds and their fraction."""
    hours, minutes, seconds, fraction = clock
    return 3600 * int(hours or 0) + 60 * int(minutes or 0) + int(seconds or 0) + float(f"0.{fraction}")


def write_srt(alignment: Alignment) -> str:
    """SubRip: words in phrases."""
    cues = []
    for i, words in enumerate(phrases(alignment.words), 1):
        when = f"{_clock(words[0].start_s, ',')} --> {_clock(words[-1].end_s, ',')}"
        cues.append(f"{i}\n{when}\n{' '.join(one.text for one in words)}\n")
    return "\n".join(cues)


def write_vtt(alignment: Alignment) -> str:
    """WebVTT: words in phrases, each word with its own time."""
    cues = ["WEBVTT\n"]
    for words in phrases(alignment.words):
        when = f"{_clock(words[0].start_s, '.')} --> {_clock(words[-1].end_s, '.')}"
        timed = " ".join(f"<{_clock(one.start_s, '.')}>{_escaped(one.text)}" for one in words)
        cues.append(f"{when}\n{timed}\n")
    return "\n".join(cues)


def phrases(words: Sequence[Word]) -> list[list[Word]]:
    """Words as they are shown together: up to a pause, and no more than are read at once."""
    found: list[list[Word]] = []
    for word in words:
        fits = (
            bool(found)
            and word.start_s - found[-1][-1].end_s <= PAUSE_S
            and len(found[-1]) < MOST_WORDS
            and word.end_s - found[-1][0].start_s <= LONGEST_S
        )
        if fits:
            found[-1].append(word)
        else:
            found.append([word])
    return found


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clock(at_s: float, point: str) -> str:
    ms = round(1000 * at_s)
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}{point}{ms % 1000:03}"
