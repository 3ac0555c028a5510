"""A studio's own takes: importing them and learning them in one command."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

torch = pytest.importorskip("torch", reason="training needs torch")
pytest.importorskip("accelerate", reason="training needs accelerate")

from facetake import formats, rig  # noqa: E402  after the skips
from facetake.errors import ConfigError, TakeError  # noqa: E402
from facetake.networks.emoface import EmoFaceSize  # noqa: E402
from facetake.networks.encoder import MelSize  # noqa: E402
from facetake.take import Take  # noqa: E402
from facetake_training import checkpoint, emoface, shipping  # noqa: E402
from facetake_training.cli import main  # noqa: E402
from facetake_training.dataset import DataConfig, read_lines, whole  # noqa: E402
from facetake_training.import_takes import import_folder  # noqa: E402


def studio(folder: Path, names: list[str], suffix: str = ".csv", seconds: float = 1.2) -> Path:
    """Sound and curves of the same name."""
    folder.mkdir(parents=True)
    for i, name in enumerate(names):
        sf.write(folder / f"{name}.wav", np.random.default_rng(i).normal(0, 0.1, 19_200), 16_000)
        values = np.tile(rig.NEUTRAL, (round(seconds * 30), 1))
        values[:, rig.columns("C_jaw")] = 0.3
        values[:, rig.both("mouth_cornerPull")] = 0.6
        formats.write(
            Take(values, Fraction(30)), folder / f"{name}{suffix}", "livelink-csv" if suffix == ".llf" else None
        )
    return folder


@pytest.mark.parametrize("suffix", [".csv", ".json", ".npz"])
def test_folders_of_takes_become_a_corpus(tmp_path: Path, suffix: str) -> None:
    """Each pair becomes a line at 60 fps with the emotion its name says."""
    folder = studio(tmp_path / "in", ["happy_01", "ang_02", "line"], suffix)

    assert import_folder(folder, tmp_path / "out", "sad") == 3
    lines = sorted(whole(tmp_path / "out"), key=lambda line: line.audio)
    assert [line.emotion for line in lines] == ["angry", "happy", "sad"]
    with np.load(lines[0].take) as stored:  # type: ignore[arg-type]
        assert stored["values"].shape == (72, 174)
    assert read_lines(tmp_path / "out", "valid")


def test_emoface_layout(tmp_path: Path) -> None:
    """WAV/NAME.wav beside VALID_CTR/NAME.txt is read, with the emotion at the start of the name."""
    folder = studio(tmp_path / "ACTOR" / "WAV", ["angry_gd04_001_021"])
    take = formats.read(folder / "angry_gd04_001_021.csv")
    (folder / "angry_gd04_001_021.csv").unlink()
    (tmp_path / "ACTOR" / "VALID_CTR").mkdir()
    twice = np.repeat(take.values, 2, axis=0)  # EmoFace's text is 60 fps
    formats.write(Take(twice, Fraction(60)), tmp_path / "ACTOR" / "VALID_CTR" / "angry_gd04_001_021.txt")

    assert import_folder(tmp_path / "ACTOR", tmp_path / "out") == 1
    assert whole(tmp_path / "out")[0].emotion == "angry"


def test_what_does_not_fit_is_named(tmp_path: Path) -> None:
    """No folder, nothing that pairs up, an unknown emotion and a length that differs each get their sentence."""
    with pytest.raises(ConfigError, match="no folder"):
        import_folder(tmp_path / "gone", tmp_path / "out")
    (tmp_path / "bare").mkdir()
    with pytest.raises(ConfigError, match="nothing to import"):
        import_folder(tmp_path / "bare", tmp_path / "out")
    with pytest.raises(ConfigError, match="unknown emotion"):
        import_folder(tmp_path / "bare", tmp_path / "out", "hapy")
    with pytest.raises(TakeError, match=r"lasts 3\.00 s but a\.wav 1\.20 s"):
        import_folder(studio(tmp_path / "in", ["a"], seconds=3.0), tmp_path / "out")


@pytest.mark.filterwarnings("ignore")
def test_one_command_lowers_the_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`facetake-train finetune` learns a folder from an exported model and says the error before and after."""
    size = EmoFaceSize("mel", mel=MelSize(16, 1, 8), decoder="fc", width=16, layers=1, heads=2, feedforward=16)
    base = emoface.TrainConfig(tmp_path / "base", DataConfig(()), size)
    checkpoint.save(tmp_path / "base", "best", emoface.build(base), None, about(base))
    shipping.export_run(base, "base.toml", tmp_path / "model")
    folder = studio(tmp_path / "in", ["a", "b"])

    command = [
        "finetune",
        str(folder),
        "-o",
        str(tmp_path / "mine"),
        "--from",
        str(tmp_path / "model"),
        "--steps",
        "400",
    ]
    assert main(command) == 0
    words = capsys.readouterr().out.split("mean absolute error ")[1].split()
    assert float(words[2]) < 0.9 * float(words[0])
    assert (tmp_path / "mine" / "audio2rig.onnx").is_file()


def about(config: emoface.TrainConfig) -> dict[str, object]:
    """What a run's best.json says."""
    from dataclasses import asdict

    return {"step": 0, "scores": {}, "config": asdict(config)}


def test_mistakes_end_with_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A missing configuration or folder is one sentence and exit code 2."""
    for command in (
        ["emoface", str(tmp_path / "gone.toml")],
        ["import", str(tmp_path / "gone"), "-o", str(tmp_path / "o")],
    ):
        assert main(command) == 2
        assert capsys.readouterr().err.startswith("facetake-train: error: ")
