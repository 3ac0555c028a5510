"""A list's texts: lips follow them, and what the sound says otherwise is told."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

from facetake import batch
from facetake.batch.making import Maker
from facetake.generate import GenerateOptions

LINE = Path(__file__).parents[3] / "examples" / "line.wav"
TEXTS = (
    "Hold the bridge until the morning bell. I promise you, we will be back before they find the boat.",
    "The quick brown fox jumps over the lazy dog while seven wizards cook.",
    "...",
)


def test_rows_follow_their_texts(tmp_path: Path) -> None:
    """A row with its own text passes, one with another's is found and says so, and one without words is made anyway."""
    shutil.copy(LINE, tmp_path / "line.wav")
    with (tmp_path / "lines.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("id", "audio", "text"), *((f"l{n}", "line.wav", t) for n, t in enumerate(TEXTS))])
    maker = Maker(batch.BatchSettings(tmp_path / "takes", GenerateOptions()))
    own, others, none = (maker.make(row) for row in batch.read(tmp_path / "lines.csv", ".csv"))
    assert [one.problem for one in (own, others, none)] == ["", "", ""]
    shares = [{one.name: one.value for one in made.measured}.get("script") for made in (own, others, none)]
    assert shares[0] == 0.0 and shares[1] is not None and shares[1] > 0.5 and shares[2] is None
    assert any("sounds like" in sentence for sentence in others.told)
    assert any("its text was not used" in sentence for sentence in none.told)
