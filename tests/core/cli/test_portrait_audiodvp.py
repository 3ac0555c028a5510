"""`facetake portrait train|render|evaluate audiodvp` on a small made-up actor's folder."""

from __future__ import annotations

import json
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile

torch = pytest.importorskip("torch", reason="AudioDVP needs torch, of the portrait extra")
pytest.importorskip("safetensors", reason="AudioDVP needs safetensors, of the portrait extra")
pytest.importorskip("skimage", reason="pictures are compared by scikit-image, of the portrait extra")
pytest.importorskip("numba", reason="AudioDVP needs numba, of the preview extra")
av = pytest.importorskip("av", reason="video needs PyAV, of the preview extra")

import structure  # noqa: E402  after the skips

from facetake.cli import main, portrait  # noqa: E402
from facetake.portrait.audiodvp.proxy import Performer  # noqa: E402
from facetake.portrait.capture import actor as actors  # noqa: E402
from facetake.portrait.capture.posed_face import open_face  # noqa: E402
from facetake.render import rasterizer  # noqa: E402

RATE = Fraction(25)
N_FRAMES = 16
SIZE = 64


@pytest.fixture(scope="module")
def actor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the default face model, opening its mouth before a grey wall with noise for a voice."""
    folder = tmp_path_factory.mktemp("actors") / "anny"
    face = open_face()
    model = face.model
    expression = np.zeros((N_FRAMES, model.expression_size), np.float32)
    expression[:, model.expression_names.index("jawOpen")] = 0.3 * (1.0 - np.cos(np.arange(N_FRAMES) / 2.0))
    light = np.zeros((1, 9, 3), np.float32)
    light[:, 0] = 1.0
    fit = actors.Fit(
        landmarks=np.zeros((N_FRAMES, 478, 2), np.float32),
        identity=np.zeros(model.identity_size, np.float32),
        albedo=np.zeros(model.albedo_size, np.float32),
        colour=0.4 * np.ones((len(model.topology.parts["skin"]), 3), np.float32),
        light=light,
        expression=expression,
        rotation=np.zeros((N_FRAMES, 3), np.float32),
        translation=np.tile(np.array([0.0, 0.0, 0.9], np.float32), (N_FRAMES, 1)),
    )
    about = actors.ActorMetadata(
        face.name, face.sha256, "made.mp4", "0" * 64, (0.0, 0.0, 64.0), SIZE, RATE, N_FRAMES, 2.2 * SIZE
    )
    blank = actors.CapturedActor(folder, about, fit)
    performer = Performer(blank, model)
    drawn = [performer.draw(row, frame) for frame, row in enumerate(expression)]
    voice = np.random.default_rng(0).normal(0.0, 0.1, 16_000 * N_FRAMES // 25).astype(np.float32)
    grey = (np.where(picture.any(axis=2, keepdims=True), picture, np.uint8(90)) for picture in drawn)
    actors.write_actor(folder, about, fit, grey, (voice, 16_000))
    return folder


@pytest.fixture(scope="module")
def run(actor: Path, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training on the actor's first ten frames."""
    out = tmp_path_factory.mktemp("runs") / "run"
    order = ["portrait", "train", "audiodvp", str(actor), "-o", str(out), "--settings", "tiny", "--seconds", "0.4"]
    assert main([*order, "--model", str(tiny_model)]) == 0
    return out


def test_training_leaves_networks_and_previews(run: Path) -> None:
    """The folder holds what is needed to perform, in files without pickle."""
    names = {path.name for path in run.iterdir()}

    assert {"audiodvp.json", "expression.safetensors", "generator.safetensors", "kept-generator-000004"} <= names
    assert list((run / "previews").glob("*.png"))
    assert json.loads((run / "audiodvp.json").read_text("utf-8"))["n_frames"] == 10


