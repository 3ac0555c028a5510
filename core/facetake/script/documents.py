"""Transcripts in JSON: Whisper's, Gentle's, and Facetake's own, which keeps all that an alignment says."""

from __future__ import annotations

from typing import Any, Final

from facetake.errors import ScriptError
from facetake.files import json_text
from facetake.script.sheet import Sheet, ordered, phones_of
from facetake.script.timing import Alignment, Phone, Word

FORMAT: Final = "facetake-alignment"
VERSION: Final = 1  # of the file: a newer one says things that this program would lose
MOST_DIGITS: Final = 3  # of seconds: a millisecond


def read(text: str) -> Sheet:
    """A transcript of whichever of the three.

    Raises:
        ScriptError: it is none, or something in it is not what it should be.
    """
    try:
        found = json_text.load(text)
    except ValueError as error:
        raise ScriptError(f"it is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise ScriptError("it is no transcript of Whisper, Gentle or Facetake")
    try:
        if found.get("format") == FORMAT:
            return _own(found)
        if "segments" in found:
            return _whisper(found)
        if "words" in found:
            return _gentle(found)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ScriptError(f"the transcript is incomplete ({type(error).__name__}: {error}); write it again") from error
    if isinstance(found.get("text"), str):
        return Sheet(found["text"].strip(), language=str(found.get("language", ""))[:2])
    raise ScriptError("it is no transcript of Whisper, Gentle or Facetake")


def _own(found: dict[str, Any]) -> Sheet:
    if found["version"] > VERSION:
        raise ScriptError(f"it is of version {found['version']}, and this Facetake knows {VERSION}; update Facetake")
    phones = tuple(
        Phone(one["phone"], float(one["start"]), float(one["end"]), float(one["confidence"])) for one in found["phones"]
    )
    words = tuple(
        Word(one["word"], float(one["start"]), float(one["end"]), float(one["confidence"]), float(one["emphasis"]))
        for one in found["words"]
    )
    ordered([(one.start_s, one.end_s, one.symbol) for one in phones], "phones")
    ordered([(one.start_s, one.end_s, one.text) for one in words], "words")
    Alignment(max([0.0, *(one.end_s for one in phones), *(one.end_s for one in words)]), phones, words)  # checks phones
    return Sheet(" ".join(one.text for one in words), words, phones, str(found["language"]))


def _whisper(found: dict[str, Any]) -> Sheet:
    language = str(found.get("language", ""))[:2]
    rows = [word for segment in found["segments"] for word in segment.get("words", ())]
    text = str(found.get("text") or " ".join(str(one["text"]).strip() for one in found["segments"])).strip()
    timed = [one for one in rows if "start" in one and "end" in one]
    spans = ordered([(float(one["start"]), float(one["end"]), str(one["word"]).strip()) for one in timed], "words")
    sure = [min(1.0, max(0.0, float(one.get("probability", one.get("score", 1.0))))) for one in timed]
    return Sheet(text, tuple(Word(w, a, b, p) for (a, b, w), p in zip(spans, sure, strict=True)), language=language)


def _gentle(found: dict[str, Any]) -> Sheet:
    rows = [one for one in found["words"] if one.get("case", "success") == "success" and "start" in one]
    spans = ordered([(float(one["start"]), float(one["end"]), str(one["word"])) for one in rows], "words")
    phones: list[Phone] = []
    for row, (start_s, _, _) in zip(rows, spans, strict=True):
        for one in row.get("phones", ()):
            end_s = start_s + float(one["duration"])
            phones += phones_of(str(one["phone"]), start_s, end_s, "phones")
            start_s = end_s
    text = str(found.get("transcript") or " ".join(str(one["word"]) for one in found["words"]))
    kept = phones if len(rows) == len(found["words"]) else []  # a line with lost words is aligned anew
    return Sheet(text, tuple(Word(w, a, b) for a, b, w in spans), tuple(_apart(kept)))


def _apart(phones: list[Phone]) -> list[Phone]:
    """Durations are rounded, so that the last phone of a word may reach into the next word."""
    ends = [*(one.start_s for one in phones[1:]), float("inf")]
    return [
        Phone(one.symbol, one.start_s, max(one.start_s, min(one.end_s, end)))
        for one, end in zip(phones, ends, strict=True)
    ]


def write(alignment: Alignment) -> str:
    """Facetake's own JSON."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        "language": alignment.language,
        "duration": round(alignment.duration_s, MOST_DIGITS),
        "words": [
            {"word": one.text, **_times(one), "confidence": round(one.confidence, 3), "emphasis": one.emphasis}
            for one in alignment.words
        ],
        "phones": [
            {"phone": one.symbol, **_times(one), "confidence": round(one.confidence, 3)} for one in alignment.phones
        ],
    }
    return json_text.dump(document, indent=1, ensure_ascii=False) + "\n"


def _times(span: Phone | Word) -> dict[str, float]:
    return {"start": round(span.start_s, MOST_DIGITS), "end": round(span.end_s, MOST_DIGITS)}
