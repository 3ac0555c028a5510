"""`facetake portrait train|render|evaluate landmark` on small made-up actors and photographs."""

from __future__ import annotations

import json
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile

pytest.importorskip("torch", reason="the landmark system needs torch, of the portrait extra")
pytest.importorskip("safetensors", reason="the landmark system needs safetensors, of the portrait extra")
pytest.importorskip("skimage", reason="pictures are compared by scikit-image, of the portrait extra")
pytest.importorskip("numba", reason="the landmark system needs numba, of the preview extra")
av = pytest.importorskip("av", reason="video needs PyAV, of the preview extra")

FILMING = Path(__file__).parents[1] / "portrait" / "filming"
if str(FILMING) not in sys.path:
    sys.path.insert(0, str(FILMING))

import structure  # noqa: E402
from anny_actor import anny_actor, outlined  # noqa: E402
from moody import moody  # noqa: E402

from facetake import formats  # noqa: E402
from facetake.cli import main  # noqa: E402
from facetake.portrait.storage import write_png  # noqa: E402
from facetake.rig import ARKIT_NAMES, from_arkit  # noqa: E402
from facetake.take import Take  # noqa: E402

LEARNT_S = "0.64"
N_FRAMES = 24


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    """Small networks on one thread."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def actor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An actor who speaks noise for a second."""
    return moody(tmp_path_factory.mktemp("actors") / "anna", "neutral", 1.0, N_FRAMES).folder