def test_an_actor_s_folder_is_none_for_a_training(actor: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A slip with -o leaves the folder of what was captured as it was."""
    before = sorted(actor.iterdir())
    assert main(["portrait", "train", "audiodvp", str(actor), "-o", str(actor), "--seconds", "0.4"]) == 2
    assert "is an actor's folder; name another one for the training" in capsys.readouterr().err
    assert sorted(actor.iterdir()) == before


def test_a_line_longer_than_the_video_is_rendered_with_its_sound(
    actor: Path, run: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One second of sound gives one second of pictures from a shorter video, which is told, with the sound."""
    import soundfile

    soundfile.write(tmp_path / "line.wav", np.random.default_rng(1).normal(0.0, 0.1, 16_000), 16_000)
    out = tmp_path / "line.mp4"
    order = ["portrait", "render", "audiodvp", str(actor), str(run), "--audio", str(tmp_path / "line.wav")]

    assert main([*order, "-o", str(out), "--model", str(tiny_model)]) == 0
    assert "slowing down where it turns, at first after 0.8 s" in capsys.readouterr().err

    with av.open(str(out)) as film:
        assert len(film.streams.audio) == 1
        assert sum(1 for _ in film.decode(video=0)) == 25


def test_a_line_passes_few_modules(actor: Path, run: Path, tiny_model: Path, tmp_path: Path) -> None:
    """From its sound to its film a line passes no more modules than it once did."""
    soundfile.write(tmp_path / "line.wav", np.random.default_rng(1).normal(0.0, 0.1, 8_000), 16_000)
    order = ["portrait", "render", "audiodvp", str(actor), str(run), "--audio", str(tmp_path / "line.wav")]

    passed = set(structure.passes_of_a_render([*order, "--model", str(tiny_model), "-o", str(tmp_path / "line.mp4")]))

    assert len(passed) <= structure.MOST_PASSED["audiodvp"], sorted(passed)


def test_every_rasterizer_renders_the_same(
    actor: Path, run: Path, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A film drawn in plain tensors is, byte for byte, the one that the z-buffer draws."""
    wave = np.random.default_rng(1).normal(0.0, 0.1, 8_000).astype(np.float32)
    soundfile.write(tmp_path / "line.wav", wave, 16_000)
    order = ["portrait", "render", "audiodvp", str(actor), str(run), "--audio", str(tmp_path / "line.wav")]
    order += ["--model", str(tiny_model)]
    for name in ("numba", "torch"):
        assert main([*order, "-o", str(tmp_path / f"{name}.mp4"), "--rasterizer", name]) == 0
        monkeypatch.setattr(rasterizer, "numba_face_ids", None)  # whoever still calls it fails
    monkeypatch.undo()
    rasterizer.choose("numba", torch.device("cpu"))

    assert (tmp_path / "numba.mp4").read_bytes() == (tmp_path / "torch.mp4").read_bytes()


@pytest.mark.parametrize("command", ["train audiodvp", "render audiodvp", "train read", "evaluate read", "capture"])
def test_pytorch3d_is_refused_where_it_is_not(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every command that draws a face says in one sentence that PyTorch3D is missing, before it does anything."""
    monkeypatch.setitem(sys.modules, "pytorch3d.renderer.mesh.rasterize_meshes", None)
    (tmp_path / "line.wav").touch()
    action = command.split()[0]
    more = {
        "train": ["actor", "-o", "run"],
        "render": ["actor", "run", "--audio", "line.wav", "-o", "line.mp4"],
        "evaluate": ["actor", "run"],
        "capture": ["video.mp4", "-o", "actor"],
    }[action]
    monkeypatch.chdir(tmp_path)
    assert main(["portrait", *command.split(), *more, "--rasterizer", "pytorch3d"]) == 2
    said = capsys.readouterr().err
    assert "PyTorch3D is not installed; build it for this torch, or choose the numba or torch rasterizer" in said
    assert said.strip().count("\n") == 0
    assert [path.name for path in tmp_path.iterdir()] == ["line.wav"]


def test_evaluation_is_on_the_frames_held_out(
    actor: Path, run: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It tells SSIM with and without the renderer for the six frames that were not learnt from."""
    assert main(["portrait", "evaluate", "audiodvp", str(actor), str(run), "--model", str(tiny_model)]) == 0

    told = capsys.readouterr().err
    assert "6 frames" in told and "neural renderer" in told and "drawing alone" in told


def test_an_evaluation_says_what_it_skipped(
    actor: Path,
    run: Path,
    tiny_model: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Measures whose networks are not there are named with what they need, to a person and to a program."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("FACETAKE_WEIGHTS", raising=False)
    order = ["portrait", "evaluate", "audiodvp", str(actor), str(run), "--model", str(tiny_model)]

    assert main(order) == 0
    told = capsys.readouterr().err
    assert "FID n/a (needs inception: " in told and "not FID" in told
    assert main(["portrait", "--progress", "json", *order[1:], "--weights", str(tmp_path)]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    facts = next(event for event in events if event["event"] == "report")
    assert [entry["needs"] for entry in facts["skipped"]][:3] == ["inception", "syncnet", "arcface"]
    assert facts["measures"]["frechet_handmade"] >= 0.0
    assert main([*order, "--weights", str(tmp_path / "nowhere")]) == 2
    assert "no folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("order", "told"),
    [
        (["render", "audiodvp", "{actor}", "{run}", "-o", "{out}"], "nothing to say"),
        (["render", "audiodvp", "{actor}", "{actor}", "--audio", "a.wav", "-o", "{out}"], "no training of audiodvp"),
        (["train", "audiodvp", "nowhere", "-o", "{out}"], "portrait capture"),
        (["train", "audiodvp", "{actor}", "-o", "{out}", "--settings", "fast"], "quick, paper, tiny"),
    ],
)
def test_bad_orders_are_told_in_a_sentence(
    order: list[str], told: str, actor: Path, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Missing sound, a folder that is no training, no actor and an unknown setting each say what to do."""
    named = [part.format(actor=actor, run=run, out=tmp_path / "out.mp4") for part in order]

    assert main(["portrait", *named]) == 2
    assert told in capsys.readouterr().err


def test_progress_may_be_asked_for_anywhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--progress json` counts after the action and before it."""
    action = ["train", "audiodvp", str(tmp_path / "nowhere"), "-o", str(tmp_path / "out")]
    for order in (["--progress", "json", *action], [*action, "--progress", "json"]):
        assert main(["portrait", *order]) == 2
        assert json.loads(capsys.readouterr().out.splitlines()[-1])["event"] == "failure"


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without torch one sentence says what to install."""
    monkeypatch.setattr(portrait, "find_spec", lambda name: None if name == "torch" else object())

    assert main(["portrait", "capture", "film.mp4", "-o", "actor"]) == 2
    assert 'portraits need torch; pip install "facetake[portrait]"' in capsys.readouterr().err
