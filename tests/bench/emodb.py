"""Recordings of EmoDB (CC0 1.0, Burkhardt and others) with their texts, and with word times labelled by hand.

Its folder holds wav/03a01Fa.wav (actor 03, sentence a01, Freude, first of its takes) and labsilb/03a01Fa.labsilb, where
each syllable begins. Where sounds are cut at two seconds, as in the copy that is to be had, only what ends before is
taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from facetake import audio

SYLLABLES = {
    "a01": "Der Lap-pen liegt auf dem Eis-schrank.",
    "a02": "Das will sie am Mitt-woch ab-ge-ben.",
    "a04": "Heu-te a-bend könn-te ich es ihm sa-gen.",
    "a07": "In sie-ben Stun-den wird es so-weit sein.",
}
"""Its sentences that most actors say within two seconds."""
PAUSE = "("  # as its labels write it
END = "."  # where speech ends, likewise


@dataclass(frozen=True)
class ActedLine:
    """One recording.

    Attributes:
        speaker: two figures.
        sentence: of `SYLLABLES`.
        path: of its sound.
        words: each with the second at which it begins.
    """

    speaker: str
    sentence: str
    path: Path
    words: tuple[tuple[str, float], ...]

    @property
    def text(self) -> str:
        """What is said."""
        return SYLLABLES[self.sentence].replace("-", "")


def recordings(folder: Path) -> Iterator[ActedLine]:
    """Recordings that are whole, by name."""
    for path in sorted((folder / "wav").glob("*.wav")):
        sentence, labels = path.stem[2:5], folder / "labsilb" / f"{path.stem}.labsilb"
        if sentence not in SYLLABLES or not labels.is_file():
            continue
        rows = [row.split() for row in labels.read_text(encoding="latin-1").partition("#\n")[2].splitlines()]
        labelled = [(float(row[0]), row[2]) for row in rows if len(row) > 2 and row[2] != PAUSE]
        words = SYLLABLES[sentence].strip(".").split()
        if len(labelled) - 1 != sum(1 + word.count("-") for word in words) or labelled[-1][1] != END:
            continue
        with audio.stream(path) as sound:
            is_whole = labelled[-1][0] < sound.duration_s
        if is_whole:
            yield ActedLine(path.stem[:2], sentence, path, tuple(_begun(words, [at_s for at_s, _ in labelled])))


def _begun(words: list[str], starts_s: list[float]) -> Iterator[tuple[str, float]]:
    at = 0
    for word in words:
        yield word.replace("-", ""), starts_s[at]
        at += 1 + word.count("-")