@pytest.fixture(scope="module")
def run(actor: Path, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training on the actor's first sixteen frames."""
    out = tmp_path_factory.mktemp("runs") / "run"
    order = ["portrait", "train", "landmark", str(actor), "-o", str(out), "--settings", "tiny", "--seconds", LEARNT_S]
    assert main([*order, "--model", str(tiny_model)]) == 0
    return out


@pytest.fixture(scope="module")
def photograph(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A photograph of somebody else, and its landmarks in a file."""
    folder = tmp_path_factory.mktemp("photographs")
    shot = anny_actor(folder / "bob", 1, 192)
    write_png(folder / "bob.png", shot.frames()[0])
    np.savez(folder / "bob.npz", points=shot.fit.landmarks)
    np.savez(folder / "whole.npz", points=outlined(shot.fit.landmarks, 192))
    return folder / "bob.png", folder / "bob.npz"


@pytest.fixture()
def line(tmp_path: Path) -> Path:
    """Half a second of noise that comes and goes."""
    time = np.arange(8000) / 16_000
    voice = 0.3 * np.sin(8.0 * np.pi * time) ** 2 * np.random.default_rng(3).normal(size=8000)
    soundfile.write(tmp_path / "line.wav", voice, 16_000)
    return tmp_path / "line.wav"


def frames(path: Path) -> np.ndarray:
    """All pictures (T, H, W, 3) of a film."""
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def test_training_leaves_networks_and_previews_and_goes_on(
    run: Path, actor: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The folder holds what is needed to perform, a second call changes nothing, and other settings are refused."""
    names = {path.name for path in run.iterdir()}
    assert {
        "landmark.json",
        "neutral.safetensors",
        "moods.safetensors",
        "parts.safetensors",
        "whole.safetensors",
        "kept-parts-000002",
    } <= names
    assert list((run / "previews").glob("whole_*.png"))
    before = (run / "whole.safetensors").read_bytes()
    order = ["portrait", "train", "landmark", str(actor), "-o", str(run), "--model", str(tiny_model)]
    assert main([*order, "--settings", "tiny", "--seconds", LEARNT_S]) == 0
    assert (run / "whole.safetensors").read_bytes() == before
    assert main([*order, "--settings", "tiny"]) == 2
    assert "other actors, other frames or other settings" in capsys.readouterr().err


def test_displacements_may_be_regressed_on_the_lips(actor: Path, tiny_model: Path, line: Path) -> None:
    """With way = "ridge" a training ends, goes on without a change, and the actor says a line and is measured."""
    from facetake.portrait.landmark_translation import settings

    tiny = (Path(settings.__file__).parent / "landmark_translation_tiny.toml").read_text(encoding="utf-8")
    way = line.with_name("ridge.toml")
    way.write_text(tiny.replace("[motion.neutral]\n", '[motion.neutral]\nway = "ridge"\n'), encoding="utf-8")
    out, model = line.with_name("run"), ["--model", str(tiny_model)]
    order = ["portrait", "train", "landmark", str(actor), "-o", str(out), "--settings", str(way), "--seconds", LEARNT_S]
    learnt = []
    for _ in range(2):
        assert main([*order, *model]) == 0
        learnt.append((out / "neutral.safetensors").read_bytes())
    assert learnt[0] == learnt[1]
    order = ["portrait", "render", "landmark", str(actor), str(out), "--audio", str(line), *model]
    assert main([*order, "-o", str(line.with_name("said.mp4"))]) == 0
    assert frames(line.with_name("said.mp4")).shape == (12, 64, 64, 3)
    assert main(["portrait", "evaluate", "landmark", str(actor), str(out), *model]) == 0


def test_a_line_passes_few_modules(actor: Path, run: Path, tiny_model: Path, line: Path) -> None:
    """From its sound to its film a line passes no more modules than it once did."""
    order = ["portrait", "render", "landmark", str(actor), str(run), "--audio", str(line), "--emotion", "angry"]

    passed = set(structure.passes_of_a_render([*order, "--model", str(tiny_model), "-o", str(line.with_name("a.mp4"))]))

    assert len(passed) <= structure.MOST_PASSED["landmark"], sorted(passed)


def test_the_actor_says_a_line_in_a_mood(actor: Path, run: Path, tiny_model: Path, line: Path) -> None:
    """Half a second of sound gives half a second of pictures with sound, and the mood changes them."""
    made = []
    for mood in ("neutral", "angry"):
        out = line.with_name(f"{mood}.mp4")
        order = ["portrait", "render", "landmark", str(actor), str(run), "--audio", str(line), "--emotion", mood]
        assert main([*order, "--model", str(tiny_model), "-o", str(out)]) == 0
        made.append(frames(out))
    assert made[0].shape == made[1].shape == (12, 64, 64, 3)
    assert np.abs(made[0].astype(float) - made[1]).mean() > 0.0
    with av.open(str(line.with_name("angry.mp4"))) as container:
        assert container.streams.audio


def test_a_photograph_of_a_stranger_does_what_a_take_does(
    photograph: tuple[Path, Path], run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A take opens the mouth of somebody who was not learnt from, and what to expect is told."""
    values = np.zeros((6, len(ARKIT_NAMES)), np.float32)
    values[3:, ARKIT_NAMES.index("jawOpen")] = 0.8
    formats.write(Take(from_arkit(values), Fraction(25)), tmp_path / "take.json")
    picture, tracks = photograph
    order = ["portrait", "render", "landmark", str(picture), str(run), "--take", str(tmp_path / "take.json")]
    order += ["--tracks", str(tracks), "--size", "96", "-o", str(tmp_path / "out.mp4")]
    assert main(order) == 0
    made = frames(tmp_path / "out.mp4")
    assert made.shape == (6, 96, 96, 3)
    assert np.abs(made[5].astype(float) - made[0]).max() > 40.0 and np.abs(made[1].astype(float) - made[0]).mean() < 2.0
    assert "was not learnt from" in capsys.readouterr().err
    assert main([*order, "--bare"]) == 0


def test_a_photograph_speaks_without_a_training(
    photograph: tuple[Path, Path], line: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By render and by film, from a take or from a sound in a mood; the same order gives the same bytes."""
    values = np.zeros((6, len(ARKIT_NAMES)), np.float32)
    values[3:, ARKIT_NAMES.index("jawOpen")] = 0.8
    formats.write(Take(from_arkit(values), Fraction(25)), tmp_path / "take.json")
    picture = photograph[0]
    more = ["--tracks", str(picture.with_name("whole.npz")), "--size", "96", "--model", str(tiny_model)]
    order = ["portrait", "render", "landmark", str(picture), "--take", str(tmp_path / "take.json"), *more]
    assert main([*order, "-o", str(tmp_path / "out.mp4")]) == 0
    made = frames(tmp_path / "out.mp4")
    assert made.shape == (6, 96, 96, 3)
    assert np.abs(made[5].astype(float) - made[0]).max() > 40.0 and np.abs(made[1].astype(float) - made[0]).mean() < 2.0
    spoken = ["--audio", str(line), "--emotion", "happy", *more]
    said = [tmp_path / "a.mp4", tmp_path / "b.mp4"]
    assert main(["portrait", "render", "landmark", str(picture), *spoken, "-o", str(said[0])]) == 0
    assert main(["portrait", "film", str(picture), *spoken, "-o", str(said[1])]) == 0
    assert frames(said[0]).shape[0] == 12 and said[0].read_bytes() == said[1].read_bytes()
    assert "speaks by way of its landmarks" in capsys.readouterr().err


def test_an_actor_needs_a_training(actor: Path, line: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder of an actor without one ends in a sentence, as does a photograph that is not there."""
    for who, told in ((actor, "name the training that shows it"), (tmp_path / "no.png", "there is no photograph")):
        order = ["portrait", "render", "landmark", str(who), "--audio", str(line), "-o", str(tmp_path / "out.mp4")]
        assert main(order) == 2
        assert told in capsys.readouterr().err


def test_evaluation_is_on_the_frames_held_out(
    actor: Path, run: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Pictures from the sound, from captured landmarks and without networks are compared, and Table 2 is told."""
    order = ["portrait", "evaluate", "landmark", str(actor), str(run), "--model", str(tiny_model)]
    assert main([*order, "--progress", "json"]) == 0
    told = [json.loads(row) for row in capsys.readouterr().out.splitlines()]
    facts = next(row for row in told if row["event"] == "report")
    assert facts["n_frames"] == N_FRAMES - 16
    assert facts["given"]["ssim"] > 0.5 and facts["moved"]["psnr"] > 15.0
    assert 0.0 <= facts["measures"]["cpbd"] <= 1.0 and "frechet_handmade" in facts["given_measures"]
    assert {"FID", "CSIM"} <= {entry["name"] for entry in facts["skipped"]}


def test_evaluation_hears_the_mood_of_the_clip(
    actor: Path, run: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With auto the mood is heard in the clip's own sound and told; a mood that is none ends in one sentence."""
    order = ["portrait", "evaluate", "landmark", str(actor), str(run), "--model", str(tiny_model), "--emotion"]
    assert main([*order, "auto", "--progress", "json"]) == 0
    told = [json.loads(row) for row in capsys.readouterr().out.splitlines()]
    heard, scores = (row for row in told if row["event"] == "report")
    assert heard["heard"]["cues"] and heard["item"] == scores["item"] == str(run)
    assert scores["n_frames"] == N_FRAMES - 16
    assert main([*order, "grumpy"]) == 2
    assert "unknown emotion 'grumpy'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"--emotion": "grumpy"}, "unknown emotion 'grumpy'"),
        ({"--size": "12"}, "a whole number from 64 to 2048"),
        ({"WHO": "nobody"}, "no photograph and no actor's folder nobody"),
        ({"WHO": "line.wav"}, "is no picture that can be read"),
        ({"RUN": "."}, "is no training of landmark"),
        ({"--audio": "line.txt"}, "line.txt"),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(
    changed: dict[str, str],
    told: str,
    actor: Path,
    run: Path,
    tiny_model: Path,
    line: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A wrong mood, size, face, training or sound ends the command with one sentence that names it."""
    monkeypatch.chdir(line.parent)
    given = {"WHO": str(actor), "RUN": str(run), "--audio": "line.wav", "--emotion": "happy", "--size": "96", **changed}
    options = [part for name in ("--audio", "--emotion", "--size") for part in (name, given[name])]
    order = ["portrait", "render", "landmark", given["WHO"], given["RUN"], *options, "--model", str(tiny_model)]
    assert main([*order, "-o", "out.mp4"]) == 2
    said = capsys.readouterr().err
    assert told in said and said.strip().count("\n") == 0


def test_the_mood_is_heard_in_the_voice(
    actor: Path, run: Path, tiny_model: Path, line: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With auto a line is rendered in what is heard, which is told in a sentence."""
    order = ["portrait", "render", "landmark", str(actor), str(run), "--audio", str(line), "--emotion", "auto"]
    assert main([*order, "--model", str(tiny_model), "-o", str(line.with_name("heard.mp4"))]) == 0
    assert "line.wav: " in capsys.readouterr().err


def test_silence_is_told_and_the_mouth_rests(
    actor: Path, run: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A silent recording is rendered all the same, with a warning."""
    soundfile.write(tmp_path / "still.wav", np.zeros(4800), 16_000)
    order = ["portrait", "render", "landmark", str(actor), str(run), "--audio", str(tmp_path / "still.wav")]
    assert main([*order, "--model", str(tiny_model), "-o", str(tmp_path / "out.mp4")]) == 0
    assert "is silent" in capsys.readouterr().err
