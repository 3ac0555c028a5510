"""`facetake portrait train|render|evaluate read` on two clips of a small made-up actor."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="READ Avatars needs torch, of the portrait extra")
pytest.importorskip("safetensors", reason="READ Avatars needs safetensors, of the portrait extra")
pytest.importorskip("librosa", reason="READ Avatars needs librosa, of the portrait extra")
pytest.importorskip("skimage", reason="pictures are compared by scikit-image, of the portrait extra")
pytest.importorskip("numba", reason="READ Avatars needs numba, of the preview extra")
av = pytest.importorskip("av", reason="video needs PyAV, of the preview extra")

sys.path.insert(0, str(Path(__file__).parents[1] / "portrait" / "filming"))

import structure  # noqa: E402  after the skips
from moody import moody  # noqa: E402

from facetake import formats  # noqa: E402
from facetake.cli import main  # noqa: E402
from facetake.take import Take  # noqa: E402


@pytest.fixture(scope="module")
def actor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a list of a neutral and an angry clip."""
    folder = tmp_path_factory.mktemp("actors")
    moody(folder / "calm", "neutral", 1.0)
    moody(folder / "cross", "angry", 1.0)
    (folder / "clips.csv").write_text("clip,emotion,intensity\ncalm,neutral,1\ncross,angry,1\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def run(actor: Path, tiny_model: Path) -> Path:
    """A training on the first twelve frames of both."""
    order = ["portrait", "train", "read", str(actor / "clips.csv"), "-o", str(actor / "run"), "--settings", "tiny"]
    assert main([*order, "--seconds", "0.5", "--model", str(tiny_model)]) == 0
    return actor / "run"


def test_a_texture_that_hears_too_little_is_told(
    actor: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is said in a second is learnt by heart, and the way out is named; a training that goes on is not asked."""
    order = ["portrait", "train", "read", str(actor / "calm"), "-o", str(tmp_path / "run"), "--settings", "tiny"]
    told = []
    for _ in range(2):
        assert main([*order, "--model", str(tiny_model)]) == 0
        told.append("learns from 1 s of film with sound, which a texture that hears" in capsys.readouterr().err)
    assert told == [True, False]


def test_a_line_is_rendered_in_a_mood(
    actor: Path, run: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One second of sound over 16 frames of video gives 25 pictures with sound, and that it turns back is told."""
    import soundfile

    soundfile.write(tmp_path / "line.wav", np.random.default_rng(1).normal(0.0, 0.1, 16_000), 16_000)
    order = ["portrait", "render", "read", str(actor / "calm"), str(run), "--audio", str(tmp_path / "line.wav")]

    assert main([*order, "--emotion", "angry:0.5", "-o", str(tmp_path / "a.mp4"), "--model", str(tiny_model)]) == 0

    assert "there and back, slowing down where it turns, at first after 0.8 s" in capsys.readouterr().err
    with av.open(str(tmp_path / "a.mp4")) as film:
        assert len(film.streams.audio) == 1
        assert sum(1 for _ in film.decode(video=0)) == 25


def test_parameters_may_be_regressed_on_the_lips(actor: Path, tiny_model: Path, tmp_path: Path) -> None:
    """With way = "ridge" a training on clips in two moods ends, and a line in another mood is another film."""
    import soundfile

    from facetake.portrait.read_avatars import settings

    tiny = (Path(settings.__file__).parent / "read_avatars_tiny.toml").read_text(encoding="utf-8")
    (tmp_path / "ridge.toml").write_text(tiny.replace("[parameters]", '[parameters]\nway = "ridge"'), encoding="utf-8")
    model = ["--model", str(tiny_model)]
    order = ["portrait", "train", "read", str(actor / "clips.csv"), "-o", str(tmp_path / "run")]
    assert main([*order, "--settings", str(tmp_path / "ridge.toml"), "--seconds", "0.5", *model]) == 0
    soundfile.write(tmp_path / "line.wav", np.random.default_rng(1).normal(0.0, 0.1, 16_000), 16_000)
    films = []
    for mood in ("neutral", "angry"):
        order = ["portrait", "render", "read", str(actor / "calm"), str(tmp_path / "run"), "--emotion", mood]
        film = tmp_path / f"{mood}.mp4"
        assert main([*order, "--audio", str(tmp_path / "line.wav"), "-o", str(film), *model]) == 0
        with av.open(str(film)) as container:
            films.append(np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]))
    assert films[0].shape == films[1].shape and len(films[0]) == 25
    assert np.abs(films[0].astype(float) - films[1]).mean() > 0.0
    assert main(["portrait", "evaluate", "read", str(actor / "cross"), str(tmp_path / "run"), *model]) == 0


def test_a_line_passes_few_modules(actor: Path, run: Path, tiny_model: Path, tmp_path: Path) -> None:
    """From its sound to its film a line passes no more modules than it once did."""
    import soundfile

    soundfile.write(tmp_path / "line.wav", np.random.default_rng(1).normal(0.0, 0.1, 8_000), 16_000)
    order = ["portrait", "render", "read", str(actor / "calm"), str(run), "--audio", str(tmp_path / "line.wav")]
    order += ["--emotion", "angry:0.5", "--model", str(tiny_model), "-o", str(tmp_path / "line.mp4")]

    passed = set(structure.passes_of_a_render(order))

    assert len(passed) <= structure.MOST_PASSED["read"], sorted(passed)


def test_a_take_alone_is_rendered(actor: Path, run: Path, tmp_path: Path) -> None:
    """Without sound the phonemes are read from the take's lips."""
    from fractions import Fraction

    formats.write(Take(np.zeros((24, 174), np.float32), Fraction(60)), tmp_path / "take.json")
    order = ["portrait", "render", "read", str(actor / "calm"), str(run), "--take", str(tmp_path / "take.json")]

    assert main([*order, "-o", str(tmp_path / "a.mp4")]) == 0

    with av.open(str(tmp_path / "a.mp4")) as film:
        assert sum(1 for _ in film.decode(video=0)) == 10


def test_evaluation_is_on_the_frames_held_out(
    actor: Path, run: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It tells likeness, moods and lips for the four frames that were not learnt from."""
    assert main(["portrait", "evaluate", "read", str(actor / "cross"), str(run), "--model", str(tiny_model)]) == 0

    told = capsys.readouterr().err
    assert "4 frames" in told and "A-EMD" in told and "inside the lips" in told


@pytest.mark.parametrize(
    ("order", "told"),
    [
        (["render", "read", "{calm}", "{run}", "-o", "{out}"], "nothing to say"),
        (["render", "read", "{calm}", "{calm}", "--audio", "a.wav", "-o", "{out}"], "no training of read"),
        (["render", "read", "{calm}", "{run}", "--take", "a", "--emotion", "sad", "-o", "{out}"], "mood already"),
        (["train", "read", "nowhere", "-o", "{out}"], "portrait capture"),
        (["train", "read", "{calm}", "-o", "{out}", "--settings", "fast"], "quick, paper, tiny"),
        (["train", "read", "{calm}", "-o", "{out}", "--phonemes", "."], 'quick has texture = "static"'),
    ],
)
def test_bad_orders_are_told_in_a_sentence(
    order: list[str], told: str, actor: Path, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Missing sound, no training, a mood for a take, no actor and an unknown setting each say what to do."""
    named = [part.format(calm=actor / "calm", run=run, out=tmp_path / "out.mp4") for part in order]

    assert main(["portrait", *named]) == 2
    assert told in capsys.readouterr().err
