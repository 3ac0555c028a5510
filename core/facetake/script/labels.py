"""HTK's label files (.lab): a start, an end and a label a line, in units of 100 ns or in seconds. Knows no sound."""

from __future__ import annotations

from typing import Final

from facetake.errors import ScriptError
from facetake.script.sheet import Sheet, is_silent, ordered, phones_of
from facetake.script.timing import Alignment, Phone, Word

LONGEST_PHONE: Final = 4  # letters of its name with its stress and length; a longer label is a word
UNITS: Final = 10_000_000  # of 100 ns in a second


def read(text: str) -> Sheet:
    """Phones of a label file, or words where its labels are none; a file of one plain text is that text.

    Raises:
        ScriptError: a line is wrong, or its times overlap.
    """
    rows = [line.split() for line in text.splitlines() if line.strip() and not line.startswith(("#", "#!MLF!#", '"'))]
    rows = [row for row in rows if row != ["."]]
    if not rows:
        raise ScriptError("it has no label")
    if not all(len(row) >= 3 and _is_number(row[0]) and _is_number(row[1]) for row in rows):
        if any(len(row) >= 2 and _is_number(row[0]) and _is_number(row[1]) for row in rows):
            raise ScriptError("a line has no start, end and label; HTK writes `0 2500000 sil`")
        return Sheet(" ".join(" ".join(row) for row in rows))  # of the text alone, as some aligners want it
    in_seconds = any("." in row[1] for row in rows)
    unit = 1 if in_seconds else UNITS
    spans = ordered([(float(row[0]) / unit, float(row[1]) / unit, row[2]) for row in rows], "labels")
    spoken = [one for one in spans if not is_silent(one[2])]
    try:
        if any(len(_monophone(label)) > LONGEST_PHONE for _, _, label in spoken):
            raise ScriptError("labels of words")
        found: list[Phone] = [one for a, b, label in spoken for one in phones_of(_monophone(label), a, b, "labels")]
    except ScriptError:
        return Sheet(" ".join(one[2] for one in spoken), tuple(Word(label, a, b) for a, b, label in spoken))
    return Sheet("", phones=tuple(found))


def _monophone(label: str) -> str:
    """The phone of HTK's triphone `a-b+c`."""
    return label.split("-")[-1].split("+")[0] if "+" in label or "-" in label[1:-1] else label


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()


def write(alignment: Alignment) -> str:
    """Phones in units of 100 ns, to the millisecond; silence is `sil`."""
    lines = []
    at = 0
    for phone in alignment.phones:
        first, last = round(1000 * phone.start_s), round(1000 * phone.end_s)
        if first > at:
            lines.append(f"{at * 10_000} {first * 10_000} sil")
        if last > max(first, at):
            lines.append(f"{max(first, at) * 10_000} {last * 10_000} {phone.symbol}")
        at = max(at, last)
    if round(1000 * alignment.duration_s) > at:
        lines.append(f"{at * 10_000} {round(1000 * alignment.duration_s) * 10_000} sil")
    return "\n".join(lines) + "\n"
