"""A studio's own takes: importing them and learning them in one command."""

from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

torch = pytest.importorskip("torch", reason="training needs torch")
pytest.importorskip("accelerate", reason="training needs accelerate")

from facetake import formats, inference, rig  # noqa: E402  after the skips
from facetake.errors import ConfigError, TakeError  # noqa: E402
from facetake.generate import GenerateOptions, generate  # noqa: E402
from facetake.networks.emoface import EmoFaceSize  # noqa: E402
from facetake.networks.encoder import MelSize  # noqa: E402
from facetake.take import Take, resample  # noqa: E402
from facetake_training import begun_with, checkpoint, emoface, finetune, own_styles, shipping  # noqa: E402
from facetake_training.cli import main  # noqa: E402
from facetake_training.dataset import DataConfig, read_lines, whole  # noqa: E402
from facetake_training.import_takes import import_folder  # noqa: E402

LINE = Path(__file__).parents[2] / "examples" / "line.wav"


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


@pytest.mark.parametrize("late_s", ["0", "1/5", "-2/5"])
def test_a_slip_between_lips_and_sound_is_told(late_s: str, tmp_path: Path) -> None:
    """Lips that lead or lag the sound they belong to by a fifth of a second or two are told, those in step are not."""
    take = generate(LINE, GenerateOptions("angry", seed=4), inference.load()).take
    moved = resample(take, take.rate, Fraction(late_s), take.n_frames).values
    (tmp_path / "in").mkdir()
    shutil.copy(LINE, tmp_path / "in" / "angry.wav")
    formats.write(Take(moved, take.rate), tmp_path / "in" / "angry.npz")
    told: list[str] = []

    import_folder(tmp_path / "in", tmp_path / "out", tell=told.append)
    found = [one for one in told if "against the lips" in one]
    way = "late" if Fraction(late_s) > 0 else "early"
    assert len(found) == (late_s != "0")
    assert all(f"{abs(float(Fraction(late_s))):.2f} s {way}" in one for one in found)


def test_curves_are_laid_on_the_sound_from_their_start(tmp_path: Path) -> None:
    """A ramp that begins a third of a second into its sound is learnt there, its ends held."""
    folder = studio(tmp_path / "in", ["a"], ".npz")
    values = np.tile(rig.NEUTRAL, (24, 1))
    values[:, rig.columns("C_jaw")] = np.linspace(0.0, 0.92, 24, dtype=np.float32)[:, None]
    formats.write(Take(values, Fraction(24), start=Fraction(1, 3)), folder / "a.npz")

    import_folder(folder, tmp_path / "out")
    with np.load(whole(tmp_path / "out")[0].take) as stored:  # type: ignore[arg-type]
        jaw = stored["values"][:, rig.columns("C_jaw")[0]]
    expected = np.clip((np.arange(72) / 60 - 1 / 3) * 24, 0, 23) * 0.04
    np.testing.assert_allclose(jaw, expected, atol=1e-6)


def test_emotions_of_names_are_told(tmp_path: Path) -> None:
    """A noun or another separator is understood, and of what names no emotion it is said how many became the usual."""
    names = ["Anger-01", "joy", "sad02", "sadie_07", "angry 4"]
    told: list[str] = []

    import_folder(studio(tmp_path / "in", names), tmp_path / "out", tell=told.append)

    assert {line.audio.stem[6:]: line.emotion for line in whole(tmp_path / "out")} == {
        "Anger-01": "angry",
        "joy": "happy",
        "sad02": "sad",
        "sadie_07": "neutral",
        "angry 4": "angry",
    }
    assert told[0] == "emotions: 1 neutral, 1 happy, 1 sad, 2 angry"
    assert told[1].startswith(
        "1 of them are taken as neutral, as their names begin with no emotion, such as 'sadie_07'"
    )


def test_recordings_without_curves_are_told(tmp_path: Path) -> None:
    """A recording that nothing has the name of is left out, and said."""
    folder = studio(tmp_path / "in", ["a", "b"])
    (folder / "b.csv").rename(folder / "b_final.csv")
    told: list[str] = []

    assert import_folder(folder, tmp_path / "out", tell=told.append) == 1
    assert told[0] == f"1 of 2 recordings have no curves and are left out, such as {folder / 'b.wav'}"


@pytest.mark.parametrize(("start", "first"), [(Fraction(1, 4), 15), (Fraction(-1, 4), -15), (Fraction(50), 0)])
def test_a_take_lies_where_it_begins_in_its_sound(tmp_path: Path, start: Fraction, first: int) -> None:
    """What is learnt of a take stands at its own times; one on another clock begins with the sound, which is told."""
    folder = studio(tmp_path / "in", ["angry"])
    values = np.tile(rig.NEUTRAL, (72, 1))
    values[:, rig.columns("C_jaw")[0]] = np.arange(72) / 100
    formats.write(Take(values, Fraction(60), start), folder / "angry.csv")
    told: list[str] = []

    import_folder(folder, tmp_path / "out", tell=told.append)

    with np.load(whole(tmp_path / "out")[0].take) as stored:  # type: ignore[arg-type]
        jaw = stored["values"][:, rig.columns("C_jaw")[0]]
    np.testing.assert_allclose(jaw, np.clip(np.arange(72) - first, 0, 71) / 100, atol=1e-4)
    assert any("after angry.wav has ended" in one for one in told) == (start == 50)


