"""What a file beside a sound says of its line: the text, and the times where it has some. Knows no file's form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from facetake.errors import ScriptError
from facetake.phones import SILENCE, base, from_ipa
from facetake.script.timing import Alignment, Phone, Word

SLIP_S: Final = 0.02  # two neighbours may overlap by as much, a frame of most aligners: the later one then begins later
_SILENT: Final = frozenset(
    {"", "sil", "sp", "spn", "pau", "ssil", "<eps>", "eps", "#", "<p:>", "_", "h#", "brth", "<sil>"}
)


@dataclass(frozen=True)
class Sheet:
    """A line's text with what times there are.

    Attributes:
        text: what is said.
        words: with times, where the file has them.
        phones: likewise.
        language: two letters, or "" where the file does not tell.
        told: what a person should know, a sentence each.
        cues: stretches of the text of several words each, with times, as subtitles have them.
    """

    text: str
    words: tuple[Word, ...] = ()
    phones: tuple[Phone, ...] = ()
    language: str = ""
    told: tuple[str, ...] = ()
    cues: tuple[Word, ...] = ()

    @property
    def hints(self) -> tuple[Word, ...]:
        """When its words are said, as far as the file tells."""
        return self.words or self.cues

    def alignment(self, duration_s: float) -> Alignment | None:
        """The line's alignment where the file has phones, cut at the end of the line; None where it has none."""
        if not self.phones:
            return None
        phones = [replace(one, end_s=min(one.end_s, duration_s)) for one in self.phones if one.start_s < duration_s]
        words = [replace(one, end_s=min(one.end_s, duration_s)) for one in self.words if one.start_s < duration_s]
        return Alignment(duration_s, tuple(phones), tuple(words), self.language)


def is_silent(label: str) -> bool:
    """Whether a label of a phone or word stands for silence."""
    return label.strip().lower() in _SILENT


def phones_of(label: str, start_s: float, end_s: float, where: str, language: str = "en") -> tuple[Phone, ...]:
    """A labelled stretch as phones: ARPAbet with or without stress (`AA1`, `aa`, Gentle's `dh_B`), or IPA.

    Raises:
        ScriptError: no phone has that name.
    """
    name = label.strip().split("_")[0] if "_" in label.strip()[1:] else label.strip()
    try:
        bare = base(name.upper())
        return () if bare == SILENCE else (Phone(name.upper(), start_s, end_s),)
    except ValueError:
        pass
    try:
        some = from_ipa(name.replace("͡", ""), language)
    except ValueError as error:
        raise ScriptError(f"{where}: {label!r} is no phone of ARPAbet and no sound in IPA") from error
    step_s = (end_s - start_s) / max(1, len(some))
    return tuple(Phone(one, start_s + i * step_s, start_s + (i + 1) * step_s) for i, one in enumerate(some))


def ordered(spans: Sequence[tuple[float, float, str]], where: str) -> list[tuple[float, float, str]]:
    """Stretches (start, end, label) that lie one behind the other; a slip between two is mended.

    Raises:
        ScriptError: times are no times, or two stretches overlap by more.
    """
    kept: list[tuple[float, float, str]] = []
    last_s = 0.0
    for start_s, end_s, label in spans:
        if not 0.0 <= start_s <= end_s < 1e6:
            raise ScriptError(f"{where}: {label!r} lies from {start_s:g} to {end_s:g} s, which is no time")
        if start_s < last_s - SLIP_S:
            raise ScriptError(f"{where}: {label!r} at {start_s:.3f} s begins before its neighbour ends; mend the times")
        start_s = max(start_s, last_s)
        kept.append((start_s, max(start_s, end_s), label))
        last_s = kept[-1][1]
    return kept
