"""`facetake portrait film` on a small made-up actor: the choice of a system, a film that is killed, and its tags."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile

pytest.importorskip("torch", reason="portraits need torch, of the portrait extra")
pytest.importorskip("safetensors", reason="portraits need safetensors, of the portrait extra")
pytest.importorskip("skimage", reason="portraits need scikit-image, of the portrait extra")
pytest.importorskip("numba", reason="portraits need numba, of the preview extra")
pytest.importorskip("av", reason="video needs PyAV, of the preview extra")

FILMING = Path(__file__).parents[1] / "portrait" / "filming"
if str(FILMING) not in sys.path:
    sys.path.insert(0, str(FILMING))

from films import brightening, film  # noqa: E402
from made_up import Filmed, filmed  # noqa: E402
from moody import moody  # noqa: E402

from facetake.cli import main  # noqa: E402
from facetake.cli.portrait_film import Course  # noqa: E402
from facetake.portrait.capture.posed_face import open_face  # noqa: E402
from facetake.portrait.kept_frames import PART  # noqa: E402
from facetake.portrait.storage import write_png  # noqa: E402
from facetake.portrait.video.footage import open_footage  # noqa: E402
from facetake.render.video import read_provenance  # noqa: E402

N_FRAMES = 52
SIZE = "64"
SPEECH = Path(__file__).parents[3] / "examples" / "line.wav"


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Filmed:
    """Two seconds of somebody who speaks noise."""
    noise = np.random.default_rng(2).normal(0.0, 0.1, 48_000 * N_FRAMES // 25).astype(np.float32)
    return filmed(tmp_path_factory.mktemp("film"), open_face().model, N_FRAMES, size=64, sound=noise)


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a second of noise."""
    path = tmp_path_factory.mktemp("line") / "line.wav"
    soundfile.write(path, 0.2 * np.random.default_rng(3).normal(size=8000), 16_000)
    return path


def order(video: Filmed, line: Path, model: Path, out: Path, *more: str) -> list[str]:
    """The command for a film with tiny networks."""
    where = ["portrait", "film", str(video.video), "--audio", str(line), "-o", str(out), "--tracks", str(video.tracks)]
    return [*where, "--settings", "tiny", "--size", SIZE, "--model", str(model), *more]


