"""`facetake inspect`."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from facetake import formats, rig
from facetake.cli import main
from facetake.take import Take


def told(path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """What inspect tells a program of a file."""
    assert main(["inspect", str(path), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def a_take() -> Take:
    """Thirty frames in which the jaw opens and the head turns."""
    values = np.tile(rig.NEUTRAL, (30, 1))
    values[:, rig.columns("C_jaw")] = np.linspace(0, 0.5, 30)[:, None]
    head = np.stack([np.linspace(-2, 3, 30), np.zeros(30), np.zeros(30)], axis=1).astype(np.float32)
    return Take(values, Fraction(24000, 1001), head=head, origin={"made_by": "hand"})


def test_a_take(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Frames, rate, ranges by region, the controls that move, head and origin are told."""
    formats.write(a_take(), tmp_path / "take.json")
    about = told(tmp_path / "take.json", capsys)

    assert (about["format"], about["frames"], about["rate"]) == ("json", 30, "24000/1001")
    assert about["duration_s"] == pytest.approx(30 * 1001 / 24000)
    assert about["range"]["jaw"] == [0.0, 0.5] and set(about["range"]) == set(rig.REGIONS)
    assert about["moving_controls"] == [rig.NAMES[rig.columns("C_jaw")[0]]]
    assert about["head_deg"]["yaw"] == [-2.0, 3.0]
    assert about["origin"]["made_by"] == "hand"


@pytest.mark.parametrize("form", list(formats.FORMATS))
def test_every_format_is_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    """Formats that share a suffix are told by what is in the file."""
    path = tmp_path / f"take{formats.FORMATS[form].suffix}"
    formats.write(a_take(), path, form)

    assert told(path, capsys)["format"] == form


def test_a_format_that_no_suffix_tells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A take under any name is read as `--from` says; without it the name is all there is."""
    path = tmp_path / "take.txt"
    formats.write(a_take(), path, "livelink-csv")
    assert main(["inspect", str(path), "--from", "livelink-csv", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["format"] == "livelink-csv"
    assert main(["inspect", str(path), "--from", "fbx"]) == 2
    assert "no format 'fbx'" in capsys.readouterr().err


def test_a_recording(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Rate, channels, duration and level are those of the file, not of the 16 kHz it becomes."""
    sf.write(tmp_path / "a.wav", np.full((24_000, 2), 0.5), 48_000)
    about = told(tmp_path / "a.wav", capsys)

    assert (about["rate_hz"], about["channels"], about["duration_s"]) == (48_000, 2, 0.5)
    assert about["level_db"] == pytest.approx(-6.02, abs=0.1)


def test_a_model_by_folder_or_file(tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A model folder and the model in it tell the same: what models.toml says."""
    about = told(tiny_model, capsys)

    assert about["audio2rig"]["file"] == "audio2rig.onnx"
    assert told(tiny_model / "audio2rig.onnx", capsys) == about


def test_a_person_reads_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without --json each fact is a line."""
    formats.write(a_take(), tmp_path / "take.csv")

    assert main(["inspect", str(tmp_path / "take.csv")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "moving controls      CTRL_C_jaw.translateY" in lines
    assert any(text.startswith("head deg") and "yaw -2 to 3" in text for text in lines)


@pytest.mark.parametrize(
    ("name", "says"), [(".", "models.toml"), ("notes.md", "no take, sound or model"), ("gone.wav", "no file")]
)
def test_what_cannot_be_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str, says: str
) -> None:
    """A plain folder, another kind of file and a missing one are named with what to give instead."""
    monkeypatch.chdir(tmp_path)
    Path("notes.md").write_text("notes")

    assert main(["inspect", name]) == 2
    assert says in capsys.readouterr().err
