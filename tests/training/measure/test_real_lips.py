"""The tracked lips that travel with the project can be scored against by anybody."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the reader of tracked lips belongs to training, which needs torch")

from facetake import audio  # noqa: E402  after the skip
from facetake_training import lips  # noqa: E402
from facetake_training.cli import main  # noqa: E402

FOLDER = Path(__file__).parents[2] / "data" / "real_lips"
REAL = lips.LipsConfig(FOLDER / "lips.npz", FOLDER / "audio")


@pytest.mark.parametrize("clip", lips.clips(REAL))
def test_the_truth_itself_scores_one(clip: str) -> None:
    """Tracked lips, given as curves, agree with themselves perfectly and without lag."""
    truth = lips.tracked(REAL, clip)
    score = lips.score_tracks(truth.opening, truth.rounding, truth.times_s, REAL, clip)

    assert (score.aperture, score.pucker, score.closure) == pytest.approx((1.0, 1.0, 1.0))
    assert score.lag_ms == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("clip", lips.clips(REAL))
def test_lips_that_come_late_are_told_by_their_lag(clip: str) -> None:
    """The truth 80 ms late is found 80 ms late, and still agrees."""
    truth = lips.tracked(REAL, clip)
    score = lips.score_tracks(truth.opening, truth.rounding, truth.times_s + 0.08, REAL, clip)

    assert score.lag_ms == pytest.approx(80.0)
    assert min(score.aperture, score.closure) > 0.99


@pytest.mark.parametrize("clip", lips.clips(REAL))
def test_each_clip_has_sound_of_its_length(clip: str) -> None:
    """The sound of every clip is there and lasts as long as its picture."""
    lasts_s = len(audio.read(lips.sound_path(REAL, clip))) / audio.SAMPLE_RATE_HZ
    with np.load(REAL.truth, allow_pickle=False) as stored:
        times_s = stored[f"{clip}.time"]

    assert lasts_s == pytest.approx(times_s[-1] + np.diff(times_s).mean(), abs=0.1)


def test_the_folder_is_small_and_says_whose_it_is() -> None:
    """All of it is under 5 MB, and its README gives every clip a licence."""
    about = (FOLDER / "README.md").read_text("utf-8")
    rows = {row.split("`")[1]: row for row in about.splitlines() if row.startswith("| `")}

    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) < 5_000_000
    assert set(rows) == set(lips.clips(REAL))
    assert all("CC BY 4.0" in row or "Apache License 2.0" in row for row in rows.values())


def test_the_command_scores_a_model_on_it(tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`measure lips` reads the folder as it lies here and reports every clip, met or missed."""
    arguments = ["--truth", str(REAL.truth), "--audio", str(REAL.audio), "--model", str(tiny_model)]

    assert main(["measure", "lips", *arguments]) in (0, 1)
    assert {line.split()[0] for line in capsys.readouterr().out.splitlines()} >= set(lips.clips(REAL))
