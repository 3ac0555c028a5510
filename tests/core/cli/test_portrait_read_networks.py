"""`facetake portrait train|render|evaluate read` with networks of the user's, on a small made-up actor."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

for package in ("torch", "safetensors", "librosa", "skimage", "numba", "av"):
    pytest.importorskip(package, reason="READ Avatars needs the portrait extra")
soundfile = pytest.importorskip("soundfile")

sys.path.insert(0, str(Path(__file__).parents[1] / "portrait" / "filming"))

import published  # noqa: E402  after the skips
from moody import moody  # noqa: E402
from phonetic import SOUNDS, phonetic  # noqa: E402

from facetake import formats  # noqa: E402
from facetake.cli import main  # noqa: E402
from facetake.pretrained import VARIABLE  # noqa: E402


@pytest.fixture(autouse=True)
def no_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks of whoever runs the tests do not count."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture(scope="module")
def actor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One neutral clip."""
    folder = tmp_path_factory.mktemp("actors") / "calm"
    moody(folder, "neutral", 1.0)
    return folder


@pytest.fixture
def line(tmp_path: Path) -> Path:
    """A fifth of a second of sound."""
    soundfile.write(tmp_path / "line.wav", np.random.default_rng(1).normal(0.0, 0.1, 3200), 16_000)
    return tmp_path / "line.wav"


def told_of(capsys: pytest.CaptureFixture[str], *order: object) -> str:
    """What a command that must fail says."""
    assert main(["portrait", *map(str, order)]) == 2
    return capsys.readouterr().err


def test_a_phoneme_network_is_heard_and_named_again(
    actor: Path, line: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run says which phonemes it hears, needs the same network to render and to go on, and no take alone will do."""
    from fractions import Fraction

    from facetake.take import Take

    pytest.importorskip("transformers", reason="a phoneme network needs transformers, of the phonemes extra")
    run = tmp_path / "run"
    then = phonetic(tmp_path / "then")
    now = tmp_path / "now"
    train = ["train", "read", str(actor), "-o", str(run), "--settings", "tiny", "--seconds", "0.5"]
    assert main(["portrait", *train, "--phonemes", str(then)]) == 0
    said = capsys.readouterr().err
    assert "hears the 6 commonest phonemes, 100.0 %" in said
    stored = json.loads((run / "read.json").read_text("utf-8"))
    assert set(stored["phonemes"]["symbols"]) == set(SOUNDS) and stored["n_phonemes"] == len(SOUNDS)

    shutil.move(then, now)
    render = ["render", "read", str(actor), str(run), "-o", str(tmp_path / "a.mp4")]
    assert "name its folder with --phonemes" in told_of(capsys, *render, "--audio", line)
    assert main(["portrait", *render, "--audio", str(line), "--phonemes", str(now)]) == 0
    assert main(["portrait", "evaluate", "read", str(actor), str(run), "--phonemes", str(now)]) == 0
    assert main(["portrait", *train, "--phonemes", str(now)]) == 0
    assert "another phoneme network" in told_of(capsys, *train, "--phonemes", phonetic(tmp_path / "other", seed=1))
    formats.write(Take(np.zeros((24, 174), np.float32), Fraction(60)), tmp_path / "take.json")
    assert "name its sound with --audio" in told_of(capsys, *render, "--take", tmp_path / "take.json")


def test_phonemes_are_for_runs_that_heard_them(
    actor: Path, line: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder without a network, and a network for a run that hears visemes, are one sentence each."""
    run = tmp_path / "run"
    train = ["train", "read", str(actor), "-o", str(run), "--settings", "tiny", "--seconds", "0.5"]
    assert "no phoneme network in" in told_of(capsys, *train, "--phonemes", tmp_path)
    assert main(["portrait", *train, "--model", str(tiny_model)]) == 0
    order = ["render", "read", actor, run, "--audio", line, "-o", tmp_path / "a.mp4", "--phonemes", tmp_path]
    assert "leave out --phonemes" in told_of(capsys, *order)


def test_a_vgg_teaches_style_and_the_run_says_so(
    actor: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Which style loss taught a run is told in a line and written down; it goes on with the same one or not at all."""
    vggs = tmp_path / "vggs"
    vggs.mkdir()
    published.vgg(vggs)

    def train(run: str, *more: object) -> list[str]:
        order = ["train", "read", actor, "-o", tmp_path / run, "--settings", "tiny", "--seconds", "0.5"]
        return list(map(str, [*order, "--model", tiny_model, *more]))

    for run, more, name in (("with", ("--weights", vggs), "vgg "), ("without", (), "filters")):
        assert main(["portrait", *train(run, *more)]) == 0
        told = [line for line in capsys.readouterr().err.splitlines() if "the style loss is" in line]
        assert len(told) == 1 and ("VGG's, of" in told[0]) == (run == "with")
        assert json.loads((tmp_path / run / "read.json").read_text("utf-8"))["style"].startswith(name)
    assert main(["portrait", *train("without", "--weights", vggs)]) == 0
    assert "begun with another style loss" in told_of(capsys, *train("with"))
    assert "no folder" in told_of(capsys, *train("new", "--weights", tmp_path / "nowhere"))


def test_moods_are_told_by_each_predictor(
    actor: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ours from expression is always there and named; EmoNet's from pictures is where its file is, else it is n/a."""
    pytest.importorskip("onnx", reason="an ONNX file is written with onnx, of the train extra")
    model = ["--model", str(tiny_model)]
    train = ["portrait", "train", "read", str(actor), "-o", str(tmp_path / "run"), "--settings", "tiny"]
    assert main([*train, "--seconds", "0.5", *model]) == 0
    order = ["portrait", "evaluate", "read", str(actor), str(tmp_path / "run"), *model, "--weights", str(tmp_path)]
    capsys.readouterr()
    assert main(order) == 0
    told = capsys.readouterr().err
    assert "by our predictor from expression: A-EMD" in told and "A-EMD and V-EMD by EmoNet n/a (needs emonet:" in told
    published.emonet(tmp_path)
    assert main(order) == 0
    told = capsys.readouterr().err
    assert "by our predictor from expression: A-EMD" in told and "V-EMD by EmoNet 0." in told
    (tmp_path / "emonet_8.onnx").write_text("no network")
    assert "is not a model that ONNX Runtime can read" in told_of(capsys, *order[1:])
