"""Praat's TextGrid: tiers of intervals, in its long and its short form. Knows no phone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from facetake.errors import ScriptError
from facetake.script.sheet import Sheet, is_silent, ordered, phones_of
from facetake.script.timing import Alignment, Phone, Word

_PHONES: Final = ("phones", "phone", "phonemes", "phoneme", "segments", "mau", "kan-mau")
_WORDS: Final = ("words", "word", "ort-mau", "ort", "tokens")
_TOKEN: Final = re.compile(r'"((?:[^"]|"")*)"|<exists>|(?<![\w\[])(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)(?![\w\]])')
MOST_INTERVALS: Final = 1_000_000  # of a file: a day of phones
Spans = list[tuple[float, float, str]]


def read(text: str) -> Sheet:
    """Words and phones of a TextGrid; a tier of no such name is text where there is no tier of words.

    Raises:
        ScriptError: it is none, is cut off, or its intervals overlap.
    """
    tiers = _tiers(text)
    phones = next((tiers[name] for name in tiers if name.lower().split(" - ")[-1] in _PHONES), [])
    words = next((tiers[name] for name in tiers if name.lower().split(" - ")[-1] in _WORDS), None)
    if words is None:
        words = next((spans for name, spans in tiers.items() if spans is not phones), [])
    spoken = [one for one in ordered(words, "tier of words") if not is_silent(one[2])]
    sounds = [one for one in ordered(phones, "tier of phones") if not is_silent(one[2])]
    found = [phone for start, end, label in sounds for phone in phones_of(label, start, end, "tier of phones")]
    return Sheet(
        " ".join(label for _, _, label in spoken),
        tuple(Word(label, start, end) for start, end, label in spoken),
        tuple(found),
    )


def _tiers(text: str) -> dict[str, Spans]:
    """Intervals by the name of their tier: numbers and quoted texts in order say all, in either form."""
    tokens = [m.group(1).replace('""', '"') if m.group(1) is not None else m.group(0) for m in _TOKEN.finditer(text)]
    kinds = [m.group(1) is not None for m in _TOKEN.finditer(text)]
    if tokens[:2] != ["ooTextFile", "TextGrid"]:
        raise ScriptError("it is no TextGrid; save it from Praat as a text file")
    tiers: dict[str, Spans] = {}
    place = 5 if "<exists>" in tokens[:5] else 4
    try:
        for _ in range(min(int(tokens[place]), 1000)):
            kind, name, count = tokens[place + 1], tokens[place + 2], int(tokens[place + 5])
            place += 5
            width = 3 if kind == "IntervalTier" else 2
            rows = [
                tokens[place + 1 + width * i : place + 1 + width * (i + 1)] for i in range(min(count, MOST_INTERVALS))
            ]
            place += width * count
            if rows and (len(rows[-1]) != width or not kinds[place]):
                raise IndexError
            if width == 3:
                tiers[name] = [(float(row[0]), float(row[1]), row[2]) for row in rows]
    except (IndexError, ValueError) as error:
        raise ScriptError("the TextGrid is cut off or broken; save it again") from error
    return tiers


def write(alignment: Alignment) -> str:
    """A TextGrid in its long form, with tiers of words and phones; where nothing is said, an empty interval."""
    tiers = [("words", _filled(alignment.words, alignment.duration_s))] if alignment.words else []
    tiers.append(("phones", _filled(alignment.phones, alignment.duration_s)))
    end = f"{alignment.duration_s:.3f}"
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0", f"xmax = {end}"]
    lines += ["tiers? <exists>", f"size = {len(tiers)}", "item []:"]
    for i, (name, spans) in enumerate(tiers, 1):
        lines += [f"    item [{i}]:", '        class = "IntervalTier"', f'        name = "{name}"', "        xmin = 0"]
        lines += [f"        xmax = {end}", f"        intervals: size = {len(spans)}"]
        for k, (first, last, label) in enumerate(spans, 1):
            quoted = label.replace('"', '""')
            lines += [f"        intervals [{k}]:", f"            xmin = {first / 1000:.3f}"]
            lines += [f"            xmax = {last / 1000:.3f}", f'            text = "{quoted}"']
    return "\n".join(lines) + "\n"


def _filled(spans: Sequence[Phone | Word], duration_s: float) -> list[tuple[int, int, str]]:
    """Intervals in milliseconds from 0 to the end without a gap."""
    filled: list[tuple[int, int, str]] = []
    at = 0
    for span in spans:
        first, last = round(1000 * span.start_s), round(1000 * span.end_s)
        if first > at:
            filled.append((at, first, ""))
        if last > max(first, at):
            filled.append((max(first, at), last, span.text if isinstance(span, Word) else span.symbol))
        at = max(at, last)
    if round(1000 * duration_s) > at or not filled:
        filled.append((at, max(round(1000 * duration_s), at + 1), ""))
    return filled
