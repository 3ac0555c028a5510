"""Whatever changes a take changes its row's fingerprint, so that the next run makes it again."""

from __future__ import annotations

from dataclasses import fields
from fractions import Fraction
from pathlib import Path

import pytest

from facetake import batch
from facetake.batch import making
from facetake.generate import GenerateOptions

OTHER = {
    "emotion": "angry", "rate": Fraction(24), "keys": "sparse", "seed": 1, "energy": 0.5, "blink": False, "gaze": False,
    "head": False, "gains": {"brow": 0.5}, "only": ("brow",), "head_style": "onsets",
}  # fmt: skip


@pytest.fixture
def row(tmp_path: Path) -> batch.Row:
    """A row of a list of one."""
    (tmp_path / "a.wav").write_bytes(b"sound")
    (tmp_path / "lines.csv").write_text("id,audio\na,a.wav\n", encoding="utf-8")
    return batch.read(tmp_path / "lines.csv", ".csv")[0]


def test_every_option_is_in_the_fingerprint(row: batch.Row, tmp_path: Path) -> None:
    """A row is made again when any option of generation differs, but for those that no command sets."""
    hashes = making.model_hashes(None)
    plain = making.fingerprint(row, batch.Settings(tmp_path, GenerateOptions()), hashes)
    assert {field.name for field in fields(GenerateOptions)} - set(OTHER) == {"blinks", "darts"}
    for name, value in OTHER.items():
        options = GenerateOptions(**{name: value})  # type: ignore[arg-type]
        assert making.fingerprint(row, batch.Settings(tmp_path, options), hashes) != plain, name


@pytest.mark.parametrize("model", ["audio2rig", "motion"])
def test_every_model_of_generation_is_in_the_fingerprint(model: str, row: batch.Row, tmp_path: Path) -> None:
    """A row is made again with another network or other movement."""
    settings, hashes = batch.Settings(tmp_path, GenerateOptions()), making.model_hashes(None)
    changed = hashes | {model: "0" * 64}
    assert making.fingerprint(row, settings, hashes) != making.fingerprint(row, settings, changed)
