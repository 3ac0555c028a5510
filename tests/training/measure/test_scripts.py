"""What a line's text gives its lips can be measured by anybody, on the clips that travel with the project."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the reader of tracked lips belongs to training, which needs torch")

from facetake.errors import ConfigError  # noqa: E402  after the skip
from facetake_training.cli import main  # noqa: E402
from facetake_training.lips import ClosureCounts  # noqa: E402
from facetake_training.measure import scripts  # noqa: E402

FOLDER = Path(__file__).parents[2] / "data" / "real_lips"


def test_the_text_makes_lips_better(capsys: pytest.CaptureFixture[str]) -> None:
    """On both clips together closures, rounding and opening gain by their text, as the command says."""
    arguments = ["--truth", str(FOLDER / "lips.npz"), "--audio", str(FOLDER / "audio")]
    assert main(["measure", "scripts", *arguments, "--texts", str(FOLDER / "text.tsv")]) == 0
    told = capsys.readouterr().out
    assert {line.split()[0] for line in told.splitlines()} >= {"speech_a", "speech_b"}
    assert told.count(": met") == 3


def test_a_name_of_grid_says_its_sentence() -> None:
    """Six signs are six words; another name is refused, and clips keep what stands before the name."""
    assert scripts.grid_sentence("lbwo3s") == "lay blue with o three soon"
    assert scripts.texts(Path("grid"), ["grid_s31_bgiq6p"]) == {"grid_s31_bgiq6p": "bin green in q six please"}
    with pytest.raises(ConfigError, match="no clip of GRID"):
        scripts.grid_sentence("speech_a")


def test_texts_that_cannot_be_read(tmp_path: Path) -> None:
    """A file that is not there is told, and clips that it does not name are left out."""
    with pytest.raises(ConfigError, match="NAME<TAB>TEXT"):
        scripts.texts(tmp_path / "none.tsv", ["a"])
    (tmp_path / "some.tsv").write_text("a\tone\nb\t\nc\tthree\n", encoding="utf-8")
    assert scripts.texts(tmp_path / "some.tsv", ["a", "b"]) == {"a": "one"}


def test_counts_add_up() -> None:
    """Counts of clips together give the F1 of all their frames."""
    both = ClosureCounts(10, 8, 12, 9, 3, 1) + ClosureCounts(10, 10, 8, 8, 2, 0)
    assert both == ClosureCounts(20, 18, 20, 17, 5, 1)
    assert both.f1 == pytest.approx(2 * 0.9 * 0.85 / 1.75)