def run(*asked: str) -> str:
    """Has a process of its own make a film, as a person would, and gives what it told on standard error."""
    done = subprocess.run(
        [sys.executable, "-m", "facetake", *asked], capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.fixture(scope="module")
def made(video: Filmed, line: Path, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film made in one go, with a consent."""
    out = tmp_path_factory.mktemp("made") / "line.mp4"
    run(*order(video, line, tiny_model, out, "--consent", "Anna, contract 7: three lines"))
    return out


def test_one_command_leaves_a_film_and_what_the_next_line_needs(
    made: Path, video: Filmed, line: Path, tiny_model: Path
) -> None:
    """Capture and training are kept beside the film; another line of the actor captures and learns nothing."""
    actor = made.parent / "made_up.actor"
    assert (actor / "actor.json").is_file() and (actor / "trained" / "audiodvp-tiny" / "audiodvp.json").is_file()
    kept = {path: path.stat().st_mtime_ns for path in actor.rglob("*.safetensors") if "kept" not in str(path)}
    again = made.with_name("again.mp4")
    told = run(*order(video, line, tiny_model, again))
    assert "video: by audiodvp, because it changes least" in told
    assert again.read_bytes() == made.read_bytes()
    assert (actor / "fit.safetensors").stat().st_mtime_ns == kept[actor / "fit.safetensors"]


def test_a_killed_film_goes_on_to_the_same_bytes(
    made: Path, video: Filmed, line: Path, tiny_model: Path, tmp_path: Path
) -> None:
    """Killed while it learns, the same command goes on and ends in the film that was made in one go."""
    out = tmp_path / "line.mp4"
    asked = [sys.executable, "-m", "facetake", *order(video, line, tiny_model, out, "-q", "--consent")]
    asked.append("Anna, contract 7: three lines")
    begun = subprocess.Popen(asked)
    try:
        while begun.poll() is None and not list((tmp_path / "made_up.actor").glob("trained/*/kept-*[0-9]")):
            time.sleep(0.02)
    finally:
        begun.kill()
        begun.wait()
    assert not out.exists()
    run(*asked[3:])
    assert out.read_bytes() == made.read_bytes()


def test_a_film_killed_while_it_is_drawn_goes_on_from_there(
    made: Path, video: Filmed, tiny_model: Path, tmp_path: Path
) -> None:
    """Pictures that were there when it was killed are not drawn again, the bytes are the same, and none stays."""
    long = tmp_path / "long.wav"
    soundfile.write(long, 0.2 * np.random.default_rng(4).normal(size=6 * 16_000), 16_000)
    shutil.copytree(made.parent / "made_up.actor", tmp_path / "made_up.actor")
    films = tmp_path / "made_up.actor" / "films"
    run(*order(video, long, tiny_model, tmp_path / "whole.mp4"))
    assert not films.exists()
    out = tmp_path / "line.mp4"
    begun = subprocess.Popen([sys.executable, "-m", "facetake", *order(video, long, tiny_model, out, "-q")])
    try:
        while begun.poll() is None and not list(films.glob("*/pictures-00001.mkv")):
            time.sleep(0.005)
    finally:
        begun.kill()
        begun.wait()
    assert not out.exists()
    told = run(*order(video, long, tiny_model, out))
    found = re.search(r"goes on after (\d+) of 150 pictures", told)
    assert found and int(found[1]) >= 2 * PART
    assert out.read_bytes() == (tmp_path / "whole.mp4").read_bytes()
    assert not films.exists()


def test_the_film_says_where_it_is_from(made: Path, line: Path) -> None:
    """Its tags tell that it was generated, by what, from whom and what sound, and the consent by its hash alone."""
    told = read_provenance(made)
    assert told is not None and told["synthetic"] is True and told["system"] == "audiodvp"
    sources = told["sources"]
    assert isinstance(sources, list)
    assert [(one["role"], one["name"]) for one in sources] == [
        ("actor", "made_up.mp4"),
        ("training", "audiodvp-tiny"),
        ("audio", "line.wav"),
    ]
    kept = json.loads((made.parent / "made_up.actor" / "consent.json").read_text("utf-8"))
    assert told["consent_sha256"] == kept["sha256"]
    assert b"contract 7" not in made.read_bytes()


def test_inspect_shows_actor_consent_and_film(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was captured, what the person agreed to, and what a film says about itself."""
    assert main(["inspect", str(made.parent / "made_up.actor")]) == 0
    said = capsys.readouterr().out
    assert "made_up.mp4" in said and "Anna, contract 7: three lines" in said
    assert main(["inspect", str(made), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["made_by"]["system"] == "audiodvp"


def test_a_mood_takes_the_whole_face(
    video: Filmed, line: Path, tiny_model: Path, made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line in a mood is performed as a take, which READ shows, by the capture that is there."""
    out = made.with_name("happy.mp4")
    assert main(order(video, line, tiny_model, out, "--emotion", "happy")) == 0
    assert "by read, because a mood needs the whole face" in capsys.readouterr().err
    told = read_provenance(out)
    assert told is not None and [one["role"] for one in told["sources"]] == ["actor", "training", "audio", "take"]  # type: ignore[attr-defined]


class _Marks:
    """Stands in for MediaPipe: knows where the made-up actor's landmarks are."""

    def __init__(self, tracks: np.ndarray) -> None:
        self._tracks = iter(tracks)

    def faces(self, picture: np.ndarray, time_ms: int) -> np.ndarray:
        """The faces of the next frame."""
        return np.asarray(next(self._tracks), np.float32)


def test_clips_in_moods_are_a_film_by_read(
    video: Filmed,
    line: Path,
    tiny_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A list of clips is captured together and learnt by READ, the one in the mood is shown, and it says why."""

    @contextmanager
    def marks(_: Path | None) -> Iterator[_Marks]:
        yield _Marks(np.load(video.tracks)["points"])

    monkeypatch.setattr("facetake.portrait.capture.clip_capture.detector", marks)
    for name in ("calm.mp4", "glad.mp4"):
        shutil.copyfile(video.video, tmp_path / name)
    table = "clip,emotion,intensity\ncalm.mp4,neutral,1\nglad.mp4,happy,0.5\n"
    (tmp_path / "list.csv").write_text(table, encoding="utf-8")
    out = tmp_path / "line.mp4"
    asked = ["portrait", "film", str(tmp_path / "list.csv"), "--audio", str(line), "-o", str(out)]
    asked += ["--settings", "tiny"]
    assert main([*asked, "--size", SIZE, "--model", str(tiny_model), "--emotion", "happy"]) == 0
    assert "clips: by read, because moods are learnt from clips that have them" in capsys.readouterr().err
    told = read_provenance(out)
    assert told is not None and told["system"] == "read"
    assert [one["name"] for one in told["sources"]][:2] == ["glad.mp4", "read-tiny"]  # type: ignore[attr-defined]
    assert (tmp_path / "list.actor" / "clips.csv").is_file() and not (tmp_path / "list.actor" / "films").exists()


def test_a_photograph_is_a_film_by_its_landmarks(
    video: Filmed, line: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A photograph speaks by networks that are named; it says why, and leaves nothing but the film."""
    many = tmp_path / "many"
    learnt = ["portrait", "train", "landmark", str(moody(tmp_path / "anna", "neutral", 1.0).folder), "-o", str(many)]
    assert main([*learnt, "--lines", str(SPEECH), "--settings", "tiny", "--model", str(tiny_model)]) == 0
    picture = next(open_footage(video.video).pictures())
    write_png(tmp_path / "photo.png", picture.repeat(2, axis=0).repeat(2, axis=1))
    np.savez(tmp_path / "photo.npz", points=2.0 * np.load(video.tracks)["points"][:1])
    out = tmp_path / "film" / "photo.mp4"
    out.parent.mkdir()
    asked = ["portrait", "film", str(tmp_path / "photo.png"), "--audio", str(line), "-o", str(out)]
    asked += ["--training", str(many), "--tracks", str(tmp_path / "photo.npz"), "--size", SIZE]
    assert main([*asked, "--model", str(tiny_model)]) == 0
    assert "photograph: by landmark, because a photograph speaks by way of its landmarks" in capsys.readouterr().err
    told = read_provenance(out)
    assert told is not None and told["system"] == "landmark"
    assert [path.name for path in out.parent.iterdir()] == ["photo.mp4"]


def test_what_cannot_become_a_film_is_one_sentence(
    line: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A clip of a second, one without sound and a photograph that is none are refused before anything is made."""
    out = tmp_path / "line.mp4"
    noise = np.random.default_rng(2).normal(0.0, 0.1, 48_000).astype(np.float32)
    (tmp_path / "photo.png").write_bytes(b"")
    for source, says in (
        (film(tmp_path / "short.mp4", brightening(25), sound=noise), "lasts 1.0 s, too short to learn a mouth from"),
        (film(tmp_path / "silent.mp4", brightening(60)), "has no sound, so nothing can be learnt"),
        (tmp_path / "photo.png", "photo.png is no picture that can be read"),
        (tmp_path / "none.mp4", "no file"),
    ):
        assert main(["portrait", "film", str(source), "--audio", str(line), "-o", str(out)]) == 2
        said = capsys.readouterr().err
        assert says in said.splitlines()[-1] and said.count("\n") == 1 + ("photograph: by" in said)
    assert not out.exists() and not list(tmp_path.glob("*.actor"))


def test_another_video_is_not_mixed_in(
    made: Path, video: Filmed, line: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder that holds another actor's capture is refused."""
    noise = np.random.default_rng(2).normal(0.0, 0.1, 2 * 48_000).astype(np.float32)
    other = film(tmp_path / "other.mp4", brightening(60), sound=noise)
    asked = ["portrait", "film", str(other), "--audio", str(line), "-o", str(tmp_path / "a.mp4")]
    assert main([*asked, "--actor", str(made.parent / "made_up.actor")]) == 2
    assert "holds another video than" in capsys.readouterr().err


def test_the_time_left_is_told() -> None:
    """By what is expected at first, and by how fast a step goes once it has gone on for a while."""
    now = [0.0]
    told: list[tuple[float, str]] = []
    course = Course({"capture": 100.0, "train": 300.0}, lambda share, text: told.append((share, text)), lambda: now[0])
    capture = course.step("capture")
    capture(0.0)
    now[0] = 100.0
    capture(0.5)
    train = course.step("train")
    train(0.0)
    assert told == [(0.0, "capture: 7 min left"), (0.125, "capture: 7 min left"), (0.25, "train: 5 min left")]
