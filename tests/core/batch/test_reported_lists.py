"""Lists and folders that made other programs stumble, as their users reported them (docs/inputs.md)."""

from __future__ import annotations

from pathlib import Path

import pytest

from facetake import batch
from facetake.errors import BatchError

ROW = "a,line_0.wav,Well"
LISTS = {
    "an end mark of DOS": f"id,audio,text\r\n{ROW}\r\n\x1a",
    "an end mark of DOS on the last line": f"id,audio,text\r\n{ROW}\x1a",
    "NUL for nothing": f"id,audio,text,seed\n{ROW},\0\n",
    "a row of commas above": f",,\nid,audio,text\n{ROW}\n",
    "empty lines above": f"\n\n  \nid,audio,text\n{ROW}\n",
    "a comma too many in the header": f"id,audio,text,\n{ROW}\n",
    "a title above": f"Dialogue of act 2,,\nid,audio,text\n{ROW}\n",
    "the header again in the middle": f"id,audio,text\n{ROW}\nid,audio,text\n",
    "no-break spaces": f"id,\u00a0audio\u00a0,text\n{ROW}\u00a0\n",
    "a zero-width space before the name": f"\u200bid,audio,text\n{ROW}\n",
    "two byte order marks": f"\ufeff\ufeffid,audio,text\n{ROW}\n",
}


@pytest.mark.parametrize("name", LISTS)
def test_odd_lists_are_read(lines: Path, name: str) -> None:
    """What programs leave in front of, within and behind a table changes nothing of its rows."""
    path = lines / "lines.csv"
    path.write_bytes(LISTS[name].encode())
    (row,) = batch.read(path, ".csv")

    assert (row.id, row.audio.name, row.text, row.seed, row.problem) == ("a", "line_0.wav", "Well", None, "")


def test_a_quote_that_is_never_closed(lines: Path) -> None:
    """The row that swallows all others says so, by its line, or the list does; nothing is made of half of it."""
    path = lines / "lines.csv"
    path.write_text('id,audio,text\na,line_0.wav,"Well\nb,line_1.wav,So\nc,line_2.wav,Now\n')
    with pytest.raises(BatchError, match="line 2.*quote"):
        batch.read(path, ".csv")


def test_recordings_with_capital_suffixes(lines: Path) -> None:
    """Recorders write .WAV; a folder's recordings are found all the same."""
    for number, suffix in enumerate((".WAV", ".Wav", ".AIFF")):
        (lines / f"line_{number}.wav").rename(lines / f"line_{number}{suffix}")

    assert len([row for row in batch.read(lines, ".csv") if not row.problem]) == 8