def test_a_take_that_begins_far_from_its_sound_is_named(tmp_path: Path) -> None:
    """Curves of the length of their sound that begin a second after it are refused."""
    folder = studio(tmp_path / "in", ["a"])
    take = formats.read(folder / "a.csv")
    formats.write(Take(take.values, take.rate, Fraction(1)), folder / "a.csv")
    with pytest.raises(TakeError, match=r"a\.csv begins 1\.00 s after a\.wav"):
        import_folder(folder, tmp_path / "out")


@pytest.mark.parametrize("suffix", [".anim", ".usda"])
def test_what_a_host_exports_is_learnt(tmp_path: Path, suffix: str) -> None:
    """Curves of every format that can be read are found, also beside a text of what is said."""
    if suffix == ".usda":
        pytest.importorskip("pxr")
    folder = studio(tmp_path / "in", ["a"], suffix)
    (folder / "a.txt").write_text("what is said", encoding="utf-8")

    assert import_folder(folder, tmp_path / "out") == 1


def test_other_takes_do_not_go_on_with_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a run was begun with other takes, emotion or rounds, it is refused before anything of it is touched."""
    out = tmp_path / "out"
    monkeypatch.setattr(finetune, "train", lambda config: _rounds(config.out, config.steps))
    monkeypatch.setattr(finetune, "error", lambda *_: 0.0)
    folder = studio(tmp_path / "in", ["a", "b"])
    model = _tiny_model(tmp_path)
    monkeypatch.setattr(shipping, "export_run", lambda *_: None)
    assert finetune.finetune(folder, out, model, 20).lines == 2
    assert finetune.finetune(folder, out, model, 20).lines == 2
    lines = (out / "corpus" / "lines.jsonl").read_bytes()

    for arguments, told in (
        ((studio(tmp_path / "more", ["a", "b", "c"]), out, model, 20), "begun with another set of takes"),
        ((folder, out, model, 20, "sad"), "begun with another emotion"),
        ((folder, out, model, 20, "neutral", 1), "begun with another seed"),
        ((folder, out, model, 10), "has done 20 rounds"),
    ):
        with pytest.raises(ConfigError, match=told):
            finetune.finetune(*arguments)
    assert (out / "corpus" / "lines.jsonl").read_bytes() == lines
    assert finetune.finetune(folder, out, model, 30).lines == 2


def test_a_run_of_other_styles_is_not_gone_on_with(tmp_path: Path) -> None:
    """`styles` refuses a folder whose takes are others than those that its run began with."""
    folder = studio(tmp_path / "in", ["angry_01", "sad_01"])
    out = folder / "model"  # what lies there is no take to learn
    _rounds(out / "run", 5, "generator")
    with pytest.raises(ConfigError, match="begun by an earlier version, which did not note its takes"):
        own_styles.train_on_folder(folder, out, 10)
    (out / "run" / begun_with.FILE).write_text('{"set of takes": "others"}', encoding="utf-8")
    with pytest.raises(ConfigError, match="begun with another set of takes and another emotion"):
        own_styles.train_on_folder(folder, out, 10)


def _rounds(run: Path, steps: int, name: str = "last") -> None:
    """What a training leaves that has done so many rounds."""
    run.mkdir(parents=True, exist_ok=True)
    if (run / "start.safetensors").is_file():
        shutil.copy(run / "start.safetensors", run / "best.safetensors")
    (run / f"{name}.json").write_text(f'{{"step": {steps}}}', encoding="utf-8")


def _tiny_model(folder: Path) -> Path:
    """A model folder to start from, and small."""
    size = EmoFaceSize("mel", mel=MelSize(16, 1, 8), decoder="fc", width=16, layers=1, heads=2, feedforward=16)
    base = emoface.TrainConfig(folder / "base", DataConfig(()), size)
    checkpoint.save(folder / "base", "best", emoface.build(base), None, about(base))
    shipping.export_run(base, "base.toml", folder / "model")
    return folder / "model"


@pytest.mark.filterwarnings("ignore")
def test_one_command_lowers_the_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`facetake-train finetune` learns a folder from an exported model and says the error before and after."""
    model = _tiny_model(tmp_path)
    folder = studio(tmp_path / "in", ["a", "b"])

    command = [
        "finetune",
        str(folder),
        "-o",
        str(tmp_path / "mine"),
        "--from",
        str(model),
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
